//! What deliveries come to, counted by the hour.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::delivery::{Delivery, DeliveryState};
use crate::event::Recovery;
use crate::reason::{FailKind, SkipReason};
use crate::time::Timestamp;

const HOUR_MS: i64 = 60 * 60 * 1_000;
const HOURS_OF_A_DAY: i64 = 24;

/// An hour of UTC, counted from the beginning of 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hour(pub i64);

impl Hour {
    pub const fn of(at: Timestamp) -> Self {
        Self(at.0.div_euclid(HOUR_MS))
    }

    pub const fn start(self) -> Timestamp {
        Timestamp(self.0.saturating_mul(HOUR_MS))
    }

    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }

    pub const fn day(self) -> Day {
        Day(self.0.div_euclid(HOURS_OF_A_DAY))
    }

    /// Which one of its day it is: 0 to 23.
    pub fn of_day(self) -> u8 {
        u8::try_from(self.0.rem_euclid(HOURS_OF_A_DAY)).unwrap_or_default()
    }
}

/// A day of UTC, counted from the beginning of 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Day(pub i64);

impl Day {
    pub const fn first_hour(self) -> Hour {
        Hour(self.0 * HOURS_OF_A_DAY)
    }

    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// How many outcomes there were, of which kind. Each change of a message counts once for each pair,
/// whatever it took to deliver it, at the time of its outcome. Reactions don't count: one message may
/// have more of them than a pair has messages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tally {
    pub delivered: u64,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub failed: BTreeMap<FailKind, u64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub skipped: BTreeMap<SkipReason, u64>,
    /// What the filters of a pair kept back.
    pub filtered: u64,
    /// Of what was delivered.
    pub bytes: u64,
    /// Of what was delivered, how much had been missed at first and was found later.
    pub recovered: u64,
    /// Of what was delivered, how much was said before and brought on request.
    pub backfilled: u64,
    /// From when we learned of a message to when it was delivered. Messages that somebody had
    /// retried are not in it: they waited for a person. Nor are those that were brought on request:
    /// they wait for each other.
    #[serde(skip_serializing_if = "Latencies::is_empty")]
    pub latencies: Latencies,
}

impl Tally {
    /// Counts a delivery, if it has an outcome.
    pub fn count(&mut self, delivery: &Delivery) {
        if delivery.key.revision.is_of_reactions() {
            return;
        }
        match &delivery.state {
            DeliveryState::Claimed { .. } | DeliveryState::Queued { .. } => {}
            DeliveryState::Delivered { .. } => self.count_delivered(delivery),
            DeliveryState::Filtered { .. } => self.filtered += 1,
            DeliveryState::Skipped { reason } => *self.skipped.entry(*reason).or_default() += 1,
            DeliveryState::Failed { reason, .. } => {
                *self.failed.entry(reason.kind()).or_default() += 1;
            }
        }
    }

    fn count_delivered(&mut self, delivery: &Delivery) {
        self.delivered += 1;
        self.bytes = self.bytes.saturating_add(delivery.bytes);
        let is_prompt = match delivery.recovery {
            Recovery::Live => true,
            Recovery::Recovered => {
                self.recovered += 1;
                true
            }
            Recovery::Requested => {
                self.backfilled += 1;
                false
            }
        };
        if is_prompt && delivery.retries == 0 {
            let took = delivery.updated_at.since(delivery.received_at);
            let took = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            self.latencies.count(took);
        }
    }

    pub fn merge(&mut self, other: &Self) {
        self.delivered += other.delivered;
        for (kind, count) in &other.failed {
            *self.failed.entry(*kind).or_default() += count;
        }
        for (reason, count) in &other.skipped {
            *self.skipped.entry(*reason).or_default() += count;
        }
        self.filtered += other.filtered;
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.recovered += other.recovered;
        self.backfilled += other.backfilled;
        self.latencies.merge(&other.latencies);
    }

    pub fn all_failed(&self) -> u64 {
        self.failed.values().sum()
    }

    pub fn all_skipped(&self) -> u64 {
        self.skipped.values().sum()
    }

    /// All changes of messages that matched a pair and have an outcome.
    pub fn volume(&self) -> u64 {
        self.delivered + self.all_failed() + self.all_skipped() + self.filtered
    }

