use std::ops::Range;

use async_trait::async_trait;
use patchbay_app::ports::{Claim, Deliveries, Earlier, Order, Page, PortResult, Removed};
use patchbay_domain::ids::{MessageId, PairId};
use patchbay_domain::{
    Delivery, DeliveryKey, DeliveryState, Fence, ForwardTask, OutcomePlace, Revision, Timestamp,
};

use super::{Hooked, Operation};

#[async_trait]
impl Deliveries for Hooked<dyn Deliveries> {
    async fn claim(&self, task: &ForwardTask, fence: Fence, now: Timestamp) -> PortResult<Claim> {
        let claim = self.inner.claim(task, fence, now);
        self.around(Operation::Claim, claim).await
    }

    async fn progress(
        &self,
        key: DeliveryKey,
        fence: Fence,
        parts: &[MessageId],
    ) -> PortResult<()> {
        let progress = self.inner.progress(key, fence, parts);
        self.around(Operation::Progress, progress).await
    }

    async fn finish(
        &self,
        task: &ForwardTask,
        state: &DeliveryState,
        now: Timestamp,
    ) -> PortResult<()> {
        let finish = self.inner.finish(task, state, now);
        self.around(Operation::Finish, finish).await
    }

    async fn record(&self, deliveries: &[Delivery]) -> PortResult<()> {
        let record = self.inner.record(deliveries);
        self.around(Operation::Record, record).await
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
