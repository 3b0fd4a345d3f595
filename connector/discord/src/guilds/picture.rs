use std::collections::HashMap;

use patchbay_domain::ids::{DiscordChannelId, DiscordGuildId, DiscordUserId};
use patchbay_domain::text::discord::MentionNames;
use serenity::model::id::RoleId;

use super::payload::{ChannelObject, GuildObject, RoleObject, ThreadList};

/// One server as it is now.
#[derive(Debug)]
pub(crate) struct GuildPicture {
    pub(crate) id: DiscordGuildId,
    pub(crate) name: String,
    pub(crate) owner: DiscordUserId,
    pub(crate) roles: Vec<RoleObject>,
    pub(crate) premium_tier: u8,
    /// The bot, and its roles.
    pub(crate) me: DiscordUserId,
    pub(crate) own_roles: Vec<RoleId>,
    /// Channels, and those threads that were heard of.
    pub(crate) channels: HashMap<DiscordChannelId, ChannelObject>,
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
            premium_tier: object.premium_tier,
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
        self.premium_tier = object.premium_tier;
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

    pub(crate) fn put_channel(&mut self, channel: ChannelObject) {
        self.channels.insert(channel.id, channel);
    }

    /// With its threads: Discord tells of the channel alone.
    pub(crate) fn remove_channel(&mut self, gone: DiscordChannelId) {
        self.channels.remove(&gone);
        let is_in_it = |it: &ChannelObject| it.is_thread() && it.parent_id == Some(gone);
        self.channels.retain(|_, channel| !is_in_it(channel));
    }

    /// Takes the threads of some channels, or of all. Those that are not among them are archived
    /// or hidden by now.
    pub(crate) fn put_threads(&mut self, list: ThreadList) {
        let is_meant = |thread: &ChannelObject| {
            let parent = thread.parent_id;
            let of = list.channel_ids.as_ref();
            of.is_none_or(|of| parent.is_some_and(|parent| of.contains(&parent)))
        };
        self.channels
            .retain(|_, channel| !channel.is_thread() || !is_meant(channel));
        let threads = list.threads.into_iter();
        self.channels.extend(threads.map(|it| (it.id, it)));
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
