use async_trait::async_trait;
use patchbay_app::ports::{Backlog, Backlogs, PortResult};
use patchbay_domain::ids::PartitionId;

use super::item::{item, read};
use super::key;
use super::table::Table;
use crate::error::unavailable;

#[async_trait]
impl Backlogs for Table {
    async fn put(&self, partition: PartitionId, backlog: &Backlog) -> PortResult<()> {
        const OPERATION: &str = "noting what waits";
        let entry = item(OPERATION, &key::backlog(partition), backlog)?;
        let put = self.put_item(entry).send().await;
        put.map_err(unavailable(OPERATION))?;
        Ok(())
    }

    async fn get(&self, partition: PartitionId) -> PortResult<Option<Backlog>> {
        const OPERATION: &str = "reading what waits";
        let found = self.get_item(OPERATION, &key::backlog(partition)).await?;
        found.map(|item| read(OPERATION, item)).transpose()
    }
}
