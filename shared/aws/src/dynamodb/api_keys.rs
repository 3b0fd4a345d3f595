use async_trait::async_trait;
use aws_sdk_dynamodb::types::{ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update};
use patchbay_app::ports::{ApiKeySet, ApiKeys, PortResult};
use patchbay_domain::Timestamp;
use patchbay_domain::api_key::{ApiKey, Grant, KeyName, SecretHash};
use patchbay_domain::ids::{ApiKeyId, UserId};

use super::item::{
    Item, item, key_attributes, number, number_of, read, string, text_of, to_attribute,
};
use super::key::{self, PK, SK, TTL};
use super::table::{Table, delete_request, update_if};
use super::transaction::{delete_any, delete_same, incomplete, put_new, put_over};

const READ: &str = "reading API keys";
const WRITE: &str = "writing an API key";
const VERSION: &str = "version";
const SECRET: &str = "secret";

/// How often a key is read again whose secret changes while it is being revoked.
const ROUNDS: usize = 8;

fn key_item(key: &ApiKey) -> PortResult<Item> {
    item(WRITE, &key::api_key(key.owner, key.id), key)
}

fn grant_item(secret: SecretHash, grant: &Grant) -> PortResult<Item> {
    let mut entry = item(WRITE, &key::grant(secret), grant)?;
    if let Some(end) = grant.expires_at {
        // Rounded up: who reads it compares the exact time.
        entry.insert(TTL.to_owned(), number(end.seconds() + 1));
    }
    Ok(entry)
}

