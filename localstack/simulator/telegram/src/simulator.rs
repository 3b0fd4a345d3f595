use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use patchbay_sim_core::{Blobs, Journal, JournalError};
use tokio::net::TcpListener;

use crate::connection::{Shared, serve};
use crate::control;
use crate::state::{Command, Dc, Refusal, State};
use crate::world::{Addresses, World};

/// How to run a simulator.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where clients connect to; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where the state is kept, with the bytes of files in a folder beside it. Without it, all
    /// ends with the process.
    pub journal: Option<PathBuf>,
    /// The address that clients are told in the platform's configuration, if it isn't the
    /// one that is listened on.
    pub advertise: Option<SocketAddr>,
}

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("{address} is in use by another program: stop that program, or choose another port")]
    AddressInUse { address: SocketAddr },
    #[error("cannot listen on {address}")]
    Listen {
        address: SocketAddr,
        #[source]
        source: io::Error,
    },
    #[error("the folder of files cannot be opened")]
    Files(#[source] io::Error),
    #[error("the state cannot be restored")]
    Journal(#[from] JournalError),
    #[error(
        "the journal holds a command that this version refuses; move the file away to start anew"
    )]
    Replay(#[source] Refusal),
}

/// A running simulator. Dropping it stops it without waiting.
#[derive(Debug)]
pub struct TelegramSimulator {
    shared: Arc<Shared>,
    address: SocketAddr,
}

const STOP_WITHIN: Duration = Duration::from_secs(5);

impl TelegramSimulator {
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let (state, journal) = restored(&config)?;
        let blobs = match &config.journal {
            Some(journal) => Blobs::open(&journal.with_extension("files")),
            None => Blobs::temporary(),
        };
        let blobs = blobs.map_err(StartError::Files)?;
        let (listener, address) = bound(config.listen).await?;
        let (other, other_address) = bound(SocketAddr::new(address.ip(), 0)).await?;
        let addresses = Addresses {
            home: config.advertise.unwrap_or_else(|| reachable(address)),
            other: reachable(other_address),
        };
        let shared = Arc::new(Shared::new(World::new(state, journal, blobs, addresses)));
        for (listener, dc) in [(listener, Dc::Home), (other, Dc::Other)] {
            let listening = listen(Arc::clone(&shared), listener, dc);
            shared.tasks.spawn(listening);
        }
        Ok(Self { shared, address })
    }

    /// Where clients connect to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where those connect to who are at home in the other data centre, or read a file there.
    pub fn other_address(&self) -> SocketAddr {
        self.shared.world().addresses.other
    }

    /// The control API, to be nested at `/_sim/telegram`.
    pub fn control(&self) -> axum::Router {
        control::router(Arc::clone(&self.shared))
    }

    /// Closes every connection and waits for the tasks to end, for a bounded time.
    pub async fn stop(self) {
        self.shared.stop.cancel();
        self.shared.tasks.close();
        if tokio::time::timeout(STOP_WITHIN, self.shared.tasks.wait())
            .await
            .is_err()
        {
            tracing::warn!("connections were still open when the simulator stopped");
        }
    }
}

impl Drop for TelegramSimulator {
    fn drop(&mut self) {
        self.shared.stop.cancel();
    }
}

fn restored(config: &Config) -> Result<(State, Journal), StartError> {
    let mut state = State::default();
    let Some(path) = &config.journal else {
        return Ok((state, Journal::in_memory()));
    };
    let mut refused = None;
    let journal = Journal::open(path, |entry: patchbay_sim_core::Entry<Command>| {
        if let Err(refusal) = state.apply(entry.at, &entry.command) {
            refused.get_or_insert(refusal);
        }
    })?;
    match refused {
        Some(refusal) => Err(StartError::Replay(refusal)),
        None => Ok((state, journal)),
    }
}

async fn bound(address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let failed = |source: io::Error| {
        if source.kind() == io::ErrorKind::AddrInUse {
            StartError::AddressInUse { address }
        } else {
            StartError::Listen { address, source }
        }
    };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

/// Nobody can connect to "any address", which a listener may be bound to.
fn reachable(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), address.port())
    } else {
        address
    }
}

async fn listen(shared: Arc<Shared>, listener: TcpListener, dc: Dc) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shared.stop.cancelled() => return,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        if shared.world().knobs.settings.refuse_connections {
            continue;
        }
        let connection = Arc::clone(&shared);
        shared.tasks.spawn(async move {
            let stop = connection.stop.clone();
            tokio::select! {
                result = serve(connection, stream, dc) => {
                    if let Err(error) = result {
                        let error = &error as &dyn std::error::Error;
                        tracing::debug!(error, "a connection ended");
                    }
                }
                () = stop.cancelled() => {}
            }
        });
    }
}
