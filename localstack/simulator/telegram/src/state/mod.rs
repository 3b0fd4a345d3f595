//! The platform's own state, changed by commands alone.
//!
//! [`State::apply`] checks a command and then carries it out; a refused command has changed
//! nothing. It reads no clock and draws no random number, so a journal of commands replays to
//! the same state.

mod albums;
mod apply;
mod changes;
mod chat;
mod chats;
mod command;
mod dc;
mod endings;
mod file;
mod files;
mod ids;
mod login;
mod logins;
mod mailbox;
mod media;
mod message;
mod messages;
mod reactions;
mod refusal;
#[cfg(test)]
mod replay;
mod text;
mod topics;
mod user;

use std::collections::BTreeMap;

pub(crate) use apply::{Applied, Notice};
pub(crate) use chat::{Channel, ChannelKind, Group, Participant, Role, Roster};
pub(crate) use command::{
    Actor, ChangeChat, ChatKind, Command, CreateChat, CreateTopic, CreateUser, Delete, DeleteScope,
    DeleteTopic, Draft, Edit, EditTopic, HexBytes, Place, Post,
};
pub(crate) use dc::Dc;
pub(crate) use endings::Migrate;
pub(crate) use file::{
    Audio, Dimensions, Document, FileForm, FileKind, NewFile, Sticker, StoredFile, Video,
};
pub(crate) use files::Expiry;
pub(crate) use ids::{ChannelId, FileId, GroupId, KeyId, Peer, SharedId, UserId};
pub(crate) use login::{Delivery, Device, KeyRecord, Login, LoginCode, Password, TOKEN_LIFE_MS};
pub(crate) use mailbox::{Change, Logged, Mailbox};
pub(crate) use media::{Media, Poll, Venue};
pub(crate) use message::{Content, Forward, Message, Ordinary, Reply, Service};
pub(crate) use reactions::React;
pub use refusal::Refusal;
pub(crate) use refusal::{
    AUTH_KEY_UNREGISTERED, CHANNEL_INVALID, CHANNEL_PRIVATE, CHAT_ADMIN_REQUIRED, CHAT_ID_INVALID,
    MESSAGE_ID_INVALID, PEER_ID_INVALID, RANDOM_ID_DUPLICATE, USER_ID_INVALID,
};
pub(crate) use text::{Entity, EntityKind, MentionedUser};
pub(crate) use topics::{DEFAULT_COLOR, Topic, topic_of};
pub(crate) use user::User;

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) users: BTreeMap<UserId, User>,
    pub(crate) groups: BTreeMap<GroupId, Group>,
    pub(crate) channels: BTreeMap<ChannelId, Channel>,
    pub(crate) files: BTreeMap<FileId, StoredFile>,
    pub(crate) keys: BTreeMap<KeyId, KeyRecord>,
    pub(crate) codes: BTreeMap<String, LoginCode>,
    /// Where the copies of a message of a private chat or basic group lie.
    copies: BTreeMap<SharedId, Vec<(UserId, i32)>>,
    last_shared: u64,
}

impl State {
    pub(crate) fn user(&self, id: UserId) -> Result<&User, Refusal> {
        self.users.get(&id).ok_or(USER_ID_INVALID)
    }

    pub(crate) fn group(&self, id: GroupId) -> Result<&Group, Refusal> {
        let group = self.groups.get(&id).filter(|group| !group.deleted);
        group.ok_or(CHAT_ID_INVALID)
    }

    pub(crate) fn channel(&self, id: ChannelId) -> Result<&Channel, Refusal> {
        let channel = self.channels.get(&id).filter(|channel| !channel.deleted);
        channel.ok_or(CHANNEL_INVALID)
    }

    pub(crate) fn user_by_phone(&self, phone: &str) -> Option<&User> {
        self.users.values().find(|user| user.phone == phone)
    }

    /// User names are one space over people and channels, whatever their case.
    pub(crate) fn by_username(&self, name: &str) -> Option<Peer> {
        let is = |other: &Option<String>| {
            other
                .as_deref()
                .is_some_and(|other| other.eq_ignore_ascii_case(name))
        };
        let user = self.users.values().find(|user| is(&user.username));
        let channel = self.channels.values().find(|channel| is(&channel.username));
        user.map(|user| Peer::User(user.id))
            .or_else(|| channel.map(|channel| Peer::Channel(channel.id)))
    }

    /// The box that holds a chat's messages for one account.
    pub(crate) fn mailbox(&self, viewer: UserId, peer: Peer) -> Result<&Mailbox, Refusal> {
        match peer {
            Peer::User(_) | Peer::Group(_) => Ok(&self.user(viewer)?.mailbox),
            Peer::Channel(channel) => Ok(&self.channel(channel)?.mailbox),
        }
    }

    pub(crate) fn place(&self, place: Place) -> Result<&Mailbox, Refusal> {
        match place {
            Place::Account(user) => Ok(&self.user(user)?.mailbox),
            Place::Channel(channel) => Ok(&self.channel(channel)?.mailbox),
        }
    }

    /// The number under which one account knows a message of another's box.
    pub(crate) fn copy_for(&self, shared: SharedId, user: UserId) -> Option<i32> {
        let copies = self.copies.get(&shared)?;
        copies
            .iter()
            .find(|(owner, _)| *owner == user)
            .map(|(_, id)| *id)
    }

    pub(crate) fn is_protected(&self, peer: Peer) -> bool {
        match peer {
            Peer::User(_) => false,
            Peer::Group(group) => self.groups.get(&group).is_some_and(|group| group.protected),
            Peer::Channel(channel) => self
                .channels
                .get(&channel)
                .is_some_and(|channel| channel.protected),
        }
    }

    /// Every chat that an account would see in its list.
    pub(crate) fn dialogs(&self, user: &User) -> Vec<Peer> {
        let channels = self
            .channels
            .values()
            .filter(|channel| channel.roster.has(user.id));
        user.mailbox
            .peers()
            .filter(|peer| user.mailbox.of_peer(*peer).next().is_some())
            .chain(channels.map(|channel| Peer::Channel(channel.id)))
            .collect()
    }

    /// The account whose copies stand for a basic group where no account is named.
    pub(crate) fn witness(group: &Group) -> Option<UserId> {
        let members = || group.roster.members();
        members()
            .find(|(_, participant)| participant.role == Role::Creator)
            .or_else(|| members().next())
            .map(|(user, _)| user)
    }
}
