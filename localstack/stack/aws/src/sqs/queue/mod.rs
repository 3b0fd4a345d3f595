//! One queue: its messages and everything that decides who gets which, when.
//!
//! No I/O, no clock and no random numbers: time comes in as an argument, and
//! what has to be kept goes out as [`Change`]s.
//!
//! - [`lineup`]: which waiting messages may be received, in what order
//! - [`send`], [`receive`], [`settle`]: the three things that happen to messages

mod attempts;
mod lineup;
mod receive;
mod send;
mod settle;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use self::attempts::Attempts;
use self::lineup::{Groups, Lineup, Outlook};
pub(crate) use self::receive::{Polling, Receive};
pub(crate) use self::send::Sent;
use super::change::{Change, Effects, QueueRecord};
use super::deduplication::{Deduplication, DeduplicationKey, Original};
use super::message::{Message, Sequence, Standing};
use super::name::{QueueKind, QueueName};
use super::settings::Settings;
use crate::clock::Timestamp;

#[derive(Debug, PartialEq)]
pub(crate) struct Queue {
    pub(crate) name: QueueName,
    pub(crate) settings: Settings,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) created_at: Timestamp,
    pub(crate) modified_at: Timestamp,
    messages: BTreeMap<Sequence, Message>,
    lineup: Lineup,
    /// When a message in flight comes back, or a delayed one is due.
    timers: BTreeSet<(Timestamp, Sequence)>,
    by_age: BTreeSet<(Timestamp, Sequence)>,
    in_flight: usize,
    in_flight_limit: usize,
    deduplication: Deduplication,
    attempts: Attempts,
}

/// The approximate numbers of SQS, which are exact here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) visible: usize,
    pub(crate) in_flight: usize,
    pub(crate) delayed: usize,
}

impl Queue {
    pub(crate) fn new(
        name: QueueName,
        settings: Settings,
        tags: BTreeMap<String, String>,
        created_at: Timestamp,
        in_flight_limit: usize,
    ) -> Self {
        let lineup = match name.kind() {
            QueueKind::Standard => Lineup::Standard(BTreeSet::new()),
            QueueKind::Fifo => Lineup::Fifo(Groups::default()),
        };
        Self {
            name,
            settings,
            tags,
            created_at,
            modified_at: created_at,
            messages: BTreeMap::new(),
            lineup,
            timers: BTreeSet::new(),
            by_age: BTreeSet::new(),
            in_flight: 0,
            in_flight_limit,
            deduplication: Deduplication::default(),
            attempts: Attempts::default(),
        }
    }

    pub(crate) fn record(&self) -> QueueRecord {
        QueueRecord {
            attributes: self.settings.as_set().clone(),
            tags: self.tags.clone(),
            created_at: self.created_at,
            modified_at: self.modified_at,
        }
    }

    /// Puts a kept message back where it stood.
    pub(crate) fn restore_message(&mut self, message: Message, now: Timestamp) {
        self.place(message, now);
    }

    pub(crate) fn restore_duplicate(&mut self, key: DeduplicationKey, original: Original) {
        self.deduplication.remember(key, original);
    }

    /// Lets time pass: messages come back or come due, old ones are dropped.
    pub(crate) fn advance(&mut self, now: Timestamp, effects: &mut Effects) {
        while let Some(&(due, sequence)) = self.timers.first() {
            if due > now {
                break;
            }
            self.timers.pop_first();
            self.fire(sequence, due, now, effects);
        }
        while let Some(&(enqueued_at, sequence)) = self.by_age.first() {
            if enqueued_at.plus_seconds(self.settings.retention) > now {
                break;
            }
            self.remove(sequence, now, effects);
        }
        if let Some(until) = self.deduplication.forget(now) {
            effects.record(Change::DuplicatesForgotten {
                queue: self.name.clone(),
                until,
            });
        }
        self.attempts.forget(now);
    }

    pub(crate) fn counts(&self) -> Counts {
        let delayed = self.timers.len() - self.in_flight;
        let visible = self.messages.len() - self.in_flight - delayed;
        Counts {
            visible,
            in_flight: self.in_flight,
            delayed,
        }
    }

