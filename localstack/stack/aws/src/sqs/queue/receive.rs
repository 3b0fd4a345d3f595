//! Handing messages out, and giving up those received too often.

use super::lineup::Lineup;
use super::{Effects, Queue, group_of};
use crate::clock::Timestamp;
use crate::sqs::change::Change;
use crate::sqs::error::SqsError;
use crate::sqs::message::{Message, Sequence, Standing};
use crate::sqs::name::QueueKind;

#[derive(Debug, Clone)]
pub(crate) struct Receive {
    pub(crate) max: usize,
    /// Seconds; the queue's own visibility timeout where there is none.
    pub(crate) visibility_timeout: Option<u32>,
    pub(crate) attempt: Option<String>,
    pub(crate) polling: Polling,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Polling {
    Short,
    Long,
}

#[derive(Debug, Default)]
pub(crate) struct Received {
    pub(crate) messages: Vec<Message>,
    /// Received too often, and out of this queue: they belong in its
    /// dead-letter queue now.
    pub(crate) given_up: Vec<Message>,
}

impl Queue {
    /// `receives_allowed` is the redrive policy's count, if messages received
    /// more often have somewhere to go.
    pub(crate) fn receive(
        &mut self,
        now: Timestamp,
        request: &Receive,
        receives_allowed: Option<u32>,
        effects: &mut Effects,
    ) -> Result<Received, SqsError> {
        let timeout = request
            .visibility_timeout
            .unwrap_or(self.settings.visibility_timeout);
        let until = now.plus_seconds(timeout);
        if let Some(messages) = self.repeat_attempt(now, request, until, effects) {
            return Ok(Received {
                messages,
                given_up: Vec::new(),
            });
        }
        let room = self.in_flight_limit.saturating_sub(self.in_flight);
        if room == 0 && self.name.kind() == QueueKind::Standard && request.polling == Polling::Short
        {
            return Err(SqsError::OverLimit);
        }
        let max = request.max.min(room);
        let mut received = Received::default();
        while received.messages.len() < max {
            let Some(sequence) = self.next_offer(now, &received.messages) else {
                break;
            };
            if self.is_given_up(sequence, receives_allowed) {
                received
                    .given_up
                    .extend(self.remove(sequence, now, effects));
            } else {
                received
                    .messages
                    .extend(self.take(sequence, now, until, effects));
            }
        }
        if let Some(id) = &request.attempt
            && !received.messages.is_empty()
        {
            let taken = received
                .messages
                .iter()
                .map(|message| message.sequence)
                .collect();
            self.attempts.remember(id, taken, until, now);
        }
        Ok(received)
    }

    /// The next message to look at. In a FIFO queue the group of the last one
    /// taken comes first, so that a receive gets as much of one group as it can.
    fn next_offer(&self, now: Timestamp, taken: &[Message]) -> Option<Sequence> {
        match &self.lineup {
            Lineup::Standard(ready) => ready.first().copied(),
            Lineup::Fifo(groups) => {
                let same_group = taken
                    .last()
                    .and_then(|message| groups.first_visible(&group_of(message), now));
                same_group.or_else(|| groups.first_visible(&groups.first_offer()?, now))
            }
        }
    }

    fn is_given_up(&self, sequence: Sequence, receives_allowed: Option<u32>) -> bool {
        let count = self
            .messages
            .get(&sequence)
            .map(|message| message.delivery.receive_count);
        matches!((count, receives_allowed), (Some(count), Some(allowed)) if count >= allowed)
    }

    fn take(
        &mut self,
        sequence: Sequence,
        now: Timestamp,
        until: Timestamp,
        effects: &mut Effects,
    ) -> Option<Message> {
        let message = self.messages.get_mut(&sequence)?;
        message.delivery.receive_count += 1;
        message.delivery.first_received_at.get_or_insert(now);
        message.delivery.standing = Standing::InFlight {
            received_at: now,
            until,
        };
        let taken = message.clone();
        match &mut self.lineup {
            Lineup::Standard(ready) => {
                ready.remove(&sequence);
            }
            Lineup::Fifo(groups) => groups.take_off(&group_of(&taken), sequence, now),
        }
        self.in_flight += 1;
        let outlook = self.start_timer(until, sequence);
        self.note(outlook, effects);
        effects.record(Change::Delivered {
            sequence,
            delivery: taken.delivery.clone(),
        });
        Some(taken)
    }

    /// The same messages and receipts again, hidden anew, if this attempt was
    /// made before and nothing has happened to its messages since.
    fn repeat_attempt(
        &mut self,
        now: Timestamp,
        request: &Receive,
        until: Timestamp,
        effects: &mut Effects,
    ) -> Option<Vec<Message>> {
        let id = request.attempt.as_deref()?;
        let attempt = self.attempts.get(id)?.clone();
        let untouched = |sequence: &Sequence| {
            self.messages.get(sequence).is_some_and(|message| {
                matches!(message.delivery.standing,
                    Standing::InFlight { until, .. } if until == attempt.until)
            })
        };
        if !attempt.taken.iter().all(untouched) {
            return None;
        }
        let mut messages = Vec::with_capacity(attempt.taken.len());
        for sequence in &attempt.taken {
            messages.extend(self.hide_until(*sequence, until, effects).cloned());
        }
        self.attempts.remember(id, attempt.taken, until, now);
        Some(messages)
    }

    /// Moves the end of a message's flight.
    pub(super) fn hide_until(
        &mut self,
        sequence: Sequence,
        new_until: Timestamp,
        effects: &mut Effects,
    ) -> Option<&Message> {
        let message = self.messages.get_mut(&sequence)?;
        if let Standing::InFlight { until, .. } = &mut message.delivery.standing {
            self.timers.remove(&(*until, sequence));
            *until = new_until;
        }
        effects.record(Change::Delivered {
            sequence,
            delivery: message.delivery.clone(),
        });
        let outlook = self.start_timer(new_until, sequence);
        self.note(outlook, effects);
        self.messages.get(&sequence)
    }
}
