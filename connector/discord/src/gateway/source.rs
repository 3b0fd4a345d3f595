use std::collections::BTreeSet;

use patchbay_domain::Endpoint;
use patchbay_domain::ids::{DiscordChannelId, DiscordGuildId};

/// A channel or thread that pairs forward from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Source {
    pub guild: DiscordGuildId,
    /// The thread, where a pair names one.
    pub channel: DiscordChannelId,
}

/// All that pairs forward from. Complete before a shard is run with it: what isn't in it loses
/// its position, and with that what was posted there while nobody listened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources {
    pub all: BTreeSet<Source>,
    /// Those of which somebody wants the reactions too.
    pub with_reactions: BTreeSet<Source>,
}

impl Source {
    pub fn of(endpoint: &Endpoint) -> Option<Self> {
        match *endpoint {
            Endpoint::Discord {
                guild,
                channel,
                thread,
            } => Some(Self {
                guild,
                channel: thread.unwrap_or(channel),
            }),
            Endpoint::Telegram { .. } => None,
        }
    }

    /// Which of so many shards hears of it. (Gateway, "Sharding")
    pub(super) fn shard(self, shards: u32) -> u32 {
        shard_of(self.guild, shards)
    }
}

pub(crate) fn shard_of(guild: DiscordGuildId, shards: u32) -> u32 {
    u32::try_from((guild.0 >> 22) % u64::from(shards.max(1))).unwrap_or_default()
}
