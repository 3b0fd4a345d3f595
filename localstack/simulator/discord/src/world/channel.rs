use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Actor, Change, Rejection, World};
use crate::ids::{ChannelId, GuildId, MessageId, UserId};
use crate::intents::Intents;
use crate::permissions::Permissions;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChannelKind {
    Text,
    Dm,
    Voice,
    Category,
    Announcement,
    Forum,
}

impl ChannelKind {
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Text => 0,
            Self::Dm => 1,
            Self::Voice => 2,
            Self::Category => 4,
            Self::Announcement => 5,
            Self::Forum => 15,
        }
    }

    pub(crate) fn holds_messages(self) -> bool {
        match self {
            Self::Text | Self::Dm | Self::Voice | Self::Announcement => true,
            Self::Category | Self::Forum => false,
        }
    }

    pub(crate) fn holds_webhooks(self) -> bool {
        match self {
            Self::Text | Self::Voice | Self::Announcement | Self::Forum => true,
            Self::Dm | Self::Category => false,
        }
    }
}

/// Where a channel is, and what only channels there have.
#[derive(Debug, Clone)]
pub(crate) enum Location {
    Guild {
        guild: GuildId,
        parent: Option<ChannelId>,
        position: u64,
        overwrites: Vec<Overwrite>,
    },
    Direct {
        bot: UserId,
        person: UserId,
    },
}

#[derive(Debug, Clone)]
pub(crate) struct Channel {
    pub(crate) id: ChannelId,
    pub(crate) kind: ChannelKind,
    pub(crate) name: String,
    pub(crate) topic: Option<String>,
    pub(crate) nsfw: bool,
    /// Slow mode in seconds. Kept and shown; bots are exempt from it.
    pub(crate) rate_limit_per_user: u64,
    pub(crate) location: Location,
    pub(crate) last_message: Option<MessageId>,
}

impl Channel {
    pub(crate) fn guild(&self) -> Option<GuildId> {
        match self.location {
            Location::Guild { guild, .. } => Some(guild),
            Location::Direct { .. } => None,
        }
    }

