use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use patchbay_domain::ids::PartitionId;
use patchbay_domain::{ForwardTask, Timestamp};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::fifo::Fifo;
use crate::ports::{
    Clock, Control, ControlTarget, Controls, PortResult, QueueCounts, Receipt, Received,
    TASK_VISIBILITY, TaskReceipt, Tasks,
};
use crate::testing::ManualClock;

/// SQS hides nothing for longer.
const LONGEST_VISIBILITY: Duration = Duration::from_hours(12);

pub(super) struct Queues {
    clock: ManualClock,
    tasks: Mutex<HashMap<PartitionId, Fifo<ForwardTask>>>,
    controls: Mutex<HashMap<ControlTarget, Fifo<Control>>>,
    /// Changes whenever something may have become visible.
    news: watch::Sender<()>,
}

impl Queues {
    pub(super) fn new(clock: ManualClock) -> Self {
        let (tasks, controls) = (Mutex::default(), Mutex::default());
        Self {
            clock,
            tasks,
            controls,
            news: watch::Sender::new(()),
        }
    }

    /// Tries until there is something or `wait` is over.
    async fn poll<T>(
        &self,
        wait: Duration,
        mut receive: impl FnMut(Timestamp) -> Vec<T>,
    ) -> Vec<T> {
        let deadline = Instant::now() + wait;
        let (mut news, mut moves) = (self.news.subscribe(), self.clock.moves());
        loop {
            let received = receive(self.clock.now());
            if !received.is_empty() {
                return received;
            }
            let change = async {
                tokio::select! {
                    sent = news.changed() => sent,
                    passed = moves.changed() => passed,
                }
            };
            if !matches!(timeout_at(deadline, change).await, Ok(Ok(()))) {
                return Vec::new();
            }
        }
    }
}

fn locked<T>(queues: &Mutex<T>) -> MutexGuard<'_, T> {
    queues.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl Tasks for Queues {
    async fn enqueue(&self, tasks: &[ForwardTask]) -> PortResult<()> {
        let now = self.clock.now();
        for task in tasks {
            let (group, key) = (task.pair.to_string(), task.deduplication());
            let mut queues = locked(&self.tasks);
            queues
                .entry(task.partition)
                .or_default()
                .send_in_group(task.clone(), group, key, now);
        }
        self.news.send_replace(());
        Ok(())
    }

    async fn receive(
        &self,
        partition: PartitionId,
        wait: Duration,
    ) -> PortResult<Vec<Received<ForwardTask, TaskReceipt>>> {
        let receive = |now| {
            let mut queues = locked(&self.tasks);
            queues
                .entry(partition)
                .or_default()
                .receive(now, TASK_VISIBILITY)
        };
        let received = self.poll(wait, receive).await;
        let receipt = |text| TaskReceipt {
            partition,
            receipt: Receipt(text),
        };
        Ok(received
            .into_iter()
            .map(|message| message.map_receipt(receipt))
            .collect())
    }

    async fn delete(&self, receipts: &[TaskReceipt]) -> PortResult<()> {
        for TaskReceipt { partition, receipt } in receipts {
            locked(&self.tasks)
                .entry(*partition)
                .or_default()
                .delete(&receipt.0);
        }
        self.news.send_replace(());
        Ok(())
    }

    async fn postpone(&self, receipt: &TaskReceipt, hidden: Duration) -> PortResult<()> {
        let until = self.clock.now().plus(hidden.min(LONGEST_VISIBILITY));
        let TaskReceipt { partition, receipt } = receipt;
        locked(&self.tasks)
            .entry(*partition)
            .or_default()
            .hide(&receipt.0, until);
        self.news.send_replace(());
        Ok(())
    }

    async fn counts(&self, partition: PartitionId) -> PortResult<QueueCounts> {
        let now = self.clock.now();
        Ok(locked(&self.tasks)
            .entry(partition)
            .or_default()
            .counts(now))
    }

    async fn dead(&self) -> PortResult<u64> {
        // Nothing is given up here, however often it is received.
        Ok(0)
    }
}

#[async_trait]
impl Controls for Queues {
    async fn send(&self, target: ControlTarget, control: &Control) -> PortResult<()> {
        let now = self.clock.now();
        locked(&self.controls)
            .entry(target)
            .or_default()
            .send(control.clone(), now);
        self.news.send_replace(());
        Ok(())
    }

    async fn receive(
        &self,
        target: ControlTarget,
        wait: Duration,
    ) -> PortResult<Vec<Received<Control, Receipt>>> {
        let receive = |now| {
            locked(&self.controls)
                .entry(target)
                .or_default()
                .receive(now, TASK_VISIBILITY)
        };
        let received = self.poll(wait, receive).await;
        Ok(received
            .into_iter()
            .map(|message| message.map_receipt(Receipt))
            .collect())
    }

    async fn delete(&self, target: ControlTarget, receipt: &Receipt) -> PortResult<()> {
        locked(&self.controls)
            .entry(target)
            .or_default()
            .delete(&receipt.0);
        Ok(())
    }
}

impl<T> Received<T, String> {
    fn map_receipt<R>(self, receipt: impl FnOnce(String) -> R) -> Received<T, R> {
        Received {
            body: self.body,
            receipt: receipt(self.receipt),
            times: self.times,
        }
    }
}
