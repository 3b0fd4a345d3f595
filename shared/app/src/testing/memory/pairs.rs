use std::collections::BTreeMap;

use async_trait::async_trait;
use patchbay_domain::ids::{AccountId, PairId, PartitionId, UserId};
use patchbay_domain::{GonePair, Pair, Platform};

use super::Store;
use crate::ports::{Clock, PairSet, Pairs, PortResult};

pub(super) type PairTable = BTreeMap<UserId, PairSet>;
pub(super) type GonePairTable = BTreeMap<(UserId, PairId), GonePair>;

impl Store {
    fn pairs_where(&self, is_wanted: impl Fn(&Pair) -> bool) -> Vec<Pair> {
        let tables = self.tables();
        let pairs = tables.pairs.values().flat_map(|set| &set.pairs);
        pairs.filter(|pair| is_wanted(pair)).cloned().collect()
    }
}

#[async_trait]
impl Pairs for Store {
    async fn of_user(&self, owner: UserId) -> PortResult<PairSet> {
        Ok(self.tables().pairs.get(&owner).cloned().unwrap_or_default())
    }

    async fn create(&self, pair: &Pair, version: u64) -> PortResult<bool> {
        let mut tables = self.tables();
        let set = tables.pairs.entry(pair.owner).or_default();
        if set.pairs.contains(pair) {
            return Ok(true);
        }
        let is_new = set.pairs.iter().all(|other| other.id != pair.id);
        if !is_new || set.version != version {
            return Ok(false);
        }
        set.version += 1;
        set.pairs.push(pair.clone());
        set.pairs.sort_by_key(|pair| pair.id);
        Ok(true)
    }

    async fn get(&self, owner: UserId, pair: PairId) -> PortResult<Option<Pair>> {
        let set = self.of_user(owner).await?;
        Ok(set.pairs.into_iter().find(|candidate| candidate.id == pair))
    }

    async fn update(&self, pair: &Pair, version: u64) -> PortResult<bool> {
        let mut tables = self.tables();
        let set = tables.pairs.entry(pair.owner).or_default();
        let Some(present) = set.pairs.iter_mut().find(|other| other.id == pair.id) else {
            return Ok(false);
        };
        if present.version != version {
            return Ok(present == pair);
        }
        present.clone_from(pair);
        Ok(true)
    }

    async fn delete(&self, owner: UserId, pair: PairId, version: Option<u64>) -> PortResult<bool> {
        let mut tables = self.tables();
        let set = tables.pairs.entry(owner).or_default();
        let is_meant = |candidate: &Pair| {
            candidate.id == pair && version.is_none_or(|version| version == candidate.version)
        };
        let Some(place) = set.pairs.iter().position(is_meant) else {
            return Ok(false);
        };
        set.version += 1;
        let gone = GonePair::of(&set.pairs.remove(place), self.clock.now());
        tables.gone_pairs.insert((owner, pair), gone);
        Ok(true)
    }

    async fn gone(&self, owner: UserId) -> PortResult<Vec<GonePair>> {
        let tables = self.tables();
        let of_user = tables
            .gone_pairs
            .values()
            .filter(|gone| gone.owner == owner);
        Ok(of_user.cloned().collect())
    }

    async fn get_gone(&self, owner: UserId, pair: PairId) -> PortResult<Option<GonePair>> {
        Ok(self.tables().gone_pairs.get(&(owner, pair)).cloned())
    }

    async fn forget(&self, owner: UserId, pair: PairId) -> PortResult<()> {
        self.tables().gone_pairs.remove(&(owner, pair));
        Ok(())
    }

    async fn let_leave(&self, owner: UserId, account: AccountId, version: u64) -> PortResult<bool> {
        let mut tables = self.tables();
        let set = tables.pairs.entry(owner).or_default();
        if set.version != version {
            return Ok(false);
        }
        set.version += 1;
        set.leaving.insert(account);
        Ok(true)
    }

    async fn remove_set(&self, owner: UserId) -> PortResult<()> {
        self.tables().pairs.remove(&owner);
        Ok(())
    }

    async fn in_partition(&self, partition: PartitionId) -> PortResult<Vec<Pair>> {
        Ok(self.pairs_where(|pair| pair.partition == partition))
    }

    async fn from_discord(&self) -> PortResult<Vec<Pair>> {
        Ok(self.pairs_where(|pair| pair.source.platform() == Platform::Discord))
    }
}
