//! Chats that end: a basic group that becomes a supergroup, and chats that are deleted.

use serde::{Deserialize, Serialize};

use super::State;
use super::apply::{Applied, Notice};
use super::chat::{Channel, ChannelKind, Role};
use super::command::Actor;
use super::ids::{ChannelId, GroupId, Peer, UserId};
use super::message::Service;
use super::refusal::{CHAT_ADMIN_REQUIRED, CHAT_ID_INVALID, PEER_ID_INVALID, Refusal};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Migrate {
    pub(crate) group: GroupId,
    pub(crate) by: Actor,
    /// Of the supergroup.
    pub(crate) access_hash: i64,
}

/// The supergroup that a basic group became.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Successor {
    pub(crate) channel: ChannelId,
    pub(crate) access_hash: i64,
}

impl State {
    /// The messages stay in the group, where nobody can write any more; the supergroup begins
    /// with the same members and no messages.
    pub(super) fn migrate(&mut self, at: i64, migrate: &Migrate) -> Result<Applied, Refusal> {
        let group = self.group(migrate.group)?;
        if group.migrated_to.is_some() {
            return Err(PEER_ID_INVALID);
        }
        let old = Peer::Group(group.id);
        let author = self.check_creator(old, migrate.by)?;
        let channel = self.next_channel();
        let new = Channel {
            protected: group.protected,
            migrated_from: Some(group.id),
            reactions: group.reactions.clone(),
            ..Channel::new(
                channel,
                migrate.access_hash,
                ChannelKind::Supergroup,
                group.title.clone(),
                at / 1000,
                group.roster.clone(),
            )
        };
        let left = Service::MigratedFrom {
            title: group.title.clone(),
            group: group.id,
        };
        let members: Vec<UserId> = group.roster.members().map(|(user, _)| user).collect();
        let mut notices = self.note(at, old, author, Service::MigratedTo { channel })?;
        let group = self.groups.get_mut(&migrate.group).ok_or(CHAT_ID_INVALID)?;
        group.version += 1;
        group.migrated_to = Some(Successor {
            channel,
            access_hash: migrate.access_hash,
        });
        self.channels.insert(channel, new);
        let access = members.into_iter();
        notices.extend(access.map(|user| Notice::ChannelAccess { channel, user }));
        notices.extend(self.note(at, Peer::Channel(channel), author, left)?);
        Ok(Applied {
            chat: Some(Peer::Channel(channel)),
            notices,
            ..Applied::default()
        })
    }

    pub(super) fn delete_chat(&mut self, chat: Peer, by: Actor) -> Result<Applied, Refusal> {
        self.check_creator(chat, by)?;
        let members: Vec<UserId> = self.roster(chat)?.members().map(|(user, _)| user).collect();
        let notices = match chat {
            Peer::User(_) => return Err(PEER_ID_INVALID),
            Peer::Group(id) => {
                let group = self.groups.get_mut(&id).ok_or(CHAT_ID_INVALID)?;
                group.roster = super::Roster::default();
                group.deleted = true;
                let gone = members.into_iter().map(Some);
                gone.map(|gone| Notice::GroupMembers { group: id, gone })
                    .collect()
            }
            Peer::Channel(id) => {
                let channel = self.channels.get_mut(&id).ok_or(PEER_ID_INVALID)?;
                channel.roster = super::Roster::default();
                channel.username = None;
                channel.deleted = true;
                let access = members.into_iter();
                access
                    .map(|user| Notice::ChannelAccess { channel: id, user })
                    .collect()
            }
        };
        Ok(Applied::notices(notices))
    }

    /// Who ends a chat: its creator or, for the control API, somebody who is in it.
    fn check_creator(&self, chat: Peer, by: Actor) -> Result<UserId, Refusal> {
        let roster = self.roster(chat)?;
        match by {
            Actor::User(user) if roster.role(user) == Some(Role::Creator) => Ok(user),
            Actor::User(_) => Err(CHAT_ADMIN_REQUIRED),
            Actor::Control => {
                let creator = roster.members().find(|(_, it)| it.role == Role::Creator);
                let somebody = creator.or_else(|| roster.members().next());
                somebody.map(|(user, _)| user).ok_or(CHAT_ID_INVALID)
            }
        }
    }
}
