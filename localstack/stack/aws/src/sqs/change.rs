//! What an operation did to the queues: the rows to write, and who to wake.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::deduplication::{DeduplicationKey, Original};
use super::message::{Delivery, Message, Sequence};
use super::moves::MoveTask;
use super::name::QueueName;
use super::settings::AttributeMap;
use crate::clock::Timestamp;

/// What is kept of a queue besides its messages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct QueueRecord {
    pub(crate) attributes: AttributeMap,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) created_at: Timestamp,
    pub(crate) modified_at: Timestamp,
}

/// One change to what is kept. Applying an operation's changes in order to the
/// kept state yields the state in memory.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    QueueSaved {
        queue: QueueName,
        record: QueueRecord,
    },
    QueueDeleted {
        queue: QueueName,
    },
    QueuePurged {
        queue: QueueName,
    },
    MessageAdded {
        queue: QueueName,
        message: Message,
    },
    MessageRemoved {
        sequence: Sequence,
    },
    Delivered {
        sequence: Sequence,
        delivery: Delivery,
    },
    DuplicateRemembered {
        queue: QueueName,
        key: DeduplicationKey,
        original: Original,
    },
    DuplicatesForgotten {
        queue: QueueName,
        until: Timestamp,
    },
    MoveSaved {
        task: MoveTask,
    },
    MoveForgotten {
        handle: String,
    },
    /// No sequence at or above this one has been given out.
    SequencesReserved {
        below: Sequence,
    },
}

#[derive(Debug, Default)]
pub(crate) struct Effects {
    pub(crate) changes: Vec<Change>,
    /// Queues that have a message to give, or will have one, sooner than before.
    pub(crate) stirred: BTreeSet<QueueName>,
}

impl Effects {
    pub(crate) fn record(&mut self, change: Change) {
        self.changes.push(change);
    }
}
