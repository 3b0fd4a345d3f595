use std::ops::Range;

use async_trait::async_trait;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use futures_util::{StreamExt, TryStreamExt, stream};
use patchbay_app::ports::{Claim, Deliveries, Earlier, Order, Page, PortResult, Removed};
use patchbay_domain::chat::{ChatId, Endpoint};
use patchbay_domain::ids::{MessageId, PairId, UserId};
use patchbay_domain::{
    Delivery, DeliveryKey, DeliveryState, Fence, ForwardTask, OutcomePlace, Recovery, Revision,
    SkipReason, Timestamp,
};
use serde::{Deserialize, Serialize};

use super::item::{Item, attributes, key_attributes, number, read, string, text_of, to_attribute};
use super::key::{self, GSI2, PK, SK};
use super::table::{Refused, Span, Table, delete_if, put_if, update_if};
use crate::error::corrupt;

const READ: &str = "reading deliveries";
const FINISH: &str = "recording an outcome";
const CLAIM: &str = "claiming a delivery";

/// Names of states in conditions.
const CLAIMED: &str = "claimed";
const QUEUED: &str = "queued";

/// Conditional writes under way at the same time.
const AT_ONCE: usize = 16;

/// A delivery without what its key says. The state's fields stand among the others, so that a
/// claim can count its attempts in one write.
#[derive(Serialize, Deserialize)]
struct Row {
    owner: UserId,
    chat: ChatId,
    destination: Endpoint,
    recovery: Recovery,
    bytes: u64,
    media: u32,
    source_at: Timestamp,
    received_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    claimed_at: Option<Timestamp>,
    attempts: u32,
    retries: u32,
    updated_at: Timestamp,
    #[serde(flatten)]
    state: DeliveryState,
}

fn fields_of(operation: &'static str, delivery: &Delivery) -> PortResult<Item> {
    let row = Row {
        owner: delivery.owner,
        chat: delivery.chat,
        destination: delivery.destination,
        recovery: delivery.recovery,
        bytes: delivery.bytes,
        media: delivery.media,
        source_at: delivery.source_at,
        received_at: delivery.received_at,
        claimed_at: delivery.claimed_at,
        attempts: delivery.attempts,
        retries: delivery.retries,
        updated_at: delivery.updated_at,
        state: delivery.state.clone(),
    };
    attributes(operation, &row)
}

/// Where an outcome stands among those of its pair.
fn index_of(delivery: &Delivery) -> Item {
    let place = key::outcome(delivery.key, delivery.updated_at);
    Item::from([
        (GSI2.pk.to_owned(), string(place.pk)),
        (GSI2.sk.to_owned(), string(place.sk)),
    ])
}

fn delivery_of(item: Item) -> PortResult<Delivery> {
    let ids = text_of(&item, PK)
        .and_then(|pair| pair.parse().ok())
        .zip(text_of(&item, SK).and_then(key::parse_delivery));
    let Some((pair, (message, revision))) = ids else {
        return Err(corrupt(READ, "the key of a delivery"));
    };
    let row: Row = read(READ, item)?;
    let key = DeliveryKey {
        pair,
        message,
        revision,
    };
    Ok(Delivery {
        key,
        owner: row.owner,
        chat: row.chat,
        destination: row.destination,
        state: row.state,
        recovery: row.recovery,
        bytes: row.bytes,
        media: row.media,
        source_at: row.source_at,
        received_at: row.received_at,
        claimed_at: row.claimed_at,
        attempts: row.attempts,
        retries: row.retries,
        updated_at: row.updated_at,
    })
}

fn deliveries_of(items: Vec<Item>) -> PortResult<Vec<Delivery>> {
    items.into_iter().map(delivery_of).collect()
}

/// What an update writes: some fields whatever stands there, others only where nothing does.
#[derive(Default)]
struct Assignments {
    always: Item,
    where_missing: Item,
}

impl Assignments {
    fn put_in(self, update: UpdateItemFluentBuilder, further: &str) -> UpdateItemFluentBuilder {
        let mut sets = Vec::new();
        let always = self.always.into_iter().map(|field| (field, false));
        let missing = self.where_missing.into_iter().map(|field| (field, true));
        let update = always
            .chain(missing)
            .fold(update, |update, ((name, value), is_kept)| {
                sets.push(if is_kept {
                    format!("#{name} = if_not_exists(#{name}, :{name})")
                } else {
                    format!("#{name} = :{name}")
                });
                update
                    .expression_attribute_names(format!("#{name}"), &name)
                    .expression_attribute_values(format!(":{name}"), value)
            });
        update.update_expression(format!("SET {}{further}", sets.join(", ")))
    }

    /// Moves these fields to those that are written only where nothing stands.
    fn keep(mut self, names: &[&str]) -> Self {
        for name in names {
            self.where_missing.extend(self.always.remove_entry(*name));
        }
        self
    }
}

