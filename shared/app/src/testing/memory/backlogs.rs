use std::collections::BTreeMap;

use async_trait::async_trait;
use patchbay_domain::ids::PartitionId;

use super::Store;
use crate::ports::{Backlog, Backlogs, PortResult};

pub(super) type BacklogTable = BTreeMap<PartitionId, Backlog>;

#[async_trait]
impl Backlogs for Store {
    async fn put(&self, partition: PartitionId, backlog: &Backlog) -> PortResult<()> {
        self.tables().backlogs.insert(partition, *backlog);
        Ok(())
    }

    async fn get(&self, partition: PartitionId) -> PortResult<Option<Backlog>> {
        Ok(self.tables().backlogs.get(&partition).copied())
    }
}
