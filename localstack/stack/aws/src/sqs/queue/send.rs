//! Taking a message in: checks, deduplication, its place in the queue.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Effects, Queue};
use crate::clock::Timestamp;
use crate::hex::hex;
use crate::sqs::change::Change;
use crate::sqs::deduplication::{DeduplicationKey, INTERVAL_SECONDS, Original};
use crate::sqs::error::SqsError;
use crate::sqs::message::{Delivery, Message, NewMessage, Sequence};
use crate::sqs::name::QueueKind;
use crate::sqs::settings::{DeduplicationScope, LARGEST_MESSAGE};

/// What the sender is told. A duplicate's sender is told the same as the
/// original's was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) id: Uuid,
    pub(crate) sequence_number: Option<Sequence>,
}

impl Queue {
    /// `sequence` is used up only when a message is added.
    pub(crate) fn send(
        &mut self,
        now: Timestamp,
        sequence: Sequence,
        new: NewMessage,
        effects: &mut Effects,
    ) -> Result<Sent, SqsError> {
        let size = new.size();
        if size > self.settings.maximum_message_size.min(LARGEST_MESSAGE) {
            return Err(SqsError::InvalidParameter(format!(
                "One or more parameters are invalid. Reason: Message must be shorter than {} bytes.",
                self.settings.maximum_message_size
            )));
        }
        match self.name.kind() {
            QueueKind::Standard => self.send_standard(now, sequence, new, effects),
            QueueKind::Fifo => self.send_fifo(now, sequence, new, effects),
        }
    }

    fn send_standard(
        &mut self,
        now: Timestamp,
        sequence: Sequence,
        new: NewMessage,
        effects: &mut Effects,
    ) -> Result<Sent, SqsError> {
        if new.deduplication_id.is_some() {
            return Err(SqsError::InvalidParameter(
                "The request includes a parameter that is not valid for this queue type: \
                 MessageDeduplicationId."
                    .into(),
            ));
        }
        let delay = new.delay.unwrap_or(self.settings.delay);
        let sent = Sent {
            id: new.id,
            sequence_number: None,
        };
        self.add(new.placed(sequence, None, delay, now), now, effects);
        Ok(sent)
    }

    fn send_fifo(
        &mut self,
        now: Timestamp,
        sequence: Sequence,
        mut new: NewMessage,
        effects: &mut Effects,
    ) -> Result<Sent, SqsError> {
        if new.delay.is_some_and(|delay| delay > 0) {
            return Err(SqsError::InvalidParameter(format!(
                "Value {} for parameter DelaySeconds is invalid. Reason: The request include \
                 parameter that is not valid for this queue type.",
                new.delay.unwrap_or_default()
            )));
        }
        let group = new
            .group
            .clone()
            .ok_or(SqsError::MissingParameter("MessageGroupId"))?;
        let id = self.deduplication_id(&new)?;
        new.deduplication_id = Some(Arc::clone(&id));
        let key = match self.settings.deduplication_scope {
            DeduplicationScope::Queue => DeduplicationKey { group: None, id },
            DeduplicationScope::MessageGroup => DeduplicationKey {
                group: Some(group),
                id,
            },
        };
        if let Some(original) = self.deduplication.original(&key, now) {
            let sequence_number = Some(original.sequence_number);
            return Ok(Sent {
                id: original.id,
                sequence_number,
            });
        }
        let original = Original {
            id: new.id,
            sequence_number: sequence,
            expires_at: now.plus_seconds(INTERVAL_SECONDS),
        };
        effects.record(Change::DuplicateRemembered {
            queue: self.name.clone(),
            key: key.clone(),
            original: original.clone(),
        });
        self.deduplication.remember(key, original);
        let sent = Sent {
            id: new.id,
            sequence_number: Some(sequence),
        };
        let delay = self.settings.delay;
        self.add(
            new.placed(sequence, Some(sequence), delay, now),
            now,
            effects,
        );
        Ok(sent)
    }

    fn deduplication_id(&self, new: &NewMessage) -> Result<Arc<str>, SqsError> {
        if let Some(id) = &new.deduplication_id {
            return Ok(Arc::clone(id));
        }
        if self.settings.content_based_deduplication {
            return Ok(hex(&Sha256::digest(new.body.as_bytes())).into());
        }
        Err(SqsError::InvalidParameter(
            "The queue should either have ContentBasedDeduplication enabled or \
             MessageDeduplicationId provided explicitly"
                .into(),
        ))
    }
}

impl NewMessage {
    /// Bytes, by the rule of SQS: the body, and each attribute's name, type and value.
    pub(crate) fn size(&self) -> usize {
        let attributes: usize = self
            .attributes
            .iter()
            .map(|(name, value)| {
                let text = value.string_value.as_ref().map_or(0, String::len);
                // Base64 spends four characters on three bytes.
                let binary = value.binary_value.as_ref().map_or(0, |v| v.len() / 4 * 3);
                name.len() + value.data_type.len() + text + binary
            })
            .sum();
        self.body.len() + attributes
    }

    fn placed(
        self,
        sequence: Sequence,
        sequence_number: Option<Sequence>,
        delay: u32,
        now: Timestamp,
    ) -> Message {
        Message {
            sequence,
            id: self.id,
            body: self.body,
            attributes: self.attributes,
            system_attributes: self.system_attributes,
            group: self.group,
            deduplication_id: self.deduplication_id,
            sequence_number,
            enqueued_at: now,
            dead_letter_source: None,
            delivery: Delivery::fresh(now.plus_seconds(delay)),
        }
    }
}
