use std::fmt;

use serde::{Deserialize, Serialize};

use crate::chat::{ChatId, Endpoint};
use crate::event::{Recovery, Revision};
use crate::ids::{MessageId, PairId, UserId};
use crate::lease::Fence;
use crate::task::ForwardTask;
use crate::time::Timestamp;

/// What became of one change of one source message through one pair: its trace, its claim, and,
/// once delivered, the map from the source message to what stands for it on the destination. What
/// the message says is not kept in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    pub key: DeliveryKey,
    pub owner: UserId,
    pub chat: ChatId,
    pub destination: Endpoint,
    pub state: DeliveryState,
    pub recovery: Recovery,
    /// Of the text and the attachments, as far as the source told their sizes.
    pub bytes: u64,
    pub source_at: Timestamp,
    pub received_at: Timestamp,
    /// When somebody set out to send it for the first time, if anybody did.
    pub claimed_at: Option<Timestamp>,
    /// How often somebody set out to send it.
    pub attempts: u32,
    /// How often its owner had it tried again after it had failed.
    pub retries: u32,
    /// When it got its outcome, the last one if it is retried. Before there is one, when it was
    /// claimed.
    pub updated_at: Timestamp,
}

impl Delivery {
    /// What becomes of a task that nobody has set out to send.
    pub fn of(task: &ForwardTask, state: DeliveryState, now: Timestamp) -> Self {
        Self {
            key: task.delivery(),
            owner: task.owner,
            chat: task.chat,
            destination: task.destination,
            state,
            recovery: task.recovery,
            bytes: task.change.bytes(),
            source_at: task.source_at,
            received_at: task.received_at,
            claimed_at: None,
            attempts: 0,
            retries: 0,
            updated_at: now,
        }
    }

    /// Whether it has an outcome, or had one before its retry.
    pub fn is_listed(&self) -> bool {
        self.state.is_final() || self.retries > 0
    }
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
        /// The messages that were sent before it failed.
        #[serde(default)]
        parts: Vec<MessageId>,
    },
    /// It had failed, and is to be sent after all.
    Queued {
        #[serde(default)]
        parts: Vec<MessageId>,
    },
}

impl DeliveryState {
    pub fn is_final(&self) -> bool {
        match self {
            Self::Claimed { .. } | Self::Queued { .. } => false,
            Self::Delivered { .. } | Self::Skipped { .. } | Self::Failed { .. } => true,
        }
    }
}

/// Why a message that matched a pair was left out on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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

impl SkipReason {
    /// For programs; it stays what it is.
    pub fn code(self) -> &'static str {
        match self {
            Self::OwnPost => "own_post",
            Self::Empty => "empty",
            Self::Media => "media",
            Self::Edit => "edit",
            Self::Deletion => "deletion",
            Self::Protected => "protected",
            Self::PairDeleted => "pair_deleted",
        }
    }
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

/// The kinds of [`FailReason`], for counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailKind {
    DestinationLost,
    NotAllowed,
    LoggedOut,
    Refused,
    GaveUp,
}

impl FailKind {
    /// For programs; it stays what it is.
    pub fn code(self) -> &'static str {
        match self {
            Self::DestinationLost => "destination_lost",
            Self::NotAllowed => "not_allowed",
            Self::LoggedOut => "logged_out",
            Self::Refused => "refused",
            Self::GaveUp => "gave_up",
        }
    }
}

impl fmt::Display for FailReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DestinationLost => {
                formatter.write_str("the destination is gone, or nobody of ours is in it any more")
            }
            Self::NotAllowed => formatter.write_str("the account or bot may not post there"),
            Self::LoggedOut => formatter.write_str("the Telegram account is logged out"),
            Self::Refused { code } => write!(formatter, "the platform refused it: {code}"),
            Self::GaveUp { attempts, last } => {
                write!(
                    formatter,
                    "it failed {attempts} times, at last with: {last}"
                )
            }
        }
    }
}

impl FailReason {
    pub fn kind(&self) -> FailKind {
        match self {
            Self::DestinationLost => FailKind::DestinationLost,
            Self::NotAllowed => FailKind::NotAllowed,
            Self::LoggedOut => FailKind::LoggedOut,
            Self::Refused { .. } => FailKind::Refused,
            Self::GaveUp { .. } => FailKind::GaveUp,
        }
    }

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
