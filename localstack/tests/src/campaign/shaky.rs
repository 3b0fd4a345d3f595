//! A store whose answers are lost now and then, before or after their effect.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use patchbay_app::ports::{
    Claim, Deliveries, Earlier, Order, Page, PortError, PortResult, Removed,
};
use patchbay_domain::ids::{MessageId, PairId};
use patchbay_domain::{
    Delivery, DeliveryKey, DeliveryState, Fence, ForwardTask, OutcomePlace, Revision, Timestamp,
};

/// How many of the next writes fail. Clones share it.
#[derive(Clone, Default)]
pub(super) struct Shaker {
    left: Arc<AtomicUsize>,
}

impl Shaker {
    pub(super) fn shake(&self, writes: usize) {
        self.left.store(writes, Ordering::SeqCst);
    }

    /// The write, or a failure: each other one strikes after the effect.
    pub(super) async fn pass<T>(
        &self,
        write: impl Future<Output = PortResult<T>>,
    ) -> PortResult<T> {
        let take = |left: usize| left.checked_sub(1);
        let left = self
            .left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, take);
        match left {
            Err(_) => write.await,
            Ok(left) if left % 2 == 0 => Err(lost()),
            Ok(_) => {
                write.await?;
                Err(lost())
            }
        }
    }
}

fn lost() -> PortError {
    PortError::Unavailable {
        operation: "a write",
        source: "the campaign lost the answer".into(),
    }
}

pub(super) struct ShakyDeliveries {
    pub(super) inner: Arc<dyn Deliveries>,
    pub(super) shaker: Shaker,
}

#[async_trait]
impl Deliveries for ShakyDeliveries {
    async fn claim(&self, task: &ForwardTask, fence: Fence, now: Timestamp) -> PortResult<Claim> {
        self.shaker.pass(self.inner.claim(task, fence, now)).await
    }

    async fn progress(
        &self,
        key: DeliveryKey,
        fence: Fence,
        parts: &[MessageId],
    ) -> PortResult<()> {
        self.shaker
            .pass(self.inner.progress(key, fence, parts))
            .await
    }

    async fn finish(
        &self,
        task: &ForwardTask,
        state: &DeliveryState,
        now: Timestamp,
    ) -> PortResult<()> {
        self.shaker.pass(self.inner.finish(task, state, now)).await
    }

    async fn record(&self, deliveries: &[Delivery]) -> PortResult<()> {
        self.shaker.pass(self.inner.record(deliveries)).await
    }

    async fn get(&self, key: DeliveryKey) -> PortResult<Option<Delivery>> {
        self.inner.get(key).await
    }

    async fn of_pair(
        &self,
        pair: PairId,
        after: Option<&str>,
        limit: usize,
    ) -> PortResult<Page<Delivery>> {
        self.inner.of_pair(pair, after, limit).await
    }

    async fn of_message(
        &self,
        pair: PairId,
        message: MessageId,
        after: Option<Revision>,
        limit: usize,
    ) -> PortResult<Page<Delivery>> {
        self.inner.of_message(pair, message, after, limit).await
    }

    async fn by_time(
        &self,
        pair: PairId,
        time: Range<Timestamp>,
        order: Order,
        after: Option<OutcomePlace>,
        limit: usize,
    ) -> PortResult<Page<Delivery>> {
        self.inner.by_time(pair, time, order, after, limit).await
    }

    async fn requeue(
        &self,
        key: DeliveryKey,
        retries: u32,
        earlier: Earlier,
    ) -> PortResult<Option<Delivery>> {
        self.inner.requeue(key, retries, earlier).await
    }

    async fn readmit(&self, key: DeliveryKey) -> PortResult<()> {
        self.inner.readmit(key).await
    }

    async fn remove_some(&self, pair: PairId, limit: usize) -> PortResult<Removed> {
        self.inner.remove_some(pair, limit).await
    }
}
