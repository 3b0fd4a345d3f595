use std::collections::BTreeMap;
use std::ops::Range;

use async_trait::async_trait;
use patchbay_domain::Timestamp;
use patchbay_domain::figures::{Day, Tally};
use patchbay_domain::ids::PairId;

use super::{PortResult, Removed};

/// The figures of one pair for those hours of a day that have been counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayRollup {
    pub day: Day,
    /// Zero before it is stored for the first time.
    pub version: u64,
    /// What is counted before then may still change, and is not to be stored.
    pub settles_at: Timestamp,
    pub hours: BTreeMap<u8, Tally>,
}

impl DayRollup {
    pub fn empty(day: Day) -> Self {
        Self {
            day,
            version: 0,
            settles_at: Timestamp(0),
            hours: BTreeMap::new(),
        }
    }
}

/// Figures that need not be counted again.
#[async_trait]
pub trait Rollups: Send + Sync {
    /// Those days that are stored, in their order.
    async fn of_pair(&self, pair: PairId, days: Range<Day>) -> PortResult<Vec<DayRollup>>;
    /// Stores the day in the place of the version that it was read in. False, with no effect, if
    /// something else stands there by now.
    async fn put(&self, pair: PairId, rollup: &DayRollup) -> PortResult<bool>;
    /// Forgets a day's figures; what is counted before `settles_at` is not to be stored.
    async fn reset(&self, pair: PairId, day: Day, settles_at: Timestamp) -> PortResult<()>;
    /// Removes up to `limit` days of a pair that is gone.
    async fn remove_some(&self, pair: PairId, limit: usize) -> PortResult<Removed>;
}
