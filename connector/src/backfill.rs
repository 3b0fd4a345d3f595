//! Bringing what was said before, because a pair's owner asks for it.
//!
//! - `worker`: one backfill: read a page, queue it, save how far it came, wait until it
//!   is delivered
//! - `page`: what becomes of the posts of a page
//! - `pace`: how fast that may go
//!
//! The tasks of a page are stored before the place behind it. So a page may be read again after a
//! crash; the same message is the same task, and what has an outcome is not queued again.

mod pace;
mod page;
mod worker;

use std::collections::HashMap;
use std::sync::Arc;

use patchbay_app::ports::Ports;
use patchbay_domain::ids::{PairId, UserId};
use tokio::sync::Notify;
use tokio::task::{AbortHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::deliver::Reach;
pub use pace::BackfillPace;
pub(crate) use pace::Pace;
use worker::Worker;

/// The backfills of one partition that are under way.
pub(crate) struct Backfilling {
    ports: Ports,
    platforms: Reach,
    pace: Pace,
    running: JoinSet<()>,
    by_pair: HashMap<PairId, Running>,
}

struct Running {
    owner: UserId,
    task: AbortHandle,
    stop: CancellationToken,
    /// Something is to be looked at again.
    changed: Arc<Notify>,
}

impl Backfilling {
    pub(crate) fn new(ports: Ports, platforms: Reach, pace: Pace) -> Self {
        Self {
            ports,
            platforms,
            pace,
            running: JoinSet::new(),
            by_pair: HashMap::new(),
        }
    }

    /// Does what is stored for the pair; if that is under way, it looks there again.
    pub(crate) fn begin(&mut self, owner: UserId, pair: PairId) {
        let running = self.by_pair.get(&pair);
        if let Some(running) = running.filter(|running| !running.task.is_finished()) {
            running.changed.notify_one();
            return;
        }
        let (stop, changed) = (CancellationToken::new(), Arc::new(Notify::new()));
        let worker = Worker {
            ports: self.ports.clone(),
            platforms: self.platforms.clone(),
            pace: self.pace.clone(),
            owner,
            pair,
            changed: Arc::clone(&changed),
        };
        let stopped = stop.clone();
        let task = self.running.spawn(async move {
            stopped.run_until_cancelled(worker.run()).await;
        });
        let running = Running {
            owner,
            task,
            stop,
            changed,
        };
        self.by_pair.insert(pair, running);
    }

    /// Something about the user's pairs has changed.
    pub(crate) fn wake_of(&self, owner: UserId) {
        let of_user = self.by_pair.values().filter(|it| it.owner == owner);
        of_user.for_each(|running| running.changed.notify_one());
    }

    /// When one of them has ended, however it did. While there is none, never.
    pub(crate) async fn next(&mut self) {
        if self.running.join_next().await.is_none() {
            return std::future::pending().await;
        }
        self.by_pair
            .retain(|_, running| !running.task.is_finished());
    }

    /// Leaves a user's pairs alone from now on.
    pub(crate) async fn stop_of(&mut self, owner: UserId) {
        for running in self.by_pair.values().filter(|it| it.owner == owner) {
            running.stop.cancel();
        }
        while self.by_pair.values().any(|running| running.owner == owner) {
            self.next().await;
        }
    }

    pub(crate) async fn stop(&mut self) {
        self.running.shutdown().await;
        self.by_pair.clear();
    }
}

#[cfg(test)]
mod tests;
