use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::time::Timestamp;

/// A poll as it is asked for; lengths have been checked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct NewPoll {
    pub(crate) question: String,
    pub(crate) answers: Vec<PollAnswer>,
    pub(crate) hours: u64,
    pub(crate) allow_multiselect: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct PollAnswer {
    pub(crate) text: String,
    /// A part of an emoji, as it was sent.
    pub(crate) emoji: Option<Value>,
}

/// A poll in a message.
#[derive(Debug, Clone)]
pub(crate) struct Poll {
    pub(crate) asked: NewPoll,
    pub(crate) expiry: Timestamp,
}

impl Poll {
    pub(super) fn begun(asked: NewPoll, now: Timestamp) -> Self {
        let millis = asked.hours.saturating_mul(3_600_000);
        Self {
            expiry: now.plus_millis(millis),
            asked,
        }
    }
}
