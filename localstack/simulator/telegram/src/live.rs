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
    /// `None` for what this session was never sent.
    sent_as: Option<Number>,
    body: Vec<u8>,
}

#[derive(Debug, Clone, Copy)]
struct Number {
    message_id: i64,
    sequence: i32,
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
                pending.extend(sent.map(|it| Pending {
                    sent_as: None,
                    ..it
                }));
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

    pub(crate) fn is_open(&self, id: ConnectionId) -> bool {
        self.connections.contains_key(&id)
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
                    .is_none_or(|number| !messages.contains(&number.message_id))
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
        let mut again = Vec::new();
        let mut pending = std::mem::take(&mut found.pending);
        for update in &mut pending {
            // By the same number as before, by which the client knows what it has already.
            let number = *update
                .sent_as
                .get_or_insert_with(|| found.number(Kind::Update, now));
            again.push((number, update.body.clone()));
        }
        found.pending = pending;
        for (number, body) in again {
            self.transmit(session, number, body, Order::Kept);
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
        let connected = session.connection.is_some();
        let number = connected.then(|| session.number(kind, now));
        if kind == Kind::Update {
            if session.pending.len() == MOST_PENDING {
                session.pending.pop_front();
            }
            let body = body.clone();
            session.pending.push_back(Pending {
                sent_as: number,
                body,
            });
        }
        if let Some(number) = number {
            self.transmit(reference, number, body, order);
        }
    }

    fn transmit(&self, reference: SessionRef, number: Number, body: Vec<u8>, order: Order) {
        let Some(session) = self.sessions.get(&reference) else {
            return;
        };
        let connection = session.connection.and_then(|id| self.connections.get(&id));
        let Some(connection) = connection else {
            return;
        };
        let message = Sealed {
            salt: session.salt,
            session: reference.id,
            message_id: number.message_id,
            sequence: number.sequence,
            body,
        };
        let outgoing = match order {
            Order::Kept => Outgoing::Message(message),
            Order::Swapped => Outgoing::Late(message),
        };
        // A writer that is gone is noticed by its reader, which disconnects.
        let _gone = connection.outgoing.send(outgoing);
    }

    /// Breaks a connection. Its sessions lose it at once, so that a client that is back
    /// sooner than the break is noticed finds them abandoned.
    pub(crate) fn close(&mut self, id: ConnectionId) {
        if let Some(connection) = self.connections.get(&id) {
            let _gone = connection.outgoing.send(Outgoing::Close);
        }
        self.disconnect(id);
    }

    /// Breaks every connection of the keys that are chosen; answers how many.
    pub(crate) fn close_keys(&mut self, chosen: impl Fn(KeyId) -> bool) -> usize {
        let found = self
            .connections
            .iter()
            .filter(|(_, connection)| chosen(connection.key));
        let found: Vec<ConnectionId> = found.map(|(id, _)| *id).collect();
        for id in &found {
            self.close(*id);
        }
        found.len()
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
    /// The ids grow strictly, and their low bits tell answers from the rest; the sequence
    /// counts what the client has to acknowledge.
    fn number(&mut self, kind: Kind, now: i64) -> Number {
        let by_clock = ((now / 1000) << 32) | ((now % 1000) << 22);
        let base = by_clock.max((self.last_message_id & !3) + 4);
        self.last_message_id = base;
        let message_id = match kind {
            Kind::Answer | Kind::Acknowledgement => base | 1,
            Kind::Notification | Kind::Update => base | 3,
        };
        let sequence = self.content_messages * 2;
        if kind == Kind::Acknowledgement {
            return Number {
                message_id,
                sequence,
            };
        }
        self.content_messages += 1;
        Number {
            message_id,
            sequence: sequence + 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

    use super::*;

    const KEY: KeyId = KeyId([1; 8]);
    const FIRST: SessionRef = SessionRef { key: KEY, id: 1 };
    const SECOND: SessionRef = SessionRef { key: KEY, id: 2 };

    fn connected(live: &mut Live, session: SessionRef) -> UnboundedReceiver<Outgoing> {
        let (sender, receiver) = unbounded_channel();
        let connection = live.connect(KEY, sender);
        live.attach(session, connection, 0);
        live.resume(session, 0);
        receiver
    }

    fn update(live: &mut Live, session: SessionRef, body: u8) {
        live.send(session, vec![body], Kind::Update, 0);
    }

    fn received(receiver: &mut UnboundedReceiver<Outgoing>) -> Vec<(i64, u8)> {
        std::iter::from_fn(|| receiver.try_recv().ok())
            .filter_map(|outgoing| match outgoing {
                Outgoing::Message(message) => Some((message.message_id, message.body[0])),
                Outgoing::Late(_) | Outgoing::Close => None,
            })
            .collect()
    }

    #[test]
    fn a_session_that_is_back_gets_the_unacknowledged_again_and_what_it_missed() {
        let mut live = Live::default();
        let mut first = connected(&mut live, FIRST);
        for body in [1, 2] {
            update(&mut live, FIRST, body);
        }
        let sent = received(&mut first);
        live.acknowledge(FIRST, &[sent[0].0]);
        live.close_keys(|_| true);
        update(&mut live, FIRST, 3);
        let mut again = connected(&mut live, FIRST);
        let resent = received(&mut again);
        assert_eq!(resent[0], sent[1]);
        assert_eq!(resent[1].1, 3);
        assert!(resent[1].0 > resent[0].0);
        live.acknowledge(FIRST, &[resent[0].0, resent[1].0]);
        live.close_keys(|_| true);
        assert!(received(&mut connected(&mut live, FIRST)).is_empty());
    }

    #[test]
    fn a_new_session_gets_the_unacknowledged_and_has_to_ask_for_what_it_missed() {
        let mut live = Live::default();
        let mut first = connected(&mut live, FIRST);
        update(&mut live, FIRST, 1);
        assert_eq!(received(&mut first).len(), 1);
        live.close_keys(|_| true);
        update(&mut live, FIRST, 2);
        let resent = received(&mut connected(&mut live, SECOND));
        assert_eq!(
            resent.iter().map(|(_, body)| *body).collect::<Vec<_>>(),
            [1]
        );
        assert!(!live.forget(FIRST));
    }

    #[test]
    fn answers_are_not_sent_again() {
        let mut live = Live::default();
        let mut first = connected(&mut live, FIRST);
        live.send(FIRST, vec![1], Kind::Answer, 0);
        assert_eq!(received(&mut first).len(), 1);
        live.close_keys(|_| true);
        assert!(received(&mut connected(&mut live, FIRST)).is_empty());
    }
}
