use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use patchbay_domain::SendKey;
use patchbay_domain::ids::MessageId;

/// Which message stands for which send, as far as this process made them.
///
/// Two sends may say the same; what stands for the one must not be taken for the other.
#[derive(Debug, Default)]
pub(crate) struct Attributed {
    latest: Mutex<VecDeque<(SendKey, MessageId)>>,
}

impl Attributed {
    const KEPT: usize = 10_000;

    pub(super) fn note(&self, key: SendKey, message: MessageId) {
        let mut latest = self.lock();
        if latest.len() == Self::KEPT {
            latest.pop_front();
        }
        latest.push_back((key, message));
    }

    pub(super) fn is_of_another(&self, key: SendKey, message: MessageId) -> bool {
        self.lock()
            .iter()
            .any(|(other, known)| *known == message && *other != key)
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(SendKey, MessageId)>> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
