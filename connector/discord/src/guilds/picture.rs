use std::collections::HashMap;

use patchbay_domain::guild::{DiscordChannel, Guild};
use patchbay_domain::ids::{DiscordChannelId, DiscordGuildId, DiscordUserId};
use patchbay_domain::text::discord::MentionNames;
use serenity::model::Permissions;
use serenity::model::channel::ChannelType;
use serenity::model::id::RoleId;

use super::payload::{ChannelObject, GuildObject, RoleObject};
use super::permissions::{self, Member};

/// One server as it is now.
#[derive(Debug)]
pub(crate) struct GuildPicture {
    pub(crate) id: DiscordGuildId,
    pub(crate) name: String,
    pub(crate) owner: DiscordUserId,
    pub(crate) roles: Vec<RoleObject>,
    /// The bot, and its roles.
    pub(crate) me: DiscordUserId,
    pub(crate) own_roles: Vec<RoleId>,
    /// Channels, and those threads that were heard of.
    pub(crate) channels: HashMap<DiscordChannelId, ChannelObject>,
}

/// A server in the form in which the directory keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listing {
    pub(crate) guild: Guild,
    pub(crate) channels: Vec<DiscordChannel>,
}

/// Where a message stands: in a channel, or in a thread of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) channel: DiscordChannelId,
    pub(crate) thread: Option<DiscordChannelId>,
}

impl GuildPicture {
    pub(crate) fn of(object: GuildObject, me: DiscordUserId) -> Self {
        let own_roles = object
            .members
            .into_iter()
            .find(|member| member.user.id == me)
            .map_or_else(Vec::new, |member| member.roles);
        let channels = object.channels.into_iter().chain(object.threads);
        Self {
            id: object.id,
            name: object.name,
            owner: object.owner_id,
            roles: object.roles,
            me,
            own_roles,
            channels: channels.map(|channel| (channel.id, channel)).collect(),
        }
    }

    /// `GUILD_UPDATE` tells neither channels nor members.
    pub(crate) fn update(&mut self, object: GuildObject) {
        self.name = object.name;
        self.owner = object.owner_id;
        self.roles = object.roles;
    }

    pub(crate) fn put_role(&mut self, role: RoleObject) {
        self.remove_role(role.id);
        self.roles.push(role);
    }

    pub(crate) fn remove_role(&mut self, role: RoleId) {
        self.roles.retain(|known| known.id != role);
    }

    pub(crate) fn place_of(&self, channel: DiscordChannelId) -> Option<Place> {
        self.channels
            .get(&channel)
            .map(|known| Place::of(channel, known))
    }

    /// Only channels in which messages are posted are listed.
    pub(crate) fn listing(&self) -> Listing {
        let mut channels: Vec<DiscordChannel> = self
            .channels
            .values()
            .filter(|channel| matches!(channel.kind, ChannelType::Text | ChannelType::News))
            .map(|channel| self.listed(channel))
            .collect();
        channels.sort_by_key(|channel| channel.id);
        Listing {
            guild: Guild {
                id: self.id,
                name: self.name.clone(),
            },
            channels,
        }
    }

    fn listed(&self, channel: &ChannelObject) -> DiscordChannel {
        let member = Member {
            user: self.me,
            roles: &self.own_roles,
        };
        let held = permissions::in_channel(self, member, channel);
        let may = |needed| held.contains(Permissions::VIEW_CHANNEL | needed);
        DiscordChannel {
            id: channel.id,
            guild: self.id,
            name: channel.name.clone().unwrap_or_default(),
            can_read: may(Permissions::READ_MESSAGE_HISTORY),
            can_post: may(Permissions::SEND_MESSAGES),
        }
    }
}

impl Place {
    pub(crate) fn of(id: DiscordChannelId, channel: &ChannelObject) -> Self {
        match channel.parent_id.filter(|_| channel.is_thread()) {
            Some(parent) => Self {
                channel: parent,
                thread: Some(id),
            },
            None => Self {
                channel: id,
                thread: None,
            },
        }
    }

    /// The channel or thread that holds the message itself.
    pub(crate) fn holder(self) -> DiscordChannelId {
        self.thread.unwrap_or(self.channel)
    }
}

impl MentionNames for GuildPicture {
    fn role(&self, id: u64) -> Option<String> {
        self.roles
            .iter()
            .find(|role| role.id.get() == id)
            .map(|role| role.name.clone())
    }

    fn channel(&self, id: DiscordChannelId) -> Option<String> {
        self.channels.get(&id)?.name.clone()
    }
}
