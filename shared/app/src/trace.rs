//! What became of messages, and trying those again that failed.

use std::ops::Range;
use std::time::Duration;

use patchbay_domain::figures::Hour;
use patchbay_domain::ids::{MessageId, PairId, UserId};
use patchbay_domain::user::User;
use patchbay_domain::{
    Delivery, DeliveryKey, DeliveryState, FailKind, GonePair, OutcomePlace, Retry, Revision,
    Timestamp,
};

use crate::ports::{Earlier, Order, Page, PortError, PortResult, Ports, Removed, TASK_KEPT};

/// How many deliveries are looked at for one page of those that a filter lets through.
const LOOKED_AT: usize = 1_000;
/// How many changes of a message are looked at for one that failed.
const CHANGES: usize = 1_000;
const AT_ONCE: usize = 100;
/// After a retry was asked for, that long passes until the figures of the hour in which the message
/// had failed are stored again: by then every index shows that it is queued.
const SETTLING: Duration = Duration::from_mins(5);

/// The states by which deliveries are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateKind {
    /// A retry is under way.
    Pending,
    Delivered,
    Filtered,
    Skipped,
    Failed,
}

impl StateKind {
    pub fn of(state: &DeliveryState) -> Self {
        match state {
            DeliveryState::Claimed { .. } | DeliveryState::Queued { .. } => Self::Pending,
            DeliveryState::Delivered { .. } => Self::Delivered,
            DeliveryState::Filtered { .. } => Self::Filtered,
            DeliveryState::Skipped { .. } => Self::Skipped,
            DeliveryState::Failed { .. } => Self::Failed,
        }
    }
}

/// What is looked for.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub state: Option<StateKind>,
    pub time: Range<Timestamp>,
}

#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    #[error("there is no such pair")]
    NoPair,
    #[error("nothing is known of such a message")]
    NoMessage,
    #[error(transparent)]
    Port(#[from] PortError),
}

