//! The five minutes in which a FIFO queue knows a message again.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use uuid::Uuid;

use super::message::Sequence;
use crate::clock::Timestamp;

/// Amazon SQS, "Exactly-once processing": the deduplication interval.
pub(crate) const INTERVAL_SECONDS: u32 = 5 * 60;

/// Forgetting costs a write to disk, so it waits until this much has piled up.
/// Expired entries are ignored in the meantime.
const FORGETTING_LAG_SECONDS: u32 = 10;

/// The group is part of the key only where the queue deduplicates per group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct DeduplicationKey {
    pub(crate) group: Option<Arc<str>>,
    pub(crate) id: Arc<str>,
}

/// The first message sent under a key: what the senders of duplicates are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Original {
    pub(crate) id: Uuid,
    pub(crate) sequence_number: Sequence,
    pub(crate) expires_at: Timestamp,
}

#[derive(Debug, Default, PartialEq)]
pub(crate) struct Deduplication {
    originals: HashMap<DeduplicationKey, Original>,
    by_expiry: BTreeSet<(Timestamp, DeduplicationKey)>,
}

impl Deduplication {
    pub(crate) fn original(&self, key: &DeduplicationKey, now: Timestamp) -> Option<&Original> {
        self.originals
            .get(key)
            .filter(|original| original.expires_at > now)
    }

    pub(crate) fn remember(&mut self, key: DeduplicationKey, original: Original) {
        self.by_expiry.insert((original.expires_at, key.clone()));
        if let Some(replaced) = self.originals.insert(key.clone(), original) {
            self.by_expiry.remove(&(replaced.expires_at, key));
        }
    }

    /// Drops what has expired, and says up to when, if that was anything.
    pub(crate) fn forget(&mut self, now: Timestamp) -> Option<Timestamp> {
        let oldest = self.by_expiry.first()?.0;
        if oldest.plus_seconds(FORGETTING_LAG_SECONDS) > now {
            return None;
        }
        while let Some((expires_at, key)) = self.by_expiry.pop_first() {
            if expires_at > now {
                self.by_expiry.insert((expires_at, key));
                break;
            }
            self.originals.remove(&key);
        }
        Some(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: &str) -> DeduplicationKey {
        DeduplicationKey {
            group: None,
            id: id.into(),
        }
    }

    fn original(number: u64, expires_at: i64) -> Original {
        Original {
            id: Uuid::from_u128(u128::from(number)),
            sequence_number: Sequence(number),
            expires_at: Timestamp::from_millis(expires_at),
        }
    }

    #[test]
    fn a_key_is_known_until_it_expires_and_then_forgotten() {
        let mut known = Deduplication::default();
        known.remember(key("a"), original(1, 1_000));
        known.remember(key("b"), original(2, 60_000));
        assert!(
            known
                .original(&key("a"), Timestamp::from_millis(999))
                .is_some()
        );
        assert!(
            known
                .original(&key("a"), Timestamp::from_millis(1_000))
                .is_none()
        );
        assert_eq!(
            known.forget(Timestamp::from_millis(5_000)),
            None,
            "not worth a write yet"
        );
        let now = Timestamp::from_millis(11_000);
        assert_eq!(known.forget(now), Some(now));
        assert!(known.original(&key("b"), now).is_some());
        assert_eq!(known.forget(now), None);
    }

    #[test]
    fn a_key_sent_again_after_expiry_starts_a_new_interval() {
        let mut known = Deduplication::default();
        known.remember(key("a"), original(1, 1_000));
        known.remember(key("a"), original(2, 400_000));
        let now = Timestamp::from_millis(20_000);
        known.forget(now);
        assert_eq!(
            known.original(&key("a"), now).unwrap().sequence_number,
            Sequence(2)
        );
    }
}
