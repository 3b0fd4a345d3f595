use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use patchbay_domain::Timestamp;

use crate::ports::{QueueCounts, Received};

/// What SQS hands out at once.
const BATCH: usize = 10;
/// How long SQS remembers a deduplication id.
const DEDUPLICATION: Duration = Duration::from_mins(5);

/// A queue that behaves like SQS. Messages with the same group are handed out in their order, and
/// none while an earlier one is out; messages without a group stand for themselves.
pub(super) struct Fifo<T> {
    /// In the order of sending.
    messages: BTreeMap<u64, Message<T>>,
    /// Until when a deduplication id is refused.
    sent: BTreeMap<String, Timestamp>,
    next: u64,
}

struct Message<T> {
    body: T,
    group: Option<String>,
    visible_at: Timestamp,
    times: u32,
}

impl<T> Default for Fifo<T> {
    fn default() -> Self {
        Self {
            messages: BTreeMap::new(),
            sent: BTreeMap::new(),
            next: 0,
        }
    }
}

impl<T: Clone> Fifo<T> {
    pub(super) fn send(&mut self, body: T, now: Timestamp) {
        self.push(body, None, now);
    }

    pub(super) fn send_in_group(&mut self, body: T, group: String, key: String, now: Timestamp) {
        self.sent.retain(|_, until| now < *until);
        if self.sent.insert(key, now.plus(DEDUPLICATION)).is_none() {
            self.push(body, Some(group), now);
        }
    }

    fn push(&mut self, body: T, group: Option<String>, now: Timestamp) {
        let message = Message {
            body,
            group,
            visible_at: now,
            times: 0,
        };
        self.messages.insert(self.next, message);
        self.next += 1;
    }

    pub(super) fn receive(
        &mut self,
        now: Timestamp,
        visibility: Duration,
    ) -> Vec<Received<T, String>> {
        let mut blocked = HashSet::new();
        let mut received = Vec::new();
        for (number, message) in &mut self.messages {
            let is_blocked = message
                .group
                .as_ref()
                .is_some_and(|group| blocked.contains(group));
            if is_blocked || received.len() == BATCH {
                continue;
            }
            if message.visible_at > now {
                blocked.extend(message.group.clone());
                continue;
            }
            message.visible_at = now.plus(visibility);
            message.times += 1;
            received.push(Received {
                body: message.body.clone(),
                receipt: format!("{number}/{}", message.times),
                times: message.times,
            });
        }
        received
    }

    pub(super) fn counts(&self, now: Timestamp) -> QueueCounts {
        let hidden = self.messages.values();
        let hidden = hidden.filter(|message| message.visible_at > now).count();
        let count = |messages: usize| u64::try_from(messages).unwrap_or(u64::MAX);
        QueueCounts {
            waiting: count(self.messages.len() - hidden),
            in_flight: count(hidden),
            delayed: 0,
        }
    }

    pub(super) fn delete(&mut self, receipt: &str) {
        if let Some(number) = self.held(receipt) {
            self.messages.remove(&number);
        }
    }

    pub(super) fn hide(&mut self, receipt: &str, until: Timestamp) {
        if let Some(number) = self.held(receipt)
            && let Some(message) = self.messages.get_mut(&number)
        {
            message.visible_at = until;
        }
    }

    /// The message of a receipt, unless it has been received anew since.
    fn held(&self, receipt: &str) -> Option<u64> {
        let (number, times) = receipt.split_once('/')?;
        let number = number.parse().ok()?;
        let times: u32 = times.parse().ok()?;
        (self.messages.get(&number)?.times == times).then_some(number)
    }
}
