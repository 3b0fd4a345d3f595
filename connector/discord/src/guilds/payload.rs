//! The parts of Discord's objects that the picture is made of. Ids, permissions and kinds are
//! serenity's; its whole objects are not read, since a server has hundreds of fields and one
//! that changes its form must not cost us the server.

use patchbay_domain::ids::{DiscordChannelId, DiscordGuildId, DiscordUserId, MessageId};
use serde::Deserialize;
use serenity::model::Permissions;
use serenity::model::channel::{ChannelType, PermissionOverwrite};
use serenity::model::id::RoleId;

/// A server, as `GUILD_CREATE`, `GUILD_UPDATE` and the REST API tell of it.
#[derive(Debug, Deserialize)]
pub(crate) struct GuildObject {
    pub(crate) id: DiscordGuildId,
    pub(crate) name: String,
    pub(crate) owner_id: DiscordUserId,
    pub(crate) roles: Vec<RoleObject>,
    #[serde(default)]
    pub(crate) premium_tier: u8,
    /// These three are in `GUILD_CREATE` alone.
    #[serde(default)]
    pub(crate) channels: Vec<ChannelObject>,
    #[serde(default)]
    pub(crate) threads: Vec<ChannelObject>,
    #[serde(default)]
    pub(crate) members: Vec<MemberObject>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct RoleObject {
    pub(crate) id: RoleId,
    pub(crate) name: String,
    pub(crate) permissions: Permissions,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ChannelObject {
    pub(crate) id: DiscordChannelId,
    #[serde(default)]
    pub(crate) guild_id: Option<DiscordGuildId>,
    #[serde(rename = "type")]
    pub(crate) kind: ChannelType,
    #[serde(default)]
    pub(crate) name: Option<String>,
    #[serde(default)]
    pub(crate) parent_id: Option<DiscordChannelId>,
    #[serde(default)]
    pub(crate) last_message_id: Option<MessageId>,
    #[serde(default)]
    pub(crate) permission_overwrites: Vec<PermissionOverwrite>,
    #[serde(default)]
    pub(crate) position: i64,
    #[serde(default)]
    pub(crate) topic: Option<String>,
    #[serde(default)]
    pub(crate) nsfw: bool,
    /// Of threads alone.
    #[serde(default)]
    pub(crate) thread_metadata: Option<ThreadState>,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct ThreadState {
    #[serde(default)]
    pub(crate) archived: bool,
    #[serde(default)]
    pub(crate) locked: bool,
}

impl ChannelObject {
    pub(crate) fn is_thread(&self) -> bool {
        matches!(
            self.kind,
            ChannelType::NewsThread | ChannelType::PublicThread | ChannelType::PrivateThread
        )
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct MemberObject {
    pub(crate) user: MemberUser,
    pub(crate) roles: Vec<RoleId>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct MemberUser {
    pub(crate) id: DiscordUserId,
}

#[derive(Debug, Deserialize)]
pub(crate) struct GuildGone {
    pub(crate) id: DiscordGuildId,
    /// Set when Discord itself can't reach the server for now.
    #[serde(default)]
    pub(crate) unavailable: bool,
}

#[derive(Debug, Deserialize)]
pub(crate) struct RoleEvent {
    pub(crate) guild_id: DiscordGuildId,
    pub(crate) role: RoleObject,
}

#[derive(Debug, Deserialize)]
pub(crate) struct RoleGone {
    pub(crate) guild_id: DiscordGuildId,
    pub(crate) role_id: RoleId,
}

#[derive(Debug, Deserialize)]
pub(crate) struct MemberEvent {
    pub(crate) guild_id: DiscordGuildId,
    #[serde(flatten)]
    pub(crate) member: MemberObject,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ThreadList {
    pub(crate) guild_id: DiscordGuildId,
    /// The channels whose threads these are all of; without it, those of the whole server.
    #[serde(default)]
    pub(crate) channel_ids: Option<Vec<DiscordChannelId>>,
    pub(crate) threads: Vec<ChannelObject>,
}

/// What the REST API answers for a server's active threads.
#[derive(Debug, Deserialize)]
pub(crate) struct ActiveThreads {
    pub(crate) threads: Vec<ChannelObject>,
}
