//! Who a user is on Discord, by the user's own consent there.

use serde::{Deserialize, Serialize};

use crate::ids::{DiscordGuildId, DiscordUserId, UserId};
use crate::time::Timestamp;
use crate::token::TokenHash;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiscordPerson {
    pub id: DiscordUserId,
    pub name: String,
}

/// The person that a user let Patchbay act for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiscordLink {
    pub owner: UserId,
    pub person: DiscordPerson,
    pub linked_at: Timestamp,
}

/// Waits for a user who was sent to Discord to come back with this state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiscordAuthorization {
    pub owner: UserId,
    pub state: TokenHash,
    pub expires_at: Timestamp,
}

/// A server that a person may manage, by Discord's word: they own it, or have the permission
/// Manage Server or Administrator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManagedGuild {
    pub id: DiscordGuildId,
    pub name: String,
    pub is_owner: bool,
}

/// All of a user's, as they were.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManagedGuilds {
    pub owner: UserId,
    pub guilds: Vec<ManagedGuild>,
    pub read_at: Timestamp,
}
