//! A store, queues and leases whose answers get lost.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;

use crate::hooked::{Hook, Lost, Operation};

#[derive(Default)]
pub(super) struct Trouble {
    /// How many of the next writes fail: each other one after its effect.
    writes: AtomicUsize,
    no_renewals: AtomicBool,
}

impl Trouble {
    pub(super) fn lose_writes(&self, writes: usize) {
        self.writes.store(writes, Ordering::SeqCst);
    }

    /// No lease can be renewed for so long.
    pub(super) async fn lose_leases(&self, time: Duration) {
        self.no_renewals.store(true, Ordering::SeqCst);
        tokio::time::sleep(time).await;
        self.no_renewals.store(false, Ordering::SeqCst);
    }

    /// Loses this write, if the next one is to be lost at such a moment.
    fn lose(&self, is_moment: fn(usize) -> bool) -> Result<(), Lost> {
        let take = |left: usize| left.checked_sub(1).filter(|_| is_moment(left));
        let taken = self
            .writes
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, take);
        taken.map_or(Ok(()), |_| Err(Lost))
    }
}

#[async_trait]
impl Hook for Trouble {
    async fn before(&self, operation: Operation) -> Result<(), Lost> {
        if operation != Operation::RenewLease {
            return self.lose(|left| left.is_multiple_of(2));
        }
        if self.no_renewals.load(Ordering::SeqCst) {
            return Err(Lost);
        }
        Ok(())
    }

    async fn after(&self, operation: Operation) -> Result<(), Lost> {
        if operation == Operation::RenewLease {
            return Ok(());
        }
        self.lose(|left| !left.is_multiple_of(2))
    }
}