#[async_trait]
impl Deliveries for Table {
    async fn claim(&self, task: &ForwardTask, fence: Fence, now: Timestamp) -> PortResult<Claim> {
        let state = DeliveryState::Claimed {
            fence,
            parts: Vec::new(),
        };
        let claimed = Delivery {
            claimed_at: Some(now),
            ..Delivery::of(task, state, now)
        };
        let mut fields = Assignments {
            always: fields_of(CLAIM, &claimed)?,
            where_missing: Item::new(),
        };
        fields.always.remove("attempts");
        let update = self.update_item(&key::delivery(claimed.key));
        let update = fields
            .keep(&["claimed_at", "parts", "retries", "updated_at"])
            .put_in(
                update,
                ", #attempts = if_not_exists(#attempts, :none) + :one",
            )
            .condition_expression(
                "attribute_not_exists(#pk) OR (#state = :state AND #fence <= :fence) \
                 OR #state = :queued",
            )
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#attempts", "attempts")
            .expression_attribute_values(":queued", string(QUEUED))
            .expression_attribute_values(":none", number(0))
            .expression_attribute_values(":one", number(1));
        let (item, is_refused) = match update_if(CLAIM, update).await? {
            Ok(item) => (item, false),
            Err(Refused(Some(item))) => (item, true),
            Err(Refused(None)) => return Err(corrupt(CLAIM, "a refusal without a reason")),
        };
        let found = delivery_of(item)?;
        if is_refused && found.chat != task.chat {
            self.forget_former(&found).await?;
            return self.claim(task, fence, now).await;
        }
        Ok(match found.state {
            DeliveryState::Claimed { .. } if is_refused => Claim::Fenced,
            DeliveryState::Claimed { .. } if found.attempts <= 1 => Claim::First,
            DeliveryState::Claimed { parts, .. } | DeliveryState::Queued { parts } => {
                Claim::Again {
                    since: found.claimed_at.unwrap_or(now),
                    attempts: found.attempts,
                    parts,
                }
            }
            state @ (DeliveryState::Delivered { .. }
            | DeliveryState::Filtered { .. }
            | DeliveryState::Skipped { .. }
            | DeliveryState::Failed { .. }) => Claim::Finished(state),
        })
    }

    async fn progress(
        &self,
        key: DeliveryKey,
        fence: Fence,
        parts: &[MessageId],
    ) -> PortResult<()> {
        const OPERATION: &str = "noting a delivery's progress";
        let update = self
            .update_item(&key::delivery(key))
            .update_expression("SET #parts = :parts")
            .condition_expression("#state = :claimed AND #fence = :fence")
            .expression_attribute_names("#parts", "parts")
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#fence", "fence")
            .expression_attribute_values(":parts", to_attribute(OPERATION, &parts)?)
            .expression_attribute_values(":claimed", string(CLAIMED))
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
        let finished = Delivery::of(task, state.clone(), now);
        let mut fields = Assignments {
            always: fields_of(FINISH, &finished)?,
            where_missing: Item::new(),
        };
        fields.always.extend(index_of(&finished));
        let update = self.update_item(&key::delivery(finished.key));
        // When it was claimed, and how often, stays: so this is an update.
        let update = fields
            .keep(&["attempts", "retries"])
            .put_in(update, " REMOVE #fence")
            .condition_expression("attribute_not_exists(#pk) OR #state IN (:claimed, :queued)")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#fence", "fence")
            .expression_attribute_values(":claimed", string(CLAIMED))
            .expression_attribute_values(":queued", string(QUEUED));
        // A final state stands.
        update_if(FINISH, update).await?.map_or(Ok(()), |_| Ok(()))
    }

