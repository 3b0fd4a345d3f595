use std::collections::BTreeMap;

use patchbay_domain::ids::{DiscordChannelId, DiscordGuildId};
use patchbay_domain::pair::options::GapPolicy;
use patchbay_domain::{Endpoint, Pair, PairState};

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
    all: BTreeMap<Source, Reading>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Reading {
    /// As pairs name it.
    endpoint: Endpoint,
    /// How many of the last messages a pair wants at most after a gap, if one says so.
    last_wanted: Option<u16>,
    wants_reactions: bool,
}

impl Reading {
    /// Nothing beside what is posted.
    fn nothing_of(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            last_wanted: None,
            wants_reactions: false,
        }
    }
}

impl Sources {
    pub fn of<'a>(pairs: impl IntoIterator<Item = &'a Pair>) -> Self {
        let mut all = BTreeMap::new();
        for pair in pairs {
            if let Some(source) = Source::of(&pair.source) {
                let reading = all
                    .entry(source)
                    .or_insert_with(|| Reading::nothing_of(pair.source));
                reading.last_wanted = last_wanted(pair).max(reading.last_wanted);
                reading.wants_reactions |= pair.options.events.reactions;
            }
        }
        Self { all }
    }

    pub(super) fn contains(&self, source: Source) -> bool {
        self.all.contains_key(&source)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Source> {
        self.all.keys().copied()
    }

    pub(super) fn endpoint(&self, source: Source) -> Option<Endpoint> {
        self.all.get(&source).map(|reading| reading.endpoint)
    }

    pub(super) fn last_wanted(&self, source: Source) -> Option<u16> {
        self.all.get(&source)?.last_wanted
    }

    pub(super) fn wants_reactions(&self, source: Source) -> bool {
        let reading = self.all.get(&source);
        reading.is_some_and(|reading| reading.wants_reactions)
    }
}

/// Channels, of which all that is missed is wanted.
impl<const N: usize> From<[Source; N]> for Sources {
    fn from(sources: [Source; N]) -> Self {
        let reading = |source: Source| {
            let endpoint = Endpoint::Discord {
                guild: source.guild,
                channel: source.channel,
                thread: None,
            };
            (source, Reading::nothing_of(endpoint))
        };
        Self {
            all: sources.map(reading).into(),
        }
    }
}

fn last_wanted(pair: &Pair) -> Option<u16> {
    match (pair.state, pair.options.gap_policy) {
        (PairState::Active, GapPolicy::Last(most)) => Some(most),
        (PairState::Active, GapPolicy::All | GapPolicy::Skip) | (PairState::Paused, _) => None,
    }
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
