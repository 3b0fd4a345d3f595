//! From the task queue to the destination: claim, send, record, and only then delete.
//!
//! - `group`: the tasks of a pair, one after the other
//! - `work`: one task; `post`, `made`, `edit`, `album`, `quote`, `react`: what it takes
//! - `platforms`: who writes, who reads, and how much at once

mod album;
mod edit;
mod group;
mod held;
mod made;
mod platforms;
mod post;
mod quote;
mod react;
mod work;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use patchbay_app::ports::{Ports, Received, TaskReceipt};
use patchbay_domain::ids::{PairId, PartitionId};
use patchbay_domain::retry::Backoff;
use patchbay_domain::{Fence, ForwardTask, PairIndex};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use group::Group;
pub(crate) use held::Held;
pub(crate) use platforms::{Access, Reach};

/// Long polling: SQS answers as soon as there is something, and after this with nothing.
const RECEIVE_WAIT: Duration = Duration::from_secs(20);
/// Groups (pairs) at work at the same time in a partition.
const GROUPS_AT_ONCE: usize = 256;
/// What SQS deletes in one request.
const DELETE_BATCH: usize = 10;

/// Delivers the tasks of one partition.
#[derive(Clone)]
pub(crate) struct Deliverer {
    pub(crate) ports: Ports,
    pub(crate) platforms: Reach,
    pub(crate) partition: PartitionId,
    pub(crate) fence: Fence,
    pub(crate) index: watch::Receiver<PairIndex>,
    pub(crate) held: Held,
}

type Task = Received<ForwardTask, TaskReceipt>;

impl Deliverer {
    /// Returns soon after `stop`; a send that is under way is finished first.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let (done, finished) = mpsc::unbounded_channel();
        let deleter = delete_finished(self.ports.clone(), finished);
        let delivering = async {
            self.receive(&stop, &done).await;
            drop(done);
        };
        let noting = self.held.note(&self.ports, self.partition, &stop);
        tokio::join!(delivering, deleter, noting);
    }

    async fn receive(&self, stop: &CancellationToken, done: &mpsc::UnboundedSender<TaskReceipt>) {
        let places = Arc::new(Semaphore::new(GROUPS_AT_ONCE));
        let mut groups = JoinSet::new();
        let mut failures = 0;
        loop {
            while groups.try_join_next().is_some() {}
            let received = tokio::select! {
                () = stop.cancelled() => break,
                received = self.ports.tasks.receive(self.partition, RECEIVE_WAIT) => received,
            };
            match received {
                Ok(tasks) => {
                    failures = 0;
                    for task in &tasks {
                        self.held.receive(&task.body);
                    }
                    for tasks in by_pair(tasks) {
                        let Ok(place) = places.clone().acquire_owned().await else {
                            break;
                        };
                        let group = Group::new(self.clone(), tasks, done.clone(), stop.clone());
                        groups.spawn(async move {
                            group.deliver().await;
                            drop(place);
                        });
                    }
                }
                Err(error) => {
                    failures += 1;
                    warn!(
                        error = &error as &dyn std::error::Error,
                        "no tasks can be received now"
                    );
                    let wait = Backoff::RECONNECT.after(failures, 0.5);
                    tokio::select! {
                        () = stop.cancelled() => break,
                        () = tokio::time::sleep(wait) => {}
                    }
                }
            }
        }
        while groups.join_next().await.is_some() {}
    }
}

/// Tasks received together, apart by pair, each in its order.
fn by_pair(tasks: Vec<Task>) -> Vec<Vec<Task>> {
    let mut groups: Vec<Vec<Task>> = Vec::new();
    let mut places: HashMap<PairId, usize> = HashMap::new();
    for task in tasks {
        let place = *places.entry(task.body.pair).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[place].push(task);
    }
    groups
}

/// Deletes finished tasks, as many at a time as there are. One that is not deleted comes again,
/// is found finished, and is deleted then.
async fn delete_finished(ports: Ports, mut finished: mpsc::UnboundedReceiver<TaskReceipt>) {
    let mut batch = Vec::with_capacity(DELETE_BATCH);
    while finished.recv_many(&mut batch, DELETE_BATCH).await > 0 {
        if let Err(error) = ports.tasks.delete(&batch).await {
            warn!(
                error = &error as &dyn std::error::Error,
                "finished tasks not deleted yet"
            );
        }
        batch.clear();
    }
}

#[cfg(test)]
mod tests;
