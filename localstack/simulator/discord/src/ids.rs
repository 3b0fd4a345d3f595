use std::fmt;
use std::str::FromStr;

use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::time::Timestamp;

/// The first moment a snowflake can name: 2015-01-01T00:00:00Z, in Unix milliseconds.
const EPOCH: i64 = 1_420_070_400_000;
/// The bits below the moment: worker, process and increment on the platform, a counter here.
const COUNTER_BITS: u32 = 22;

/// The id of something created at `at`, the `counter`-th in that millisecond.
pub(crate) fn snowflake(at: Timestamp, counter: u32) -> u64 {
    let moment = u64::try_from(at.millis() - EPOCH).unwrap_or_default();
    (moment << COUNTER_BITS) | u64::from(counter & ((1 << COUNTER_BITS) - 1))
}

/// The moment at which the thing with this id was created.
pub(crate) fn created_at(snowflake: u64) -> Timestamp {
    Timestamp::from_millis(i64::try_from(snowflake >> COUNTER_BITS).unwrap_or(i64::MAX) + EPOCH)
}

struct SnowflakeVisitor;

impl Visitor<'_> for SnowflakeVisitor {
    type Value = u64;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a snowflake, as a string or a number")
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<u64, E> {
        Ok(value)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<u64, E> {
        value
            .parse()
            .map_err(|_invalid| E::invalid_value(Unexpected::Str(value), &self))
    }
}

macro_rules! ids {
    ($($(#[$about:meta])* $name:ident),* $(,)?) => {$(
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) struct $name(pub(crate) u64);

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(formatter)
            }
        }

        impl FromStr for $name {
            type Err = std::num::ParseIntError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(SnowflakeVisitor).map(Self)
            }
        }
    )*};
}

ids! {
    /// An application; its bot user has the same number.
    ApplicationId,
    /// What one person lets one application do.
    GrantId,
    UserId,
    GuildId,
    /// A role; `@everyone` has the number of its guild.
    RoleId,
    ChannelId,
    MessageId,
    AttachmentId,
    WebhookId,
    EmojiId,
    StickerId,
    /// A label of a forum.
    TagId,
}

impl ApplicationId {
    pub(crate) fn bot(self) -> UserId {
        UserId(self.0)
    }
}

impl GuildId {
    pub(crate) fn everyone(self) -> RoleId {
        RoleId(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_follow_time_and_then_the_counter() {
        let (early, late) = (
            Timestamp::from_millis(EPOCH + 1),
            Timestamp::from_millis(EPOCH + 2),
        );
        assert!(snowflake(early, 9) < snowflake(late, 0));
        assert!(snowflake(early, 1) < snowflake(early, 2));
        assert_eq!(created_at(snowflake(late, 7)), late);
    }

    #[test]
    fn ids_are_read_from_strings_and_numbers_and_written_as_strings() {
        assert_eq!(
            serde_json::from_str::<UserId>("\"12\"").unwrap(),
            UserId(12)
        );
        assert_eq!(serde_json::from_str::<UserId>("12").unwrap(), UserId(12));
        assert_eq!(serde_json::to_string(&UserId(12)).unwrap(), "\"12\"");
        assert!(serde_json::from_str::<UserId>("\"twelve\"").is_err());
    }
}
