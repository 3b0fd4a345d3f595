//! A FIFO queue does what a list of messages with a "hidden until" does.

use std::collections::HashMap;

use proptest::prelude::*;

use super::{START, create, later, message, name, receive};
use crate::clock::Timestamp;
use crate::sqs::change::Effects;
use crate::sqs::error::SqsError;
use crate::sqs::message::Receipt;
use crate::sqs::state::State;

const TWELVE_HOURS: u64 = 12 * 60 * 60;

#[derive(Debug, Clone)]
enum Step {
    Send {
        group: u8,
        deduplication_id: u64,
    },
    Receive {
        max: usize,
        timeout: u32,
    },
    /// Receipts are picked from all ever given out, so most of the time from
    /// those that are still good.
    Delete {
        pick: prop::sample::Index,
    },
    ChangeVisibility {
        pick: prop::sample::Index,
        timeout: u32,
    },
    Wait {
        millis: u32,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => (0..4u8, 0..60u64)
            .prop_map(|(group, deduplication_id)| Step::Send { group, deduplication_id }),
        4 => (1..=10usize, prop_oneof![0..3u32, Just(30), Just(43_200)])
            .prop_map(|(max, timeout)| Step::Receive { max, timeout }),
        4 => any::<prop::sample::Index>().prop_map(|pick| Step::Delete { pick }),
        3 => (any::<prop::sample::Index>(), prop_oneof![Just(0u32), 1..60u32, Just(43_200)])
            .prop_map(|(pick, timeout)| Step::ChangeVisibility { pick, timeout }),
        3 => prop_oneof![0..3_000u32, Just(300_000), Just(15_000_000)]
            .prop_map(|millis| Step::Wait { millis }),
    ]
}

#[derive(Debug, Clone)]
struct ModelMessage {
    number: u64,
    group: u8,
    receives: u32,
    received_at: Timestamp,
    hidden_until: Option<Timestamp>,
}

impl ModelMessage {
    fn is_hidden(&self, now: Timestamp) -> bool {
        self.hidden_until.is_some_and(|until| until > now)
    }
}

/// Messages in the order they were sent.
#[derive(Debug, Default)]
struct Model {
    messages: Vec<ModelMessage>,
    originals: HashMap<u64, (u64, Timestamp)>,
}

impl Model {
    /// The number of the message that a send stands for: its own or its original's.
    fn send(&mut self, now: Timestamp, number: u64, group: u8, deduplication_id: u64) -> u64 {
        if let Some((original, until)) = self.originals.get(&deduplication_id)
            && *until > now
        {
            return *original;
        }
        self.originals
            .insert(deduplication_id, (number, now.plus_seconds(300)));
        self.messages.push(ModelMessage {
            number,
            group,
            receives: 0,
            received_at: now,
            hidden_until: None,
        });
        number
    }

    /// Groups with nothing hidden, oldest message first; of each as many as fit.
    fn receive(&mut self, now: Timestamp, max: usize, timeout: u32) -> Vec<u64> {
        let busy: Vec<u8> = self
            .messages
            .iter()
            .filter(|m| m.is_hidden(now))
            .map(|m| m.group)
            .collect();
        let mut groups: Vec<u8> = Vec::new();
        for message in &self.messages {
            if !busy.contains(&message.group) && !groups.contains(&message.group) {
                groups.push(message.group);
            }
        }
        let mut taken = Vec::new();
        for group in groups {
            for message in self.messages.iter_mut().filter(|m| m.group == group) {
                if taken.len() < max {
                    message.receives += 1;
                    message.received_at = now;
                    message.hidden_until = Some(now.plus_seconds(timeout));
                    taken.push(message.number);
                }
            }
        }
        taken
    }

    fn delete(&mut self, now: Timestamp, number: u64, receive: u32) -> bool {
        let Some(at) = self.messages.iter().position(|m| m.number == number) else {
            return true;
        };
        let message = &self.messages[at];
        let good = message.receives == receive && message.is_hidden(now);
        if good {
            self.messages.remove(at);
        }
        good
    }

    fn change(&mut self, now: Timestamp, number: u64, receive: u32, timeout: u32) -> bool {
        let Some(message) = self.messages.iter_mut().find(|m| m.number == number) else {
            return false;
        };
        let hidden_already = now.since(message.received_at).as_secs();
        let good = message.receives == receive
            && message.is_hidden(now)
            && hidden_already + u64::from(timeout) <= TWELVE_HOURS;
        if good {
            message.hidden_until = Some(now.plus_seconds(timeout));
        }
        good
    }
}

