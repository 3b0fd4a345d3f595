use std::collections::BTreeSet;

use async_trait::async_trait;
use patchbay_domain::ids::{AccountId, PairId, PartitionId, UserId};
use patchbay_domain::{GonePair, Pair};

use super::PortResult;

/// A user's pairs, and a version that changes whenever one is added or removed, and whenever
/// something that pairs stand on is unlinked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PairSet {
    pub version: u64,
    pub pairs: Vec<Pair>,
    /// Accounts that are being unlinked: no pair may be made on one of them.
    pub leaving: BTreeSet<AccountId>,
}

#[async_trait]
pub trait Pairs: Send + Sync {
    async fn of_user(&self, owner: UserId) -> PortResult<PairSet>;
    /// Adds the pair if the user's set still has this version. False, with no effect, otherwise:
    /// read again, check again, try again.
    async fn create(&self, pair: &Pair, version: u64) -> PortResult<bool>;
    async fn get(&self, owner: UserId, pair: PairId) -> PortResult<Option<Pair>>;
    /// Puts the pair in the place of the one that has `version`; the new one has a higher
    /// version. False, with no effect, if there is none with that version.
    async fn update(&self, pair: &Pair, version: u64) -> PortResult<bool>;
    /// Whether there was such a pair, and of that version where one is given. What must be known
    /// of it afterwards is kept.
    async fn delete(&self, owner: UserId, pair: PairId, version: Option<u64>) -> PortResult<bool>;
    /// The pairs that the user has deleted.
    async fn gone(&self, owner: UserId) -> PortResult<Vec<GonePair>>;
    async fn get_gone(&self, owner: UserId, pair: PairId) -> PortResult<Option<GonePair>>;
    /// Forgets that there was such a pair; its deliveries are removed before.
    async fn forget(&self, owner: UserId, pair: PairId) -> PortResult<()>;
    /// Lets no more pairs be made on an account, if the user's set still has this version; until
    /// the account is removed. False, with no effect, otherwise.
    async fn let_leave(&self, owner: UserId, account: AccountId, version: u64) -> PortResult<bool>;
    /// Removes what is left when a user who leaves has no pairs any more.
    async fn remove_set(&self, owner: UserId) -> PortResult<()>;
    async fn in_partition(&self, partition: PartitionId) -> PortResult<Vec<Pair>>;
    /// Pairs of all partitions whose source is a Discord channel.
    #[expect(clippy::wrong_self_convention, reason = "the pairs come from there")]
    async fn from_discord(&self) -> PortResult<Vec<Pair>>;
}
