//! The state as one viewer is shown it: our own types mapped to those of the wire.

mod chat;
mod entity;
mod media;
mod message;
mod reactions;
pub(crate) mod template;
mod update;

use std::collections::BTreeSet;

use grammers_tl_types::{enums, types};

pub(crate) use chat::{channel_full, channel_participant, group_full, topic, user_full};
pub(crate) use entity::{read_entities, shown_entities};
pub(crate) use media::{SMALL_BYTES, SMALL_SIZE, largest_size, media, preview};
pub(crate) use message::message;
use reactions::reaction;
pub(crate) use reactions::reactions;
pub(crate) use update::{
    account_update, answered, channel_update, login_token_accepted, message_id_update, pushed,
    reactions_update, waiting_key, wrapped,
};

use crate::state::{ChannelId, Content, GroupId, Message, Peer, Service, State, User, UserId};

pub(crate) fn peer(peer: Peer) -> enums::Peer {
    match peer {
        Peer::User(user) => types::PeerUser { user_id: user.0 }.into(),
        Peer::Group(group) => types::PeerChat { chat_id: group.0 }.into(),
        Peer::Channel(channel) => types::PeerChannel {
            channel_id: channel.0,
        }
        .into(),
    }
}

/// The people and chats that an answer speaks of, which it has to carry along.
#[derive(Debug)]
pub(crate) struct Cast<'a> {
    pub(crate) state: &'a State,
    pub(crate) viewer: UserId,
    users: BTreeSet<UserId>,
    groups: BTreeSet<GroupId>,
    channels: BTreeSet<ChannelId>,
}

impl<'a> Cast<'a> {
    pub(crate) fn new(state: &'a State, viewer: UserId) -> Self {
        Self {
            state,
            viewer,
            users: BTreeSet::new(),
            groups: BTreeSet::new(),
            channels: BTreeSet::new(),
        }
    }

    pub(crate) fn with(mut self, peer: Peer) -> Self {
        self.add(peer);
        self
    }

    pub(crate) fn add(&mut self, peer: Peer) {
        match peer {
            Peer::User(user) => {
                self.users.insert(user);
            }
            Peer::Group(group) => {
                self.groups.insert(group);
            }
            Peer::Channel(channel) => {
                self.channels.insert(channel);
            }
        }
    }

    pub(crate) fn add_message(&mut self, message: &Message) {
        self.add(message.peer);
        self.add(Peer::User(message.author));
        self.users.extend(message.reactions.keys());
        match &message.content {
            Content::Ordinary(ordinary) => {
                if let Some(forward) = ordinary.forward.as_ref().filter(|it| it.name.is_none()) {
                    self.add(forward.from);
                }
            }
            Content::Service(
                Service::GroupCreated { members, .. } | Service::MembersAdded { members },
            ) => self.users.extend(members),
            Content::Service(Service::MigratedTo { channel }) => {
                self.add(Peer::Channel(*channel));
            }
            Content::Service(Service::MigratedFrom { group, .. }) => {
                self.add(Peer::Group(*group));
            }
            Content::Service(Service::MemberLeft { member }) => self.add(Peer::User(*member)),
            Content::Service(
                Service::ChannelCreated { .. }
                | Service::TitleChanged { .. }
                | Service::TopicCreated { .. }
                | Service::TopicEdited { .. },
            ) => {}
        }
    }

    pub(crate) fn chats(&self) -> Vec<enums::Chat> {
        let groups = self
            .groups
            .iter()
            .filter_map(|id| self.state.groups.get(id));
        let channels = self
            .channels
            .iter()
            .filter_map(|id| self.state.channels.get(id));
        groups
            .map(|group| chat::group(group, self.viewer))
            .chain(channels.map(|channel| chat::channel(channel, self.viewer)))
            .collect()
    }

    pub(crate) fn users(&self) -> Vec<enums::User> {
        let users = self.users.iter().filter_map(|id| self.state.users.get(id));
        users.map(|it| user(it, self.viewer)).collect()
    }
}

pub(crate) fn user(user: &User, viewer: UserId) -> enums::User {
    let mut shown = template::user(user.id.0);
    shown.access_hash = Some(user.access_hash);
    shown.first_name = Some(user.first_name.clone());
    shown.last_name.clone_from(&user.last_name);
    shown.username.clone_from(&user.username);
    shown.is_self = user.id == viewer;
    shown.premium = user.premium;
    shown.phone = shown.is_self.then(|| user.phone.clone());
    shown.into()
}
