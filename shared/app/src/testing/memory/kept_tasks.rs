use std::collections::BTreeMap;

use async_trait::async_trait;
use patchbay_domain::ids::{MessageId, PairId, UserId};
use patchbay_domain::{DeliveryKey, ForwardTask, Revision, Timestamp};

use super::Store;
use crate::ports::{Clock, KeptTasks, PortResult, Removed};

pub(super) type KeptTaskTable = BTreeMap<DeliveryKey, (ForwardTask, Timestamp)>;

#[async_trait]
impl KeptTasks for Store {
    async fn put(&self, task: &ForwardTask, until: Timestamp) -> PortResult<()> {
        let kept = (task.clone(), until);
        self.tables().kept_tasks.insert(task.delivery(), kept);
        Ok(())
    }

    async fn get(&self, owner: UserId, delivery: DeliveryKey) -> PortResult<Option<ForwardTask>> {
        let now = self.clock.now();
        let tables = self.tables();
        let kept = tables.kept_tasks.get(&delivery);
        let kept = kept.filter(|(task, until)| task.owner == owner && now < *until);
        Ok(kept.map(|(task, _)| task.clone()))
    }

    async fn latest_change(
        &self,
        owner: UserId,
        pair: PairId,
        message: MessageId,
        seen: Timestamp,
    ) -> PortResult<Option<ForwardTask>> {
        let key = |revision| DeliveryKey {
            pair,
            message,
            revision,
        };
        let changes = key(Revision(1))..=key(Revision::DELETED);
        let now = self.clock.now();
        let tables = self.tables();
        let mut kept = tables.kept_tasks.range(changes).rev();
        let kept = kept.find(|(delivery, (task, until))| {
            !delivery.revision.is_of_reactions()
                && task.owner == owner
                && now < *until
                && task.received_at <= seen
        });
        Ok(kept.map(|(_, (task, _))| task.clone()))
    }

    async fn remove(&self, delivery: DeliveryKey) -> PortResult<()> {
        self.tables().kept_tasks.remove(&delivery);
        Ok(())
    }

    async fn remove_some(&self, pair: PairId, limit: usize) -> PortResult<Removed> {
        Ok(remove_some(
            &mut self.tables().kept_tasks,
            limit,
            |delivery| delivery.pair == pair,
        ))
    }
}

pub(super) fn remove_some<K: Ord + Copy, V>(
    table: &mut BTreeMap<K, V>,
    limit: usize,
    is_of_pair: impl Fn(&K) -> bool,
) -> Removed {
    let of_pair = table.keys().filter(|key| is_of_pair(key));
    let keys: Vec<K> = of_pair.copied().take(limit + 1).collect();
    for key in keys.iter().take(limit) {
        table.remove(key);
    }
    if keys.len() > limit {
        Removed::Some
    } else {
        Removed::All
    }
}
