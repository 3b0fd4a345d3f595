use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use patchbay_sim_core::JournalError;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::files::{Files, FilesError};
use crate::journaled::JournaledWorld;
use crate::listener::{HangUp, RefusingListener};
use crate::platform::Platform;
use crate::time::Timestamp;
use crate::world::Links;
use crate::{control, rest};

/// How long a stop waits for requests and connections to end by themselves.
const STOP_WAIT: Duration = Duration::from_secs(5);

#[derive(Debug, Clone)]
pub struct Config {
    /// Where REST and the gateway listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The file that keeps everything but the bytes of files, for which there is a folder of
    /// the same name beside it, with the ending `files`. Without one, everything is gone with
    /// the process.
    pub journal: Option<PathBuf>,
}

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(
        "the Discord simulator cannot listen on {address}, because another program does: \
         stop that program, or choose another port (0 takes a free one)"
    )]
    PortInUse {
        address: SocketAddr,
        #[source]
        source: io::Error,
    },
    #[error("the Discord simulator cannot listen on {address}")]
    Listen {
        address: SocketAddr,
        #[source]
        source: io::Error,
    },
    #[error("the Discord simulator cannot read what it kept")]
    Journal(#[from] JournalError),
    #[error("the Discord simulator cannot keep files")]
    Files(#[from] FilesError),
}

/// A running simulator. Dropping it stops it without waiting.
#[derive(Debug)]
pub struct DiscordSimulator {
    platform: Arc<Platform>,
    server: Option<JoinHandle<io::Result<()>>>,
}

impl DiscordSimulator {
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let listener = TcpListener::bind(config.listen).await.map_err(|source| {
            let address = config.listen;
            if source.kind() == io::ErrorKind::AddrInUse {
                StartError::PortInUse { address, source }
            } else {
                StartError::Listen { address, source }
            }
        })?;
        let address = listener.local_addr().map_err(|source| StartError::Listen {
            address: config.listen,
            source,
        })?;
        let files = Files::open(config.journal.as_deref())?;
        let links = Links {
            origin: format!("http://{address}"),
            key: files.key().to_vec(),
        };
        let journal = config.journal.as_deref();
        let journaled = JournaledWorld::open(journal, links, Timestamp::now())?;
        let stop = CancellationToken::new();
        let platform = Arc::new(Platform::new(journaled, files, address, stop.clone()));
        let service = rest::router(&platform).into_make_service_with_connect_info::<HangUp>();
        let listener = RefusingListener {
            listener,
            platform: Arc::clone(&platform),
        };
        let server = platform.tasks.spawn(async move {
            axum::serve(listener, service)
                .with_graceful_shutdown(stop.cancelled_owned())
                .await
        });
        Ok(Self {
            platform,
            server: Some(server),
        })
    }

    /// REST is at `http://{address}/api/v10`, the gateway at `ws://{address}/`.
    pub fn address(&self) -> SocketAddr {
        self.platform.address
    }

    /// The control API, to be mounted at `/_sim/discord`.
    pub fn control(&self) -> axum::Router {
        control::router(&self.platform)
    }

    /// Ends every connection and waits until all of them have ended. Sessions stay resumable.
    pub async fn stop(mut self) {
        self.platform.stop.cancel();
        self.platform.tasks.close();
        if tokio::time::timeout(STOP_WAIT, self.platform.tasks.wait())
            .await
            .is_err()
        {
            tracing::warn!("connections to the Discord simulator did not end in time");
        }
        if let Some(server) = self.server.take() {
            server.abort();
        }
    }
}

impl Drop for DiscordSimulator {
    fn drop(&mut self) {
        self.platform.stop.cancel();
        if let Some(server) = self.server.take() {
            server.abort();
        }
    }
}
