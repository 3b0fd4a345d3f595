use async_trait::async_trait;
use patchbay_domain::ids::{PairId, PartitionId, UserId};
use patchbay_domain::{GonePair, Pair, PairState};

use super::PortResult;

/// A user's pairs, and a version that changes whenever one is added or removed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PairSet {
    pub version: u64,
    pub pairs: Vec<Pair>,
}

#[async_trait]
pub trait Pairs: Send + Sync {
    async fn of_user(&self, owner: UserId) -> PortResult<PairSet>;
    /// Adds the pair if the user's set still has this version. False, with no effect, otherwise:
    /// read again, check again, try again.
    async fn create(&self, pair: &Pair, version: u64) -> PortResult<bool>;
    async fn get(&self, owner: UserId, pair: PairId) -> PortResult<Option<Pair>>;
    /// The pair in its new state, or nothing if there is no such pair.
    async fn set_state(
        &self,
        owner: UserId,
        pair: PairId,
        state: PairState,
    ) -> PortResult<Option<Pair>>;
    /// Whether there was such a pair. What must be known of it afterwards is kept.
    async fn delete(&self, owner: UserId, pair: PairId) -> PortResult<bool>;
    /// The pairs that the user has deleted.
    async fn gone(&self, owner: UserId) -> PortResult<Vec<GonePair>>;
    async fn get_gone(&self, owner: UserId, pair: PairId) -> PortResult<Option<GonePair>>;
    /// Forgets that there was such a pair; its deliveries are removed before.
    async fn forget(&self, owner: UserId, pair: PairId) -> PortResult<()>;
    async fn in_partition(&self, partition: PartitionId) -> PortResult<Vec<Pair>>;
    /// Pairs of all partitions whose source is a Discord channel.
    #[expect(clippy::wrong_self_convention, reason = "the pairs come from there")]
    async fn from_discord(&self) -> PortResult<Vec<Pair>>;
}