#[derive(Debug, thiserror::Error)]
pub enum RetryError {
    #[error(transparent)]
    Trace(#[from] TraceError),
    #[error("it has not failed")]
    NotFailed,
    #[error("it failed too long ago")]
    TooOld,
    #[error(transparent)]
    Port(#[from] PortError),
}

/// The outcomes of a pair of the user, which may be gone by now, the newest first. A page may have
/// fewer than `limit` of them though there are more: filters look through a part at a time.
pub async fn list(
    ports: &Ports,
    user: &User,
    pair: PairId,
    wanted: &Wanted,
    mut after: Option<OutcomePlace>,
    limit: usize,
) -> Result<(Vec<Delivery>, Option<OutcomePlace>), TraceError> {
    check_owner(ports, user, pair).await?;
    let mut found = Vec::new();
    let mut looked_at = 0;
    loop {
        let page = ports
            .deliveries
            .by_time(
                pair,
                wanted.time.clone(),
                Order::NewestFirst,
                after,
                AT_ONCE,
            )
            .await?;
        for delivery in page.items {
            after = Some(delivery.place());
            looked_at += 1;
            // A message is shown to its own user alone, whatever stands in the index.
            let is_wanted = wanted
                .state
                .is_none_or(|state| state == StateKind::of(&delivery.state));
            if is_wanted && delivery.owner == user.id {
                found.push(delivery);
            }
            if found.len() > limit {
                // One too many, to know that there are more.
                found.truncate(limit);
                let last = found.last().map(Delivery::place);
                return Ok((found, last));
            }
        }
        if page.next.is_none() {
            return Ok((found, None));
        }
        if looked_at >= LOOKED_AT {
            return Ok((found, after));
        }
    }
}

/// The changes of one message, in their order.
pub async fn changes(
    ports: &Ports,
    user: &User,
    pair: PairId,
    message: MessageId,
    after: Option<Revision>,
    limit: usize,
) -> Result<Page<Delivery>, TraceError> {
    check_owner(ports, user, pair).await?;
    let deliveries = &ports.deliveries;
    let page = deliveries.of_message(pair, message, after, limit).await?;
    if page.items.is_empty() && after.is_none() {
        return Err(TraceError::NoMessage);
    }
    Ok(page)
}

/// Until when a failed delivery can be retried; nothing, if it has not failed.
pub fn retriable_until(delivery: &Delivery) -> Option<Timestamp> {
    let has_failed = matches!(delivery.state, DeliveryState::Failed { .. });
    has_failed.then(|| delivery.updated_at.plus(TASK_KEPT))
}

/// Has a failed change of a message tried again: the given one, or the last one that failed. It
/// comes after what was sent meanwhile. Doing so twice is harmless.
pub async fn retry(
    ports: &Ports,
    user: &User,
    pair: PairId,
    message: MessageId,
    revision: Option<Revision>,
) -> Result<Delivery, RetryError> {
    // What a deleted pair had to send stays unsent.
    let pairs = &ports.pairs;
    if pairs.get(user.id, pair).await?.is_none() {
        return Err(TraceError::NoPair.into());
    }
    let revision = match revision {
        Some(revision) => revision,
        None => last_failed(ports, pair, message).await?,
    };
    let key = DeliveryKey {
        pair,
        message,
        revision,
    };
    retry_delivery(ports, user.id, key).await
}

async fn last_failed(
    ports: &Ports,
    pair: PairId,
    message: MessageId,
) -> Result<Revision, RetryError> {
    let mut after = None;
    let (mut failed, mut pending, mut seen) = (None, None, 0);
    loop {
        let deliveries = &ports.deliveries;
        let page = deliveries.of_message(pair, message, after, AT_ONCE).await?;
        for delivery in &page.items {
            after = Some(delivery.key.revision);
            match &delivery.state {
                DeliveryState::Failed { .. } => failed = after,
                DeliveryState::Queued { .. } => pending = after,
                DeliveryState::Claimed { .. } if delivery.retries > 0 => pending = after,
                DeliveryState::Claimed { .. }
                | DeliveryState::Delivered { .. }
                | DeliveryState::Filtered { .. }
                | DeliveryState::Skipped { .. } => {}
            }
        }
        seen += page.items.len();
        if page.next.is_none() || seen >= CHANGES {
            break;
        }
    }
    match (failed.or(pending), seen) {
        (Some(revision), _) => Ok(revision),
        (None, 0) => Err(TraceError::NoMessage.into()),
        (None, _) => Err(RetryError::NotFailed),
    }
}

/// Has one failed delivery tried again.
pub async fn retry_delivery(
    ports: &Ports,
    owner: UserId,
    key: DeliveryKey,
) -> Result<Delivery, RetryError> {
    let found = ports.deliveries.get(key).await?;
    let Some(delivery) = found.filter(|delivery| delivery.owner == owner) else {
        return Err(TraceError::NoMessage.into());
    };
    let queued = match &delivery.state {
        DeliveryState::Failed { reason, parts } => {
            // Where the platform said no, nothing arrived of what came after these parts.
            let is_certain = match reason.kind() {
                FailKind::GaveUp => false,
                FailKind::DestinationLost
                | FailKind::NotAllowed
                | FailKind::LoggedOut
                | FailKind::Refused => true,
            };
            let earlier = if is_certain && parts.is_empty() {
                Earlier::Nothing
            } else {
                Earlier::Unclear
            };
            let Some(task) = ports.kept_tasks.get(owner, key).await? else {
                return Err(RetryError::TooOld);
            };
            // The figures forget it before it changes, and are not stored until it has: so that
            // nobody stores what was read before.
            let day = Hour::of(delivery.updated_at).day();
            let settles_at = ports.clock.now().plus(SETTLING);
            ports.rollups.reset(key.pair, day, settles_at).await?;
            let queued = ports
                .deliveries
                .requeue(key, delivery.retries, earlier)
                .await?;
            match queued {
                Some(queued) => (queued, task),
                // Somebody else was faster.
                None => return again(ports, owner, key).await,
            }
        }
        DeliveryState::Queued { .. } => return again(ports, owner, key).await,
        // It is being tried at this moment.
        DeliveryState::Claimed { .. } if delivery.retries > 0 => return Ok(delivery),
        DeliveryState::Claimed { .. }
        | DeliveryState::Delivered { .. }
        | DeliveryState::Filtered { .. }
        | DeliveryState::Skipped { .. } => return Err(RetryError::NotFailed),
    };
    let (queued, task) = queued;
    enqueue(ports, &queued, task).await?;
    Ok(queued)
}

/// The same retry once more, in case that the first request for it broke off before its task was
/// in the queue. The queue knows it by its number, and so does the claim.
async fn again(ports: &Ports, owner: UserId, key: DeliveryKey) -> Result<Delivery, RetryError> {
    let Some(delivery) = ports.deliveries.get(key).await? else {
        return Err(TraceError::NoMessage.into());
    };
    if matches!(delivery.state, DeliveryState::Queued { .. }) {
        let Some(task) = ports.kept_tasks.get(owner, key).await? else {
            return Err(RetryError::TooOld);
        };
        enqueue(ports, &delivery, task).await?;
    }
    Ok(delivery)
}

async fn enqueue(
    ports: &Ports,
    queued: &Delivery,
    task: patchbay_domain::ForwardTask,
) -> PortResult<()> {
    let now = ports.clock.now();
    let retry = Retry {
        number: queued.retries,
        at: now,
    };
    let task = patchbay_domain::ForwardTask {
        due_at: now,
        retry: Some(retry),
        ..task
    };
    ports.tasks.enqueue(&[task]).await
}

/// Forgets that the pair left a message out, if it would take it now. It is to be queued then.
pub async fn readmit(ports: &Ports, delivery: &Delivery) -> PortResult<()> {
    let (pair, day) = (delivery.key.pair, Hour::of(delivery.updated_at).day());
    let settles_at = ports.clock.now().plus(SETTLING);
    ports.rollups.reset(pair, day, settles_at).await?;
    ports.deliveries.readmit(delivery.key).await
}

async fn check_owner(ports: &Ports, user: &User, pair: PairId) -> Result<(), TraceError> {
    let pairs = &ports.pairs;
    let is_theirs =
        pairs.get(user.id, pair).await?.is_some() || pairs.get_gone(user.id, pair).await?.is_some();
    if is_theirs {
        Ok(())
    } else {
        Err(TraceError::NoPair)
    }
}

/// Removes up to `limit` of each kind of what a deleted pair has left, and at last what is kept of
/// the pair itself.
pub async fn remove_some(ports: &Ports, pair: &GonePair, limit: usize) -> PortResult<Removed> {
    let left = [
        ports.deliveries.remove_some(pair.id, limit).await?,
        ports.kept_tasks.remove_some(pair.id, limit).await?,
        ports.rollups.remove_some(pair.id, limit).await?,
    ];
    if left.contains(&Removed::Some) {
        return Ok(Removed::Some);
    }
    ports.pairs.forget(pair.owner, pair.id).await?;
    Ok(Removed::All)
}
