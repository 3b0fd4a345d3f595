use std::collections::BTreeMap;
use std::ops::{Bound, Range};

use async_trait::async_trait;
use patchbay_domain::ids::{MessageId, PairId};
use patchbay_domain::{
    Delivery, DeliveryKey, DeliveryState, Fence, ForwardTask, OutcomePlace, Revision, Timestamp,
};

use super::Store;
use super::chats::{cursor, page};
use super::kept_tasks::remove_some;
use crate::ports::{Claim, Deliveries, Earlier, Order, Page, PortError, PortResult, Removed};

pub(super) type DeliveryTable = BTreeMap<DeliveryKey, Delivery>;

#[async_trait]
impl Deliveries for Store {
    async fn claim(&self, task: &ForwardTask, fence: Fence, now: Timestamp) -> PortResult<Claim> {
        let mut tables = self.tables();
        let unclaimed = || {
            let parts = Vec::new();
            Delivery::of(task, DeliveryState::Queued { parts }, now)
        };
        let is_former = |known: &Delivery| known.state.is_final() && known.chat != task.chat;
        if tables
            .deliveries
            .get(&task.delivery())
            .is_some_and(is_former)
        {
            tables.deliveries.remove(&task.delivery());
        }
        let delivery = tables
            .deliveries
            .entry(task.delivery())
            .or_insert_with(unclaimed);
        let parts = match &delivery.state {
            DeliveryState::Claimed { fence: holder, .. } if fence < *holder => {
                return Ok(Claim::Fenced);
            }
            DeliveryState::Claimed { parts, .. } | DeliveryState::Queued { parts } => parts.clone(),
            DeliveryState::Delivered { .. }
            | DeliveryState::Filtered { .. }
            | DeliveryState::Skipped { .. }
            | DeliveryState::Failed { .. } => {
                return Ok(Claim::Finished(delivery.state.clone()));
            }
        };
        let since = *delivery.claimed_at.get_or_insert(now);
        delivery.attempts += 1;
        delivery.state = DeliveryState::Claimed {
            fence,
            parts: parts.clone(),
        };
        Ok(match delivery.attempts {
            1 => Claim::First,
            attempts => Claim::Again {
                since,
                attempts,
                parts,
            },
        })
    }

    async fn progress(
        &self,
        key: DeliveryKey,
        fence: Fence,
        parts: &[MessageId],
    ) -> PortResult<()> {
        if let Some(delivery) = self.tables().deliveries.get_mut(&key)
            && let DeliveryState::Claimed {
                fence: holder,
                parts: sent,
                ..
            } = &mut delivery.state
            && *holder == fence
        {
            *sent = parts.to_vec();
        }
        Ok(())
    }

    async fn finish(
        &self,
        task: &ForwardTask,
        state: &DeliveryState,
        now: Timestamp,
    ) -> PortResult<()> {
        let mut tables = self.tables();
        let delivery = tables
            .deliveries
            .entry(task.delivery())
            .or_insert_with(|| Delivery::of(task, state.clone(), now));
        if !delivery.state.is_final() {
            delivery.state = state.clone();
            delivery.updated_at = now;
        }
        Ok(())
    }

    async fn record(&self, deliveries: &[Delivery]) -> PortResult<()> {
        let table = &mut self.tables().deliveries;
        for delivery in deliveries {
            let known = table
                .entry(delivery.key)
                .or_insert_with(|| delivery.clone());
            if known.chat != delivery.chat {
                *known = delivery.clone();
            }
        }
        Ok(())
    }

    async fn get(&self, key: DeliveryKey) -> PortResult<Option<Delivery>> {
        Ok(self.tables().deliveries.get(&key).cloned())
    }

