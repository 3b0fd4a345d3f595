use async_trait::async_trait;
use futures_util::{StreamExt, TryStreamExt, stream};
use patchbay_app::ports::{Claim, Deliveries, Page, PortResult};
use patchbay_domain::chat::ChatId;
use patchbay_domain::ids::{MessageId, PairId, UserId};
use patchbay_domain::{Delivery, DeliveryKey, DeliveryState, Fence, ForwardTask, Timestamp};
use serde::{Deserialize, Serialize};

use super::item::{Item, item, number, read, string, text_of, to_attribute};
use super::key::{self, PK, SK};
use super::table::{Refused, Table, put_if, update_if};
use crate::error::corrupt;

const READ: &str = "reading deliveries";
const FINISH: &str = "recording an outcome";
const CLAIM: &str = "claiming a delivery";

/// Conditional writes under way at the same time.
const AT_ONCE: usize = 16;

/// A delivery without what its key says. The state's fields stand among the others, so that a
/// claim can count its attempts in one write.
#[derive(Serialize, Deserialize)]
struct Row {
    owner: UserId,
    chat: ChatId,
    source_at: Timestamp,
    received_at: Timestamp,
    updated_at: Timestamp,
    #[serde(flatten)]
    state: DeliveryState,
}

fn item_of(delivery: &Delivery) -> PortResult<Item> {
    let row = Row {
        owner: delivery.owner,
        chat: delivery.chat,
        source_at: delivery.source_at,
        received_at: delivery.received_at,
        updated_at: delivery.updated_at,
        state: delivery.state.clone(),
    };
    item(FINISH, &key::delivery(delivery.key), &row)
}

fn delivery_of(item: Item) -> PortResult<Delivery> {
    let ids = text_of(&item, PK)
        .and_then(|pair| pair.parse().ok())
        .zip(text_of(&item, SK).and_then(key::parse_delivery));
    let Some((pair, (message, revision))) = ids else {
        return Err(corrupt(READ, "the key of a delivery"));
    };
    let Row {
        owner,
        chat,
        source_at,
        received_at,
        updated_at,
        state,
    } = read(READ, item)?;
    let key = DeliveryKey {
        pair,
        message,
        revision,
    };
    Ok(Delivery {
        key,
        owner,
        chat,
        state,
        source_at,
        received_at,
        updated_at,
    })
}

