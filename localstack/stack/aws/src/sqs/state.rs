//! All queues: what an operation on one of them means for the others.
//!
//! Like a [`Queue`], this does no I/O and is told the time, so a test can drive
//! days of it in a moment and get the same answer every time.

use std::collections::BTreeMap;

use super::change::{Change, Effects, QueueRecord};
use super::deduplication::{DeduplicationKey, Original};
use super::error::SqsError;
use super::message::{Delivery, Message, NewMessage, Receipt, Sequence};
use super::moves::MoveTask;
use super::name::{QueueKind, QueueName};
use super::queue::{Queue, Receive, Sent};
use super::settings::{AttributeMap, IN_FLIGHT_LIMIT, Settings};
use crate::clock::Timestamp;

/// Sequences are reserved on disk in blocks, so that none is given out twice
/// and not every send writes the counter.
const SEQUENCE_BLOCK: u64 = 1_024;

#[derive(Debug, PartialEq)]
pub(crate) struct State {
    queues: BTreeMap<QueueName, Queue>,
    next_sequence: Sequence,
    reserved_below: Sequence,
    in_flight_limit: usize,
    pub(super) moves: Vec<MoveTask>,
}

impl Default for State {
    fn default() -> Self {
        Self::with_in_flight_limit(IN_FLIGHT_LIMIT)
    }
}

/// An operation on one queue starts by letting time pass there.
impl State {
    pub(crate) fn with_in_flight_limit(in_flight_limit: usize) -> Self {
        Self {
            queues: BTreeMap::new(),
            next_sequence: Sequence(1),
            reserved_below: Sequence(1),
            in_flight_limit,
            moves: Vec::new(),
        }
    }

    pub(crate) fn queue(&self, name: &QueueName) -> Result<&Queue, SqsError> {
        self.queues.get(name).ok_or(SqsError::QueueDoesNotExist)
    }