    async fn of_pair(
        &self,
        pair: PairId,
        after: Option<&str>,
        limit: usize,
    ) -> PortResult<Page<Delivery>> {
        let key = |message, revision| DeliveryKey {
            pair,
            message,
            revision,
        };
        let from = match after.map(place).transpose()? {
            None => Bound::Included(key(MessageId(0), Revision::POSTED)),
            Some((message, revision)) => Bound::Excluded(key(message, revision)),
        };
        let to = Bound::Included(key(MessageId(u64::MAX), Revision::DELETED));
        let tables = self.tables();
        let deliveries = tables
            .deliveries
            .range((from, to))
            .map(|(_, delivery)| delivery.clone());
        Ok(page(deliveries, limit, |delivery| place_of(delivery.key)))
    }

    async fn of_message(
        &self,
        pair: PairId,
        message: MessageId,
        after: Option<Revision>,
        limit: usize,
    ) -> PortResult<Page<Delivery>> {
        let tables = self.tables();
        let changes = tables.deliveries.values().filter(|delivery| {
            let DeliveryKey { revision, .. } = delivery.key;
            (delivery.key.pair, delivery.key.message) == (pair, message)
                && after.is_none_or(|after| revision > after)
        });
        Ok(page(changes.cloned(), limit, |delivery| {
            delivery.key.revision.0.to_string()
        }))
    }

    async fn by_time(
        &self,
        pair: PairId,
        time: Range<Timestamp>,
        order: Order,
        after: Option<OutcomePlace>,
        limit: usize,
    ) -> PortResult<Page<Delivery>> {
        let mut listed: Vec<Delivery> = {
            let tables = self.tables();
            let of_pair = tables.deliveries.values().filter(|delivery| {
                delivery.key.pair == pair
                    && delivery.is_listed()
                    && time.contains(&delivery.updated_at)
            });
            of_pair.cloned().collect()
        };
        listed.sort_by_key(Delivery::place);
        if order == Order::NewestFirst {
            listed.reverse();
        }
        if let Some(after) = after {
            listed.retain(|delivery| match order {
                Order::OldestFirst => delivery.place() > after,
                Order::NewestFirst => delivery.place() < after,
            });
        }
        Ok(page(listed.into_iter(), limit, |delivery| {
            delivery.place().to_string()
        }))
    }

    async fn requeue(
        &self,
        key: DeliveryKey,
        retries: u32,
        earlier: Earlier,
    ) -> PortResult<Option<Delivery>> {
        let mut tables = self.tables();
        let Some(delivery) = tables.deliveries.get_mut(&key) else {
            return Ok(None);
        };
        if let DeliveryState::Failed { parts, .. } = &delivery.state
            && delivery.retries == retries
        {
            let parts = parts.clone();
            delivery.state = DeliveryState::Queued { parts };
            delivery.retries += 1;
            if earlier == Earlier::Nothing {
                (delivery.claimed_at, delivery.attempts) = (None, 0);
            }
            return Ok(Some(delivery.clone()));
        }
        Ok(None)
    }

    async fn readmit(&self, key: DeliveryKey) -> PortResult<()> {
        let table = &mut self.tables().deliveries;
        let found = table.get(&key);
        if found.is_some_and(|delivery| delivery.state.is_left_out_for_now()) {
            table.remove(&key);
        }
        Ok(())
    }

    async fn remove_some(&self, pair: PairId, limit: usize) -> PortResult<Removed> {
        let table = &mut self.tables().deliveries;
        Ok(remove_some(table, limit, |key| key.pair == pair))
    }
}

fn place_of(key: DeliveryKey) -> String {
    format!("{}-{}", key.message, key.revision.0)
}

fn place(text: &str) -> PortResult<(MessageId, Revision)> {
    const OPERATION: &str = "a page of deliveries";
    let unreadable = || PortError::Corrupt {
        operation: OPERATION,
        what: format!("the place {text:?}"),
    };
    let (message, revision) = text.split_once('-').ok_or_else(unreadable)?;
    Ok((
        cursor(message, OPERATION)?,
        Revision(cursor(revision, OPERATION)?),
    ))
}
