//! The queue of one connector. Once that is killed, its tasks come back at once: what a queue
//! does when their time is up.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use patchbay_app::ports::{PortError, PortResult, QueueCounts, Received, TaskReceipt, Tasks};
use patchbay_domain::ForwardTask;
use patchbay_domain::ids::PartitionId;
use tokio::runtime::Handle;

const TRIES: usize = 20;

#[derive(Clone)]
pub(super) struct LentTasks {
    inner: Arc<dyn Tasks>,
    /// Of the campaign, which outlives the connector.
    runtime: Handle,
    is_dead: Arc<AtomicBool>,
    /// What is with the connector, in the order in which it was received.
    lent: Arc<Mutex<Vec<TaskReceipt>>>,
}

impl LentTasks {
    pub(super) fn new(inner: Arc<dyn Tasks>) -> Self {
        Self {
            inner,
            runtime: Handle::current(),
            is_dead: Arc::default(),
            lent: Arc::default(),
        }
    }

    /// The connector is dead, and its time is up.
    pub(super) async fn take_back(&self) -> PortResult<()> {
        self.is_dead.store(true, Ordering::SeqCst);
        let lent = std::mem::take(&mut *self.lent());
        // The last one first, so that none is visible before an earlier one.
        for receipt in lent.iter().rev() {
            self.show(receipt).await?;
        }
        Ok(())
    }

    /// The first tries may be made on connections that died with the connector.
    async fn show(&self, receipt: &TaskReceipt) -> PortResult<()> {
        let mut tries = 1;
        loop {
            match self.inner.postpone(receipt, Duration::ZERO).await {
                Err(_) if tries < TRIES => tries += 1,
                shown => return shown,
            }
        }
    }

    fn lent(&self) -> MutexGuard<'_, Vec<TaskReceipt>> {
        self.lent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Tasks for LentTasks {
    async fn enqueue(&self, tasks: &[ForwardTask]) -> PortResult<()> {
        self.inner.enqueue(tasks).await
    }

    /// Goes on when the connector dies meanwhile, since the queue hands the tasks out then, too.
    async fn receive(
        &self,
        partition: PartitionId,
        wait: Duration,
    ) -> PortResult<Vec<Received<ForwardTask, TaskReceipt>>> {
        let own = self.clone();
        let receiving = self.runtime.spawn(async move {
            let received = own.inner.receive(partition, wait).await?;
            let receipts = received.iter().map(|task| task.receipt.clone());
            own.lent().extend(receipts);
            if own.is_dead.load(Ordering::SeqCst) {
                own.take_back().await?;
            }
            Ok(received)
        });
        receiving.await.unwrap_or_else(|error| {
            Err(PortError::Unavailable {
                operation: "receive tasks",
                source: error.into(),
            })
        })
    }

    async fn delete(&self, receipts: &[TaskReceipt]) -> PortResult<()> {
        self.inner.delete(receipts).await?;
        self.lent().retain(|lent| !receipts.contains(lent));
        Ok(())
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
