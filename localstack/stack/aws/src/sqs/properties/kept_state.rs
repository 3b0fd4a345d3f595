//! What is kept is what is in memory: read back after any operations, the
//! queues stand as they stood.

use proptest::prelude::*;

use super::{START, attributes, create, later, message, name, receive};
use crate::clock::Timestamp;
use crate::sqs::change::Effects;
use crate::sqs::journal::testing::Rows;
use crate::sqs::message::Receipt;
use crate::sqs::moves::NewMove;
use crate::sqs::name::{QueueKind, QueueName};
use crate::sqs::state::State;

#[derive(Debug, Clone)]
enum Step {
    Send {
        queue: usize,
        group: u8,
        deduplication_id: u64,
        delay: u32,
    },
    Receive {
        queue: usize,
        max: usize,
        timeout: u32,
    },
    Delete {
        pick: prop::sample::Index,
    },
    ChangeVisibility {
        pick: prop::sample::Index,
        timeout: u32,
    },
    Retention {
        queue: usize,
        seconds: u32,
    },
    Tag {
        queue: usize,
        value: u8,
    },
    Purge {
        queue: usize,
    },
    Move {
        queue: usize,
        pace: Option<u32>,
    },
    Recreate {
        queue: usize,
    },
    Wait {
        millis: u32,
    },
}

/// Two queues, each with its dead-letter queue before it.
const QUEUES: [&str; 4] = ["dead", "work", "dead.fifo", "work.fifo"];

fn step() -> impl Strategy<Value = Step> {
    let queue = || 0..QUEUES.len();
    let pick = any::<prop::sample::Index>;
    prop_oneof![
        8 => (queue(), 0..3u8, 0..40u64, prop_oneof![Just(0u32), 0..20u32]).prop_map(
            |(queue, group, deduplication_id, delay)| Step::Send {
                queue, group, deduplication_id, delay
            }),
        8 => (queue(), 1..=10usize, prop_oneof![0..3u32, Just(30)])
            .prop_map(|(queue, max, timeout)| Step::Receive { queue, max, timeout }),
        4 => pick().prop_map(|pick| Step::Delete { pick }),
        4 => (pick(), 0..60u32)
            .prop_map(|(pick, timeout)| Step::ChangeVisibility { pick, timeout }),
        1 => (queue(), 60..600u32)
            .prop_map(|(queue, seconds)| Step::Retention { queue, seconds }),
        1 => (queue(), any::<u8>()).prop_map(|(queue, value)| Step::Tag { queue, value }),
        1 => queue().prop_map(|queue| Step::Purge { queue }),
        2 => (queue(), prop_oneof![Just(None), (1..20u32).prop_map(Some)])
            .prop_map(|(queue, pace)| Step::Move { queue, pace }),
        1 => (1..QUEUES.len()).prop_map(|queue| Step::Recreate { queue }),
        6 => prop_oneof![0..3_000u32, Just(40_000), Just(310_000)]
            .prop_map(|millis| Step::Wait { millis }),
    ]
}

struct Kept {
    state: State,
    rows: Rows,
    now: Timestamp,
    sent: u64,
    moved: u64,
    receipts: Vec<(QueueName, Receipt)>,
}

impl Kept {
    fn new() -> Self {
        let mut kept = Self {
            state: State::default(),
            rows: Rows::in_memory(),
            now: START,
            sent: 0,
            moved: 0,
            receipts: Vec::new(),
        };
        for queue in 0..QUEUES.len() {
            kept.run(|state, _, effects| create_queue(state, queue, effects));
        }
        kept
    }

    fn run<T>(&mut self, step: impl FnOnce(&mut State, Timestamp, &mut Effects) -> T) -> T {
        let mut effects = Effects::default();
        let result = step(&mut self.state, self.now, &mut effects);
        self.rows.write(&effects.changes);
        result
    }

