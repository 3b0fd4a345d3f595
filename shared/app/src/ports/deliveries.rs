use std::ops::Range;

use async_trait::async_trait;
use patchbay_domain::ids::{MessageId, PairId};
use patchbay_domain::{
    Delivery, DeliveryKey, DeliveryState, Fence, ForwardTask, OutcomePlace, Revision, Timestamp,
};

use super::{Page, PortResult};

/// The answer to a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Nobody tried before.
    First,
    /// Somebody claimed it at `since` and left no outcome: the send may have happened.
    Again {
        since: Timestamp,
        attempts: u32,
        parts: Vec<MessageId>,
    },
    /// A newer owner than the caller claimed it.
    Fenced,
    /// It is finished; there is nothing to do.
    Finished(DeliveryState),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    OldestFirst,
    NewestFirst,
}

/// What the attempts before a retry did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Earlier {
    /// Nothing: the next claim is a first one.
    Nothing,
    /// Something may have been sent.
    Unclear,
}

/// Whether a batch was the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removed {
    All,
    /// There is more; ask again.
    Some,
}

/// A source that goes on as another chat numbers its messages anew: what is known of a message of
/// the former chat makes room for the one that has its number now.
#[async_trait]
pub trait Deliveries: Send + Sync {
    /// Announces a send before it is made. `attempts` in a repeated claim counts this one.
    async fn claim(&self, task: &ForwardTask, fence: Fence, now: Timestamp) -> PortResult<Claim>;
    /// Notes the parts sent so far of a claimed task.
    async fn progress(&self, key: DeliveryKey, fence: Fence, parts: &[MessageId])
    -> PortResult<()>;
    /// The outcome of a claimed task. A final state is never replaced.
    async fn finish(
        &self,
        task: &ForwardTask,
        state: &DeliveryState,
        now: Timestamp,
    ) -> PortResult<()>;
    /// Outcomes that need no claim of their own: nothing is sent, or it was sent together with
    /// another message that was claimed. A state that stands is not replaced.
    async fn record(&self, deliveries: &[Delivery]) -> PortResult<()>;
    async fn get(&self, key: DeliveryKey) -> PortResult<Option<Delivery>>;
    /// A pair's deliveries in the order of source messages and revisions.
    async fn of_pair(
        &self,
        pair: PairId,
        after: Option<&str>,
        limit: usize,
    ) -> PortResult<Page<Delivery>>;
    /// The changes of one message, in the order of their revisions.
    async fn of_message(
        &self,
        pair: PairId,
        message: MessageId,
        after: Option<Revision>,
        limit: usize,
    ) -> PortResult<Page<Delivery>>;
    /// A pair's deliveries whose outcome is of this time, in the order of that. Those that wait for
    /// a retry are among them, at the time at which they had failed. What has just been written may
    /// be missing for a moment.
    async fn by_time(
        &self,
        pair: PairId,
        time: Range<Timestamp>,
        order: Order,
        after: Option<OutcomePlace>,
        limit: usize,
    ) -> PortResult<Page<Delivery>>;
    /// Lets a failed delivery be claimed again. The delivery as it is then, which waits for its
    /// retry; nothing, with no effect, if it is not failed, or was retried more often than
    /// `retries` times before.
    async fn requeue(
        &self,
        key: DeliveryKey,
        retries: u32,
        earlier: Earlier,
    ) -> PortResult<Option<Delivery>>;
    /// Forgets a delivery that [is left out for now](DeliveryState::is_left_out_for_now), so that
    /// the message can be claimed as if nobody had seen it. Any other one stays.
    async fn readmit(&self, key: DeliveryKey) -> PortResult<()>;
    /// Removes up to `limit` deliveries of a pair that is gone.
    async fn remove_some(&self, pair: PairId, limit: usize) -> PortResult<Removed>;
}
