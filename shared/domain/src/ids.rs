//! Every kind of id.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The text is not an id of the kind that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not {kind}: expected {expected}")]
pub struct ParseIdError {
    pub kind: &'static str,
    pub expected: &'static str,
}

macro_rules! text_form {
    ($name:ident) => {
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, formatter)
            }
        }
    };
}

/// An id that we give out: a prefix that tells its kind, and 128 bits.
macro_rules! own_id {
    ($(#[$meta:meta])* $name:ident, $prefix:literal, $kind:literal) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u128);

        impl $name {
            pub const fn from_bits(bits: u128) -> Self {
                Self(bits)
            }

            pub const fn bits(self) -> u128 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, concat!($prefix, "_{:032x}"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                text.strip_prefix(concat!($prefix, "_"))
                    .filter(|hex| {
                        hex.len() == 32
                            && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
                    })
                    .and_then(|hex| u128::from_str_radix(hex, 16).ok())
                    .map(Self)
                    .ok_or(ParseIdError {
                        kind: $kind,
                        expected: concat!($prefix, "_ and 32 hexadecimal digits"),
                    })
            }
        }

        text_form!($name);
    };
}

/// An id that a platform gave out: a number, written in decimal (JSON would round a snowflake).
macro_rules! platform_id {
    ($(#[$meta:meta])* $name:ident, $number:ty, $kind:literal) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $number);

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, formatter)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                text.parse()
                    .map(Self)
                    .map_err(|_: std::num::ParseIntError| ParseIdError {
                        kind: $kind,
                        expected: "a decimal number",
                    })
            }
        }

        text_form!($name);
    };
}

own_id!(
    /// A tenant.
    UserId, "usr", "a user id"
);
own_id!(
    /// A user's stay after one login, however often its tokens are renewed.
    SessionId, "ses", "a session id"
);
own_id!(
    /// A Telegram account that a user linked.
    AccountId, "acc", "an account id"
);
own_id!(
    /// An attempt to link a Telegram account.
    LoginId, "lgn", "a login id"
);
own_id!(PairId, "pair", "a pair id");
own_id!(
    /// An API key; what tells it from its secret, which opens something.
    ApiKeyId, "key", "an API key id"
);
own_id!(
    /// One running connector process.
    ConnectorId, "con", "a connector id"
);

platform_id!(
    /// A file within a message, as its platform counts them.
    FileId, u64, "a file id"
);
platform_id!(
    /// A Telegram chat as the Bot API numbers it: a user is positive, a basic group `-id`,
    /// a channel or supergroup `-100…id`.
    TelegramChatId, i64, "a Telegram chat id"
);
platform_id!(TelegramUserId, i64, "a Telegram user id");
platform_id!(
    /// A forum topic of a Telegram supergroup.
    TopicId, i32, "a topic id"
);

impl TopicId {
    /// The topic that every forum begins with. Messages in it name no topic.
    pub const GENERAL: Self = Self(1);
}

platform_id!(DiscordGuildId, u64, "a Discord server id");
platform_id!(
    /// A Discord channel; a thread is a channel too.
    DiscordChannelId, u64, "a Discord channel id"
);
platform_id!(DiscordUserId, u64, "a Discord user id");
platform_id!(
    /// A message within its chat, on either platform.
    MessageId, u64, "a message id"
);
platform_id!(
    /// Groups the messages of an album within their chat.
    AlbumId, i64, "an album id"
);

/// A share of the users; everything of one user is handled by one partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PartitionId(pub u16);

impl PartitionId {
    /// The partition in which a new user is put.
    pub fn of_new_user(user: UserId, partitions: u16) -> Self {
        let share = user.bits() % u128::from(partitions.max(1));
        Self(u16::try_from(share).unwrap_or_default())
    }
}

impl fmt::Display for PartitionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_what_it_shows_and_refuses_another_kind() {
        let pair = PairId::from_bits(0xabc);
        assert_eq!(pair.to_string(), "pair_00000000000000000000000000000abc");
        assert_eq!(pair.to_string().parse(), Ok(pair));
        for wrong in [
            "",
            "abc",
            "usr_00000000000000000000000000000abc",
            "pair_abc",
            "pair_+0000000000000000000000000000abc",
        ] {
            assert!(wrong.parse::<PairId>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn platform_ids_travel_as_text() {
        let json = serde_json::to_string(&DiscordChannelId(u64::MAX)).unwrap();
        assert_eq!(json, "\"18446744073709551615\"");
        assert_eq!(
            serde_json::from_str::<DiscordChannelId>(&json).unwrap().0,
            u64::MAX
        );
    }
}
