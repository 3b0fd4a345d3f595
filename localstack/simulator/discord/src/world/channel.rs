use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Actor, Change, ForumTag, Rejection, Thread, World};
use crate::ids::{ChannelId, GuildId, MessageId, TagId, UserId};
use crate::intents::Intents;
use crate::permissions::Permissions;

/// After how long threads leave the list where nobody said otherwise: a day.
const AUTO_ARCHIVE_MINUTES: u64 = 1440;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChannelKind {
    Text,
    Dm,
    Voice,
    Category,
    Announcement,
    Forum,
    AnnouncementThread,
    PublicThread,
    PrivateThread,
}

impl ChannelKind {
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Text => 0,
            Self::Dm => 1,
            Self::Voice => 2,
            Self::Category => 4,
            Self::Announcement => 5,
            Self::AnnouncementThread => 10,
            Self::PublicThread => 11,
            Self::PrivateThread => 12,
            Self::Forum => 15,
        }
    }

    pub(crate) fn holds_messages(self) -> bool {
        match self {
            Self::Text
            | Self::Dm
            | Self::Voice
            | Self::Announcement
            | Self::AnnouncementThread
            | Self::PublicThread
            | Self::PrivateThread => true,
            Self::Category | Self::Forum => false,
        }
    }

    /// The kind of thread with this number.
    pub(crate) fn thread_numbered(number: u64) -> Option<Self> {
        match number {
            10 => Some(Self::AnnouncementThread),
            11 => Some(Self::PublicThread),
            12 => Some(Self::PrivateThread),
            _ => None,
        }
    }

    /// The threads that a channel of this kind can have; the usual kind first.
    pub(crate) fn thread_kinds(self) -> &'static [Self] {
        match self {
            Self::Text => &[Self::PublicThread, Self::PrivateThread],
            Self::Announcement => &[Self::AnnouncementThread],
            Self::Forum => &[Self::PublicThread],
            Self::Dm
            | Self::Voice
            | Self::Category
            | Self::AnnouncementThread
            | Self::PublicThread
            | Self::PrivateThread => &[],
        }
    }

    pub(crate) fn is_thread(self) -> bool {
        match self {
            Self::AnnouncementThread | Self::PublicThread | Self::PrivateThread => true,
            Self::Text
            | Self::Dm
            | Self::Voice
            | Self::Category
            | Self::Announcement
            | Self::Forum => false,
        }
    }

    pub(crate) fn holds_webhooks(self) -> bool {
        match self {
            Self::Text | Self::Voice | Self::Announcement | Self::Forum => true,
            Self::Dm
            | Self::Category
            | Self::AnnouncementThread
            | Self::PublicThread
            | Self::PrivateThread => false,
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
    /// A thread has no overwrites of its own: its parent's hold.
    Thread {
        guild: GuildId,
        parent: ChannelId,
        thread: Box<Thread>,
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
    pub(crate) default_auto_archive_minutes: u64,
    /// What posts can be labelled with; only forums have any.
    pub(crate) tags: Vec<ForumTag>,
}

impl Channel {
    pub(crate) fn guild(&self) -> Option<GuildId> {
        match self.location {
            Location::Guild { guild, .. } | Location::Thread { guild, .. } => Some(guild),
            Location::Direct { .. } => None,
        }
    }

    pub(crate) fn thread(&self) -> Option<&Thread> {
        match &self.location {
            Location::Thread { thread, .. } => Some(thread),
            Location::Guild { .. } | Location::Direct { .. } => None,
        }
    }

    pub(crate) fn parent(&self) -> Option<ChannelId> {
        match self.location {
            Location::Guild { parent, .. } => parent,
            Location::Thread { parent, .. } => Some(parent),
            Location::Direct { .. } => None,
        }
    }

    pub(crate) fn overwrites(&self) -> &[Overwrite] {
        match &self.location {
            Location::Guild { overwrites, .. } => overwrites,
            Location::Thread { .. } | Location::Direct { .. } => &[],
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
    /// The names of a forum's tags, and which of them are for moderators.
    #[serde(default)]
    pub(crate) tags: Vec<NewTag>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTag {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) moderated: bool,
}

impl Change for CreateChannel {
    type Output = ChannelId;

    fn apply(self, world: &mut World) -> Result<ChannelId, Rejection> {
        world.guild(self.guild)?;
        let tags_misplaced = !self.tags.is_empty() && self.kind != ChannelKind::Forum;
        if self.kind == ChannelKind::Dm || self.kind.is_thread() || tags_misplaced {
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
        let tags = self.tags.into_iter().map(|tag| ForumTag {
            id: TagId(world.next_id()),
            name: tag.name,
            moderated: tag.moderated,
        });
        let tags = tags.collect();
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
            default_auto_archive_minutes: AUTO_ARCHIVE_MINUTES,
            tags,
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
            default_auto_archive_minutes: AUTO_ARCHIVE_MINUTES,
            tags: Vec::new(),
        };
        world.channels.insert(id, channel);
        Ok(id)
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
        let channel = world.channel(self.channel)?;
        let needed = if channel.kind.is_thread() {
            Permissions::MANAGE_THREADS
        } else {
            Permissions::MANAGE_CHANNELS
        };
        world.require_of(self.actor, self.channel, needed)?;
        let payload = world.render_channel(world.channel(self.channel)?);
        world.publish_channel("CHANNEL_DELETE", self.channel)?;
        let mut gone = vec![self.channel];
        let threads = world.channels.values();
        let threads =
            threads.filter(|one| one.kind.is_thread() && one.parent() == Some(self.channel));
        gone.extend(threads.map(|thread| thread.id));
        for channel in gone {
            world.channels.remove(&channel);
            let messages = world.messages.remove(&channel).unwrap_or_default();
            for message in messages.values() {
                world.let_go_of_files(message);
            }
        }
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
        let guild = world.channel(self.channel)?.guild();
        let guild = guild.ok_or(Rejection::WrongChannelType)?;
        let seen = world.seen_by_bots(guild);
        let Location::Guild { overwrites, .. } = &mut world.channel_mut(self.channel)?.location
        else {
            return Err(Rejection::WrongChannelType);
        };
        overwrites.retain(|overwrite| overwrite.id != self.overwrite.id);
        overwrites.push(self.overwrite);
        world.publish_channel("CHANNEL_UPDATE", self.channel)?;
        world.sync_threads(guild, &seen);
        Ok(())
    }
}

impl World {
    /// A thread has events of its own, which only those get who see it.
    pub(super) fn publish_channel(
        &mut self,
        name: &'static str,
        id: ChannelId,
    ) -> Result<(), Rejection> {
        let channel = self.channel(id)?;
        if channel.kind.is_thread() {
            if name == "CHANNEL_DELETE" {
                self.publish_thread_deletion(id);
            } else {
                self.publish_thread("THREAD_UPDATE", id);
            }
            return Ok(());
        }
        let payload = self.render_channel(channel);
        if let Some(guild) = channel.guild() {
            self.publish_to_guild(name, guild, Intents::GUILDS, &payload);
        }
        Ok(())
    }
}
