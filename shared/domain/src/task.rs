use serde::{Deserialize, Serialize};

use crate::chat::{ChatId, Endpoint};
use crate::delivery::DeliveryKey;
use crate::event::{Change, Recovery};
use crate::ids::{MessageId, PairId, PartitionId, UserId};
use crate::pair::options::{Duplicates, is_default};
use crate::send_key::SendKey;
use crate::time::Timestamp;

/// What travels on the task queues.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "version")]
pub enum QueuedTask {
    #[serde(rename = "1")]
    V1(ForwardTask),
}

/// One change of one source message, to be made on one destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForwardTask {
    pub owner: UserId,
    pub pair: PairId,
    /// Whose queue it travels on.
    pub partition: PartitionId,
    pub chat: ChatId,
    /// In an album of several messages, the first one.
    pub message: MessageId,
    pub source: Endpoint,
    pub destination: Endpoint,
    pub manner: Manner,
    /// As whom it appears, where the destination lets that be chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub persona: Option<Persona>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub duplicates: Duplicates,
    pub change: Change,
    pub recovery: Recovery,
    /// When it happened on the source.
    pub source_at: Timestamp,
    /// When we learned of it.
    pub received_at: Timestamp,
    /// Not to be delivered before.
    pub due_at: Timestamp,
    /// Set when its owner has it tried again after it had failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
}

/// How a message appears on the destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Manner {
    /// Nothing tells where it comes from.
    Copied,
    /// Written anew, and it says who wrote it.
    Attributed,
    /// As the platform's own forwards.
    Forwarded,
}

/// The name and the picture under which a pair's messages appear on Discord.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Persona {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retry {
    /// Counted from 1.
    pub number: u32,
    pub at: Timestamp,
}

impl ForwardTask {
    pub fn delivery(&self) -> DeliveryKey {
        DeliveryKey {
            pair: self.pair,
            message: self.message,
            revision: self.change.revision(),
        }
    }

    pub fn send_key(&self) -> SendKey {
        SendKey::of_task(self.pair, self.chat, self.message, self.change.revision())
    }

    /// By what a queue knows a task that it has already. A retry is another task to the queue,
    /// though to the platform, by its send key, it is the same message. So is one that is brought
    /// on request: it may have been in the queue a moment ago, and left out since its pair was
    /// paused.
    pub fn deduplication(&self) -> String {
        let key = self.send_key();
        match (self.retry, self.recovery) {
            (Some(Retry { number, .. }), _) => format!("{key}-{number}"),
            (None, Recovery::Live | Recovery::Recovered) => key.to_string(),
            (None, Recovery::Requested) => format!("{key}-requested-{}", self.received_at),
        }
    }
}
