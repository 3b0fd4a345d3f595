use async_trait::async_trait;
use patchbay_domain::Backfill;
use patchbay_domain::ids::{PairId, PartitionId, UserId};

use super::PortResult;

/// What was asked for of the history of pairs: one for each pair, the last one.
#[async_trait]
pub trait Backfills: Send + Sync {
    /// Puts it in the place of the pair's present one if that has this version; without a version,
    /// if there is none. False, with no effect, otherwise. Its own version is a higher one.
    async fn put(&self, backfill: &Backfill, version: Option<u64>) -> PortResult<bool>;
    async fn get(&self, owner: UserId, pair: PairId) -> PortResult<Option<Backfill>>;
    /// Those of a partition that are not over. What has just been written may be missing, or shown
    /// as it was, for a moment.
    async fn unfinished(&self, partition: PartitionId) -> PortResult<Vec<Backfill>>;
    async fn remove(&self, owner: UserId, pair: PairId) -> PortResult<()>;
}
