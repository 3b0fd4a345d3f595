use std::collections::VecDeque;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Change, Rejection, World};
use crate::ids::{ApplicationId, GuildId, UserId};
use crate::intents::Intents;
use crate::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct SessionId(pub(crate) String);

/// One connection to the gateway within one run of the simulator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct ConnectionId(pub(crate) u64);

/// Which part of an application's guilds a session serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Shard {
    pub(crate) id: u64,
    pub(crate) count: u64,
}

impl Shard {
    pub(crate) fn is_valid(self) -> bool {
        self.id < self.count
    }

    /// Direct messages, which are in no guild, go to the first shard.
    pub(crate) fn holds(self, guild: Option<GuildId>) -> bool {
        guild.map_or(0, |guild| guild.0 >> 22) % self.count.max(1) == self.id
    }
}

/// A bot's place in the stream of events. It outlives connections, and the process.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) id: SessionId,
    pub(crate) application: ApplicationId,
    pub(crate) intents: Intents,
    pub(crate) shard: Shard,
    /// The number of the newest event.
    pub(crate) seq: u64,
    /// The newest events, complete as they go over the wire.
    events: VecDeque<Arc<str>>,
    pub(crate) holder: Holder,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    Connection(ConnectionId),
    Nobody { since: Timestamp },
}

impl Session {
    /// A session without events, held by the connection that asked for it.
    pub(super) fn new(
        id: SessionId,
        application: ApplicationId,
        intents: Intents,
        shard: Shard,
        connection: ConnectionId,
    ) -> Self {
        let holder = Holder::Connection(connection);
        Self {
            id,
            application,
            intents,
            shard,
            seq: 0,
            events: VecDeque::new(),
            holder,
        }
    }

    pub(crate) fn bot(&self) -> UserId {
        self.application.bot()
    }

    pub(super) fn push(&mut self, name: &str, payload: &Value, most: usize) {
        self.seq += 1;
        let event = json!({ "op": 0, "s": self.seq, "t": name, "d": payload });
        self.events.push_back(event.to_string().into());
        while self.events.len() > most.max(1) {
            self.events.pop_front();
        }
    }

    /// Up to `most` events after the one numbered `seq`, with the number of the last of them;
    /// `None` when some of those are not kept any more.
    pub(crate) fn events_after(&self, seq: u64, most: usize) -> Option<(u64, Vec<Arc<str>>)> {
        let before_first = self.seq - self.events.len() as u64;
        let skip = usize::try_from(seq.checked_sub(before_first)?).ok()?;
        let events: Vec<_> = self.events.iter().skip(skip).take(most).cloned().collect();
        Some((seq + events.len() as u64, events))
    }

    pub(crate) fn is_held_by(&self, connection: ConnectionId) -> bool {
        self.holder == Holder::Connection(connection)
    }

    pub(crate) fn kept_events(&self) -> usize {
        self.events.len()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ResumeRefusal {
    /// There is no such session, or its missed events are not kept any more.
    Unknown,
    /// The client claims to have seen what was never sent.
    InvalidSeq,
}

/// A connection takes a session over, from nobody or from an older connection.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct AttachSession {
    pub(crate) session: SessionId,
    pub(crate) connection: ConnectionId,
}

impl Change for AttachSession {
    type Output = ();

    fn apply(self, world: &mut World) -> Result<(), Rejection> {
        let most = world.settings.replay_limit;
        let session = world
            .sessions
            .get_mut(&self.session)
            .ok_or(Rejection::UnknownSession)?;
        session.holder = Holder::Connection(self.connection);
        session.push("RESUMED", &json!({ "_trace": [] }), most);
        Ok(())
    }
}

/// A connection is gone; from now on the session can only wait for so long.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct DetachSession {
    pub(crate) session: SessionId,
    pub(crate) connection: ConnectionId,
}

impl Change for DetachSession {
    type Output = ();

