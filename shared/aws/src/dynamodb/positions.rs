use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use patchbay_app::ports::{
    DiscordPosition, FencedOut, PortResult, Positions, TelegramPosition, TelegramPositionChange,
};
use patchbay_domain::Fence;
use patchbay_domain::ids::{AccountId, MessageId};

use super::item::{Item, key_attributes, number, number_of, string, text_of};
use super::key::{self, Collection, Key, POSITION, SK};
use super::table::{Table, delete_request, put_if};
use super::transaction::incomplete;
use crate::error::corrupt;

const READ: &str = "reading a position";
const WRITE: &str = "saving a position";
/// The largest number of writes in one transaction.
const TRANSACTION: usize = 100;
const NOT_NEWER: &str = "attribute_not_exists(#fence) OR #fence <= :fence";
const FENCE: &str = "fence";

/// Positions, each channel in an item of its own beside the common part: what moved is what is
/// written.
pub(crate) struct PositionStore {
    table: Arc<Table>,
    /// What this process wrote last for each shard, and under which fence. While it holds the
    /// lease nobody else writes, so the next write can be told from it.
    saved: Mutex<HashMap<u32, (Fence, DiscordPosition)>>,
}

enum PartWrite {
    Put(Item),
    Delete(Key),
}

/// A part's number after the `#` of its sort key; `None` for the common part.
fn channel_of<T: std::str::FromStr>(item: &Item) -> PortResult<Option<T>> {
    let sk = text_of(item, SK).unwrap_or_default();
    match sk
        .strip_prefix(POSITION)
        .and_then(|rest| rest.strip_prefix('#'))
    {
        None => Ok(None),
        Some(channel) => {
            let channel = channel.parse().ok();
            channel
                .map(Some)
                .ok_or_else(|| corrupt(READ, format!("the channel in {sk}")))
        }
    }
}

fn part(pk: &str, sk: &str, fields: &[(&str, i64)]) -> Item {
    let mut item = key_attributes(&Key {
        pk: pk.to_owned(),
        sk: sk.to_owned(),
    });
    item.extend(
        fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), number(value))),
    );
    item
}

fn required<T: std::str::FromStr>(item: &Item, name: &str) -> PortResult<T> {
    number_of(item, name).ok_or_else(|| corrupt(READ, format!("no {name}")))
}

impl PositionStore {
    pub(crate) fn new(table: Arc<Table>) -> Self {
        Self {
            table,
            saved: Mutex::default(),
        }
    }

    fn saved(&self) -> MutexGuard<'_, HashMap<u32, (Fence, DiscordPosition)>> {
        self.saved.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All of the writes, or, if a newer owner has written one of these parts, none.
    async fn write(
        &self,
        mut writes: Vec<PartWrite>,
        fence: Fence,
    ) -> PortResult<Result<(), FencedOut>> {
        if let [PartWrite::Put(_)] = writes.as_slice()
            && let Some(PartWrite::Put(item)) = writes.pop()
        {
            return self.write_one(item, fence).await;
        }
        let writes: PortResult<Vec<_>> = writes
            .into_iter()
            .map(|write| self.in_transaction(write, fence))
            .collect();
        for chunk in writes?.chunks(TRANSACTION) {
            if self.table.transact(WRITE, chunk.to_vec()).await?.is_err() {
                return Ok(Err(FencedOut));
            }
        }
        Ok(Ok(()))
    }

    async fn write_one(&self, item: Item, fence: Fence) -> PortResult<Result<(), FencedOut>> {
        let put = self
            .table
            .put_item(item)
            .item(FENCE, number(fence.0))
            .condition_expression(NOT_NEWER)
            .expression_attribute_names("#fence", FENCE)
            .expression_attribute_values(":fence", number(fence.0));
        Ok(put_if(WRITE, put).await?.map_err(|_refused| FencedOut))
    }

    fn in_transaction(&self, write: PartWrite, fence: Fence) -> PortResult<TransactWriteItem> {
        let fence = number(fence.0);
        let builder = TransactWriteItem::builder();
        Ok(match write {
            PartWrite::Put(item) => {
                let put = Put::builder()
                    .table_name(self.table.name())
                    .set_item(Some(item))
                    .item(FENCE, fence.clone())
                    .condition_expression(NOT_NEWER)
                    .expression_attribute_names("#fence", FENCE)
                    .expression_attribute_values(":fence", fence);
                builder.put(put.build().map_err(incomplete)?).build()
            }
            PartWrite::Delete(key) => {
                let delete = Delete::builder()
                    .table_name(self.table.name())
                    .set_key(Some(key_attributes(&key)))
                    .condition_expression(NOT_NEWER)
                    .expression_attribute_names("#fence", FENCE)
                    .expression_attribute_values(":fence", fence);
                builder.delete(delete.build().map_err(incomplete)?).build()
            }
        })
    }
}

