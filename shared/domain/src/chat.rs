use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ids::{
    AccountId, DiscordChannelId, DiscordGuildId, ParseIdError, TelegramChatId, TopicId,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Platform {
    Telegram,
    Discord,
}

/// A chat as the platform knows it, whoever looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChatId {
    Telegram(TelegramChatId),
    Discord(DiscordChannelId),
}

impl fmt::Display for ChatId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Telegram(chat) => write!(formatter, "telegram:{chat}"),
            Self::Discord(channel) => write!(formatter, "discord:{channel}"),
        }
    }
}

impl FromStr for ChatId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        match text.split_once(':') {
            Some(("telegram", chat)) => chat.parse().map(Self::Telegram),
            Some(("discord", channel)) => channel.parse().map(Self::Discord),
            Some(_) | None => Err(ParseIdError {
                kind: "a chat id",
                expected: "telegram: or discord: and a decimal number",
            }),
        }
    }
}

impl Serialize for ChatId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ChatId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// One end of a pair: a chat, and through whom it is read or written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "platform", rename_all = "snake_case")]
pub enum Endpoint {
    Telegram {
        account: AccountId,
        chat: TelegramChatId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        topic: Option<TopicId>,
    },
    Discord {
        guild: DiscordGuildId,
        channel: DiscordChannelId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        thread: Option<DiscordChannelId>,
    },
}

impl Endpoint {
    pub fn chat(&self) -> ChatId {
        match self {
            Self::Telegram { chat, .. } => ChatId::Telegram(*chat),
            Self::Discord { channel, .. } => ChatId::Discord(*channel),
        }
    }

    pub fn platform(&self) -> Platform {
        match self {
            Self::Telegram { .. } => Platform::Telegram,
            Self::Discord { .. } => Platform::Discord,
        }
    }

    pub fn account(&self) -> Option<AccountId> {
        match self {
            Self::Telegram { account, .. } => Some(*account),
            Self::Discord { .. } => None,
        }
    }

    pub fn guild(&self) -> Option<DiscordGuildId> {
        match self {
            Self::Discord { guild, .. } => Some(*guild),
            Self::Telegram { .. } => None,
        }
    }

    /// Whether both name the same place, whichever account reaches it.
    pub fn is_same_place(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Telegram { chat, topic, .. },
                Self::Telegram {
                    chat: other_chat,
                    topic: other_topic,
                    ..
                },
            ) => chat == other_chat && topic == other_topic,
            (
                Self::Discord {
                    channel, thread, ..
                },
                Self::Discord {
                    channel: other_channel,
                    thread: other_thread,
                    ..
                },
            ) => channel == other_channel && thread == other_thread,
            (Self::Telegram { .. }, Self::Discord { .. })
            | (Self::Discord { .. }, Self::Telegram { .. }) => false,
        }
    }
}