    fn apply(self, world: &mut World) -> Result<(), Rejection> {
        let since = world.now();
        let session = world
            .sessions
            .get_mut(&self.session)
            .ok_or(Rejection::UnknownSession)?;
        if session.holder == Holder::Connection(self.connection) {
            session.holder = Holder::Nobody { since };
        }
        Ok(())
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct EndSession {
    pub(crate) session: SessionId,
}

impl Change for EndSession {
    type Output = ();

    fn apply(self, world: &mut World) -> Result<(), Rejection> {
        world
            .sessions
            .remove(&self.session)
            .map(drop)
            .ok_or(Rejection::UnknownSession)
    }
}

/// The process starts again: whatever was connected before is not any more.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Restart {}

impl Change for Restart {
    type Output = ();

    fn apply(self, world: &mut World) -> Result<(), Rejection> {
        let since = world.now();
        for session in world.sessions.values_mut() {
            if let Holder::Connection(_) = session.holder {
                session.holder = Holder::Nobody { since };
            }
        }
        Ok(())
    }
}

/// Asks for the members of a guild, by id or by the beginning of their names.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RequestMembers {
    pub(crate) session: SessionId,
    pub(crate) guild: GuildId,
    pub(crate) users: Option<Vec<UserId>>,
    pub(crate) query: String,
    /// Zero for all.
    pub(crate) limit: usize,
    pub(crate) nonce: Option<String>,
}

impl Change for RequestMembers {
    type Output = ();

    /// Answers in one chunk, whatever the number of members.
    fn apply(self, world: &mut World) -> Result<(), Rejection> {
        let session = world
            .sessions
            .get(&self.session)
            .ok_or(Rejection::UnknownSession)?;
        let guild = world.guild_for(self.guild, session.bot())?;
        let wanted = |user: UserId| match &self.users {
            Some(users) => users.contains(&user),
            None => world
                .user(user)
                .is_ok_and(|user| user.name.starts_with(&self.query)),
        };
        let most = if self.limit == 0 {
            usize::MAX
        } else {
            self.limit
        };
        let members: Vec<Value> = guild
            .members
            .keys()
            .filter(|&&user| wanted(user))
            .take(most)
            .filter_map(|&user| world.render_full_member(self.guild, user).ok())
            .collect();
        let mut payload = json!({
            "guild_id": self.guild,
            "members": members,
            "chunk_index": 0,
            "chunk_count": 1,
        });
        if let Some(users) = &self.users {
            let unknown = |user: &&UserId| !guild.members.contains_key(user);
            payload["not_found"] = json!(users.iter().filter(unknown).collect::<Vec<_>>());
        }
        if let Some(nonce) = self.nonce {
            payload["nonce"] = json!(nonce);
        }
        let most = world.settings.replay_limit;
        let session = world
            .sessions
            .get_mut(&self.session)
            .ok_or(Rejection::UnknownSession)?;
        session.push("GUILD_MEMBERS_CHUNK", &payload, most);
        Ok(())
    }
}

impl World {
    pub(super) fn expire_sessions(&mut self) {
        let (now, ttl) = (self.now, self.settings.session_ttl_s.saturating_mul(1000));
        self.sessions.retain(|_, session| match session.holder {
            Holder::Connection(_) => true,
            Holder::Nobody { since } => now.millis_since(since) < ttl,
        });
    }

    pub(crate) fn resume_refusal(
        &self,
        application: ApplicationId,
        session: &SessionId,
        seq: u64,
    ) -> Option<ResumeRefusal> {
        let Some(session) = self
            .session(session)
            .filter(|one| one.application == application)
        else {
            return Some(ResumeRefusal::Unknown);
        };
        if seq > session.seq {
            return Some(ResumeRefusal::InvalidSeq);
        }
        session
            .events_after(seq, 0)
            .is_none()
            .then_some(ResumeRefusal::Unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session() -> Session {
        let (id, shard) = (SessionId("s".to_owned()), Shard { id: 0, count: 1 });
        Session::new(
            id,
            ApplicationId(1),
            Intents::GUILDS,
            shard,
            ConnectionId(1),
        )
    }

    #[test]
    fn events_are_replayed_from_a_number_until_they_are_forgotten() {
        let mut session = session();
        for _ in 0..5 {
            session.push("E", &json!({}), 3);
        }
        assert_eq!(session.events_after(1, 9), None);
        let (last, events) = session.events_after(2, 9).unwrap();
        assert_eq!((last, events.len()), (5, 3));
        assert!(events[0].contains("\"s\":3"));
        assert_eq!(session.events_after(2, 2).unwrap().0, 4);
        assert_eq!(session.events_after(5, 9).unwrap(), (5, vec![]));
    }

    #[test]
    fn a_guild_is_on_one_shard_and_direct_messages_on_the_first() {
        let shards = [Shard { id: 0, count: 2 }, Shard { id: 1, count: 2 }];
        let guild = GuildId(7 << 22);
        assert_eq!(shards.map(|shard| shard.holds(Some(guild))), [false, true]);
        assert_eq!(shards.map(|shard| shard.holds(None)), [true, false]);
    }
}
