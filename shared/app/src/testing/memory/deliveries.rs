use std::collections::BTreeMap;
use std::ops::Bound;

use async_trait::async_trait;
use patchbay_domain::ids::{MessageId, PairId};
use patchbay_domain::{
    Delivery, DeliveryKey, DeliveryState, Fence, ForwardTask, Revision, Timestamp,
};

use super::Store;
use super::chats::{cursor, page};
use crate::ports::{Claim, Deliveries, Page, PortError, PortResult};

pub(super) type DeliveryTable = BTreeMap<DeliveryKey, Delivery>;

#[async_trait]
impl Deliveries for Store {
    async fn claim(&self, task: &ForwardTask, fence: Fence, now: Timestamp) -> PortResult<Claim> {
        let mut tables = self.tables();
        let Some(delivery) = tables.deliveries.get_mut(&task.delivery()) else {
            let state = DeliveryState::Claimed {
                fence,
                since: now,
                attempts: 1,
                parts: Vec::new(),
            };
            tables
                .deliveries
                .insert(task.delivery(), delivery_of(task, state, now));
            return Ok(Claim::First);
        };
        let DeliveryState::Claimed {
            fence: holder,
            since,
            attempts,
            parts,
        } = &mut delivery.state
        else {
            return Ok(Claim::Finished(delivery.state.clone()));
        };
        if fence < *holder {
            return Ok(Claim::Fenced);
        }
        *holder = fence;
        *attempts += 1;
        delivery.updated_at = now;
        Ok(Claim::Again {
            since: *since,
            attempts: *attempts,
            parts: parts.clone(),
        })
    }

    async fn progress(
        &self,
        key: DeliveryKey,
        fence: Fence,
        parts: &[MessageId],
        now: Timestamp,
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
            delivery.updated_at = now;
        }
        Ok(())
    }

    async fn finish(
        &self,
        task: &ForwardTask,
        state: &DeliveryState,
        now: Timestamp,
    ) -> PortResult<()> {
        let finished = delivery_of(task, state.clone(), now);
        let mut tables = self.tables();
        let delivery = tables
            .deliveries
            .entry(finished.key)
            .or_insert_with(|| finished.clone());
        if !delivery.state.is_final() {
            *delivery = finished;
        }
        Ok(())
    }

    async fn skip(&self, deliveries: &[Delivery]) -> PortResult<()> {
        let table = &mut self.tables().deliveries;
        for delivery in deliveries {
            table
                .entry(delivery.key)
                .or_insert_with(|| delivery.clone());
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
        Ok(page(deliveries, limit, |delivery| {
            format!("{}-{}", delivery.key.message, delivery.key.revision.0)
        }))
    }
}

fn delivery_of(task: &ForwardTask, state: DeliveryState, now: Timestamp) -> Delivery {
    Delivery {
        key: task.delivery(),
        owner: task.owner,
        chat: task.chat,
        state,
        source_at: task.source_at,
        received_at: task.received_at,
        updated_at: now,
    }
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
