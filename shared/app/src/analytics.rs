//! Figures, counted from the deliveries themselves.
//!
//! What a message came to is known by its delivery alone, so that figures can't disagree with what
//! was delivered, and a repeated attempt counts once. Hours that are over are counted once and kept
//! by pair and day; the present hour is counted anew each time.

mod gather;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use patchbay_domain::figures::{Hour, Tally};
use patchbay_domain::ids::{AccountId, PairId};
use patchbay_domain::user::User;
use patchbay_domain::{Endpoint, GonePair, Pair};

use crate::ports::{PortError, PortResult, Ports};

/// How many pairs, those included that are gone, are counted in one request.
pub const MAX_PAIRS: usize = 500;
/// How many deliveries of hours that are over are read in one request.
const BUDGET: usize = 20_000;
const PAIRS_AT_ONCE: usize = 16;
/// After a pair is deleted, its tasks can still be in the queue for so long.
const LINGERING: Duration = Duration::from_hours(14 * 24);

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    Everything,
    Pair(PairId),
    /// Pairs whose source or destination it is.
    Account(AccountId),
}

#[derive(Debug, thiserror::Error)]
pub enum AnalyticsError {
    #[error("there is no such pair")]
    NoPair,
    #[error("there is no such account")]
    NoAccount,
    #[error("there are too many pairs to count at once")]
    TooManyPairs,
    /// Part of it is counted and kept; the next request goes on from there.
    #[error("there is too much to count at once")]
    Counting,
    #[error(transparent)]
    Port(#[from] PortError),
}

/// One pair, and when it can have had outcomes.
struct Life {
    pair: PairId,
    ends: [Endpoint; 2],
    hours: Range<Hour>,
}

impl Life {
    fn of(pair: &Pair) -> Self {
        Self {
            pair: pair.id,
            ends: [pair.source, pair.destination],
            // The clocks of those who make pairs and of those who deliver may differ a little.
            hours: Hour(Hour::of(pair.created_at).0 - 1)..Hour(i64::MAX),
        }
    }

    fn of_gone(pair: &GonePair) -> Self {
        Self {
            pair: pair.id,
            ends: [pair.source, pair.destination],
            hours: Hour(Hour::of(pair.created_at).0 - 1)
                ..Hour::of(pair.deleted_at.plus(LINGERING)).next(),
        }
    }

    fn overlaps(&self, hours: &Range<Hour>) -> bool {
        self.hours.start < hours.end && hours.start < self.hours.end
    }
}

/// The figures of those hours in which there was anything.
pub async fn by_hour(
    ports: &Ports,
    user: &User,
    of: Of,
    hours: Range<Hour>,
) -> Result<BTreeMap<Hour, Tally>, AnalyticsError> {
    let mut lives = lives(ports, user, of).await?;
    lives.retain(|life| life.overlaps(&hours));
    if lives.len() > MAX_PAIRS {
        return Err(AnalyticsError::TooManyPairs);
    }
    let read = AtomicUsize::new(0);
    let counts = lives.into_iter().map(|life| {
        let hours = hours.start.max(life.hours.start)..hours.end.min(life.hours.end);
        gather::of_pair(ports, life.pair, hours, &read)
    });
    // All are let to their end, so that what one has counted is kept though another gives up.
    let counts: Vec<_> = stream::iter(counts)
        .buffer_unordered(PAIRS_AT_ONCE)
        .collect()
        .await;
    let mut all: BTreeMap<Hour, Tally> = BTreeMap::new();
    for counted in counts {
        for (hour, tally) in counted? {
            all.entry(hour).or_default().merge(&tally);
        }
    }
    Ok(all)
}

async fn lives(ports: &Ports, user: &User, of: Of) -> Result<Vec<Life>, AnalyticsError> {
    match of {
        Of::Everything => Ok(all_lives(ports, user).await?),
        Of::Pair(pair) => {
            if let Some(found) = ports.pairs.get(user.id, pair).await? {
                return Ok(vec![Life::of(&found)]);
            }
            let gone = ports.pairs.get_gone(user.id, pair).await?;
            let gone = gone.ok_or(AnalyticsError::NoPair)?;
            Ok(vec![Life::of_gone(&gone)])
        }
        Of::Account(account) => {
            let mut lives = all_lives(ports, user).await?;
            lives.retain(|life| life.ends.iter().any(|end| end.account() == Some(account)));
            // An account that was removed is known by its pairs alone.
            let is_theirs =
                !lives.is_empty() || ports.accounts.get(user.id, account).await?.is_some();
            is_theirs.then_some(lives).ok_or(AnalyticsError::NoAccount)
        }
    }
}

async fn all_lives(ports: &Ports, user: &User) -> PortResult<Vec<Life>> {
    let present = ports.pairs.of_user(user.id).await?.pairs;
    let gone = ports.pairs.gone(user.id).await?;
    let present = present.iter().map(Life::of);
    Ok(present.chain(gone.iter().map(Life::of_gone)).collect())
}

/// All of some hours together.
pub fn sum<'a>(tallies: impl IntoIterator<Item = &'a Tally>) -> Tally {
    tallies
        .into_iter()
        .fold(Tally::default(), |mut sum, tally| {
            sum.merge(tally);
            sum
        })
}

#[cfg(test)]
mod tests;
