//! How old the oldest task is that was received and is not finished, noted for whoever asks about
//! the queue: SQS does not tell it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use patchbay_app::ports::{Backlog, Ports};
use patchbay_domain::ids::PartitionId;
use patchbay_domain::{DeliveryKey, ForwardTask, Timestamp};
use tokio_util::sync::CancellationToken;
use tracing::warn;

const CHECK_EVERY: Duration = Duration::from_secs(15);
/// It is noted at least this often, so that everybody sees that it is still true.
const NOTE_EVERY: Duration = Duration::from_mins(1);

/// The tasks that were received and are not finished, at work or put off, and when we learned of
/// their messages. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Held(Arc<Mutex<HashMap<DeliveryKey, Timestamp>>>);

impl Held {
    pub(super) fn receive(&self, task: &ForwardTask) {
        self.tasks().insert(task.delivery(), task.received_at);
    }

    pub(super) fn finish(&self, task: &ForwardTask) {
        self.tasks().remove(&task.delivery());
    }

    fn oldest(&self) -> Option<Timestamp> {
        self.tasks().values().min().copied()
    }

    fn tasks(&self) -> MutexGuard<'_, HashMap<DeliveryKey, Timestamp>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes the oldest one whenever it is another one, until `stop`.
    pub(super) async fn note(
        &self,
        ports: &Ports,
        partition: PartitionId,
        stop: &CancellationToken,
    ) {
        let mut noted: Option<Backlog> = None;
        loop {
            let backlog = Backlog {
                oldest: self.oldest(),
                at: ports.clock.now(),
            };
            let is_known = noted.is_some_and(|noted| {
                noted.oldest == backlog.oldest && backlog.at.since(noted.at) < NOTE_EVERY
            });
            if !is_known {
                match ports.backlogs.put(partition, &backlog).await {
                    Ok(()) => noted = Some(backlog),
                    Err(error) => warn!(
                        error = &error as &dyn std::error::Error,
                        "what waits is not noted now"
                    ),
                }
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(CHECK_EVERY) => {}
            }
        }
    }
}