/// The queue and its model, driven together.
struct Pair {
    state: State,
    model: Model,
    now: Timestamp,
    sent: u64,
    receipts: Vec<(u64, u32, Receipt)>,
}

impl Pair {
    fn new() -> Self {
        let mut state = State::default();
        let queue = name("model.fifo");
        let longest = ("MessageRetentionPeriod", "1209600");
        create(
            &mut state,
            &queue,
            &[("FifoQueue", "true"), longest],
            &mut Effects::default(),
        );
        Self {
            state,
            model: Model::default(),
            now: START,
            sent: 0,
            receipts: Vec::new(),
        }
    }

    fn take(&mut self, step: &Step) {
        let (queue, now) = (name("model.fifo"), self.now);
        let effects = &mut Effects::default();
        match step {
            Step::Send {
                group,
                deduplication_id,
            } => {
                self.sent += 1;
                let new = message(self.sent, Some(*group), Some(*deduplication_id));
                let sent = self.state.send(now, &queue, new, effects).unwrap();
                let expected = self.model.send(now, self.sent, *group, *deduplication_id);
                assert_eq!(sent.id.as_u128(), u128::from(expected));
            }
            Step::Receive { max, timeout } => {
                self.receive(*max, *timeout);
            }
            Step::Delete { pick } => {
                let Some((number, count, receipt)) = self.pick(*pick) else {
                    return;
                };
                let deleted = self.state.delete(now, &queue, &receipt, effects);
                assert_eq!(
                    deleted.is_ok(),
                    self.model.delete(now, number, count),
                    "{deleted:?}"
                );
            }
            Step::ChangeVisibility { pick, timeout } => {
                let Some((number, count, receipt)) = self.pick(*pick) else {
                    return;
                };
                let changed = self
                    .state
                    .change_visibility(now, &queue, &receipt, *timeout, effects);
                let expected = self.model.change(now, number, count, *timeout);
                assert_eq!(changed.is_ok(), expected, "{changed:?}");
            }
            Step::Wait { millis } => self.now = later(now, *millis),
        }
    }

    fn receive(&mut self, max: usize, timeout: u32) -> Vec<u64> {
        let queue = name("model.fifo");
        let request = receive(max, timeout);
        let received = self
            .state
            .receive(self.now, &queue, &request, &mut Effects::default())
            .unwrap();
        let numbers: Vec<u64> = received
            .iter()
            .map(|message| message.body.parse().unwrap())
            .collect();
        assert_eq!(numbers, self.model.receive(self.now, max, timeout));
        for (number, message) in numbers.iter().zip(&received) {
            let count = message.delivery.receive_count;
            self.receipts
                .push((*number, count, message.receipt(&queue)));
        }
        numbers
    }

    fn pick(&self, pick: prop::sample::Index) -> Option<(u64, u32, Receipt)> {
        (!self.receipts.is_empty()).then(|| pick.get(&self.receipts).clone())
    }

    /// Takes everything that is left, in order, once each.
    fn drain(mut self) {
        self.now = self.now.plus_seconds(43_200);
        let expected = self.model.messages.len();
        let mut drained = 0;
        loop {
            let numbers = self.receive(10, 30);
            if numbers.is_empty() {
                break;
            }
            drained += numbers.len();
            for (number, count, receipt) in
                self.receipts.split_off(self.receipts.len() - numbers.len())
            {
                let queue = name("model.fifo");
                self.state
                    .delete(self.now, &queue, &receipt, &mut Effects::default())
                    .unwrap();
                assert!(self.model.delete(self.now, number, count));
            }
        }
        assert_eq!(drained, expected);
        let counts = self.state.queue(&name("model.fifo")).unwrap().counts();
        assert_eq!(
            (counts.visible, counts.in_flight, counts.delayed),
            (0, 0, 0)
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_fifo_queue_behaves_as_its_model(steps in prop::collection::vec(step(), 1..120)) {
        let mut pair = Pair::new();
        for step in &steps {
            pair.take(step);
        }
        pair.drain();
    }
}

#[test]
fn a_receipt_of_an_earlier_receive_is_refused() {
    let mut pair = Pair::new();
    pair.take(&Step::Send {
        group: 0,
        deduplication_id: 1,
    });
    pair.receive(1, 1);
    pair.now = later(pair.now, 1_500);
    pair.receive(1, 30);
    let (_, _, old) = pair.receipts[0].clone();
    let refused = pair
        .state
        .delete(pair.now, &name("model.fifo"), &old, &mut Effects::default());
    assert!(
        matches!(refused, Err(SqsError::InvalidParameter(_))),
        "{refused:?}"
    );
}
