//! Sessions and their connections: who is told of what, and what was not yet acknowledged.

use std::collections::{HashMap, VecDeque};

use grammers_tl_types::{Serializable, enums};
use tokio::sync::mpsc::UnboundedSender;

use crate::mtproto::Sealed;
use crate::state::KeyId;

/// One session of one auth key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct SessionRef {
    pub(crate) key: KeyId,
    pub(crate) id: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ConnectionId(u64);

/// What a connection's writer is told.
#[derive(Debug)]
pub(crate) enum Outgoing {
    Message(Sealed),
    /// To be sent after the next message, if one comes soon.
    Late(Sealed),
    Close,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An answer that the client acknowledges.
    Answer,
    /// An answer of the protocol itself, which nobody acknowledges.
    Acknowledgement,
    /// News of the protocol, such as a new session.
    Notification,
    /// An update, kept until it is acknowledged.
    Update,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Kept,
    Swapped,
}

/// Updates that a session keeps for a client that is away. Beyond this the client finds the
/// gap by its `pts`.
const MOST_PENDING: usize = 200;

#[derive(Debug, Default)]
pub(crate) struct Live {
    connections: HashMap<ConnectionId, Connection>,
    sessions: HashMap<SessionRef, Session>,
    last_connection: u64,
}

#[derive(Debug)]
struct Connection {
    key: KeyId,
    outgoing: UnboundedSender<Outgoing>,
}

#[derive(Debug)]
struct Session {
    connection: Option<ConnectionId>,
    salt: i64,
    last_message_id: i64,
    content_messages: i32,
    receives_updates: bool,
    greeted: bool,
    /// Whether its client came over another connection before, and may have missed updates.
    moved: bool,
    pending: VecDeque<Pending>,
}

#[derive(Debug)]
struct Pending {
    /// `None` for what happened while no connection was there.
    sent_as: Option<i64>,
    body: Vec<u8>,
}

impl Live {
    pub(crate) fn connect(
        &mut self,
        key: KeyId,
        outgoing: UnboundedSender<Outgoing>,
    ) -> ConnectionId {
        self.last_connection += 1;
        let id = ConnectionId(self.last_connection);
        self.connections.insert(id, Connection { key, outgoing });
        id
    }

    pub(crate) fn disconnect(&mut self, id: ConnectionId) {
        self.connections.remove(&id);
        for session in self.sessions.values_mut() {
            if session.connection == Some(id) {
                session.connection = None;
            }
        }
    }

    /// Binds a session to the connection that it speaks over.
    pub(crate) fn attach(&mut self, session: SessionRef, connection: ConnectionId, salt: i64) {
        if let Some(known) = self.sessions.get_mut(&session) {
            known.moved |= known.connection != Some(connection);
            known.connection = Some(connection);
            return;
        }
        let mut pending = VecDeque::new();
        // A new session takes over what an abandoned one of the same key had been sent; what
        // happened since is for the client to ask for.
        self.sessions.retain(|other, abandoned| {
            let gone = other.key == session.key && abandoned.connection.is_none();
            if gone {
                let sent = abandoned
                    .pending
                    .drain(..)
                    .filter(|it| it.sent_as.is_some());
                pending.extend(sent);
            }
            !gone
        });
        let fresh = Session {
            connection: Some(connection),
            salt,
            last_message_id: 0,
            content_messages: 0,
            receives_updates: false,
            greeted: false,
            moved: true,
            pending,
        };
        self.sessions.insert(session, fresh);
    }

    /// Whether the session has still to be told that it is new. Once it is told, it isn't.
    pub(crate) fn greet(&mut self, session: SessionRef) -> bool {
        let session = self.sessions.get_mut(&session);
        session.is_some_and(|session| !std::mem::replace(&mut session.greeted, true))
    }

    pub(crate) fn is_attached(&self, session: SessionRef, connection: ConnectionId) -> bool {
        self.sessions
            .get(&session)
            .is_some_and(|it| it.connection == Some(connection))
    }

    pub(crate) fn receive_updates(&mut self, session: SessionRef) {
        if let Some(session) = self.sessions.get_mut(&session) {
            session.receives_updates = true;
        }
    }

    pub(crate) fn listeners(&self) -> Vec<SessionRef> {
        let listening = self
            .sessions
            .iter()
            .filter(|(_, session)| session.receives_updates);
        listening.map(|(session, _)| *session).collect()
    }

