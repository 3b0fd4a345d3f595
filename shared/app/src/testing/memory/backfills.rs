use std::collections::BTreeMap;

use async_trait::async_trait;
use patchbay_domain::Backfill;
use patchbay_domain::ids::{PairId, PartitionId, UserId};

use super::Store;
use crate::ports::{Backfills, PortResult};

pub(super) type BackfillTable = BTreeMap<(UserId, PairId), Backfill>;

#[async_trait]
impl Backfills for Store {
    async fn put(&self, backfill: &Backfill, version: Option<u64>) -> PortResult<bool> {
        let mut tables = self.tables();
        let key = (backfill.owner, backfill.pair);
        let present = tables.backfills.get(&key);
        if present.map(|present| present.version) != version {
            return Ok(present == Some(backfill));
        }
        tables.backfills.insert(key, backfill.clone());
        Ok(true)
    }

    async fn get(&self, owner: UserId, pair: PairId) -> PortResult<Option<Backfill>> {
        Ok(self.tables().backfills.get(&(owner, pair)).cloned())
    }

    async fn unfinished(&self, partition: PartitionId) -> PortResult<Vec<Backfill>> {
        let tables = self.tables();
        let of_partition = tables
            .backfills
            .values()
            .filter(|backfill| backfill.partition == partition && !backfill.is_over());
        Ok(of_partition.cloned().collect())
    }

    async fn remove(&self, owner: UserId, pair: PairId) -> PortResult<()> {
        self.tables().backfills.remove(&(owner, pair));
        Ok(())
    }
}
