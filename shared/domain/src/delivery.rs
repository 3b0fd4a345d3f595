use std::fmt;

use serde::{Deserialize, Serialize};

use crate::chat::ChatId;
use crate::event::Revision;
use crate::ids::{MessageId, PairId, UserId};
use crate::lease::Fence;
use crate::time::Timestamp;

/// What became of one change of one source message through one pair: its trace, its claim, and,
/// once delivered, the map from the source message to what stands for it on the destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    pub key: DeliveryKey,
    pub owner: UserId,
    pub chat: ChatId,
    pub state: DeliveryState,
    pub source_at: Timestamp,
    pub received_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DeliveryKey {
    pub pair: PairId,
    pub message: MessageId,
    pub revision: Revision,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum DeliveryState {
    /// Somebody set out to send it. If nothing follows, it may or may not have arrived.
    Claimed {
        fence: Fence,
        since: Timestamp,
        attempts: u32,
        /// The messages sent so far, in order, when the task needs several.
        parts: Vec<MessageId>,
    },
    Delivered {
        parts: Vec<MessageId>,
    },
    Skipped {
        reason: SkipReason,
    },
    Failed {
        reason: FailReason,
    },
}

impl DeliveryState {
    pub fn is_final(&self) -> bool {
        match self {
            Self::Claimed { .. } => false,
            Self::Delivered { .. } | Self::Skipped { .. } | Self::Failed { .. } => true,
        }
    }
}

/// Why a message that matched a pair was left out on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// It is itself a delivery of ours.
    OwnPost,
    /// It has neither text nor anything else that can be carried.
    Empty,
    /// It carries media.
    Media,
    /// It changes an earlier message.
    Edit,
    /// It removes an earlier message.
    Deletion,
    /// The source forbids copying.
    Protected,
    /// The pair was deleted while the message waited.
    PairDeleted,
}

impl fmt::Display for SkipReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::OwnPost => "Patchbay posted it itself",
            Self::Empty => "there is nothing in it to forward",
            Self::Media => "media are not forwarded yet",
            Self::Edit => "edits are not forwarded yet",
            Self::Deletion => "deletions are not forwarded yet",
            Self::Protected => "the source chat forbids copying its content",
            Self::PairDeleted => "the pair was deleted before it was sent",
        })
    }
}

/// Why a message could not be delivered, and with that what its owner can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum FailReason {
    /// The destination is gone, or the account or bot is no longer in it.
    DestinationLost,
    /// The account or bot may not post there.
    NotAllowed,
    /// The session that would send is logged out.
    LoggedOut,
    /// The platform refused this message for good.
    Refused { code: String },
    /// It failed again and again.
    GaveUp { attempts: u32, last: String },
}

impl FailReason {
    pub fn advice(&self) -> &'static str {
        match self {
            Self::DestinationLost => {
                "check that the destination exists and that the account or bot is in it, then retry"
            }
            Self::NotAllowed => "give the account or bot the right to post there, then retry",
            Self::LoggedOut => "link the Telegram account again, then retry",
            Self::Refused { .. } => "change the message at its source, or leave it",
            Self::GaveUp { .. } => "retry once the platform answers again",
        }
    }
}