/// What brings a stored position to `next`: the channels that changed, and last the common part,
/// which always counts on.
fn discord_writes(
    collection: &Collection,
    present: &DiscordPosition,
    next: &DiscordPosition,
) -> Vec<PartWrite> {
    let pk = &collection.pk;
    let changed = next
        .channels
        .iter()
        .filter(|(channel, message)| present.channels.get(channel) != Some(*message))
        .map(|(channel, message)| {
            let mut item = part(pk, &key::discord_channel_position(*channel), &[]);
            item.insert("message".to_owned(), number(message.0));
            PartWrite::Put(item)
        });
    let gone = present
        .channels
        .keys()
        .filter(|channel| !next.channels.contains_key(channel))
        .map(|channel| {
            PartWrite::Delete(Key {
                pk: pk.clone(),
                sk: key::discord_channel_position(*channel),
            })
        });
    let mut common = part(pk, POSITION, &[]);
    common.insert("sequence".to_owned(), number(next.sequence));
    let texts = [("session", &next.session), ("resume_url", &next.resume_url)];
    for (name, text) in texts
        .into_iter()
        .filter_map(|(name, text)| Some((name, text.as_ref()?)))
    {
        common.insert(name.to_owned(), string(text));
    }
    changed
        .chain(gone)
        .chain([PartWrite::Put(common)])
        .collect()
}

#[async_trait]
impl Positions for PositionStore {
    async fn telegram(&self, account: AccountId) -> PortResult<Option<TelegramPosition>> {
        let items = self
            .table
            .all(READ, &key::account_positions(account))
            .await?;
        if items.is_empty() {
            return Ok(None);
        }
        let mut position = TelegramPosition::default();
        for item in items {
            if let Some(channel) = channel_of(&item)? {
                position.channels.insert(channel, required(&item, "pts")?);
            } else {
                position.pts = required(&item, "pts")?;
                position.qts = required(&item, "qts")?;
                position.date = required(&item, "date")?;
                position.seq = required(&item, "seq")?;
            }
        }
        Ok(Some(position))
    }

    async fn save_telegram(
        &self,
        account: AccountId,
        change: &TelegramPositionChange,
        fence: Fence,
    ) -> PortResult<Result<(), FencedOut>> {
        let pk = key::account_positions(account).pk;
        let channels = change.channels.iter().map(|(channel, pts)| {
            let sk = key::telegram_channel_position(*channel);
            part(&pk, &sk, &[("pts", i64::from(*pts))])
        });
        let common = change.common.map(|(pts, qts, date, seq)| {
            let fields = [("pts", pts), ("qts", qts), ("date", date), ("seq", seq)];
            part(
                &pk,
                POSITION,
                &fields.map(|(name, value)| (name, i64::from(value))),
            )
        });
        self.write(channels.chain(common).map(PartWrite::Put).collect(), fence)
            .await
    }

    async fn forget_telegram(&self, account: AccountId) -> PortResult<()> {
        const OPERATION: &str = "forgetting a position";
        let collection = key::account_positions(account);
        let items = self.table.all(OPERATION, &collection).await?;
        let deletes: PortResult<Vec<_>> = items
            .iter()
            .filter_map(|item| text_of(item, SK))
            .map(|sk| {
                delete_request(&Key {
                    pk: collection.pk.clone(),
                    sk: sk.to_owned(),
                })
            })
            .collect();
        self.table.batch(OPERATION, deletes?).await
    }

    async fn discord(&self, shard: u32) -> PortResult<Option<DiscordPosition>> {
        let items = self.table.all(READ, &key::shard_positions(shard)).await?;
        if items.is_empty() {
            return Ok(None);
        }
        let mut position = DiscordPosition::default();
        for item in items {
            if let Some(channel) = channel_of(&item)? {
                position
                    .channels
                    .insert(channel, MessageId(required(&item, "message")?));
            } else {
                position.session = text_of(&item, "session").map(str::to_owned);
                position.resume_url = text_of(&item, "resume_url").map(str::to_owned);
                position.sequence = required(&item, "sequence")?;
            }
        }
        Ok(Some(position))
    }

    async fn save_discord(
        &self,
        shard: u32,
        position: &DiscordPosition,
        fence: Fence,
    ) -> PortResult<Result<(), FencedOut>> {
        // Taken out until the write has succeeded: after a failure nothing is known.
        let saved = self.saved().remove(&shard).filter(|(by, _)| *by == fence);
        let present = match saved {
            Some((_, present)) => present,
            None => self.discord(shard).await?.unwrap_or_default(),
        };
        let writes = discord_writes(&key::shard_positions(shard), &present, position);
        let written = self.write(writes, fence).await?;
        if written.is_ok() {
            self.saved().insert(shard, (fence, position.clone()));
        }
        Ok(written)
    }
}
