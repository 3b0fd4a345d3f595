//! Which person on Telegram is a user, to the bot.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ids::{TelegramUserId, UserId};
use crate::time::Timestamp;

/// Lets the bot act for a user when this person writes to it. A user has one, and a person is
/// one user's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BotLink {
    pub owner: UserId,
    #[serde(flatten)]
    pub person: BotPerson,
    pub linked_at: Timestamp,
}

/// Who writes to the bot, as Telegram tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BotPerson {
    pub telegram_user: TelegramUserId,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
}

/// Waits for somebody to open the deep link whose token has this hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BotLinkRequest {
    pub owner: UserId,
    pub token: BotTokenHash,
    pub expires_at: Timestamp,
}

/// SHA-256 of a deep link's token: 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BotTokenHash(String);

impl BotTokenHash {
    pub fn of_digest(digest: [u8; 32]) -> Self {
        let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        Self(
            digits
                .filter_map(|digit| char::from_digit(digit.into(), 16))
                .collect(),
        )
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A bot's name on Telegram, without the `@`: 5 to 32 letters, digits and underscores, and `bot`
/// at its end (core.telegram.org/bots/features, Creating a new bot).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BotUsername(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the username of a bot")]
pub struct ParseBotUsernameError;

impl BotUsername {
    /// What a person opens to send `/start TOKEN` to the bot.
    pub fn deep_link(&self, token: &str) -> String {
        format!("https://t.me/{}?start={token}", self.0)
    }
}

impl Default for BotUsername {
    fn default() -> Self {
        Self("PatchbayBot".to_owned())
    }
}

impl FromStr for BotUsername {
    type Err = ParseBotUsernameError;

    fn from_str(text: &str) -> Result<Self, ParseBotUsernameError> {
        let name = text.strip_prefix('@').unwrap_or(text);
        let is_name = (5..=32).contains(&name.len())
            && name.starts_with(|first: char| first.is_ascii_alphabetic())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            && name.to_ascii_lowercase().ends_with("bot");
        is_name
            .then(|| Self(name.to_owned()))
            .ok_or(ParseBotUsernameError)
    }
}

impl fmt::Display for BotUsername {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_has_two_digits_for_each_byte() {
        let mut digest = [0; 32];
        (digest[0], digest[31]) = (0x0a, 0xf1);
        let hash = BotTokenHash::of_digest(digest);
        assert_eq!(hash.as_str(), format!("0a{}f1", "00".repeat(30)));
    }

    #[test]
    fn a_deep_link_names_the_bot_and_the_token() {
        let bot: BotUsername = "@Patchbay_Bot".parse().unwrap();
        assert_eq!(bot.deep_link("a-1"), "https://t.me/Patchbay_Bot?start=a-1");
        for wrong in [
            "",
            "bot",
            "patchbay",
            "patch-bot",
            "1patchbot",
            "@@patchbot",
            &"b".repeat(40),
        ] {
            assert_eq!(
                wrong.parse::<BotUsername>(),
                Err(ParseBotUsernameError),
                "{wrong}"
            );
        }
    }
}
