//! `DynamoDB`: dynoxide on threads of its own, reached over a private loopback port.
//!
//! Its SQL runs synchronously under one lock, so on a shared runtime a few
//! scans would hold up everybody's SQS calls; and its router can't be called in
//! process. Hence the own runtime, and [`proxy`].

mod capacity;
mod proxy;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::thread::JoinHandle;
use std::time::Duration;

use dynoxide::Database;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

pub use self::capacity::CapacityUnits;
pub(crate) use self::proxy::Proxy;
use crate::sqlite;

/// `DynamoDB` deletes expired items within days; sooner than it promises is fine.
const SWEEP_EVERY: Duration = Duration::from_secs(5);
const THREADS: usize = 2;
const BACKLOG: u32 = 1_024;

#[derive(Debug, thiserror::Error)]
pub(crate) enum EngineError {
    #[error("the database can't be opened")]
    Sqlite(#[from] rusqlite::Error),
    #[error("the tables can't be opened")]
    Tables(#[source] dynoxide::DynoxideError),
    #[error("the engine's private port or threads can't be had")]
    Start(#[source] std::io::Error),
}

impl EngineError {
    pub(crate) fn is_damage(&self) -> bool {
        match self {
            Self::Sqlite(error) | Self::Tables(dynoxide::DynoxideError::SqliteError(error)) => {
                sqlite::is_damage(error)
            }
            Self::Tables(_) | Self::Start(_) => false,
        }
    }
}

/// Runs until it is stopped.
#[derive(Debug)]
pub(crate) struct Engine {
    address: SocketAddr,
    stop: CancellationToken,
    thread: JoinHandle<()>,
}

impl Engine {
    pub(crate) async fn start(file: Option<&Path>) -> Result<Self, EngineError> {
        let database = open(file)?;
        let stop = CancellationToken::new();
        let (ready, started) = oneshot::channel();
        let stopped = stop.clone();
        let thread = std::thread::Builder::new()
            .name("dynamodb".into())
            .spawn(move || run(database, ready, stopped))
            .map_err(EngineError::Start)?;
        let address = started
            .await
            .unwrap_or_else(|_gone| Err(std::io::Error::other("the engine's thread has ended")))
            .map_err(EngineError::Start)?;
        Ok(Self {
            address,
            stop,
            thread,
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets running requests finish and closes the database. Blocks.
    pub(crate) fn stop(self) {
        self.stop.cancel();
        if self.thread.join().is_err() {
            tracing::error!("the DynamoDB engine ended in a panic");
        }
    }
}

fn open(file: Option<&Path>) -> Result<Database, EngineError> {
    let Some(file) = file else {
        return Database::memory().map_err(EngineError::Tables);
    };
    check_readable(file)?;
    Database::new(&file.to_string_lossy()).map_err(EngineError::Tables)
}

/// The engine explains a damaged file by a missing encryption key, so whether
/// it is a database at all is found out before.
fn check_readable(file: &Path) -> Result<(), rusqlite::Error> {
    let connection = rusqlite::Connection::open(file)?;
    connection.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(()))
}

fn run(
    database: Database,
    ready: oneshot::Sender<Result<SocketAddr, std::io::Error>>,
    stop: CancellationToken,
) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(THREADS)
        .thread_name("dynamodb")
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            drop(ready.send(Err(error)));
            return;
        }
    };
    runtime.block_on(async {
        let (listener, address) = match listen() {
            Ok(listening) => listening,
            Err(error) => {
                drop(ready.send(Err(error)));
                return;
            }
        };
        drop(ready.send(Ok(address)));
        let sweeping = sweep(database.clone(), stop.clone());
        let serving =
            dynoxide::server::serve_with_shutdown(listener, database, stop.cancelled_owned());
        let (served, ()) = tokio::join!(serving, sweeping);
        if let Err(error) = served {
            tracing::error!(error, "the DynamoDB engine stopped serving");
        }
    });
}

/// Accepted sockets inherit `TCP_NODELAY` from the one that listens, which is
/// the only one in reach here.
fn listen() -> Result<(TcpListener, SocketAddr), std::io::Error> {
    let socket = TcpSocket::new_v4()?;
    socket.set_nodelay(true)?;
    socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
    let listener = socket.listen(BACKLOG)?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Deletes expired items, which the engine does only when told to.
async fn sweep(database: Database, stop: CancellationToken) {
    let mut due = tokio::time::interval(SWEEP_EVERY);
    due.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = due.tick() => {}
            () = stop.cancelled() => return,
        }
        let database = database.clone();
        match tokio::task::spawn_blocking(move || database.sweep_ttl()).await {
            Ok(Ok(0)) => {}
            Ok(Ok(deleted)) => tracing::debug!(deleted, "deleted expired items"),
            Ok(Err(error)) => tracing::warn!(%error, "expired items could not be deleted"),
            Err(error) => tracing::error!(%error, "deleting expired items panicked"),
        }
    }
}
