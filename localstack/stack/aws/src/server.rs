//! Starting and stopping: the data folder, the port, the services, in this order.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::dynamodb::{CapacityUnits, Engine, Proxy};
use crate::error::StartError;
use crate::folder::DataFolder;
use crate::front::{self, Services};
use crate::secrets::SecretStore;
use crate::sqs::{Broker, JournalError};
use crate::usage::Usage;

const THREADS: usize = 2;

/// How long a stop waits for requests that are under way.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug, Clone)]
pub struct Config {
    /// Port 0 takes any free one.
    pub listen: SocketAddr,
    /// Where the data is kept; created if need be. Without one everything is
    /// in memory, and gone at the end.
    pub data: Option<PathBuf>,
}

/// A running embedded AWS. It works on threads of its own, so neither a busy
/// nor a paused runtime of its owner disturbs it. Dropping it stops it without
/// waiting; what was acknowledged is on disk in any case.
#[derive(Debug)]
pub struct EmbeddedAws {
    address: SocketAddr,
    usage: Arc<Usage>,
    stop: CancellationToken,
    stopped: Option<oneshot::Receiver<()>>,
    thread: Option<JoinHandle<()>>,
}

impl EmbeddedAws {
    /// Returns when all services answer.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let usage = Arc::new(Usage::default());
        let stop = CancellationToken::new();
        let (ready, started) = oneshot::channel();
        let (ended, stopped) = oneshot::channel();
        let server = Server {
            config,
            usage: Arc::clone(&usage),
            stop: stop.clone(),
            ready,
            ended,
        };
        let thread = std::thread::Builder::new()
            .name("embedded-aws".into())
            .spawn(move || server.run())
            .map_err(StartError::Threads)?;
        let address = started.await.unwrap_or_else(|_gone| {
            Err(StartError::Threads(std::io::Error::other(
                "the server's thread has ended",
            )))
        })?;
        Ok(Self {
            address,
            usage,
            stop,
            stopped: Some(stopped),
            thread: Some(thread),
        })
    }

    /// The URL to give to an SDK as its endpoint.
    pub fn endpoint(&self) -> String {
        endpoint(self.address)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How often each operation was called, by names such as `DynamoDB.PutItem`
    /// and `SQS.SendMessageBatch`.
    pub fn calls(&self) -> BTreeMap<String, u64> {
        self.usage.calls()
    }

    /// What `DynamoDB`'s operations consumed.
    pub fn capacity(&self) -> CapacityUnits {
        self.usage.capacity()
    }

    /// Lets running requests finish, ends long polls, closes the files and
    /// frees the data folder and the port.
    pub async fn stop(mut self) {
        self.stop.cancel();
        if let Some(stopped) = self.stopped.take() {
            // An error means that the thread has ended already.
            stopped.await.ok();
        }
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the embedded AWS ended in a panic");
        }
    }
}

impl Drop for EmbeddedAws {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn endpoint(address: SocketAddr) -> String {
    format!("http://{address}")
}

struct Server {
    config: Config,
    usage: Arc<Usage>,
    stop: CancellationToken,
    ready: oneshot::Sender<Result<SocketAddr, StartError>>,
    ended: oneshot::Sender<()>,
}

impl Server {
    fn run(self) {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(THREADS)
            .thread_name("embedded-aws")
            .enable_all()
            .build();
        let Self {
            config,
            usage,
            stop,
            ready,
            ended,
        } = self;
        let runtime = match runtime {
            Ok(runtime) => runtime,
            Err(error) => {
                drop(ready.send(Err(StartError::Threads(error))));
                return;
            }
        };
        let running = runtime.block_on(async {
            match Running::start(&config, usage, stop).await {
                Ok(running) => {
                    drop(ready.send(Ok(running.address)));
                    Some(running.serve().await)
                }
                Err(error) => {
                    drop(ready.send(Err(error)));
                    None
                }
            }
        });
        // The sockets go first, so that no request meets a closed file.
        runtime.shutdown_timeout(PATIENCE);
        if let Some(files) = running {
            files.close();
        }
        // Nobody waits where the owner has dropped it.
        ended.send(()).ok();
    }
}

struct Running {
    address: SocketAddr,
    listener: TcpListener,
    services: Arc<Services>,
    stop: CancellationToken,
    files: Files,
}

/// What is closed last.
struct Files {
    services: Arc<Services>,
    engine: Engine,
    folder: Option<DataFolder>,
}

impl Files {
    fn close(self) {
        self.services.sqs.close();
        self.engine.stop();
        drop(self.folder);
    }
}

impl Running {
    async fn start(
        config: &Config,
        usage: Arc<Usage>,
        stop: CancellationToken,
    ) -> Result<Self, StartError> {
        let folder = config.data.as_deref().map(DataFolder::open).transpose()?;
        let (listener, address) = listen(config.listen).await?;
        let secrets = SecretStore::open(folder.as_ref().map(DataFolder::secrets))?;
        let sqs = open_sqs(folder.as_ref(), address, stop.clone())?;
        let file = folder.as_ref().map(DataFolder::dynamodb);
        let engine = Engine::start(file.as_deref())
            .await
            .map_err(|error| StartError::service("DynamoDB", file, error.is_damage(), error))?;
        let dynamodb = Proxy::new(engine.address());
        let services = Arc::new(Services {
            dynamodb,
            sqs,
            secrets,
            usage,
        });
        let files = Files {
            services: Arc::clone(&services),
            engine,
            folder,
        };
        Ok(Self {
            address,
            listener,
            services,
            stop,
            files,
        })
    }

    /// Returns when it was stopped and the requests under way are answered.
    async fn serve(self) -> Files {
        let Self {
            listener,
            services,
            stop,
            files,
            ..
        } = self;
        let tasks = TaskTracker::new();
        let moving = Arc::clone(&services);
        tasks.spawn(async move { moving.sqs.drive_moves().await });
        tasks.close();

        let listener = listener.tap_io(|socket| {
            if let Err(error) = socket.set_nodelay(true) {
                tracing::debug!(%error, "a connection stays with delayed sends");
            }
        });
        let stopping = stop.clone();
        let serving = axum::serve(listener, front::router(services))
            .with_graceful_shutdown(async move { stopping.cancelled().await });
        let overdue = async {
            stop.cancelled().await;
            tokio::time::sleep(PATIENCE).await;
        };
        tokio::select! {
            served = serving => {
                if let Err(error) = served {
                    tracing::error!(%error, "the embedded AWS stopped serving");
                }
            }
            () = overdue => tracing::warn!("stopping with requests under way"),
        }
        stop.cancel();
        tasks.wait().await;
        files
    }
}

async fn listen(listen: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let refused = |source: std::io::Error| {
        if source.kind() == std::io::ErrorKind::AddrInUse {
            StartError::PortInUse { listen }
        } else {
            StartError::Listen { listen, source }
        }
    };
    let listener = TcpListener::bind(listen).await.map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    Ok((listener, address))
}

fn open_sqs(
    folder: Option<&DataFolder>,
    address: SocketAddr,
    stop: CancellationToken,
) -> Result<Broker, StartError> {
    let file = folder.map(DataFolder::sqs);
    Broker::open(file.as_deref(), endpoint(address), stop).map_err(|error| match (error, file) {
        (JournalError::Schema(newer), Some(file)) => StartError::NewerData {
            file,
            source: Box::new(newer),
        },
        (error, file) => StartError::service("SQS", file, error.is_damage(), error),
    })
}
