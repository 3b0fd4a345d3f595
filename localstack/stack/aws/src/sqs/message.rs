//! A message, where it stands in its queue, and the receipt for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::error::SqsError;
use super::name::QueueName;
use crate::clock::Timestamp;

/// A message's place in its queue, and its row's key on disk. It rises over
/// all queues, so no two messages ever have the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Sequence(pub(crate) u64);

/// The value of a message attribute, as it travels on the wire; a binary value
/// stays in base64.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AttributeValue {
    pub(crate) data_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) string_value: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) binary_value: Option<String>,
}

/// In name order, which is the order their digest is taken in.
pub(crate) type Attributes = BTreeMap<String, AttributeValue>;

/// What a sender hands over, checked.
#[derive(Debug, Clone)]
pub(crate) struct NewMessage {
    pub(crate) id: Uuid,
    pub(crate) body: Arc<str>,
    pub(crate) attributes: Attributes,
    pub(crate) system_attributes: Attributes,
    pub(crate) group: Option<Arc<str>>,
    pub(crate) deduplication_id: Option<Arc<str>>,
    /// Seconds; the queue's own delay where there is none.
    pub(crate) delay: Option<u32>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Message {
    pub(crate) sequence: Sequence,
    pub(crate) id: Uuid,
    pub(crate) body: Arc<str>,
    pub(crate) attributes: Attributes,
    pub(crate) system_attributes: Attributes,
    pub(crate) group: Option<Arc<str>>,
    pub(crate) deduplication_id: Option<Arc<str>>,
    /// What the sender of a FIFO message was told; it stays when the message
    /// is moved to another queue, while `sequence` does not.
    pub(crate) sequence_number: Option<Sequence>,
    pub(crate) enqueued_at: Timestamp,
    /// The queue that gave the message up, for a message in a dead-letter queue.
    pub(crate) dead_letter_source: Option<QueueName>,
    pub(crate) delivery: Delivery,
}

/// All that receiving a message changes about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Delivery {
    pub(crate) standing: Standing,
    pub(crate) receive_count: u32,
    pub(crate) first_received_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Can be received from `visible_at` on.
    Waiting { visible_at: Timestamp },
    /// Received, and hidden from others.
    InFlight {
        received_at: Timestamp,
        until: Timestamp,
    },
}

impl Delivery {
    pub(crate) fn fresh(visible_at: Timestamp) -> Self {
        Self {
            standing: Standing::Waiting { visible_at },
            receive_count: 0,
            first_received_at: None,
        }
    }
}

impl Message {
    pub(crate) fn is_in_flight(&self) -> bool {
        matches!(self.delivery.standing, Standing::InFlight { .. })
    }

    /// The receipt of the newest receive. The receive count tells one receive
    /// of a message from the next, so it needs no random part.
    pub(crate) fn receipt(&self, queue: &QueueName) -> Receipt {
        Receipt {
            queue: queue.as_str().into(),
            sequence: self.sequence,
            receive: self.delivery.receive_count,
            id: self.id,
        }
    }
}

/// Stands for one receive of one message. On the wire it is opaque text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Receipt {
    queue: Arc<str>,
    pub(crate) sequence: Sequence,
    pub(crate) receive: u32,
    pub(crate) id: Uuid,
}

impl Receipt {
    pub(crate) fn encode(&self) -> String {
        let Self {
            queue,
            sequence,
            receive,
            id,
        } = self;
        URL_SAFE_NO_PAD.encode(format!("{queue}/{}/{receive}/{}", sequence.0, id.simple()))
    }

    /// Reads a handle that must have come from `queue`.
    pub(crate) fn decode(handle: &str, queue: &QueueName) -> Result<Self, SqsError> {
        Self::decode_parts(handle)
            .filter(|receipt| &*receipt.queue == queue.as_str())
            .ok_or(SqsError::ReceiptHandleIsInvalid)
    }

    fn decode_parts(handle: &str) -> Option<Self> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(handle).ok()?).ok()?;
        let mut parts = text.split('/');
        let receipt = Self {
            queue: parts.next()?.into(),
            sequence: Sequence(parts.next()?.parse().ok()?),
            receive: parts.next()?.parse().ok()?,
            id: parts.next()?.parse().ok()?,
        };
        parts.next().is_none().then_some(receipt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_survives_the_wire_and_belongs_to_its_queue() {
        let queue = QueueName::parse("tasks.fifo").unwrap();
        let other = QueueName::parse("others.fifo").unwrap();
        let receipt = Receipt {
            queue: queue.as_str().into(),
            sequence: Sequence(42),
            receive: 3,
            id: Uuid::from_u128(7),
        };
        let handle = receipt.encode();
        assert_eq!(Receipt::decode(&handle, &queue), Ok(receipt));
        assert_eq!(
            Receipt::decode(&handle, &other),
            Err(SqsError::ReceiptHandleIsInvalid)
        );
        for garbage in ["", "garbage", "AQEB/+=="] {
            assert_eq!(
                Receipt::decode(garbage, &queue),
                Err(SqsError::ReceiptHandleIsInvalid)
            );
        }
    }
}