    /// An operation that is refused keeps its word too, so refusals are steps
    /// like any other.
    fn take(&mut self, step: &Step) {
        match step {
            Step::Send {
                queue,
                group,
                deduplication_id,
                delay,
            } => {
                self.sent += 1;
                let queue = name(QUEUES[*queue]);
                let new = match queue.kind() {
                    QueueKind::Fifo => message(self.sent, Some(*group), Some(*deduplication_id)),
                    QueueKind::Standard => {
                        let mut new = message(self.sent, None, None);
                        new.delay = Some(*delay);
                        new
                    }
                };
                self.run(|state, now, effects| state.send(now, &queue, new, effects))
                    .unwrap();
            }
            Step::Receive {
                queue,
                max,
                timeout,
            } => {
                let (queue, request) = (name(QUEUES[*queue]), receive(*max, *timeout));
                let messages = self
                    .run(|state, now, effects| state.receive(now, &queue, &request, effects))
                    .unwrap();
                let receipts = messages.iter().map(|m| (queue.clone(), m.receipt(&queue)));
                self.receipts.extend(receipts);
            }
            Step::Delete { pick } => {
                let Some((queue, receipt)) = self.pick(*pick) else {
                    return;
                };
                self.run(|state, now, e| state.delete(now, &queue, &receipt, e))
                    .ok();
            }
            Step::ChangeVisibility { pick, timeout } => {
                let Some((queue, receipt)) = self.pick(*pick) else {
                    return;
                };
                self.run(|state, now, effects| {
                    state.change_visibility(now, &queue, &receipt, *timeout, effects)
                })
                .ok();
            }
            Step::Move { queue, pace } => {
                self.moved += 1;
                let new = NewMove {
                    handle: format!("move-{:06}", self.moved),
                    source_arn: name(QUEUES[*queue]).arn(),
                    destination_arn: None,
                    pace: *pace,
                };
                self.run(|state, now, effects| state.start_move(now, new, effects))
                    .ok();
            }
            Step::Wait { millis } => {
                self.now = later(self.now, *millis);
                self.run(State::advance_moves);
            }
            Step::Retention { .. }
            | Step::Tag { .. }
            | Step::Purge { .. }
            | Step::Recreate { .. } => self.change_queue(step),
        }
    }

    fn change_queue(&mut self, step: &Step) {
        self.run(|state, now, effects| match step {
            Step::Retention { queue, seconds } => {
                let change = attributes(&[("MessageRetentionPeriod", &seconds.to_string())]);
                state.set_attributes(now, &name(QUEUES[*queue]), change, effects)
            }
            Step::Tag { queue, value } => {
                let tag = |tags: &mut std::collections::BTreeMap<String, String>| {
                    tags.insert("tag".into(), value.to_string());
                };
                state.change_tags(&name(QUEUES[*queue]), tag, effects)
            }
            Step::Purge { queue } => state.purge(&name(QUEUES[*queue]), effects),
            Step::Recreate { queue } => {
                state.delete_queue(&name(QUEUES[*queue]), effects).unwrap();
                create_queue(state, *queue, effects);
                Ok(())
            }
            Step::Send { .. }
            | Step::Receive { .. }
            | Step::Delete { .. }
            | Step::ChangeVisibility { .. }
            | Step::Move { .. }
            | Step::Wait { .. } => Ok(()),
        })
        .unwrap();
    }

    fn pick(&self, pick: prop::sample::Index) -> Option<(QueueName, Receipt)> {
        (!self.receipts.is_empty()).then(|| pick.get(&self.receipts).clone())
    }

    fn compare(mut self) {
        let mut read = self.rows.read(self.now);
        for queue in QUEUES {
            let queue = name(queue);
            for state in [&mut self.state, &mut read] {
                let effects = &mut Effects::default();
                state.queue_mut(&queue).unwrap().advance(self.now, effects);
            }
            assert_eq!(
                read.queue(&queue).unwrap(),
                self.state.queue(&queue).unwrap()
            );
            let arn = queue.arn();
            assert!(read.moves_of(&arn).eq(self.state.moves_of(&arn)));
        }
        // No sequence is given out twice, whatever was deleted in between.
        let (kept, lost) = (read.next_sequence(), self.state.next_sequence());
        assert!(kept >= lost, "{kept:?} after {lost:?}");
    }
}

fn create_queue(state: &mut State, queue: usize, effects: &mut Effects) {
    let this = name(QUEUES[queue]);
    let mut pairs = Vec::new();
    if this.kind() == QueueKind::Fifo {
        pairs.push(("FifoQueue", "true"));
    }
    let policy;
    if queue % 2 == 1 {
        let arn = name(QUEUES[queue - 1]).arn();
        policy = format!(r#"{{"deadLetterTargetArn":"{arn}","maxReceiveCount":2}}"#);
        pairs.push(("RedrivePolicy", &policy));
        pairs.push(("DelaySeconds", "1"));
    }
    create(state, &this, &pairs, effects);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..Default::default() })]

    #[test]
    fn queues_read_back_stand_as_they_stood(steps in prop::collection::vec(step(), 1..100)) {
        let mut kept = Kept::new();
        for step in &steps {
            kept.take(step);
        }
        kept.compare();
    }
}