    /// When this queue may next have something to give, without anybody's doing.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.timers.first().map(|(due, _)| *due)
    }

    pub(crate) fn purge(&mut self, effects: &mut Effects) {
        let emptied = Self::new(
            self.name.clone(),
            self.settings.clone(),
            std::mem::take(&mut self.tags),
            self.created_at,
            self.in_flight_limit,
        );
        let before = std::mem::replace(self, emptied);
        self.modified_at = before.modified_at;
        // A purged message is still known to have been sent.
        self.deduplication = before.deduplication;
        effects.record(Change::QueuePurged {
            queue: self.name.clone(),
        });
    }

    /// Visible messages up to a sequence, oldest first.
    pub(crate) fn visible_below(
        &self,
        below: Sequence,
        now: Timestamp,
    ) -> impl Iterator<Item = Sequence> {
        self.messages
            .range(..below)
            .filter_map(move |(sequence, message)| {
                let visible = matches!(message.delivery.standing,
                Standing::Waiting { visible_at } if visible_at <= now);
                visible.then_some(*sequence)
            })
    }

    pub(crate) fn message(&self, sequence: Sequence) -> Option<&Message> {
        self.messages.get(&sequence)
    }

    /// Adds a message that has its place already.
    pub(crate) fn add(&mut self, message: Message, now: Timestamp, effects: &mut Effects) {
        effects.record(Change::MessageAdded {
            queue: self.name.clone(),
            message: message.clone(),
        });
        let outlook = self.place(message, now);
        self.note(outlook, effects);
    }

    /// Takes a message out of the queue, wherever it stands.
    pub(crate) fn remove(
        &mut self,
        sequence: Sequence,
        now: Timestamp,
        effects: &mut Effects,
    ) -> Option<Message> {
        let message = self.messages.remove(&sequence)?;
        self.by_age.remove(&(message.enqueued_at, sequence));
        let outlook = self.unplace(&message, now);
        self.note(outlook, effects);
        effects.record(Change::MessageRemoved { sequence });
        Some(message)
    }

    fn place(&mut self, message: Message, now: Timestamp) -> Outlook {
        let sequence = message.sequence;
        self.by_age.insert((message.enqueued_at, sequence));
        let group = group_of(&message);
        let standing = message.delivery.standing;
        self.messages.insert(sequence, message);
        match standing {
            Standing::Waiting { visible_at } => self.line_up(&group, sequence, visible_at, now),
            Standing::InFlight { until, .. } => {
                self.in_flight += 1;
                if let Lineup::Fifo(groups) = &mut self.lineup {
                    groups.take_off(&group, sequence, now);
                }
                self.start_timer(until, sequence)
            }
        }
    }

    fn line_up(
        &mut self,
        group: &Arc<str>,
        sequence: Sequence,
        visible_at: Timestamp,
        now: Timestamp,
    ) -> Outlook {
        if visible_at > now {
            if let Lineup::Fifo(groups) = &mut self.lineup {
                groups.wait(group, sequence, visible_at, now);
            }
            return self.start_timer(visible_at, sequence);
        }
        match &mut self.lineup {
            Lineup::Standard(ready) => {
                ready.insert(sequence);
                Outlook::Sooner
            }
            Lineup::Fifo(groups) => groups.wait(group, sequence, visible_at, now),
        }
    }

    /// Those who wait sleep until the first timer, so only a new first one
    /// concerns them.
    fn start_timer(&mut self, due: Timestamp, sequence: Sequence) -> Outlook {
        self.timers.insert((due, sequence));
        if self.next_due() == Some(due) {
            Outlook::Sooner
        } else {
            Outlook::Same
        }
    }

    fn unplace(&mut self, message: &Message, now: Timestamp) -> Outlook {
        let (sequence, group) = (message.sequence, group_of(message));
        match message.delivery.standing {
            Standing::Waiting { visible_at } => {
                self.timers.remove(&(visible_at, sequence));
                match &mut self.lineup {
                    Lineup::Standard(ready) => {
                        ready.remove(&sequence);
                        Outlook::Same
                    }
                    Lineup::Fifo(groups) => groups.leave(&group, sequence, now),
                }
            }
            Standing::InFlight { until, .. } => {
                self.timers.remove(&(until, sequence));
                self.in_flight -= 1;
                match &mut self.lineup {
                    Lineup::Standard(_) => Outlook::Same,
                    Lineup::Fifo(groups) => groups.land(&group, now),
                }
            }
        }
    }

    /// A timer has run out. Nothing is recorded: a message whose flight ended
    /// in the past is restored as one that waits.
    fn fire(&mut self, sequence: Sequence, due: Timestamp, now: Timestamp, effects: &mut Effects) {
        let Some(message) = self.messages.get_mut(&sequence) else {
            return;
        };
        let group = group_of(message);
        let was_in_flight = message.is_in_flight();
        message.delivery.standing = Standing::Waiting { visible_at: due };
        if was_in_flight {
            self.in_flight -= 1;
        }
        let outlook = match &mut self.lineup {
            Lineup::Standard(ready) => {
                ready.insert(sequence);
                Outlook::Sooner
            }
            // The message must wait in line before its flight ends, or a later
            // one of its group would be offered first.
            Lineup::Fifo(groups) if was_in_flight => {
                groups.wait(&group, sequence, due, now);
                groups.land(&group, now)
            }
            Lineup::Fifo(groups) => groups.refresh(&group, now),
        };
        self.note(outlook, effects);
    }

    fn note(&self, outlook: Outlook, effects: &mut Effects) {
        if outlook == Outlook::Sooner {
            effects.stirred.insert(self.name.clone());
        }
    }
}

/// Messages of a standard queue stand in no group of their own.
fn group_of(message: &Message) -> Arc<str> {
    message.group.clone().unwrap_or_default()
}