    pub(crate) fn overwrites(&self) -> &[Overwrite] {
        match &self.location {
            Location::Guild { overwrites, .. } => overwrites,
            Location::Direct { .. } => &[],
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OverwriteKind {
    Role,
    Member,
}

/// What a role or a member may do in one channel beyond, or less than, in the guild.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Overwrite {
    /// A role's or a user's id.
    pub(crate) id: UserId,
    pub(crate) kind: OverwriteKind,
    #[serde(default)]
    pub(crate) allow: Permissions,
    #[serde(default)]
    pub(crate) deny: Permissions,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CreateChannel {
    pub(crate) guild: GuildId,
    pub(crate) name: String,
    pub(crate) kind: ChannelKind,
    pub(crate) parent: Option<ChannelId>,
    pub(crate) overwrites: Vec<Overwrite>,
}

impl Change for CreateChannel {
    type Output = ChannelId;

    fn apply(self, world: &mut World) -> Result<ChannelId, Rejection> {
        world.guild(self.guild)?;
        if self.kind == ChannelKind::Dm {
            return Err(Rejection::WrongChannelType);
        }
        if let Some(parent) = self.parent {
            let parent = world.channel(parent)?;
            if parent.guild() != Some(self.guild) || parent.kind != ChannelKind::Category {
                return Err(Rejection::WrongChannelType);
            }
        }
        let position = world.channels_of(self.guild).count() as u64;
        let id = ChannelId(world.next_id());
        let channel = Channel {
            id,
            kind: self.kind,
            name: self.name,
            topic: None,
            nsfw: false,
            rate_limit_per_user: 0,
            location: Location::Guild {
                guild: self.guild,
                parent: self.parent,
                position,
                overwrites: self.overwrites,
            },
            last_message: None,
        };
        let payload = world.render_channel(&channel);
        world.channels.insert(id, channel);
        world.publish_to_guild("CHANNEL_CREATE", self.guild, Intents::GUILDS, &payload);
        Ok(id)
    }
}

/// The channel in which a bot and one person talk; made once, found again afterwards.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct OpenDirectChannel {
    pub(crate) bot: UserId,
    pub(crate) person: UserId,
}

impl Change for OpenDirectChannel {
    type Output = ChannelId;

    fn apply(self, world: &mut World) -> Result<ChannelId, Rejection> {
        if world.user(self.person)?.bot || !world.user(self.bot)?.bot {
            return Err(Rejection::CannotMessageUser);
        }
        let there = world.channels.values().find(|channel| {
            matches!(channel.location, Location::Direct { bot, person }
                if bot == self.bot && person == self.person)
        });
        if let Some(channel) = there {
            return Ok(channel.id);
        }
        let id = ChannelId(world.next_id());
        let channel = Channel {
            id,
            kind: ChannelKind::Dm,
            name: String::new(),
            topic: None,
            nsfw: false,
            rate_limit_per_user: 0,
            location: Location::Direct {
                bot: self.bot,
                person: self.person,
            },
            last_message: None,
        };
        world.channels.insert(id, channel);
        Ok(id)
    }
}

/// What to change about a channel; what is absent stays.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ChannelEdit {
    pub(crate) name: Option<String>,
    pub(crate) topic: Option<String>,
    pub(crate) nsfw: Option<bool>,
    pub(crate) rate_limit_per_user: Option<u64>,
    pub(crate) position: Option<u64>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct EditChannel {
    pub(crate) actor: Actor,
    pub(crate) channel: ChannelId,
    pub(crate) edit: ChannelEdit,
}

impl Change for EditChannel {
    type Output = ();

    fn apply(self, world: &mut World) -> Result<(), Rejection> {
        world.require_of(self.actor, self.channel, Permissions::MANAGE_CHANNELS)?;
        let channel = world.channel_mut(self.channel)?;
        if let Some(name) = self.edit.name {
            channel.name = name;
        }
        if let Some(topic) = self.edit.topic {
            channel.topic = Some(topic).filter(|topic| !topic.is_empty());
        }
        if let Some(nsfw) = self.edit.nsfw {
            channel.nsfw = nsfw;
        }
        if let Some(seconds) = self.edit.rate_limit_per_user {
            channel.rate_limit_per_user = seconds;
        }
        if let (Some(to), Location::Guild { position, .. }) =
            (self.edit.position, &mut channel.location)
        {
            *position = to;
        }
        world.publish_channel("CHANNEL_UPDATE", self.channel)
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct DeleteChannel {
    pub(crate) actor: Actor,
    pub(crate) channel: ChannelId,
}

impl Change for DeleteChannel {
    /// The channel as it last was.
    type Output = Value;

    fn apply(self, world: &mut World) -> Result<Value, Rejection> {
        world.require_of(self.actor, self.channel, Permissions::MANAGE_CHANNELS)?;
        let payload = world.render_channel(world.channel(self.channel)?);
        world.publish_channel("CHANNEL_DELETE", self.channel)?;
        world.channels.remove(&self.channel);
        world.messages.remove(&self.channel);
        world
            .webhooks
            .retain(|_, webhook| webhook.channel != self.channel);
        Ok(payload)
    }
}

/// Sets what one role or member may do in a channel, in place of what was set before.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SetOverwrite {
    pub(crate) channel: ChannelId,
    pub(crate) overwrite: Overwrite,
}

impl Change for SetOverwrite {
    type Output = ();

    fn apply(self, world: &mut World) -> Result<(), Rejection> {
        let Location::Guild { overwrites, .. } = &mut world.channel_mut(self.channel)?.location
        else {
            return Err(Rejection::WrongChannelType);
        };
        overwrites.retain(|overwrite| overwrite.id != self.overwrite.id);
        overwrites.push(self.overwrite);
        world.publish_channel("CHANNEL_UPDATE", self.channel)
    }
}

impl World {
    fn publish_channel(&mut self, name: &'static str, id: ChannelId) -> Result<(), Rejection> {
        let channel = self.channel(id)?;
        let payload = self.render_channel(channel);
        if let Some(guild) = channel.guild() {
            self.publish_to_guild(name, guild, Intents::GUILDS, &payload);
        }
        Ok(())
    }
}
