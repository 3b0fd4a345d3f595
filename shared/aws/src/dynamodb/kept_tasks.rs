use std::sync::Arc;

use async_trait::async_trait;
use patchbay_app::ports::{KeptTasks, PortResult, Removed};
use patchbay_domain::ids::{MessageId, PairId, UserId};
use patchbay_domain::{DeliveryKey, ForwardTask, QueuedTask, Revision, Timestamp};
use secrecy::{ExposeSecret, SecretSlice};

use super::item::{Item, bytes, bytes_of, key_attributes, number, string, text_of};
use super::key::{self, SK, TTL};
use super::table::{Table, delete_if};
use crate::error::{corrupt, unavailable};
use crate::seal::{Binding, Sealed, Sealer};

const OPENING: &str = "opening a kept task";

/// Tasks in the table, sealed: they say what somebody wrote.
pub(crate) struct KeptTaskStore {
    table: Arc<Table>,
    sealer: Sealer,
}

impl KeptTaskStore {
    pub(crate) fn new(table: Arc<Table>, sealer: Sealer) -> Self {
        Self { table, sealer }
    }

    async fn open(
        &self,
        owner: UserId,
        delivery: DeliveryKey,
        mut entry: Item,
    ) -> PortResult<Option<ForwardTask>> {
        if text_of(&entry, "owner") != Some(&owner.to_string()) {
            return Ok(None);
        }
        let version = text_of(&entry, "key_version").map(str::to_owned);
        let parts = bytes_of(&mut entry, "wrapped_key").zip(bytes_of(&mut entry, "ciphertext"));
        let Some((version, (wrapped_key, ciphertext))) = version.zip(parts) else {
            return Err(corrupt(OPENING, "an incomplete seal"));
        };
        let sealed = Sealed {
            version,
            wrapped_key,
            ciphertext,
        };
        let text = self.sealer.open(&binding(owner, delivery), &sealed).await?;
        match serde_json::from_slice(text.expose_secret()) {
            Ok(QueuedTask::V1(task)) => Ok(Some(task)),
            // The error would quote what the message says.
            Err(error) => Err(corrupt(OPENING, format!("line {}", error.line()))),
        }
    }
}

fn binding(owner: UserId, delivery: DeliveryKey) -> Binding {
    let key = key::kept_task(delivery);
    Binding {
        tenant: owner.to_string(),
        item: format!("{}/{}", key.pk, key.sk),
        purpose: "task",
    }
}

#[async_trait]
impl KeptTasks for KeptTaskStore {
    async fn put(&self, task: &ForwardTask, until: Timestamp) -> PortResult<()> {
        const OPERATION: &str = "keeping a task";
        let text = serde_json::to_vec(&QueuedTask::V1(task.clone()))
            .map_err(|error| corrupt(OPERATION, error.to_string()))?;
        let binding = binding(task.owner, task.delivery());
        let sealed = self.sealer.seal(&binding, &SecretSlice::from(text)).await?;
        let mut entry = key_attributes(&key::kept_task(task.delivery()));
        entry.insert("owner".to_owned(), string(task.owner));
        entry.insert("key_version".to_owned(), string(sealed.version));
        entry.insert("wrapped_key".to_owned(), bytes(sealed.wrapped_key));
        entry.insert("ciphertext".to_owned(), bytes(sealed.ciphertext));
        entry.insert(TTL.to_owned(), number(until.seconds()));
        let put = self.table.put_item(entry).send().await;
        put.map_err(unavailable(OPERATION))?;
        Ok(())
    }

    async fn get(&self, owner: UserId, delivery: DeliveryKey) -> PortResult<Option<ForwardTask>> {
        let key = key::kept_task(delivery);
        let Some(entry) = self.table.get_item(OPENING, &key).await? else {
            return Ok(None);
        };
        self.open(owner, delivery, entry).await
    }

    async fn latest_change(
        &self,
        owner: UserId,
        pair: PairId,
        message: MessageId,
        seen: Timestamp,
    ) -> PortResult<Option<ForwardTask>> {
        let changes = key::kept_changes(pair, message);
        for entry in self.table.all(OPENING, &changes).await?.into_iter().rev() {
            let place = text_of(&entry, SK).and_then(key::parse_delivery);
            let Some((message, revision)) = place else {
                return Err(corrupt(OPENING, "the key of a kept task"));
            };
            if revision == Revision::POSTED {
                break;
            }
            if revision.is_of_reactions() {
                continue;
            }
            let delivery = DeliveryKey {
                pair,
                message,
                revision,
            };
            let change = self.open(owner, delivery, entry).await?;
            if let Some(change) = change.filter(|change| change.received_at <= seen) {
                return Ok(Some(change));
            }
        }
        Ok(None)
    }

    async fn remove(&self, delivery: DeliveryKey) -> PortResult<()> {
        let delete = self.table.delete_item(&key::kept_task(delivery));
        delete_if("removing a kept task", delete).await?;
        Ok(())
    }

    async fn remove_some(&self, pair: PairId, limit: usize) -> PortResult<Removed> {
        let tasks = key::kept_tasks(pair);
        self.table
            .remove_first("removing kept tasks", &tasks, limit)
            .await
    }
}
