mod channel;
mod permission;

use serde::{Deserialize, Serialize};

pub use channel::{
    DiscordCategory, DiscordChannel, DiscordChannelKind, DiscordThread, DiscordThreadKind,
};
pub use permission::{DiscordPermission, DiscordPermissions, MissingPermissions};

use crate::ids::{DiscordGuildId, UserId};
use crate::time::Timestamp;

/// A Discord server that the bot is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guild {
    pub id: DiscordGuildId,
    pub name: String,
    /// How far its members have boosted it: 0 to 3. (Guild Resource, "Premium Tier")
    #[serde(default)]
    pub premium_tier: u8,
}

impl Guild {
    /// What every server takes. (API Reference, "Uploading Files")
    pub const MOST_BYTES_A_FILE: u64 = 10 * 1024 * 1024;

    /// What this one takes. (Discord's help, "Server Boosting")
    pub fn most_bytes_a_file(&self) -> u64 {
        const MEBIBYTE: u64 = 1024 * 1024;
        match self.premium_tier {
            0 | 1 => Self::MOST_BYTES_A_FILE,
            2 => 50 * MEBIBYTE,
            3.. => 100 * MEBIBYTE,
        }
    }
}

/// Opens a server to a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuildLink {
    pub owner: UserId,
    pub guild: DiscordGuildId,
    pub linked_at: Timestamp,
}

/// Waits for somebody who may manage the server to write `patchbay link CODE` in it: that is the
/// proof that the user may use it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuildLinkRequest {
    pub owner: UserId,
    pub guild: DiscordGuildId,
    pub code: LinkCode,
    pub expires_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LinkCode(String);

impl LinkCode {
    /// Letters and digits that nobody mistakes for each other.
    const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    const LENGTH: usize = 12;

    pub fn from_bits(bits: u128) -> Self {
        let letter = |place: usize| char::from(Self::ALPHABET[(bits >> (place * 5)) as usize % 32]);
        Self((0..Self::LENGTH).map(letter).collect())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The code in a message that is exactly the link command.
    pub fn in_message(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        let is_command = words.next()?.eq_ignore_ascii_case("patchbay")
            && words.next()?.eq_ignore_ascii_case("link");
        let code = words.next()?.to_ascii_uppercase();
        let is_code =
            code.len() == Self::LENGTH && code.bytes().all(|b| Self::ALPHABET.contains(&b));
        (is_command && is_code && words.next().is_none()).then_some(Self(code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_found_in_its_command_and_nowhere_else() {
        let code = LinkCode::from_bits(u128::MAX / 7);
        assert_eq!(code.as_str().len(), 12);
        let command = format!(" Patchbay  LINK {}\n", code.as_str().to_lowercase());
        assert_eq!(LinkCode::in_message(&command), Some(code.clone()));
        for other in [
            format!("link {}", code.as_str()),
            format!("patchbay link {} now", code.as_str()),
            "patchbay link".to_owned(),
        ] {
            assert_eq!(LinkCode::in_message(&other), None, "{other}");
        }
    }
}
