use std::time::Duration;

use async_trait::async_trait;
use patchbay_app::ports::{PortResult, QueueCounts, Received, TaskReceipt, Tasks};
use patchbay_domain::ForwardTask;
use patchbay_domain::ids::PartitionId;

use super::{Hooked, Operation};

#[async_trait]
impl Tasks for Hooked<dyn Tasks> {
    async fn enqueue(&self, tasks: &[ForwardTask]) -> PortResult<()> {
        let enqueue = self.inner.enqueue(tasks);
        self.around(Operation::Enqueue, enqueue).await
    }

    async fn receive(
        &self,
        partition: PartitionId,
        wait: Duration,
    ) -> PortResult<Vec<Received<ForwardTask, TaskReceipt>>> {
        self.inner.receive(partition, wait).await
    }

    async fn delete(&self, receipts: &[TaskReceipt]) -> PortResult<()> {
        let delete = self.inner.delete(receipts);
        self.around(Operation::DeleteTasks, delete).await
    }

    async fn postpone(&self, receipt: &TaskReceipt, hidden: Duration) -> PortResult<()> {
        let postpone = self.inner.postpone(receipt, hidden);
        self.around(Operation::Postpone, postpone).await
    }

    async fn counts(&self, partition: PartitionId) -> PortResult<QueueCounts> {
        self.inner.counts(partition).await
    }

    async fn dead(&self) -> PortResult<u64> {
        self.inner.dead().await
    }
}
