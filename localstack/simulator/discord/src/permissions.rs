use std::fmt;
use std::ops::{BitAnd, BitOr, Not};

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A set of permission bits, written as a decimal string.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Permissions(u64);

impl Permissions {
    pub(crate) const NONE: Self = Self(0);
    pub(crate) const ALL: Self = Self((1 << 53) - 1);
    pub(crate) const ADMINISTRATOR: Self = Self(1 << 3);
    pub(crate) const MANAGE_CHANNELS: Self = Self(1 << 4);
    pub(crate) const MANAGE_GUILD: Self = Self(1 << 5);
    pub(crate) const ADD_REACTIONS: Self = Self(1 << 6);
    pub(crate) const VIEW_CHANNEL: Self = Self(1 << 10);
    pub(crate) const SEND_MESSAGES: Self = Self(1 << 11);
    pub(crate) const SEND_TTS_MESSAGES: Self = Self(1 << 12);
    pub(crate) const MANAGE_MESSAGES: Self = Self(1 << 13);
    pub(crate) const EMBED_LINKS: Self = Self(1 << 14);
    pub(crate) const ATTACH_FILES: Self = Self(1 << 15);
    pub(crate) const READ_MESSAGE_HISTORY: Self = Self(1 << 16);
    pub(crate) const MENTION_EVERYONE: Self = Self(1 << 17);
    pub(crate) const MANAGE_WEBHOOKS: Self = Self(1 << 29);
    pub(crate) const MANAGE_THREADS: Self = Self(1 << 34);
    pub(crate) const CREATE_PUBLIC_THREADS: Self = Self(1 << 35);
    pub(crate) const CREATE_PRIVATE_THREADS: Self = Self(1 << 36);
    pub(crate) const SEND_MESSAGES_IN_THREADS: Self = Self(1 << 38);
    pub(crate) const SEND_VOICE_MESSAGES: Self = Self(1 << 46);
    pub(crate) const SEND_POLLS: Self = Self(1 << 49);
    pub(crate) const BYPASS_SLOWMODE: Self = Self(1 << 52);
    /// What `@everyone` holds in a new guild.
    pub(crate) const NEW_GUILD: Self = Self(2_248_473_465_835_073);
    /// What a forwarding bot asks for: view, send, embed, attach, history, external emoji,
    /// webhooks and sending in threads.
    pub(crate) const FORWARDING_BOT: Self = Self(275_415_157_760);
    /// What follows the loss of `SEND_MESSAGES`.
    pub(crate) const NEEDS_SENDING: Self = Self(
        Self::MENTION_EVERYONE.0
            | Self::SEND_TTS_MESSAGES.0
            | Self::ATTACH_FILES.0
            | Self::EMBED_LINKS.0,
    );

    /// In a thread another permission decides whether messages may be sent. From here on,
    /// `SEND_MESSAGES` says so there too.
    pub(crate) fn in_thread(self) -> Self {
        if self.contains(Self::SEND_MESSAGES_IN_THREADS) {
            self | Self::SEND_MESSAGES
        } else {
            self & !Self::SEND_MESSAGES
        }
    }

    /// What follows from what is absent.
    pub(crate) fn with_implicit_denials(self) -> Self {
        if !self.contains(Self::VIEW_CHANNEL) {
            Self::NONE
        } else if self.contains(Self::SEND_MESSAGES) {
            self
        } else {
            self & !Self::NEEDS_SENDING
        }
    }

    pub(crate) const fn contains(self, needed: Self) -> bool {
        self.0 & needed.0 == needed.0
    }
}

impl BitOr for Permissions {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitAnd for Permissions {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl Not for Permissions {
    type Output = Self;

    fn not(self) -> Self {
        Self(!self.0)
    }
}

impl fmt::Display for Permissions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl Serialize for Permissions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Permissions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Number(u64),
            Text(String),
        }
        match Written::deserialize(deserializer)? {
            Written::Number(bits) => Ok(Self(bits)),
            Written::Text(text) => text.parse().map(Self).map_err(D::Error::custom),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_guild_lets_everyone_read_and_write_but_not_manage() {
        let everyone = Permissions::NEW_GUILD;
        let talk = Permissions::VIEW_CHANNEL
            | Permissions::SEND_MESSAGES
            | Permissions::READ_MESSAGE_HISTORY;
        assert!(everyone.contains(talk));
        assert!(!everyone.contains(Permissions::MANAGE_WEBHOOKS));
        assert!(!everyone.contains(Permissions::MANAGE_MESSAGES));
    }
}
