use async_trait::async_trait;
use patchbay_app::ports::{Backfills, PortResult};
use patchbay_domain::Backfill;
use patchbay_domain::ids::{PairId, PartitionId, UserId};

use super::item::{item, number, read, string};
use super::key::{self, GSI1, PK};
use super::table::{Refused, Table, delete_if, put_if};

const READ: &str = "reading backfills";
const WRITE: &str = "writing a backfill";

#[async_trait]
impl Backfills for Table {
    async fn put(&self, backfill: &Backfill, version: Option<u64>) -> PortResult<bool> {
        let key = key::backfill(backfill.owner, backfill.pair);
        let mut entry = item(WRITE, &key, backfill)?;
        if !backfill.is_over() {
            let partition = key::in_partition(backfill.partition);
            entry.insert(GSI1.pk.to_owned(), string(partition));
            let place = key::backfill_of(backfill.pair);
            entry.insert(GSI1.sk.to_owned(), string(place));
        }
        let put = self.put_item(entry);
        let put = match version {
            None => put
                .condition_expression("attribute_not_exists(#pk)")
                .expression_attribute_names("#pk", PK),
            Some(version) => put
                .condition_expression("#version = :version")
                .expression_attribute_names("#version", "version")
                .expression_attribute_values(":version", number(version)),
        };
        match put_if(WRITE, put).await? {
            Ok(()) => Ok(true),
            // If this very one stands there, this is a repetition.
            Err(Refused(Some(standing))) => Ok(read::<Backfill>(READ, standing)? == *backfill),
            Err(Refused(None)) => Ok(false),
        }
    }

    async fn get(&self, owner: UserId, pair: PairId) -> PortResult<Option<Backfill>> {
        let entry = self.get_item(READ, &key::backfill(owner, pair)).await?;
        entry.map(|entry| read(READ, entry)).transpose()
    }

    async fn unfinished(&self, partition: PartitionId) -> PortResult<Vec<Backfill>> {
        let found = self
            .all_by(READ, &GSI1, &key::backfills_in(partition))
            .await?;
        found.into_iter().map(|entry| read(READ, entry)).collect()
    }

    async fn remove(&self, owner: UserId, pair: PairId) -> PortResult<()> {
        let delete = self.delete_item(&key::backfill(owner, pair));
        delete_if("removing a backfill", delete).await?;
        Ok(())
    }
}
