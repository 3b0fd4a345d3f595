use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use patchbay_domain::Timestamp;
use sha2::{Digest, Sha256};
use tokio::sync::watch;

use crate::ports::{Clock, Ids};

/// A clock that stands still until it is moved. Clones show the same time.
#[derive(Debug, Clone)]
pub struct ManualClock {
    now: Arc<watch::Sender<Timestamp>>,
}

impl ManualClock {
    pub fn at(now: Timestamp) -> Self {
        Self {
            now: Arc::new(watch::Sender::new(now)),
        }
    }

    pub fn set(&self, now: Timestamp) {
        self.now.send_replace(now);
    }

    pub fn advance(&self, duration: Duration) {
        self.now.send_modify(|now| *now = now.plus(duration));
    }

    /// Tells of every move.
    pub(super) fn moves(&self) -> watch::Receiver<Timestamp> {
        self.now.subscribe()
    }
}

impl Default for ManualClock {
    /// Some moment in 2026.
    fn default() -> Self {
        Self::at(Timestamp::from_seconds(1_790_000_000))
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.now.borrow()
    }
}

/// Counts 1, 2, 3 … as ids; its secrets look random and are the same in every run.
#[derive(Debug, Clone, Default)]
pub struct CountingIds {
    ids: Arc<AtomicU64>,
    secrets: Arc<AtomicU64>,
}

impl Ids for CountingIds {
    fn next(&self) -> u128 {
        u128::from(self.ids.fetch_add(1, Ordering::Relaxed) + 1)
    }

    fn secret(&self) -> u128 {
        let count = self.secrets.fetch_add(1, Ordering::Relaxed);
        let digest = Sha256::digest(count.to_be_bytes());
        digest
            .iter()
            .take(16)
            .fold(0, |bits, byte| bits << 8 | u128::from(*byte))
    }
}
