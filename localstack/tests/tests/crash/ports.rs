use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use patchbay_app::ports::{
    Attempt, Claim, Deliveries, Earlier, Files, Forwarding, Order, Outgoing, Page, Piece,
    PortResult, Ports, QueueCounts, Reacting, Received, Removed, Replacement, Rewrite, SendError,
    Sender, Sent, Standing, TaskReceipt, Tasks,
};
use patchbay_domain::ids::{FileId, MessageId, PairId, PartitionId};
use patchbay_domain::{
    Content, Delivery, DeliveryKey, DeliveryState, Endpoint, Fence, ForwardTask, OutcomePlace,
    Reaction, Revision, Timestamp,
};

use super::{Crash, Point};

pub(crate) fn crashing_ports(ports: &Ports, crash: &Arc<Crash>) -> Ports {
    Ports {
        tasks: Arc::new(CrashingTasks {
            inner: ports.tasks.clone(),
            crash: crash.clone(),
        }),
        deliveries: Arc::new(CrashingDeliveries {
            inner: ports.deliveries.clone(),
            crash: crash.clone(),
        }),
        ..ports.clone()
    }
}

pub(crate) fn crashing_sender(inner: Arc<dyn Sender>, crash: Arc<Crash>) -> Arc<dyn Sender> {
    Arc::new(CrashingSender { inner, crash })
}

struct CrashingTasks {
    inner: Arc<dyn Tasks>,
    crash: Arc<Crash>,
}

#[async_trait]
impl Tasks for CrashingTasks {
    async fn enqueue(&self, tasks: &[ForwardTask]) -> PortResult<()> {
        self.crash.pass(Point::Received).await;
        self.inner.enqueue(tasks).await?;
        self.crash.pass(Point::Enqueued).await;
        Ok(())
    }

    async fn receive(
        &self,
        partition: PartitionId,
        wait: Duration,
    ) -> PortResult<Vec<Received<ForwardTask, TaskReceipt>>> {
        self.inner.receive(partition, wait).await
    }

    async fn delete(&self, receipts: &[TaskReceipt]) -> PortResult<()> {
        self.inner.delete(receipts).await
    }

    async fn postpone(&self, receipt: &TaskReceipt, hidden: Duration) -> PortResult<()> {
        self.inner.postpone(receipt, hidden).await
    }

    async fn counts(&self, partition: PartitionId) -> PortResult<QueueCounts> {
        self.inner.counts(partition).await
    }

    async fn dead(&self) -> PortResult<u64> {
        self.inner.dead().await
    }
}

struct CrashingDeliveries {
    inner: Arc<dyn Deliveries>,
    crash: Arc<Crash>,
}

#[async_trait]
impl Deliveries for CrashingDeliveries {
    async fn claim(&self, task: &ForwardTask, fence: Fence, now: Timestamp) -> PortResult<Claim> {
        let claim = self.inner.claim(task, fence, now).await?;
        self.crash.pass(Point::Claimed).await;
        Ok(claim)
    }

    async fn progress(
        &self,
        key: DeliveryKey,
        fence: Fence,
        parts: &[MessageId],
    ) -> PortResult<()> {
        self.inner.progress(key, fence, parts).await
    }

    async fn finish(
        &self,
        task: &ForwardTask,
        state: &DeliveryState,
        now: Timestamp,
    ) -> PortResult<()> {
        self.inner.finish(task, state, now).await?;
        self.crash.pass(Point::Recorded).await;
        Ok(())
    }

    async fn record(&self, deliveries: &[Delivery]) -> PortResult<()> {
        self.inner.record(deliveries).await
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

    async fn remove_some(&self, pair: PairId, limit: usize) -> PortResult<Removed> {
        self.inner.remove_some(pair, limit).await
    }
}

struct CrashingSender {
    inner: Arc<dyn Sender>,
    crash: Arc<Crash>,
}

#[async_trait]
impl Sender for CrashingSender {
    async fn plan(&self, content: &Content, destination: &Endpoint) -> PortResult<Vec<Piece>> {
        self.inner.plan(content, destination).await
    }

    async fn send(
        &self,
        outgoing: &Outgoing,
        files: &dyn Files,
        attempt: Attempt,
    ) -> Result<Vec<Sent>, SendError> {
        let sent = self.inner.send(outgoing, files, attempt).await?;
        self.crash.pass(Point::Sent).await;
        Ok(sent)
    }

    async fn forward(
        &self,
        forwarding: &Forwarding,
        attempt: Attempt,
    ) -> Result<Vec<Option<Sent>>, SendError> {
        let sent = self.inner.forward(forwarding, attempt).await?;
        self.crash.pass(Point::Sent).await;
        Ok(sent)
    }

    async fn rewrite(&self, rewrite: &Rewrite, files: &dyn Files) -> Result<(), SendError> {
        self.inner.rewrite(rewrite, files).await?;
        self.crash.pass(Point::Sent).await;
        Ok(())
    }

    async fn react(&self, reacting: &Reacting) -> Result<Vec<Reaction>, SendError> {
        let left = self.inner.react(reacting).await?;
        self.crash.pass(Point::Sent).await;
        Ok(left)
    }

    async fn delete(&self, standing: &Standing) -> Result<(), SendError> {
        self.inner.delete(standing).await?;
        self.crash.pass(Point::Sent).await;
        Ok(())
    }

    async fn replace_file(
        &self,
        replacement: &Replacement,
        files: &dyn Files,
    ) -> Result<FileId, SendError> {
        let file = self.inner.replace_file(replacement, files).await?;
        self.crash.pass(Point::Sent).await;
        Ok(file)
    }

    async fn remove_file(&self, standing: &Standing, file: FileId) -> Result<(), SendError> {
        self.inner.remove_file(standing, file).await?;
        self.crash.pass(Point::Sent).await;
        Ok(())
    }
}
