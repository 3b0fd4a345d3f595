//! Why a message was not delivered.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a message that matched a pair was left out on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// It is itself a delivery of ours.
    OwnPost,
    /// It has neither text nor anything else that can be carried.
    Empty,
    /// The pair forwards no edits.
    Edits,
    /// The pair forwards no deletions.
    Deletions,
    /// It changes a message that this pair did not deliver.
    Unmapped,
    /// It was deleted at its source before it was sent.
    Retracted,
    /// Somebody removed the message at the destination.
    RemovedThere,
    /// It is a forward, which nobody can edit.
    ForwardStands,
    /// It is one of several files of a message, and has no reactions of its own there.
    PartOfMessage,
    /// A later change of the same message was made already.
    Superseded,
    /// Another pair of its owner brought it to the same place.
    Duplicate,
    /// It was posted while nobody listened, and the pair leaves such messages out.
    Gap,
    /// The source forbids copying.
    Protected,
    /// The pair was deleted while the message waited.
    PairDeleted,
    /// The pair was paused while the message waited.
    PairPaused,
}

impl SkipReason {
    /// For programs; it stays what it is.
    pub fn code(self) -> &'static str {
        match self {
            Self::OwnPost => "own_post",
            Self::Empty => "empty",
            Self::Edits => "edits",
            Self::Deletions => "deletions",
            Self::Unmapped => "unmapped",
            Self::Retracted => "retracted",
            Self::RemovedThere => "removed_there",
            Self::ForwardStands => "forward_stands",
            Self::PartOfMessage => "part_of_message",
            Self::Superseded => "superseded",
            Self::Duplicate => "duplicate",
            Self::Gap => "gap",
            Self::Protected => "protected",
            Self::PairDeleted => "pair_deleted",
            Self::PairPaused => "pair_paused",
        }
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::OwnPost => "Patchbay posted it itself",
            Self::Empty => "there is nothing in it to forward",
            Self::Edits => "the pair does not forward edits",
            Self::Deletions => "the pair does not forward deletions",
            Self::Unmapped => "it changes a message that this pair did not deliver",
            Self::Retracted => "it was deleted at its source before it was sent",
            Self::RemovedThere => "the message is not there any more at the destination",
            Self::ForwardStands => {
                "a forwarded message can't be edited; a pair in copy mode carries edits"
            }
            Self::Protected => "the source chat forbids copying its content",
            Self::PairDeleted => "the pair was deleted before it was sent",
            Self::PairPaused => "the pair was paused before it was sent",
            Self::PartOfMessage => {
                "it is one of several files of a message there, which shows reactions to the first"
            }
            Self::Superseded => "a later change of the message was made already",
            Self::Duplicate => "another pair brought it to the same place",
            Self::Gap => {
                "it was posted while nobody listened, and the pair leaves such messages out"
            }
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
