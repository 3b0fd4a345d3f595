//! Receives of a FIFO queue that a client may repeat by their attempt id.

use std::collections::{HashMap, VecDeque};

use crate::clock::Timestamp;
use crate::sqs::deduplication::INTERVAL_SECONDS;
use crate::sqs::message::Sequence;

/// What one receive took, and until when it said it would be hidden. The
/// attempt can be repeated as long as none of it has been touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attempt {
    pub(crate) taken: Vec<Sequence>,
    pub(crate) until: Timestamp,
    pub(crate) expires_at: Timestamp,
}

/// Kept in memory only: a client that repeats an attempt over a restart gets
/// the messages after their visibility timeout.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Attempts {
    by_id: HashMap<String, Attempt>,
    by_expiry: VecDeque<(Timestamp, String)>,
}

impl Attempts {
    pub(crate) fn get(&self, id: &str) -> Option<&Attempt> {
        self.by_id.get(id)
    }

    pub(crate) fn remember(
        &mut self,
        id: &str,
        taken: Vec<Sequence>,
        until: Timestamp,
        now: Timestamp,
    ) {
        let expires_at = now.plus_seconds(INTERVAL_SECONDS);
        self.by_expiry.push_back((expires_at, id.to_owned()));
        self.by_id.insert(
            id.to_owned(),
            Attempt {
                taken,
                until,
                expires_at,
            },
        );
    }

    pub(crate) fn forget(&mut self, now: Timestamp) {
        while let Some((expires_at, id)) = self.by_expiry.front() {
            if *expires_at > now {
                break;
            }
            if self
                .by_id
                .get(id)
                .is_some_and(|attempt| attempt.expires_at <= now)
            {
                self.by_id.remove(id);
            }
            self.by_expiry.pop_front();
        }
    }
}
