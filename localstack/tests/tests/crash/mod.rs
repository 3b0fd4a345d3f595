//! Ways to stand still between two steps of a message's way, for a connector to be killed there.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use patchbay_tests::hooked::{Hook, Lost, Operation};
use tokio::sync::Notify;

/// Between two steps of a message's way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Point {
    /// The platform's update is here, nothing is stored.
    Received,
    /// The tasks are in the queue, the platform's position is not saved.
    Enqueued,
    /// The claim is stored, nothing is sent.
    Claimed,
    /// The platform has the message, nothing says so.
    Sent,
    /// The outcome is stored, the task is still in the queue.
    Recorded,
}

/// Where and how often the connector gets before it stands still, to be killed there.
pub(crate) struct Crash {
    point: Point,
    left: AtomicUsize,
    reached: Notify,
}

impl Crash {
    pub(crate) fn at(point: Point, occurrence: usize) -> Arc<Self> {
        Arc::new(Self {
            point,
            left: AtomicUsize::new(occurrence),
            reached: Notify::new(),
        })
    }

    /// Never returns from the chosen occurrence of the chosen point, nor from any after it.
    async fn pass(&self, point: Point) {
        if point != self.point {
            return;
        }
        let left = self.left.load(Ordering::SeqCst);
        if left <= 1 {
            self.reached.notify_one();
            pending::<()>().await;
        }
        self.left.store(left - 1, Ordering::SeqCst);
    }

    pub(crate) async fn reached(&self) {
        let wait = tokio::time::timeout(Duration::from_mins(1), self.reached.notified());
        wait.await.expect("the crash point is reached");
    }
}

#[async_trait]
impl Hook for Crash {
    async fn before(&self, operation: Operation) -> Result<(), Lost> {
        if operation == Operation::Enqueue {
            self.pass(Point::Received).await;
        }
        Ok(())
    }

    async fn after(&self, operation: Operation) -> Result<(), Lost> {
        match operation {
            Operation::Enqueue => self.pass(Point::Enqueued).await,
            Operation::Claim => self.pass(Point::Claimed).await,
            Operation::Send
            | Operation::Forward
            | Operation::Rewrite
            | Operation::React
            | Operation::ReplaceFile
            | Operation::Delete
            | Operation::RemoveFile => self.pass(Point::Sent).await,
            Operation::Finish => self.pass(Point::Recorded).await,
            Operation::RenewLease
            | Operation::DeleteTasks
            | Operation::Postpone
            | Operation::Progress
            | Operation::Record => {}
        }
        Ok(())
    }
}
