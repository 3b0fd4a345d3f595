use std::time::Duration;

use async_trait::async_trait;
use patchbay_domain::ids::{MessageId, PairId, UserId};
use patchbay_domain::{DeliveryKey, ForwardTask, Timestamp};

use super::{PortResult, Removed};

/// How long a failed message can be retried.
pub const TASK_KEPT: Duration = Duration::from_hours(14 * 24);

/// Tasks with what their messages say, sealed: those that failed, so that they can be retried, and
/// changes of messages that a pair still holds back.
#[async_trait]
pub trait KeptTasks: Send + Sync {
    /// Keeps it until then, in the place of an earlier one of the same delivery.
    async fn put(&self, task: &ForwardTask, until: Timestamp) -> PortResult<()>;
    async fn get(&self, owner: UserId, delivery: DeliveryKey) -> PortResult<Option<ForwardTask>>;
    /// What became of a message after its post, as far as it was known at `seen`: of the edits that
    /// are kept the last, or its deletion. Reactions are no such change.
    async fn latest_change(
        &self,
        owner: UserId,
        pair: PairId,
        message: MessageId,
        seen: Timestamp,
    ) -> PortResult<Option<ForwardTask>>;
    async fn remove(&self, delivery: DeliveryKey) -> PortResult<()>;
    /// Removes up to `limit` tasks of a pair that is gone.
    async fn remove_some(&self, pair: PairId, limit: usize) -> PortResult<Removed>;
}
