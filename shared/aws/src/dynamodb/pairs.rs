use async_trait::async_trait;
use aws_sdk_dynamodb::types::{ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update};
use patchbay_app::ports::{PairSet, Pairs, PortResult};
use patchbay_domain::ids::{PairId, PartitionId, UserId};
use patchbay_domain::{GonePair, Pair, PairState, Platform};

use super::item::{
    Item, item, key_attributes, number, number_of, read, string, text_of, to_attribute,
};
use super::key::{self, FROM_DISCORD, GSI1, GSI2, PK, SK};
use super::table::{Table, delete_if, update_if};
use super::transaction::{delete_existing, incomplete, put_new};

const READ: &str = "reading pairs";
const VERSION: &str = "version";

fn read_all(items: Vec<Item>) -> PortResult<Vec<Pair>> {
    items.into_iter().map(|item| read(READ, item)).collect()
}

fn pair_item(pair: &Pair) -> PortResult<Item> {
    let mut entry = item("writing a pair", &key::pair(pair.owner, pair.id), pair)?;
    entry.insert(
        GSI1.pk.to_owned(),
        string(key::in_partition(pair.partition)),
    );
    entry.insert(GSI1.sk.to_owned(), string(pair.id));
    if pair.source.platform() == Platform::Discord {
        entry.insert(GSI2.pk.to_owned(), string(FROM_DISCORD));
        entry.insert(GSI2.sk.to_owned(), string(pair.id));
    }
    Ok(entry)
}

/// Raises the version of a user's set; if `present` is given, only from there.
pub(super) fn raise_version(
    table: &Table,
    owner: UserId,
    present: Option<u64>,
) -> PortResult<TransactWriteItem> {
    let mut update = Update::builder()
        .table_name(table.name())
        .set_key(Some(key_attributes(&key::pair_set(owner))))
        .update_expression("ADD #version :one")
        .expression_attribute_names("#version", VERSION)
        .expression_attribute_values(":one", number(1))
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    if let Some(present) = present {
        update = match present {
            0 => update.condition_expression("attribute_not_exists(#version)"),
            _ => update
                .condition_expression("#version = :present")
                .expression_attribute_values(":present", number(present)),
        };
    }
    Ok(TransactWriteItem::builder()
        .update(update.build().map_err(incomplete)?)
        .build())
}

#[async_trait]
impl Pairs for Table {
    async fn of_user(&self, owner: UserId) -> PortResult<PairSet> {
        let mut items = self.all(READ, &key::pairs(owner)).await?;
        let set_key = key::pair_set(owner).sk;
        let set = items
            .iter()
            .position(|item| text_of(item, SK) == Some(&set_key));
        let version = set
            .map(|place| items.remove(place))
            .and_then(|set| number_of(&set, VERSION))
            .unwrap_or_default();
        Ok(PairSet {
            version,
            pairs: read_all(items)?,
        })
    }

    async fn create(&self, pair: &Pair, version: u64) -> PortResult<bool> {
        let writes = vec![
            put_new(self, pair_item(pair)?)?,
            raise_version(self, pair.owner, Some(version))?,
        ];
        let Err(refused) = self.transact("creating a pair", writes).await? else {
            return Ok(true);
        };
        // If the pair itself stands there, this is a repetition.
        match refused
            .into_iter()
            .next()
            .flatten()
            .and_then(|refused| refused.0)
        {
            Some(standing) => Ok(read::<Pair>(READ, standing)? == *pair),
            None => Ok(false),
        }
    }

    async fn get(&self, owner: UserId, pair: PairId) -> PortResult<Option<Pair>> {
        let item = self.get_item(READ, &key::pair(owner, pair)).await?;
        item.map(|item| read(READ, item)).transpose()
    }

    async fn set_state(
        &self,
        owner: UserId,
        pair: PairId,
        state: PairState,
    ) -> PortResult<Option<Pair>> {
        const OPERATION: &str = "setting a pair's state";
        let update = self
            .update_item(&key::pair(owner, pair))
            .update_expression("SET #state = :state")
            .condition_expression("attribute_exists(#pk)")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":state", to_attribute(OPERATION, &state)?);
        let written = update_if(OPERATION, update).await?;
        written.ok().map(|item| read(READ, item)).transpose()
    }

    async fn delete(&self, owner: UserId, pair: PairId) -> PortResult<bool> {
        const OPERATION: &str = "deleting a pair";
        let Some(present) = Pairs::get(self, owner, pair).await? else {
            return Ok(false);
        };
        let gone = GonePair::of(&present, self.now());
        let writes = vec![
            delete_existing(self, &key::pair(owner, pair))?,
            raise_version(self, owner, None)?,
            put_new(self, item(OPERATION, &key::gone_pair(owner, pair), &gone)?)?,
        ];
        Ok(self.transact(OPERATION, writes).await?.is_ok())
    }

    async fn gone(&self, owner: UserId) -> PortResult<Vec<GonePair>> {
        let items = self.all(READ, &key::gone_pairs(owner)).await?;
        items.into_iter().map(|item| read(READ, item)).collect()
    }

    async fn get_gone(&self, owner: UserId, pair: PairId) -> PortResult<Option<GonePair>> {
        let item = self.get_item(READ, &key::gone_pair(owner, pair)).await?;
        item.map(|item| read(READ, item)).transpose()
    }

    async fn forget(&self, owner: UserId, pair: PairId) -> PortResult<()> {
        let delete = self.delete_item(&key::gone_pair(owner, pair));
        delete_if("forgetting a pair", delete).await?;
        Ok(())
    }

    async fn in_partition(&self, partition: PartitionId) -> PortResult<Vec<Pair>> {
        read_all(self.all_by(READ, &GSI1, &key::pairs_in(partition)).await?)
    }

    async fn from_discord(&self) -> PortResult<Vec<Pair>> {
        read_all(self.all_by(READ, &GSI2, &key::pairs_from_discord()).await?)
    }
}
