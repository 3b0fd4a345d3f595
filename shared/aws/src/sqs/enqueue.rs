//! Sending tasks so that no task of a pair is ever stored before an earlier one.
//!
//! SQS takes up to ten messages in a request and may store some of them and not others. So a
//! request carries at most one task of each pair, and a pair's next task goes out once the one
//! before it is stored.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use aws_sdk_sqs::types::{BatchResultErrorEntry, SendMessageBatchRequestEntry};
use patchbay_app::ports::{PortError, PortResult};
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
            key: task.deduplication(),
            body,
        });
        Ok(())
    }

    /// The places of the tasks that may be sent together now: the first ones of their pairs.
    fn batch(&self) -> Vec<usize> {
        let mut places = Vec::with_capacity(BATCH);
        let mut pairs = HashSet::with_capacity(BATCH);
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

fn refused(entry: BatchResultErrorEntry) -> PortError {
    let message = entry.message.unwrap_or_default();
    unavailable(OPERATION)(Refusal {
        code: entry.code,
        message,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn outgoing(pair: u128, key: u32, bytes: usize) -> Outgoing {
        let pair = PairId::from_bits(pair);
        Outgoing {
            pair,
            group: pair.to_string(),
            key: key.to_string(),
            body: "x".repeat(bytes),
        }
    }

    #[test]
    fn a_request_carries_the_first_task_of_each_pair() {
        let tasks = [1, 1, 2, 1, 3, 2].map(|pair| outgoing(pair, 0, 1));
        assert_eq!(
            Backlog {
                tasks: tasks.to_vec()
            }
            .batch(),
            [0, 2, 4]
        );
        let tasks = (0..15).map(|pair| outgoing(pair, 0, 1)).collect();
        assert_eq!(Backlog { tasks }.batch(), (0..10).collect::<Vec<_>>());
    }

    #[test]
    fn a_request_stays_below_the_limit_but_is_never_empty() {
        let sizes = [BYTES / 2, BYTES / 2 - 1, 2, 1];
        let tasks = sizes
            .into_iter()
            .zip(0..)
            .map(|(bytes, pair)| outgoing(pair, 0, bytes));
        assert_eq!(
            Backlog {
                tasks: tasks.collect()
            }
            .batch(),
            [0, 1]
        );
        assert_eq!(
            Backlog {
                tasks: vec![outgoing(1, 0, BYTES + 1)]
            }
            .batch(),
            [0]
        );
    }

    #[test]
    fn whatever_is_refused_no_task_overtakes_another_of_its_pair() {
        for seed in 0_u64..200 {
            let pair = |key: u32| (u64::from(key) * (seed + 1) % 5).into();
            let tasks = (0..40).map(|key| outgoing(pair(key), key, 1)).collect();
            let mut backlog = Backlog { tasks };
            let mut stored: BTreeMap<PairId, Vec<u32>> = BTreeMap::new();
            let mut round = 0;
            while !backlog.tasks.is_empty() {
                round += 1;
                let noise = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
                let is_refused = |place: &usize| (noise >> ((round * 3 + place) % 61)) & 1 == 1;
                let taken: Vec<_> = backlog
                    .batch()
                    .into_iter()
                    .filter(|place| !is_refused(place))
                    .collect();
                for place in &taken {
                    let Outgoing { pair, key, .. } = &backlog.tasks[*place];
                    stored.entry(*pair).or_default().push(key.parse().unwrap());
                }
                backlog.remove(&taken);
            }
            assert_eq!(stored.values().map(Vec::len).sum::<usize>(), 40);
            assert!(
                stored.values().all(|keys| keys.is_sorted()),
                "{seed}: {stored:?}"
            );
        }
    }
}
