use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::files::Files;
use crate::ids::{ChannelId, MessageId};
use crate::journaled::{JournaledWorld, Refusal};
use crate::time::Timestamp;
use crate::traffic::Traffic;
use crate::world::{Change, ConnectionId, PreviewLinks, SessionId, Settings, World};

/// What an operator does to gateway connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    Reconnect,
    Invalidate(Resumption),
    Close { code: u16 },
    Drop,
}

/// Whether a session outlives what happens to its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resumption {
    Possible,
    Impossible,
}

#[derive(Debug)]
struct Connection {
    session: Option<SessionId>,
    signals: mpsc::UnboundedSender<Signal>,
}

#[derive(Debug, Default)]
struct Connections {
    last: u64,
    open: BTreeMap<ConnectionId, Connection>,
}

/// Everything that requests, connections and the operator share.
#[derive(Debug)]
pub(crate) struct Platform {
    journaled: Mutex<JournaledWorld>,
    traffic: Mutex<Traffic>,
    connections: Mutex<Connections>,
    pub(crate) files: Files,
    changed: watch::Sender<()>,
    pub(crate) address: SocketAddr,
    pub(crate) stop: CancellationToken,
    pub(crate) tasks: TaskTracker,
}

/// A panic while the lock is held is a defect that the panic itself reports; the data behind
/// it is replaced step by step and stays readable.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Platform {
    pub(crate) fn new(
        journaled: JournaledWorld,
        files: Files,
        address: SocketAddr,
        stop: CancellationToken,
    ) -> Self {
        Self {
            journaled: Mutex::new(journaled),
            traffic: Mutex::default(),
            connections: Mutex::default(),
            files,
            changed: watch::Sender::new(()),
            address,
            stop,
            tasks: TaskTracker::new(),
        }
    }

    pub(crate) fn gateway_url(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// Looks at the world as it is now: links in what is rendered are fresh.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        let mut journaled = lock(&self.journaled);
        journaled.let_time_pass(Timestamp::now());
        look(journaled.world())
    }

    pub(crate) fn settings(&self) -> Arc<Settings> {
        self.read(|world| Arc::clone(world.settings()))
    }

    pub(crate) fn execute<C: Change>(&self, change: C) -> Result<C::Output, Refusal> {
        self.transact(|journaled| journaled.execute(Timestamp::now(), change))
    }

    /// Looks at the world and changes it with nothing in between.
    pub(crate) fn transact<T>(&self, act: impl FnOnce(&mut JournaledWorld) -> T) -> T {
        let result = act(&mut lock(&self.journaled));
        self.changed.send_replace(());
        result
    }

    /// Shows, after a while, what the links in a message lead to, if anything is to be shown.
    pub(crate) fn preview_links(self: &Arc<Self>, channel: ChannelId, message: MessageId) {
        if !self.read(|world| world.awaits_previews(channel, message)) {
            return;
        }
        let delay = Duration::from_millis(self.settings().link_preview_delay_ms);
        let platform = Arc::clone(self);
        self.tasks.spawn(async move {
            tokio::select! {
                () = platform.stop.cancelled() => return,
                () = tokio::time::sleep(delay) => {}
            }
            if let Err(error) = platform.execute(PreviewLinks { channel, message }) {
                tracing::debug!(%error, "links were not shown: the message is gone");
            }
        });
    }

    /// Wakes after every change of the world.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    pub(crate) fn traffic(&self) -> MutexGuard<'_, Traffic> {
        lock(&self.traffic)
    }

    pub(crate) fn open_connection(&self) -> (ConnectionId, mpsc::UnboundedReceiver<Signal>) {
        let (signals, received) = mpsc::unbounded_channel();
        let mut connections = lock(&self.connections);
        connections.last += 1;
        let id = ConnectionId(connections.last);
        connections.open.insert(
            id,
            Connection {
                session: None,
                signals,
            },
        );
        (id, received)
    }

    pub(crate) fn note_session(&self, id: ConnectionId, session: Option<SessionId>) {
        if let Some(connection) = lock(&self.connections).open.get_mut(&id) {
            connection.session = session;
        }
    }

    pub(crate) fn close_connection(&self, id: ConnectionId) {
        lock(&self.connections).open.remove(&id);
    }

    pub(crate) fn open_connections(&self) -> usize {
        lock(&self.connections).open.len()
    }

    /// Sends the signal to the connection of one session, or to all; says how many got it.
    pub(crate) fn signal(&self, session: Option<&SessionId>, signal: Signal) -> usize {
        lock(&self.connections)
            .open
            .values()
            .filter(|connection| session.is_none() || connection.session.as_ref() == session)
            .filter(|connection| connection.signals.send(signal).is_ok())
            .count()
    }
}