    /// Of what was to be sent, the part that arrived; nothing, if nothing was to be sent.
    pub fn success_rate(&self) -> Option<f64> {
        let tried = self.delivered + self.all_failed();
        #[expect(
            clippy::cast_precision_loss,
            reason = "a rate of 2^53 messages may be off by one of them"
        )]
        let rate = self.delivered as f64 / tried as f64;
        (tried > 0).then_some(rate)
    }
}

/// How often which time was taken, in milliseconds, in buckets that are up to 12.5 % wide. Buckets
/// are the same everywhere, so that those of many hours and pairs can be added up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<(u8, u64)>", into = "Vec<(u8, u64)>")]
pub struct Latencies(BTreeMap<u8, u64>);

impl From<Vec<(u8, u64)>> for Latencies {
    fn from(buckets: Vec<(u8, u64)>) -> Self {
        Self(buckets.into_iter().collect())
    }
}

impl From<Latencies> for Vec<(u8, u64)> {
    fn from(latencies: Latencies) -> Self {
        latencies.0.into_iter().collect()
    }
}

impl Latencies {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn count(&mut self, ms: u64) {
        *self.0.entry(bucket(ms)).or_default() += 1;
    }

    pub fn merge(&mut self, other: &Self) {
        for (bucket, count) in &other.0 {
            *self.0.entry(*bucket).or_default() += count;
        }
    }

    /// The time within which that many of a hundred were done: the upper end of its bucket, which
    /// is never too low and at most an eighth too high.
    pub fn percentile(&self, percent: u64) -> Option<u64> {
        let all: u64 = self.0.values().sum();
        let rank = (all * percent).div_ceil(100).max(1);
        let mut seen = 0;
        let found = self.0.iter().find(|(_, count)| {
            seen += **count;
            seen >= rank
        });
        found.map(|(bucket, _)| upper_end(*bucket))
    }
}

/// Eight buckets for each doubling; below 8 ms, one for each millisecond.
fn bucket(ms: u64) -> u8 {
    if ms < 8 {
        return u8::try_from(ms).unwrap_or_default();
    }
    let exponent = ms.ilog2();
    let eighth = (ms >> (exponent - 3)) & 7;
    let place = u64::from(exponent - 2) * 8 + eighth;
    u8::try_from(place).unwrap_or(u8::MAX)
}

/// The longest time that falls into a bucket.
fn upper_end(bucket: u8) -> u64 {
    let (doubling, eighth) = (u32::from(bucket / 8), u64::from(bucket % 8));
    match doubling {
        0 => eighth,
        doubling => ((8 + eighth + 1) << (doubling - 1)) - 1,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn percentiles_of_known_times() {
        let mut latencies = Latencies::default();
        assert_eq!(latencies.percentile(50), None);
        for ms in 1..=100 {
            latencies.count(ms);
        }
        let found = [1, 50, 95, 99, 100].map(|percent| latencies.percentile(percent));
        assert_eq!(found, [1, 51, 95, 103, 103].map(Some));
        let mut one = Latencies::default();
        one.count(0);
        assert_eq!(one.percentile(99), Some(0));
    }

    #[test]
    fn hours_and_days() {
        let hour = Hour::of(Timestamp(-1));
        assert_eq!((hour, hour.of_day(), hour.day()), (Hour(-1), 23, Day(-1)));
        let at = Timestamp::from_seconds(1_790_000_000);
        let hour = Hour::of(at);
        assert!(hour.start() <= at && at < hour.next().start());
        assert_eq!(hour.day().first_hour().0 + i64::from(hour.of_day()), hour.0);
    }

    proptest! {
        #[test]
        fn a_bucket_reaches_at_most_an_eighth_too_far(ms in 0_u64..1 << 33) {
            let end = upper_end(bucket(ms));
            prop_assert!(end >= ms && end - ms <= ms / 8, "{ms}: {end}");
            prop_assert_eq!(bucket(end), bucket(ms));
            prop_assert!(bucket(end + 1) == bucket(ms).saturating_add(1));
        }

        #[test]
        fn what_is_merged_is_as_if_counted_together(
            one in prop::collection::vec(0_u64..1 << 40, 0..50),
            other in prop::collection::vec(0_u64..1 << 40, 0..50),
        ) {
            let of = |times: &[u64]| {
                let mut latencies = Latencies::default();
                for ms in times {
                    latencies.count(*ms);
                }
                latencies
            };
            let mut merged = of(&one);
            merged.merge(&of(&other));
            prop_assert_eq!(merged, of(&[one, other].concat()));
        }
    }
}
