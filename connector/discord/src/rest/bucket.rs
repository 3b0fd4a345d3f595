use std::time::Duration;

use tokio::time::Instant;

use super::answer::BucketHeaders;

/// Whether a request may go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    Now,
    At(Instant),
    /// Once a request that is out has been answered.
    OnAnswer,
}

/// One limit for one major parameter, as far as Discord has told.
#[derive(Debug, Default)]
pub(crate) struct Bucket {
    known: Known,
    in_flight: u32,
    /// Set by a 429, which overrides whatever was counted.
    blocked_until: Option<Instant>,
}

#[derive(Debug, Default)]
enum Known {
    /// Nothing yet. Requests go out one at a time until an answer tells.
    #[default]
    Nothing,
    /// An answer came without a limit.
    Unlimited,
    Window {
        limit: u32,
        remaining: u32,
        /// Nothing if the window begins with the next answer.
        ends: Option<Instant>,
    },
}

impl Bucket {
    /// Two answers of one window tell nearly the same end of it.
    const NEXT_WINDOW: Duration = Duration::from_millis(500);

    pub(crate) fn turn(&mut self, now: Instant) -> Turn {
        if let Some(until) = self.blocked_until {
            if now < until {
                return Turn::At(until);
            }
            self.blocked_until = None;
        }
        match &mut self.known {
            Known::Nothing if self.in_flight == 0 => Turn::Now,
            Known::Nothing => Turn::OnAnswer,
            Known::Unlimited => Turn::Now,
            Known::Window {
                limit,
                remaining,
                ends,
            } => {
                if ends.is_some_and(|ends| ends <= now) {
                    (*remaining, *ends) = (*limit, None);
                }
                match (*remaining, *ends) {
                    (0, Some(ends)) => Turn::At(ends),
                    (0, None) if self.in_flight > 0 => Turn::OnAnswer,
                    // Every request of the window failed without an answer: nothing more will
                    // be learnt without asking.
                    (0, None) => {
                        *remaining = 1;
                        Turn::Now
                    }
                    _ => Turn::Now,
                }
            }
        }
    }

    pub(crate) fn take(&mut self) {
        self.in_flight += 1;
        if let Known::Window { remaining, .. } = &mut self.known {
            *remaining = remaining.saturating_sub(1);
        }
    }

    pub(crate) fn release(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    pub(crate) fn block(&mut self, now: Instant, wait: Duration) {
        self.blocked_until = self.blocked_until.max(Some(now + wait));
    }

    /// The request that this answers is still counted as in flight.
    pub(crate) fn learn(&mut self, headers: &BucketHeaders, now: Instant) {
        let told_end = now + headers.reset_after;
        // Those still out may have reached Discord before or after this answer was written.
        // Counting them again errs on the side of waiting.
        let told = headers
            .remaining
            .saturating_sub(self.in_flight.saturating_sub(1));
        let (counted, ends) = match self.known {
            // A window began while the request was on its way: what was counted in the one before
            // it is over.
            Known::Window {
                ends: Some(ends), ..
            } if ends <= now || ends + Self::NEXT_WINDOW <= told_end => (u32::MAX, None),
            Known::Window {
                remaining, ends, ..
            } => (remaining, ends),
            Known::Nothing | Known::Unlimited => (u32::MAX, None),
        };
        self.known = Known::Window {
            limit: headers.limit.max(1),
            remaining: told.min(counted),
            ends: Some(ends.map_or(told_end, |ends| ends.max(told_end))),
        };
    }

    pub(crate) fn learn_unlimited(&mut self) {
        if matches!(self.known, Known::Nothing) {
            self.known = Known::Unlimited;
        }
    }

    /// Takes over what was counted before the limit's name was known.
    pub(crate) fn absorb(&mut self, unnamed: Self) {
        self.in_flight += unnamed.in_flight;
        self.blocked_until = self.blocked_until.max(unnamed.blocked_until);
        if matches!(self.known, Known::Nothing) {
            self.known = unnamed.known;
        }
    }

    /// Whether forgetting it would change nothing.
    pub(crate) fn is_idle(&self, now: Instant) -> bool {
        let is_over = match self.known {
            Known::Nothing | Known::Unlimited => true,
            Known::Window { ends, .. } => ends.is_none_or(|ends| ends <= now),
        };
        is_over && self.in_flight == 0 && self.blocked_until.is_none_or(|until| until <= now)
    }
}
