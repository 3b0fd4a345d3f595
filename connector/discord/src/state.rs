//! What health shows of the gateway.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use patchbay_domain::Timestamp;
use serde::Serialize;

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct DiscordState {
    pub shards: BTreeMap<u32, ShardState>,
    /// How many servers the bot is in, as far as the running shards know.
    pub guilds: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ShardState {
    Connecting {
        since: Timestamp,
    },
    /// Connected, and being told what happened in the meantime.
    Resuming {
        since: Timestamp,
    },
    Connected {
        since: Timestamp,
    },
    /// Discord doesn't let the bot in as it is configured. It is tried again now and then.
    Refused {
        since: Timestamp,
        reason: Refusal,
    },
}

/// Why Discord doesn't let the bot in. (Gateway, "Gateway Close Event Codes")
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    #[error("Discord doesn't know the bot token")]
    Token,
    #[error("Discord doesn't accept the number of shards")]
    Shards,
    #[error("Discord doesn't know the intents that were asked for")]
    InvalidIntents,
    #[error("the bot may not have the intents that it asked for")]
    DisallowedIntents,
    #[error("Discord closed the connection for good with code {0}")]
    Other(u16),
}

impl Refusal {
    pub fn advice(self) -> &'static str {
        match self {
            Self::Token => "put the bot's present token into the configuration, then restart",
            Self::Shards => "raise the number of shards in the configuration, then restart",
            Self::InvalidIntents => "update Patchbay: Discord has changed its intents",
            Self::DisallowedIntents => {
                "turn on the Message Content intent in Discord's developer portal, under Bot"
            }
            Self::Other(_) => "look the code up in Discord's gateway documentation",
        }
    }

    pub(crate) fn of_close_code(code: u16) -> Self {
        match code {
            4004 => Self::Token,
            4010 | 4011 => Self::Shards,
            4013 => Self::InvalidIntents,
            4014 => Self::DisallowedIntents,
            other => Self::Other(other),
        }
    }
}

/// Written by the shards.
#[derive(Debug, Default)]
pub(crate) struct States {
    shards: Mutex<BTreeMap<u32, (ShardState, usize)>>,
}

impl States {
    /// Notes the state unless it is the same kind of state, which then goes on.
    pub(crate) fn set(&self, shard: u32, state: ShardState) {
        let mut shards = self.lock();
        let entry = shards.entry(shard).or_insert((state, 0));
        if !entry.0.goes_on_as(state) {
            entry.0 = state;
        }
    }

    pub(crate) fn set_guilds(&self, shard: u32, guilds: usize) {
        if let Some((_, known)) = self.lock().get_mut(&shard) {
            *known = guilds;
        }
    }

    pub(crate) fn remove(&self, shard: u32) {
        self.lock().remove(&shard);
    }

    pub(crate) fn look(&self) -> DiscordState {
        let shards = self.lock();
        DiscordState {
            guilds: shards.values().map(|(_, guilds)| guilds).sum(),
            shards: shards
                .iter()
                .map(|(shard, (state, _))| (*shard, *state))
                .collect(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u32, (ShardState, usize)>> {
        self.shards.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ShardState {
    fn goes_on_as(self, other: Self) -> bool {
        match (self, other) {
            (Self::Refused { reason, .. }, Self::Refused { reason: other, .. }) => reason == other,
            // A refused bot stays refused while it knocks again.
            (Self::Refused { .. }, Self::Connecting { .. })
            | (Self::Connecting { .. }, Self::Connecting { .. })
            | (Self::Resuming { .. }, Self::Resuming { .. })
            | (Self::Connected { .. }, Self::Connected { .. }) => true,
            (
                Self::Connecting { .. }
                | Self::Resuming { .. }
                | Self::Connected { .. }
                | Self::Refused { .. },
                _,
            ) => false,
        }
    }
}
