//! Sending tasks so that no task of a pair is ever stored before an earlier one.
//!
//! SQS takes up to ten messages in a request and may store some of them and not others. So a
//! request carries at most one task of each pair, and a pair's next task goes out once the one
//! before it is stored.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_sqs::types::{BatchResultErrorEntry, SendMessageBatchRequestEntry};
use patchbay_app::ports::PortResult;
use patchbay_domain::ids::{PairId, PartitionId};
use patchbay_domain::{ForwardTask, QueuedTask};

use super::{BATCH, Queues};
use crate::error::{Refusal, corrupt, unavailable};

const OPERATION: &str = "enqueuing tasks";
/// What the messages of one request may hold together: 1 MiB, less some room for their frames.
const BYTES: usize = (1 << 20) - (16 << 10);
/// How often a message is sent that SQS does not take, and the first pause before.
const REPEATS: u32 = 5;
const PAUSE: Duration = Duration::from_millis(50);

/// Tasks for one queue that are not stored yet, in their order.
#[derive(Default)]
pub(super) struct Backlog {
    tasks: Vec<Outgoing>,
}

#[derive(Debug, Clone)]
struct Outgoing {
    pair: PairId,
    group: String,
    key: String,
    body: String,
}

impl Backlog {
    pub(super) fn push(&mut self, task: &ForwardTask) -> PortResult<()> {
        let body = serde_json::to_string(&QueuedTask::V1(task.clone()))
            .map_err(|error| corrupt(OPERATION, error.to_string()))?;
        self.tasks.push(Outgoing {
            pair: task.pair,
            group: task.pair.to_string(),
            key: task.send_key().to_string(),
            body,
        });
        Ok(())
    }

    /// The places of the tasks that may be sent together now: the first ones of their pairs.
    fn batch(&self) -> Vec<usize> {
        let mut places = Vec::with_capacity(BATCH);
        let mut pairs = std::collections::HashSet::with_capacity(BATCH);
        let mut bytes = 0;
        for (place, task) in self.tasks.iter().enumerate() {
            let is_first_of_pair = pairs.insert(task.pair);
            if !is_first_of_pair {
                continue;
            }
            bytes += task.body.len();
            if places.len() == BATCH || (bytes > BYTES && !places.is_empty()) {
                break;
            }
            places.push(place);
        }
        places
    }

    /// Takes out those of the places that are stored.
    fn remove(&mut self, stored: &[usize]) {
        let mut place = 0;
        self.tasks.retain(|_| {
            place += 1;
            !stored.contains(&(place - 1))
        });
    }
}

impl Queues {
    pub(super) async fn send_all(
        &self,
        partition: PartitionId,
        mut backlog: Backlog,
    ) -> PortResult<()> {
        let url = self.url(self.names.tasks(partition)).await?;
        let mut repeats = 0;
        while !backlog.tasks.is_empty() {
            let places = backlog.batch();
            let failed = self.send_batch(&url, &backlog, &places).await?;
            let stored: Vec<usize> = places
                .into_iter()
                .filter(|place| !failed.contains_key(place))
                .collect();
            repeats = if stored.is_empty() { repeats + 1 } else { 0 };
            backlog.remove(&stored);
            if let Some(refusal) = failed.into_values().find(|failed| failed.sender_fault) {
                return Err(refused(refusal));
            }
            if repeats > REPEATS {
                let message = format!("nothing is taken after {REPEATS} repeats");
                return Err(unavailable(OPERATION)(Refusal {
                    code: "Refused".to_owned(),
                    message,
                }));
            }
            if repeats > 0 {
                tokio::time::sleep(PAUSE * 2_u32.pow(repeats)).await;
            }
        }
        Ok(())
    }

    /// Sends these tasks; yields what was not stored.
    async fn send_batch(
        &self,
        url: &str,
        backlog: &Backlog,
        places: &[usize],
    ) -> PortResult<HashMap<usize, BatchResultErrorEntry>> {
        let entries: Result<Vec<_>, _> = places
            .iter()
            .map(|place| {
                let Outgoing {
                    group, key, body, ..
                } = &backlog.tasks[*place];
                SendMessageBatchRequestEntry::builder()
                    .id(place.to_string())
                    .message_group_id(group)
                    .message_deduplication_id(key)
                    .message_body(body)
                    .build()
            })
            .collect();
        let request = self
            .client
            .send_message_batch()
            .queue_url(url)
            .set_entries(Some(entries.map_err(unavailable(OPERATION))?));
        let answer = request.send().await.map_err(unavailable(OPERATION))?;
        let failed = answer.failed.into_iter();
        Ok(failed
            .filter_map(|entry| Some((entry.id.parse().ok()?, entry)))
            .collect())
    }
}

fn refused(entry: BatchResultErrorEntry) -> patchbay_app::ports::PortError {
    let message = entry.message.unwrap_or_default();
    unavailable(OPERATION)(Refusal {
        code: entry.code,
        message,
    })
}
