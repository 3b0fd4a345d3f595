use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::endings::Successor;
use super::ids::{ChannelId, GroupId, UserId};
use super::mailbox::Mailbox;
use super::refusal::{
    CHANNEL_PRIVATE, CHAT_ADMIN_REQUIRED, CHAT_WRITE_FORBIDDEN, PEER_ID_INVALID, Refusal,
};
use super::topics::Topic;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    Creator,
    Admin,
    Member,
    ReadOnly,
    Banned,
}

impl Role {
    pub(crate) fn is_admin(self) -> bool {
        matches!(self, Self::Creator | Self::Admin)
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Participant {
    pub(crate) role: Role,
    /// Unix seconds.
    pub(crate) since: i64,
    pub(crate) invited_by: UserId,
}

/// Everybody who is or was something in a chat, the banned included.
#[derive(Debug, Clone, Default)]
pub(crate) struct Roster(BTreeMap<UserId, Participant>);

impl Roster {
    pub(crate) fn get(&self, user: UserId) -> Option<Participant> {
        self.0.get(&user).copied()
    }

    pub(crate) fn role(&self, user: UserId) -> Option<Role> {
        self.0.get(&user).map(|participant| participant.role)
    }

    pub(crate) fn has(&self, user: UserId) -> bool {
        self.role(user).is_some_and(|role| role != Role::Banned)
    }

    pub(crate) fn members(&self) -> impl Iterator<Item = (UserId, Participant)> {
        self.everybody()
            .filter(|(_, participant)| participant.role != Role::Banned)
    }

    pub(crate) fn everybody(&self) -> impl Iterator<Item = (UserId, Participant)> {
        self.0
            .iter()
            .map(|(user, participant)| (*user, *participant))
    }

    pub(crate) fn count(&self) -> i32 {
        i32::try_from(self.members().count()).unwrap_or(i32::MAX)
    }

    pub(crate) fn set(&mut self, user: UserId, role: Role, since: i64, invited_by: UserId) {
        self.0
            .entry(user)
            .and_modify(|participant| participant.role = role)
            .or_insert(Participant {
                role,
                since,
                invited_by,
            });
    }

    pub(crate) fn remove(&mut self, user: UserId) {
        self.0.remove(&user);
    }
}

/// A basic group. Its messages lie in its members' own boxes.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) id: GroupId,
    pub(crate) title: String,
    pub(crate) date: i64,
    pub(crate) protected: bool,
    pub(crate) roster: Roster,
    /// Grows with each change of the roster.
    pub(crate) version: i32,
    pub(crate) migrated_to: Option<Successor>,
    pub(crate) deleted: bool,
    /// Those that it takes; nothing, if it takes all.
    pub(crate) reactions: Option<Vec<String>>,
}

impl Group {
    pub(crate) fn check_post(&self, user: UserId) -> Result<(), Refusal> {
        if self.migrated_to.is_some() {
            return Err(PEER_ID_INVALID);
        }
        match self.roster.role(user) {
            Some(Role::Creator | Role::Admin | Role::Member) => Ok(()),
            Some(Role::ReadOnly | Role::Banned) | None => Err(CHAT_WRITE_FORBIDDEN),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChannelKind {
    /// A channel: only admins post, and posts name no author.
    Broadcast,
    Supergroup,
}

#[derive(Debug)]
pub(crate) struct Channel {
    pub(crate) id: ChannelId,
    pub(crate) access_hash: i64,
    pub(crate) kind: ChannelKind,
    pub(crate) title: String,
    pub(crate) username: Option<String>,
    pub(crate) date: i64,
    pub(crate) protected: bool,
    pub(crate) slow_mode_seconds: i64,
    pub(crate) roster: Roster,
    pub(crate) mailbox: Mailbox,
    /// When each member last wrote, in Unix milliseconds, for the slow mode.
    pub(crate) last_post: BTreeMap<UserId, i64>,
    pub(crate) forum: bool,
    pub(crate) topics: BTreeMap<i32, Topic>,
    pub(crate) gone_topics: BTreeSet<i32>,
    pub(crate) migrated_from: Option<GroupId>,
    /// Nobody is in it any more, and it answers as if it had never been.
    pub(crate) deleted: bool,
    /// Those that it takes; nothing, if it takes all.
    pub(crate) reactions: Option<Vec<String>>,
}

impl Channel {
    pub(super) fn new(
        id: ChannelId,
        access_hash: i64,
        kind: ChannelKind,
        title: String,
        date: i64,
        roster: Roster,
    ) -> Self {
        Self {
            id,
            access_hash,
            kind,
            title,
            username: None,
            date,
            protected: false,
            slow_mode_seconds: 0,
            roster,
            mailbox: Mailbox::default(),
            last_post: BTreeMap::new(),
            forum: false,
            topics: BTreeMap::new(),
            gone_topics: BTreeSet::new(),
            migrated_from: None,
            deleted: false,
            reactions: None,
        }
    }

    /// Members read; a channel with a user name is read by anybody who isn't banned.
    pub(crate) fn check_read(&self, user: UserId) -> Result<(), Refusal> {
        match self.roster.role(user) {
            Some(Role::Banned) => Err(CHANNEL_PRIVATE),
            None if self.username.is_none() => Err(CHANNEL_PRIVATE),
            Some(_) | None => Ok(()),
        }
    }

    pub(crate) fn check_post(&self, user: UserId) -> Result<(), Refusal> {
        self.check_read(user)?;
        match (self.kind, self.roster.role(user)) {
            (_, Some(Role::Creator | Role::Admin))
            | (ChannelKind::Supergroup, Some(Role::Member)) => Ok(()),
            (ChannelKind::Broadcast, _) => Err(CHAT_ADMIN_REQUIRED),
            (ChannelKind::Supergroup, _) => Err(CHAT_WRITE_FORBIDDEN),
        }
    }

    pub(crate) fn check_slow_mode(&self, user: UserId, at: i64) -> Result<(), Refusal> {
        let exempt = self.roster.role(user).is_some_and(Role::is_admin);
        let Some(last) = self.last_post.get(&user).filter(|_| !exempt) else {
            return Ok(());
        };
        let left = last + self.slow_mode_seconds * 1000 - at;
        if left > 0 {
            Err(Refusal::slow_mode_wait((left + 999) / 1000))
        } else {
            Ok(())
        }
    }

    pub(crate) fn is_broadcast(&self) -> bool {
        self.kind == ChannelKind::Broadcast
    }
}
