use std::collections::BTreeSet;

use async_trait::async_trait;
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, Delete, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use patchbay_app::ports::{PairSet, Pairs, PortResult};
use patchbay_domain::ids::{AccountId, PairId, PartitionId, UserId};
use patchbay_domain::{GonePair, Pair, Platform};

use super::item::{Item, item, key_attributes, number, number_of, read, string, text_of};
use super::key::{self, FROM_DISCORD, GSI1, GSI2, Key, PK, SK};
use super::table::{Refused, Table, delete_if, put_if};
use super::transaction::{delete_existing, incomplete, put_new};

const READ: &str = "reading pairs";
const VERSION: &str = "version";
const LEAVING: &str = "leaving";

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

/// What happens to the accounts that are leaving, when the version of a set rises.
#[derive(Clone, Copy)]
pub(super) enum Leaving {
    Unchanged,
    With(AccountId),
    Without(AccountId),
}

/// Raises the version of a user's set; if `present` is given, only from there.
pub(super) fn raise_version(
    table: &Table,
    owner: UserId,
    present: Option<u64>,
    leaving: Leaving,
) -> PortResult<TransactWriteItem> {
    let update = Update::builder()
        .table_name(table.name())
        .set_key(Some(key_attributes(&key::pair_set(owner))))
        .expression_attribute_names("#version", VERSION)
        .expression_attribute_values(":one", number(1))
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    let update = match present {
        None => update,
        Some(0) => update.condition_expression("attribute_not_exists(#version)"),
        Some(present) => update
            .condition_expression("#version = :present")
            .expression_attribute_values(":present", number(present)),
    };
    let with_leaving = |update: UpdateBuilder, account: AccountId| {
        update
            .expression_attribute_names("#leaving", LEAVING)
            .expression_attribute_values(":account", AttributeValue::Ss(vec![account.to_string()]))
    };
    let update = match leaving {
        Leaving::Unchanged => update.update_expression("ADD #version :one"),
        Leaving::With(account) => {
            with_leaving(update, account).update_expression("ADD #version :one, #leaving :account")
        }
        Leaving::Without(account) => with_leaving(update, account)
            .update_expression("ADD #version :one DELETE #leaving :account"),
    };
    Ok(TransactWriteItem::builder()
        .update(update.build().map_err(incomplete)?)
        .build())
}

fn leaving_of(set: &Item) -> BTreeSet<AccountId> {
    let ids = set.get(LEAVING).and_then(|ids| ids.as_ss().ok());
    let ids = ids.into_iter().flatten();
    ids.filter_map(|id| id.parse().ok()).collect()
}

/// The condition under which the pair that stands there has this version. Pairs from before there
/// were versions have none.
const fn has_version(version: u64) -> &'static str {
    match version {
        0 => "attribute_exists(#pk) AND (attribute_not_exists(#version) OR #version = :version)",
        _ => "#version = :version",
    }
}

fn delete_version(table: &Table, key: &Key, version: u64) -> PortResult<TransactWriteItem> {
    let delete = Delete::builder()
        .table_name(table.name())
        .set_key(Some(key_attributes(key)))
        .condition_expression(has_version(version))
        .expression_attribute_names("#version", VERSION)
        .expression_attribute_values(":version", number(version));
    let delete = match version {
        0 => delete.expression_attribute_names("#pk", PK),
        _ => delete,
    };
    Ok(TransactWriteItem::builder()
        .delete(delete.build().map_err(incomplete)?)
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
        let set = set.map(|place| items.remove(place)).unwrap_or_default();
        Ok(PairSet {
            version: number_of(&set, VERSION).unwrap_or_default(),
            leaving: leaving_of(&set),
            pairs: read_all(items)?,
        })
    }

    async fn create(&self, pair: &Pair, version: u64) -> PortResult<bool> {
        let writes = vec![
            put_new(self, pair_item(pair)?)?,
            raise_version(self, pair.owner, Some(version), Leaving::Unchanged)?,
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

    async fn update(&self, pair: &Pair, version: u64) -> PortResult<bool> {
        let put = self
            .put_item(pair_item(pair)?)
            .condition_expression(has_version(version))
            .expression_attribute_names("#version", VERSION)
            .expression_attribute_values(":version", number(version));
        let put = match version {
            0 => put.expression_attribute_names("#pk", PK),
            _ => put,
        };
        match put_if("changing a pair", put).await? {
            Ok(()) => Ok(true),
            // If the changed pair itself stands there, this is a repetition.
            Err(Refused(Some(standing))) => Ok(read::<Pair>(READ, standing)? == *pair),
            Err(Refused(None)) => Ok(false),
        }
    }

    async fn delete(&self, owner: UserId, pair: PairId, version: Option<u64>) -> PortResult<bool> {
        const OPERATION: &str = "deleting a pair";
        let Some(present) = Pairs::get(self, owner, pair).await? else {
            return Ok(false);
        };
        let gone = GonePair::of(&present, self.now());
        let key = key::pair(owner, pair);
        let deletion = match version {
            None => delete_existing(self, &key)?,
            Some(version) => delete_version(self, &key, version)?,
        };
        let writes = vec![
            deletion,
            raise_version(self, owner, None, Leaving::Unchanged)?,
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

    async fn let_leave(&self, owner: UserId, account: AccountId, version: u64) -> PortResult<bool> {
        let writes = vec![raise_version(
            self,
            owner,
            Some(version),
            Leaving::With(account),
        )?];
        Ok(self
            .transact("letting an account leave", writes)
            .await?
            .is_ok())
    }

    async fn remove_set(&self, owner: UserId) -> PortResult<()> {
        let delete = self.delete_item(&key::pair_set(owner));
        delete_if("removing a set of pairs", delete).await?;
        Ok(())
    }

    async fn in_partition(&self, partition: PartitionId) -> PortResult<Vec<Pair>> {
        read_all(self.all_by(READ, &GSI1, &key::pairs_in(partition)).await?)
    }

    async fn from_discord(&self) -> PortResult<Vec<Pair>> {
        read_all(self.all_by(READ, &GSI2, &key::pairs_from_discord()).await?)
    }
}