    pub(crate) fn sessions_of(&self, key: KeyId) -> Vec<SessionRef> {
        self.sessions
            .keys()
            .filter(|session| session.key == key)
            .copied()
            .collect()
    }

    pub(crate) fn acknowledge(&mut self, session: SessionRef, messages: &[i64]) {
        if let Some(session) = self.sessions.get_mut(&session) {
            session.pending.retain(|it| {
                it.sent_as
                    .is_none_or(|sent_as| !messages.contains(&sent_as))
            });
        }
    }

    /// Sends again whatever has not been acknowledged, once over each new connection.
    pub(crate) fn resume(&mut self, session: SessionRef, now: i64) {
        let Some(found) = self.sessions.get_mut(&session) else {
            return;
        };
        if !std::mem::take(&mut found.moved) {
            return;
        }
        for pending in std::mem::take(&mut found.pending) {
            self.send(session, pending.body, Kind::Update, now);
        }
    }

    pub(crate) fn push(
        &mut self,
        session: SessionRef,
        updates: &enums::Updates,
        order: Order,
        now: i64,
    ) {
        self.deliver(session, updates.to_bytes(), Kind::Update, order, now);
    }

    pub(crate) fn send(&mut self, session: SessionRef, body: Vec<u8>, kind: Kind, now: i64) {
        self.deliver(session, body, kind, Order::Kept, now);
    }

    fn deliver(
        &mut self,
        reference: SessionRef,
        body: Vec<u8>,
        kind: Kind,
        order: Order,
        now: i64,
    ) {
        let Some(session) = self.sessions.get_mut(&reference) else {
            return;
        };
        let connection = session.connection.and_then(|id| self.connections.get(&id));
        let message_id = session.next_message_id(kind, now);
        if kind == Kind::Update {
            if session.pending.len() == MOST_PENDING {
                session.pending.pop_front();
            }
            let sent_as = connection.map(|_| message_id);
            session.pending.push_back(Pending {
                sent_as,
                body: body.clone(),
            });
        }
        let Some(connection) = connection else {
            return;
        };
        let message = Sealed {
            salt: session.salt,
            session: reference.id,
            message_id,
            sequence: session.next_sequence(kind),
            body,
        };
        let outgoing = match order {
            Order::Kept => Outgoing::Message(message),
            Order::Swapped => Outgoing::Late(message),
        };
        // A writer that is gone is noticed by its reader, which disconnects.
        let _gone = connection.outgoing.send(outgoing);
    }

    pub(crate) fn close(&self, connection: ConnectionId) {
        if let Some(connection) = self.connections.get(&connection) {
            let _gone = connection.outgoing.send(Outgoing::Close);
        }
    }

    /// Breaks every connection of the keys that are chosen; answers how many.
    pub(crate) fn close_keys(&self, chosen: impl Fn(KeyId) -> bool) -> usize {
        let found = self
            .connections
            .values()
            .filter(|connection| chosen(connection.key));
        found
            .filter(|connection| connection.outgoing.send(Outgoing::Close).is_ok())
            .count()
    }

    pub(crate) fn forget(&mut self, session: SessionRef) -> bool {
        self.sessions.remove(&session).is_some()
    }

    pub(crate) fn connection_count(&self) -> usize {
        self.connections.len()
    }

    pub(crate) fn connections_of(&self, chosen: impl Fn(KeyId) -> bool) -> usize {
        self.connections
            .values()
            .filter(|connection| chosen(connection.key))
            .count()
    }
}

impl Session {
    /// Grows strictly; the low bits tell answers from the rest.
    fn next_message_id(&mut self, kind: Kind, now: i64) -> i64 {
        let by_clock = ((now / 1000) << 32) | ((now % 1000) << 22);
        let base = by_clock.max((self.last_message_id & !3) + 4);
        self.last_message_id = base;
        match kind {
            Kind::Answer | Kind::Acknowledgement => base | 1,
            Kind::Notification | Kind::Update => base | 3,
        }
    }

    fn next_sequence(&mut self, kind: Kind) -> i32 {
        let sequence = self.content_messages * 2;
        match kind {
            Kind::Acknowledgement => sequence,
            Kind::Answer | Kind::Notification | Kind::Update => {
                self.content_messages += 1;
                sequence + 1
            }
        }
    }
}