/// Raises the version of a user's set; if `present` is given, only from there.
fn raise_version(
    table: &Table,
    owner: UserId,
    present: Option<u64>,
) -> PortResult<TransactWriteItem> {
    let mut update = Update::builder()
        .table_name(table.name())
        .set_key(Some(key_attributes(&key::api_key_set(owner))))
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

/// Gives a key the secrets of `next`, if it still has that of `present`.
fn set_secrets(table: &Table, present: &ApiKey, next: &ApiKey) -> PortResult<TransactWriteItem> {
    let update = Update::builder()
        .table_name(table.name())
        .set_key(Some(key_attributes(&key::api_key(
            present.owner,
            present.id,
        ))))
        .update_expression("SET #secret = :next, #hint = :hint, #previous = :previous")
        .condition_expression("#secret = :present")
        .expression_attribute_names("#secret", SECRET)
        .expression_attribute_names("#hint", "hint")
        .expression_attribute_names("#previous", "previous")
        .expression_attribute_values(":present", string(present.secret))
        .expression_attribute_values(":next", string(next.secret))
        .expression_attribute_values(":hint", string(&next.hint))
        .expression_attribute_values(":previous", to_attribute(WRITE, &next.previous)?);
    Ok(TransactWriteItem::builder()
        .update(update.build().map_err(incomplete)?)
        .build())
}

#[async_trait]
impl ApiKeys for Table {
    async fn of_user(&self, owner: UserId) -> PortResult<ApiKeySet> {
        let mut items = self.all(READ, &key::api_keys(owner)).await?;
        let set_key = key::api_key_set(owner).sk;
        let set = items
            .iter()
            .position(|item| text_of(item, SK) == Some(&set_key));
        let version = set
            .map(|place| items.remove(place))
            .and_then(|set| number_of(&set, VERSION))
            .unwrap_or_default();
        let keys: PortResult<Vec<ApiKey>> =
            items.into_iter().map(|item| read(READ, item)).collect();
        Ok(ApiKeySet {
            version,
            keys: keys?,
        })
    }

    async fn create(&self, key: &ApiKey, version: u64) -> PortResult<bool> {
        let writes = vec![
            put_new(self, key_item(key)?)?,
            put_new(self, grant_item(key.secret, &key.grant())?)?,
            raise_version(self, key.owner, Some(version))?,
        ];
        let Err(refused) = self.transact("creating an API key", writes).await? else {
            return Ok(true);
        };
        // If the key itself stands there, this is a repetition.
        match refused
            .into_iter()
            .next()
            .flatten()
            .and_then(|refused| refused.0)
        {
            Some(standing) => Ok(read::<ApiKey>(READ, standing)? == *key),
            None => Ok(false),
        }
    }

    async fn get(&self, owner: UserId, key: ApiKeyId) -> PortResult<Option<ApiKey>> {
        let item = self.get_item(READ, &key::api_key(owner, key)).await?;
        item.map(|item| read(READ, item)).transpose()
    }

    async fn by_secret(&self, secret: SecretHash, now: Timestamp) -> PortResult<Option<Grant>> {
        let item = self
            .get_item("finding an API key", &key::grant(secret))
            .await?;
        let grant: Option<Grant> = item.map(|item| read(READ, item)).transpose()?;
        Ok(grant.filter(|grant| grant.is_good(now)))
    }

    async fn rename(
        &self,
        owner: UserId,
        key: ApiKeyId,
        name: &KeyName,
    ) -> PortResult<Option<ApiKey>> {
        let update = self
            .update_item(&key::api_key(owner, key))
            .update_expression("SET #name = :name")
            .condition_expression("attribute_exists(#pk)")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#name", "name")
            .expression_attribute_values(":name", string(name.as_str()));
        let written = update_if("renaming an API key", update).await?;
        written.ok().map(|item| read(READ, item)).transpose()
    }

    async fn rotate(&self, present: &ApiKey, next: &ApiKey) -> PortResult<bool> {
        let mut writes = vec![set_secrets(self, present, next)?];
        let is_kept = |secret| next.grants().any(|(kept, _)| kept == secret);
        for (secret, _) in present.grants().filter(|(secret, _)| !is_kept(*secret)) {
            writes.push(delete_any(self, &key::grant(secret))?);
        }
        for (secret, grant) in next.grants() {
            writes.push(put_over(self, grant_item(secret, &grant)?)?);
        }
        Ok(self.transact("rotating an API key", writes).await?.is_ok())
    }

    async fn touch(&self, owner: UserId, key: ApiKeyId, at: Timestamp) -> PortResult<()> {
        const LAST_USED_AT: &str = "last_used_at";
        // A key without a use has null there.
        let update = self
            .update_item(&key::api_key(owner, key))
            .update_expression("SET #last = :at")
            .condition_expression(
                "attribute_exists(#pk) AND (attribute_type(#last, :null) OR #last < :at)",
            )
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#last", LAST_USED_AT)
            .expression_attribute_values(":null", string("NULL"))
            .expression_attribute_values(":at", number(at));
        update_if("noting the use of an API key", update)
            .await?
            .map_or(Ok(()), |_| Ok(()))
    }

    async fn revoke(&self, owner: UserId, key: ApiKeyId) -> PortResult<bool> {
        for _ in 0..ROUNDS {
            let Some(present) = ApiKeys::get(self, owner, key).await? else {
                return Ok(false);
            };
            // All of its secrets or none: one that came by rotation meanwhile must not remain.
            let mut writes = vec![
                delete_same(
                    self,
                    &key::api_key(owner, key),
                    SECRET,
                    string(present.secret),
                )?,
                raise_version(self, owner, None)?,
            ];
            for (secret, _) in present.grants() {
                writes.push(delete_any(self, &key::grant(secret))?);
            }
            if self.transact("revoking an API key", writes).await?.is_ok() {
                return Ok(true);
            }
        }
        Err(crate::error::corrupt(
            "revoking an API key",
            "its secret changes all the time",
        ))
    }

    async fn remove_all(&self, owner: UserId) -> PortResult<()> {
        const OPERATION: &str = "removing API keys";
        let present = ApiKeys::of_user(self, owner).await?.keys;
        let grants = present.iter().flat_map(ApiKey::grants);
        let grants: PortResult<Vec<_>> = grants
            .map(|(secret, _)| delete_request(&key::grant(secret)))
            .collect();
        // What opens something goes first: what is left can be found and removed again.
        self.batch(OPERATION, grants?).await?;
        let keys = present.iter().map(|key| key::api_key(owner, key.id));
        let rest: PortResult<Vec<_>> = keys
            .chain([key::api_key_set(owner)])
            .map(|key| delete_request(&key))
            .collect();
        self.batch(OPERATION, rest?).await
    }
}