    pub(crate) fn queue_mut(&mut self, name: &QueueName) -> Result<&mut Queue, SqsError> {
        self.queues.get_mut(name).ok_or(SqsError::QueueDoesNotExist)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &QueueName> {
        self.queues.keys()
    }

    /// Creating a queue that exists with the same attributes changes nothing.
    pub(crate) fn create_queue(
        &mut self,
        now: Timestamp,
        name: &QueueName,
        attributes: AttributeMap,
        tags: BTreeMap<String, String>,
        effects: &mut Effects,
    ) -> Result<(), SqsError> {
        let settings = Settings::parse(name.kind(), attributes)?;
        if let Some(existing) = self.queues.get(name) {
            return match existing.settings.first_difference(&settings) {
                None => Ok(()),
                Some(attribute) => Err(SqsError::QueueNameExists(attribute)),
            };
        }
        self.check_redrive(name, &settings)?;
        let queue = Queue::new(name.clone(), settings, tags, now, self.in_flight_limit);
        effects.record(Change::QueueSaved {
            queue: name.clone(),
            record: queue.record(),
        });
        self.queues.insert(name.clone(), queue);
        Ok(())
    }

    pub(crate) fn set_attributes(
        &mut self,
        now: Timestamp,
        name: &QueueName,
        changes: AttributeMap,
        effects: &mut Effects,
    ) -> Result<(), SqsError> {
        let settings = self.queue(name)?.settings.changed(changes)?;
        self.check_redrive(name, &settings)?;
        let queue = self.queue_mut(name)?;
        queue.settings = settings;
        queue.modified_at = now;
        effects.record(Change::QueueSaved {
            queue: name.clone(),
            record: queue.record(),
        });
        // A shorter retention takes effect on what is there already.
        queue.advance(now, effects);
        Ok(())
    }

    pub(crate) fn change_tags(
        &mut self,
        name: &QueueName,
        change: impl FnOnce(&mut BTreeMap<String, String>),
        effects: &mut Effects,
    ) -> Result<(), SqsError> {
        let queue = self.queue_mut(name)?;
        change(&mut queue.tags);
        effects.record(Change::QueueSaved {
            queue: name.clone(),
            record: queue.record(),
        });
        Ok(())
    }

    pub(crate) fn delete_queue(
        &mut self,
        name: &QueueName,
        effects: &mut Effects,
    ) -> Result<(), SqsError> {
        self.queues
            .remove(name)
            .ok_or(SqsError::QueueDoesNotExist)?;
        effects.record(Change::QueueDeleted {
            queue: name.clone(),
        });
        effects.stirred.insert(name.clone());
        Ok(())
    }

    pub(crate) fn purge(
        &mut self,
        name: &QueueName,
        effects: &mut Effects,
    ) -> Result<(), SqsError> {
        self.queue_mut(name)?.purge(effects);
        Ok(())
    }

    /// The queues whose dead letters go to this one.
    pub(crate) fn dead_letter_sources(&self, target: &QueueName) -> Vec<&QueueName> {
        self.queues
            .values()
            .filter(|queue| {
                queue
                    .settings
                    .redrive
                    .as_ref()
                    .is_some_and(|r| r.target == *target)
            })
            .map(|queue| &queue.name)
            .collect()
    }

    pub(crate) fn send(
        &mut self,
        now: Timestamp,
        name: &QueueName,
        new: NewMessage,
        effects: &mut Effects,
    ) -> Result<Sent, SqsError> {
        let sequence = self.next_sequence;
        let queue = self
            .queues
            .get_mut(name)
            .ok_or(SqsError::QueueDoesNotExist)?;
        queue.advance(now, effects);
        let id = new.id;
        let sent = queue.send(now, sequence, new, effects)?;
        if sent.id == id {
            self.take_sequence(effects);
        }
        Ok(sent)
    }

    pub(crate) fn receive(
        &mut self,
        now: Timestamp,
        name: &QueueName,
        request: &Receive,
        effects: &mut Effects,
    ) -> Result<Vec<Message>, SqsError> {
        let redrive = self.queue(name)?.settings.redrive.clone();
        // Without its dead-letter queue a message stays where it is.
        let redrive = redrive.filter(|redrive| self.queues.contains_key(&redrive.target));
        let receives_allowed = redrive.as_ref().map(|redrive| redrive.max_receive_count);
        let queue = self.queue_mut(name)?;
        queue.advance(now, effects);
        let received = queue.receive(now, request, receives_allowed, effects)?;
        if let Some(redrive) = redrive {
            for message in received.given_up {
                self.bury(now, name, &redrive.target, message, effects);
            }
        }
        Ok(received.messages)
    }

    pub(crate) fn delete(
        &mut self,
        now: Timestamp,
        name: &QueueName,
        receipt: &Receipt,
        effects: &mut Effects,
    ) -> Result<(), SqsError> {
        let queue = self.queue_mut(name)?;
        queue.advance(now, effects);
        queue.delete(now, receipt, effects)
    }

    pub(crate) fn change_visibility(
        &mut self,
        now: Timestamp,
        name: &QueueName,
        receipt: &Receipt,
        timeout: u32,
        effects: &mut Effects,
    ) -> Result<(), SqsError> {
        let queue = self.queue_mut(name)?;
        queue.advance(now, effects);
        queue.change_visibility(now, receipt, timeout, effects)
    }

    pub(super) fn next_sequence(&self) -> Sequence {
        self.next_sequence
    }

    pub(super) fn take_sequence(&mut self, effects: &mut Effects) -> Sequence {
        let sequence = self.next_sequence;
        self.next_sequence = Sequence(sequence.0 + 1);
        if self.next_sequence > self.reserved_below {
            self.reserved_below = Sequence(sequence.0 + SEQUENCE_BLOCK);
            effects.record(Change::SequencesReserved {
                below: self.reserved_below,
            });
        }
        sequence
    }

    /// A standard queue's dead letter keeps its age, and so may expire soon; a
    /// FIFO queue's starts anew (Amazon SQS, "Message retention periods for
    /// dead-letter queues").
    fn bury(
        &mut self,
        now: Timestamp,
        source: &QueueName,
        target: &QueueName,
        mut message: Message,
        effects: &mut Effects,
    ) {
        message.sequence = self.take_sequence(effects);
        message.delivery = Delivery::fresh(now);
        message.dead_letter_source = Some(source.clone());
        if target.kind() == QueueKind::Fifo {
            message.enqueued_at = now;
        }
        if let Some(queue) = self.queues.get_mut(target) {
            queue.add(message, now, effects);
        }
    }

    fn check_redrive(&self, source: &QueueName, settings: &Settings) -> Result<(), SqsError> {
        const NAME: &str = "RedrivePolicy";
        let Some(redrive) = &settings.redrive else {
            return Ok(());
        };
        let Some(target) = self.queues.get(&redrive.target) else {
            return Err(SqsError::attribute(
                NAME,
                "Dead letter target does not exist",
            ));
        };
        if target.name.kind() != source.kind() {
            return Err(SqsError::attribute(
                NAME,
                "Dead-letter queue must be same type of queue as the source",
            ));
        }
        if !target.settings.redrive_allowance.permits(source) {
            return Err(SqsError::attribute(
                NAME,
                "Dead letter queue's redrive allow policy refuses this queue",
            ));
        }
        Ok(())
    }
}

/// Putting kept state back, in the order: queues, then what is in them.
impl State {
    pub(crate) fn restore_sequences(&mut self, reserved_below: Sequence) {
        self.next_sequence = reserved_below;
        self.reserved_below = reserved_below;
    }

    pub(crate) fn restore_queue(
        &mut self,
        name: QueueName,
        record: QueueRecord,
    ) -> Result<(), SqsError> {
        let settings = Settings::parse(name.kind(), record.attributes)?;
        let mut queue = Queue::new(
            name.clone(),
            settings,
            record.tags,
            record.created_at,
            self.in_flight_limit,
        );
        queue.modified_at = record.modified_at;
        self.queues.insert(name, queue);
        Ok(())
    }

    pub(crate) fn restore_message(
        &mut self,
        queue: &QueueName,
        message: Message,
        now: Timestamp,
    ) -> Result<(), SqsError> {
        self.queue_mut(queue)?.restore_message(message, now);
        Ok(())
    }

    pub(crate) fn restore_duplicate(
        &mut self,
        queue: &QueueName,
        key: DeduplicationKey,
        original: Original,
    ) -> Result<(), SqsError> {
        self.queue_mut(queue)?.restore_duplicate(key, original);
        Ok(())
    }

    pub(crate) fn restore_move(&mut self, task: MoveTask) {
        self.moves.push(task);
    }
}
