//! Pairs: what is posted where appears where, and how it is changed on the way.
//!
//! - [`options`]: what a pair's owner asks for, checked; its bounds are in [`bounds`]
//! - [`filter`]: which messages are held back, and by which [`Rule`]
//! - [`replacement`]: what is written in the place of what
//! - `health`: whether it delivers
//! - [`program`]: all of it, made ready to be applied to many messages

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::chat::Endpoint;
use crate::ids::{PairId, PartitionId, UserId};
use crate::time::Timestamp;

pub mod bounds;
mod filter;
mod health;
pub mod options;
mod program;
#[cfg(test)]
mod properties;
mod replacement;
mod word;

pub use filter::{Filters, Rule};
pub use health::{Health, News, SourceLoss, SourceTrouble, Trouble};
pub use options::Options;
pub use program::{Outcome, Program};
pub use replacement::{Case, Find, Replacement};

/// What is posted in `source` appears in `destination`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    pub id: PairId,
    pub owner: UserId,
    pub partition: PartitionId,
    pub source: Endpoint,
    pub destination: Endpoint,
    pub state: PairState,
    pub created_at: Timestamp,
    /// Rises with every change of the pair.
    #[serde(default)]
    pub version: u64,
    #[serde(default, skip_serializing_if = "Options::is_default")]
    pub options: Options,
    #[serde(default, skip_serializing_if = "options::is_default")]
    pub health: Health,
}

/// What is kept of a pair that was deleted: what it delivered still counts for its owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GonePair {
    pub id: PairId,
    pub owner: UserId,
    pub source: Endpoint,
    pub destination: Endpoint,
    pub created_at: Timestamp,
    pub deleted_at: Timestamp,
}

impl GonePair {
    pub fn of(pair: &Pair, deleted_at: Timestamp) -> Self {
        Self {
            id: pair.id,
            owner: pair.owner,
            source: pair.source,
            destination: pair.destination,
            created_at: pair.created_at,
            deleted_at,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PairState {
    Active,
    Paused,
}

/// Why two chats can't be paired, given the pairs that the user has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PairConflict {
    #[error("source and destination are the same chat")]
    ToItself,
    #[error("this pair exists already")]
    Duplicate { existing: PairId },
    #[error("messages would come back to where they started")]
    Loop { through: PairId },
}

/// Checks a new pair against the user's others, whichever state those are in: a paused pair may
/// be resumed at any time.
pub fn check(
    source: &Endpoint,
    destination: &Endpoint,
    pairs: &[Pair],
) -> Result<(), PairConflict> {
    if source.is_same_place(destination) {
        return Err(PairConflict::ToItself);
    }
    let duplicate = pairs.iter().find(|pair| {
        pair.source.is_same_place(source) && pair.destination.is_same_place(destination)
    });
    if let Some(pair) = duplicate {
        return Err(PairConflict::Duplicate { existing: pair.id });
    }
    match way(destination, source, pairs) {
        Some(through) => Err(PairConflict::Loop { through }),
        None => Ok(()),
    }
}

/// The last pair on a way from one chat to another through existing pairs.
fn way(from: &Endpoint, to: &Endpoint, pairs: &[Pair]) -> Option<PairId> {
    let mut seen = HashSet::new();
    let mut reached = vec![from];
    while let Some(place) = reached.pop() {
        for pair in pairs.iter().filter(|pair| pair.source.is_same_place(place)) {
            if pair.destination.is_same_place(to) {
                return Some(pair.id);
            }
            if seen.insert(pair.id) {
                reached.push(&pair.destination);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{AccountId, DiscordChannelId, DiscordGuildId, TelegramChatId};

    fn telegram(chat: i64, account: u128) -> Endpoint {
        Endpoint::Telegram {
            account: AccountId::from_bits(account),
            chat: TelegramChatId(chat),
            topic: None,
        }
    }

    fn discord(channel: u64) -> Endpoint {
        Endpoint::Discord {
            guild: DiscordGuildId(1),
            channel: DiscordChannelId(channel),
            thread: None,
        }
    }

    fn pair(id: u128, source: Endpoint, destination: Endpoint) -> Pair {
        Pair {
            id: PairId::from_bits(id),
            owner: UserId::from_bits(1),
            partition: PartitionId(0),
            source,
            destination,
            state: PairState::Paused,
            created_at: Timestamp(0),
            version: 1,
            options: Options::default(),
            health: Health::default(),
        }
    }

    #[test]
    fn conflicts() {
        let pairs = [
            pair(1, telegram(1, 1), discord(2)),
            pair(2, discord(2), telegram(3, 1)),
            pair(3, telegram(3, 2), telegram(4, 2)),
        ];
        let through = |id| {
            Err(PairConflict::Loop {
                through: PairId::from_bits(id),
            })
        };
        let cases = [
            (telegram(1, 1), telegram(1, 2), Err(PairConflict::ToItself)),
            (
                telegram(1, 9),
                discord(2),
                Err(PairConflict::Duplicate {
                    existing: PairId::from_bits(1),
                }),
            ),
            (discord(2), telegram(1, 1), through(1)),
            (telegram(3, 1), telegram(1, 1), through(2)),
            (telegram(4, 1), telegram(1, 1), through(3)),
            (telegram(1, 1), telegram(4, 1), Ok(())),
            (telegram(4, 1), telegram(5, 1), Ok(())),
        ];
        for (source, destination, expected) in cases {
            assert_eq!(
                check(&source, &destination, &pairs),
                expected,
                "{source:?} {destination:?}"
            );
        }
    }
}