    async fn record(&self, deliveries: &[Delivery]) -> PortResult<()> {
        let puts: PortResult<Vec<_>> = deliveries
            .iter()
            .map(|delivery| {
                let mut item = fields_of(FINISH, delivery)?;
                item.extend(key_attributes(&key::delivery(delivery.key)));
                item.extend(index_of(delivery));
                let put = self.put_item(item);
                Ok(put
                    .condition_expression("attribute_not_exists(#pk) OR #chat <> :chat")
                    .expression_attribute_names("#pk", PK)
                    .expression_attribute_names("#chat", "chat")
                    .expression_attribute_values(":chat", to_attribute(FINISH, &delivery.chat)?))
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
        let place = after.map(|after| place(pair, after)).transpose()?;
        let (items, is_more) = self
            .some(READ, &key::deliveries(pair), place, limit)
            .await?;
        page(items, is_more, |delivery| place_of(delivery.key))
    }

    async fn of_message(
        &self,
        pair: PairId,
        message: MessageId,
        after: Option<Revision>,
        limit: usize,
    ) -> PortResult<Page<Delivery>> {
        let after = after.map(|revision| {
            let key = DeliveryKey {
                pair,
                message,
                revision,
            };
            key::delivery(key).sk
        });
        let (items, is_more) = self
            .some(READ, &key::changes(pair, message), after, limit)
            .await?;
        page(items, is_more, |delivery| {
            delivery.key.revision.0.to_string()
        })
    }

    async fn by_time(
        &self,
        pair: PairId,
        time: Range<Timestamp>,
        order: Order,
        after: Option<OutcomePlace>,
        limit: usize,
    ) -> PortResult<Page<Delivery>> {
        let start = after.map(|after| {
            let key = DeliveryKey {
                pair,
                message: after.message,
                revision: after.revision,
            };
            let mut start = key_attributes(&key::delivery(key));
            let place = key::outcome(key, after.at);
            start.insert(GSI2.pk.to_owned(), string(place.pk));
            start.insert(GSI2.sk.to_owned(), string(place.sk));
            start
        });
        let span = Span {
            pk: pair.to_string(),
            low: key::moment(time.start),
            high: key::moment(time.end),
        };
        let (items, is_more) = self
            .some_between(READ, &GSI2, span, order, start, limit)
            .await?;
        page(items, is_more, |delivery| delivery.place().to_string())
    }

    async fn requeue(
        &self,
        key: DeliveryKey,
        retries: u32,
        earlier: Earlier,
    ) -> PortResult<Option<Delivery>> {
        const OPERATION: &str = "queuing a delivery again";
        const SET: &str = "SET #state = :queued, #retries = :retries + :one";
        let update = self.update_item(&key::delivery(key));
        let update = match earlier {
            Earlier::Unclear => update.update_expression(SET),
            Earlier::Nothing => update
                .update_expression(format!("{SET}, #attempts = :none REMOVE #claimed_at"))
                .expression_attribute_names("#attempts", "attempts")
                .expression_attribute_names("#claimed_at", "claimed_at")
                .expression_attribute_values(":none", number(0)),
        };
        let update = update
            .condition_expression("#state = :failed AND #retries = :retries")
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#retries", "retries")
            .expression_attribute_values(":queued", string(QUEUED))
            .expression_attribute_values(":failed", string("failed"))
            .expression_attribute_values(":retries", number(retries))
            .expression_attribute_values(":one", number(1));
        let queued = update_if(OPERATION, update).await?.ok();
        queued.map(delivery_of).transpose()
    }

    async fn readmit(&self, key: DeliveryKey) -> PortResult<()> {
        let reasons = [SkipReason::Gap, SkipReason::PairPaused].map(SkipReason::code);
        let delete = self
            .delete_item(&key::delivery(key))
            .condition_expression(
                "#state = :filtered OR (#state = :skipped AND #reason IN (:gap, :paused))",
            )
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#reason", "reason")
            .expression_attribute_values(":filtered", string("filtered"))
            .expression_attribute_values(":skipped", string("skipped"))
            .expression_attribute_values(":gap", string(reasons[0]))
            .expression_attribute_values(":paused", string(reasons[1]));
        delete_if("forgetting what was left out", delete).await?;
        Ok(())
    }

    async fn remove_some(&self, pair: PairId, limit: usize) -> PortResult<Removed> {
        let deliveries = key::deliveries(pair);
        self.remove_first("removing deliveries", &deliveries, limit)
            .await
    }
}

impl Table {
    /// The number belongs to a message of another chat by now.
    async fn forget_former(&self, former: &Delivery) -> PortResult<()> {
        const OPERATION: &str = "forgetting a delivery from a former chat";
        let delete = self
            .delete_item(&key::delivery(former.key))
            .condition_expression("#chat = :chat")
            .expression_attribute_names("#chat", "chat")
            .expression_attribute_values(":chat", to_attribute(OPERATION, &former.chat)?);
        delete_if(OPERATION, delete).await?;
        Ok(())
    }
}

fn page(
    items: Vec<Item>,
    is_more: bool,
    place: impl Fn(&Delivery) -> String,
) -> PortResult<Page<Delivery>> {
    let items = deliveries_of(items)?;
    let next = items.last().filter(|_| is_more).map(place);
    Ok(Page { items, next })
}

fn place_of(key: DeliveryKey) -> String {
    format!("{}-{}", key.message, key.revision.0)
}

/// The sort key of a place in a pair.
fn place(pair: PairId, text: &str) -> PortResult<String> {
    let Some((message, revision)) = key::parse_delivery(text) else {
        return Err(corrupt(READ, format!("the place {text:?}")));
    };
    let key = DeliveryKey {
        pair,
        message,
        revision,
    };
    Ok(key::delivery(key).sk)
}
