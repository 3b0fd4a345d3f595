use serde::{Deserialize, Serialize};

use crate::quota::RequestLimits;

/// What a user has paid for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Plan {
    #[default]
    Free,
    Pro,
    Business,
}

/// How much of everything a plan allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub pairs: usize,
    pub telegram_accounts: usize,
    pub discord_guilds: usize,
    pub api_keys: usize,
    /// Of each API key.
    pub requests_per_minute: u32,
    /// Of each API key.
    pub requests_per_day: u32,
}

impl Limits {
    pub const fn requests(&self) -> RequestLimits {
        RequestLimits {
            per_minute: self.requests_per_minute,
            per_day: self.requests_per_day,
        }
    }
}

impl Plan {
    pub const ALL: [Self; 3] = [Self::Free, Self::Pro, Self::Business];

    pub const fn limits(self) -> Limits {
        match self {
            Self::Free => Limits {
                pairs: 5,
                telegram_accounts: 2,
                discord_guilds: 2,
                api_keys: 2,
                requests_per_minute: 60,
                requests_per_day: 5_000,
            },
            Self::Pro => Limits {
                pairs: 50,
                telegram_accounts: 5,
                discord_guilds: 10,
                api_keys: 10,
                requests_per_minute: 300,
                requests_per_day: 100_000,
            },
            Self::Business => Limits {
                pairs: 500,
                telegram_accounts: 25,
                discord_guilds: 50,
                api_keys: 50,
                requests_per_minute: 1_200,
                requests_per_day: 1_000_000,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dearer_plan_allows_more_of_everything() {
        let counts = Plan::ALL.map(|plan| {
            let limits = plan.limits();
            [
                limits.pairs,
                limits.telegram_accounts,
                limits.discord_guilds,
                limits.api_keys,
                limits.requests_per_minute as usize,
                limits.requests_per_day as usize,
            ]
        });
        for (lesser, dearer) in counts.iter().zip(&counts[1..]) {
            assert!(lesser.iter().zip(dearer).all(|(less, more)| less < more));
        }
    }
}
