use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// Counts answers that Discord holds against the address: at 10,000 in ten minutes it bans it.
/// (Rate Limits, "Invalid Request Limit")
#[derive(Debug, Default)]
pub(crate) struct InvalidRequests {
    recent: VecDeque<Instant>,
}

impl InvalidRequests {
    const WINDOW: Duration = Duration::from_mins(10);
    /// Half of what is allowed: other processes may share the address.
    pub(crate) const ALLOWED: usize = 5000;

    pub(crate) fn note(&mut self, now: Instant) {
        self.forget_old(now);
        self.recent.push_back(now);
    }

    /// Until when nothing may be asked any more.
    pub(crate) fn blocked_until(&mut self, now: Instant) -> Option<Instant> {
        self.forget_old(now);
        let is_full = self.recent.len() >= Self::ALLOWED;
        self.recent
            .front()
            .filter(|_| is_full)
            .map(|oldest| *oldest + Self::WINDOW)
    }

    fn forget_old(&mut self, now: Instant) {
        while self
            .recent
            .front()
            .is_some_and(|at| now.duration_since(*at) >= Self::WINDOW)
        {
            self.recent.pop_front();
        }
    }
}