#[async_trait]
impl Deliveries for Table {
    async fn claim(&self, task: &ForwardTask, fence: Fence, now: Timestamp) -> PortResult<Claim> {
        let update = self
            .update_item(&key::delivery(task.delivery()))
            .update_expression(
                "SET #state = :claimed, #fence = :fence, #updated_at = :now, \
                 #since = if_not_exists(#since, :now), \
                 #attempts = if_not_exists(#attempts, :none) + :one, \
                 #parts = if_not_exists(#parts, :no_parts), \
                 #owner = :owner, #chat = :chat, \
                 #source_at = :source_at, #received_at = :received_at",
            )
            .condition_expression(
                "attribute_not_exists(#pk) OR (#state = :claimed AND #fence <= :fence)",
            )
            .expression_attribute_names("#pk", PK)
            .expression_attribute_values(":claimed", string("claimed"))
            .expression_attribute_values(":fence", number(fence.0))
            .expression_attribute_values(":now", number(now))
            .expression_attribute_values(":none", number(0))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":no_parts", to_attribute(CLAIM, &[(); 0])?)
            .expression_attribute_values(":owner", string(task.owner))
            .expression_attribute_values(":chat", string(task.chat))
            .expression_attribute_values(":source_at", number(task.source_at))
            .expression_attribute_values(":received_at", number(task.received_at));
        let names = [
            "state",
            "fence",
            "updated_at",
            "since",
            "attempts",
            "parts",
            "owner",
            "chat",
            "source_at",
            "received_at",
        ];
        let update = names.into_iter().fold(update, |update, name| {
            update.expression_attribute_names(format!("#{name}"), name)
        });
        let (item, is_refused) = match update_if(CLAIM, update).await? {
            Ok(item) => (item, false),
            Err(Refused(Some(item))) => (item, true),
            Err(Refused(None)) => return Err(corrupt(CLAIM, "a refusal without a reason")),
        };
        Ok(match delivery_of(item)?.state {
            DeliveryState::Claimed { .. } if is_refused => Claim::Fenced,
            DeliveryState::Claimed { attempts: 1, .. } => Claim::First,
            DeliveryState::Claimed {
                since,
                attempts,
                parts,
                ..
            } => Claim::Again {
                since,
                attempts,
                parts,
            },
            state @ (DeliveryState::Delivered { .. }
            | DeliveryState::Skipped { .. }
            | DeliveryState::Failed { .. }) => Claim::Finished(state),
        })
    }

    async fn progress(
        &self,
        key: DeliveryKey,
        fence: Fence,
        parts: &[MessageId],
        now: Timestamp,
    ) -> PortResult<()> {
        const OPERATION: &str = "noting a delivery's progress";
        let update = self
            .update_item(&key::delivery(key))
            .update_expression("SET #parts = :parts, #updated_at = :now")
            .condition_expression("#state = :claimed AND #fence = :fence")
            .expression_attribute_names("#parts", "parts")
            .expression_attribute_names("#updated_at", "updated_at")
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#fence", "fence")
            .expression_attribute_values(":parts", to_attribute(OPERATION, &parts)?)
            .expression_attribute_values(":now", number(now))
            .expression_attribute_values(":claimed", string("claimed"))
            .expression_attribute_values(":fence", number(fence.0));
        // Whoever claimed it since knows better.
        update_if(OPERATION, update)
            .await?
            .map_or(Ok(()), |_| Ok(()))
    }

    async fn finish(
        &self,
        task: &ForwardTask,
        state: &DeliveryState,
        now: Timestamp,
    ) -> PortResult<()> {
        let delivery = Delivery {
            key: task.delivery(),
            owner: task.owner,
            chat: task.chat,
            state: state.clone(),
            source_at: task.source_at,
            received_at: task.received_at,
            updated_at: now,
        };
        let put = self
            .put_item(item_of(&delivery)?)
            .condition_expression("attribute_not_exists(#pk) OR #state = :claimed")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":claimed", string("claimed"));
        // A final state stands.
        put_if(FINISH, put).await?.map_or(Ok(()), Ok)
    }

    async fn skip(&self, deliveries: &[Delivery]) -> PortResult<()> {
        let puts: PortResult<Vec<_>> = deliveries
            .iter()
            .map(|delivery| {
                let put = self.put_item(item_of(delivery)?);
                Ok(put
                    .condition_expression("attribute_not_exists(#pk)")
                    .expression_attribute_names("#pk", PK))
            })
            .collect();
        // A state that stands is not replaced.
        stream::iter(puts?)
            .map(|put| put_if(FINISH, put))
            .buffer_unordered(AT_ONCE)
            .try_for_each(|_written| async { Ok(()) })
            .await
    }

    async fn get(&self, key: DeliveryKey) -> PortResult<Option<Delivery>> {
        self.get_item(READ, &key::delivery(key))
            .await?
            .map(delivery_of)
            .transpose()
    }

    async fn of_pair(
        &self,
        pair: PairId,
        after: Option<&str>,
        limit: usize,
    ) -> PortResult<Page<Delivery>> {
        let place = |after: &str| {
            let (message, revision) = key::parse_delivery(after)?;
            Some(
                key::delivery(DeliveryKey {
                    pair,
                    message,
                    revision,
                })
                .sk,
            )
        };
        let after = after
            .map(|after| place(after).ok_or_else(|| corrupt(READ, format!("the place {after:?}"))))
            .transpose()?;
        let (items, is_more) = self
            .some(READ, &key::deliveries(pair), after, limit)
            .await?;
        let items: PortResult<Vec<Delivery>> = items.into_iter().map(delivery_of).collect();
        let items = items?;
        let next = items.last().filter(|_| is_more);
        let next = next.map(|d| format!("{}-{}", d.key.message, d.key.revision.0));
        Ok(Page { items, next })
    }
}
