//! How often an API key may be used.
//!
//! Requests are counted in windows that begin with the minute and with the day (UTC), the same for
//! everybody: that way each count is one number under a name that every process knows.

use std::time::Duration;

use crate::time::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Window {
    Minute,
    Day,
}

impl Window {
    pub const ALL: [Self; 2] = [Self::Minute, Self::Day];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Day => "day",
        }
    }

    pub const fn seconds(self) -> u32 {
        match self {
            Self::Minute => 60,
            Self::Day => 86_400,
        }
    }

    /// Which window it is, counted from 1970.
    pub fn number(self, now: Timestamp) -> i64 {
        now.seconds().div_euclid(self.seconds().into())
    }

    pub fn end(self, now: Timestamp) -> Timestamp {
        Timestamp::from_seconds((self.number(now) + 1) * i64::from(self.seconds()))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestLimits {
    pub per_minute: u32,
    pub per_day: u32,
}

impl RequestLimits {
    pub const fn of(self, window: Window) -> u32 {
        match window {
            Window::Minute => self.per_minute,
            Window::Day => self.per_day,
        }
    }
}

/// How much of its limits a key has used at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    pub limits: RequestLimits,
    pub in_minute: u32,
    pub in_day: u32,
    pub at: Timestamp,
}

impl Usage {
    pub const fn used(&self, window: Window) -> u32 {
        match window {
            Window::Minute => self.in_minute,
            Window::Day => self.in_day,
        }
    }

    pub const fn remaining(&self, window: Window) -> u32 {
        self.limits.of(window).saturating_sub(self.used(window))
    }

    /// The windows in which nothing is left.
    pub fn exhausted(&self) -> impl Iterator<Item = Window> {
        Window::ALL
            .into_iter()
            .filter(|window| self.remaining(*window) == 0)
    }

    /// Whether this is the first use in its minute.
    pub const fn is_first_of_minute(&self) -> bool {
        self.in_minute == 1
    }

    /// When something is left again in every window.
    pub fn free_at(&self) -> Timestamp {
        let ends = self.exhausted().map(|window| window.end(self.at));
        ends.max().unwrap_or(self.at)
    }
}

/// Seconds from `now` until `then`, rounded up: whoever waits so long is not too early.
pub fn seconds_until(then: Timestamp, now: Timestamp) -> u64 {
    let left = then.since(now);
    left.as_secs() + u64::from(left > Duration::from_secs(left.as_secs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_begin_with_the_minute_and_the_day() {
        // 2026-09-21T14:13:20.5Z
        let now = Timestamp(1_790_000_000_500);
        assert_eq!(
            Window::Minute.end(now),
            Timestamp::from_seconds(1_790_000_040)
        );
        assert_eq!(Window::Day.end(now), Timestamp::from_seconds(1_790_035_200));
        let start = Timestamp::from_seconds(1_790_000_040);
        assert_eq!(Window::Minute.number(start), Window::Minute.number(now) + 1);
        assert_eq!(seconds_until(Window::Minute.end(now), now), 40);
        assert_eq!(seconds_until(Timestamp(now.0 + 1000), now), 1);
        assert_eq!(seconds_until(now, now), 0);
    }

    #[test]
    fn whoever_has_used_a_day_waits_for_the_next() {
        let limits = RequestLimits {
            per_minute: 2,
            per_day: 3,
        };
        let at = Timestamp::from_seconds(1_790_000_000);
        let usage = |in_minute, in_day| Usage {
            limits,
            in_minute,
            in_day,
            at,
        };
        assert_eq!(usage(1, 2).free_at(), at);
        assert_eq!(usage(2, 2).free_at(), Window::Minute.end(at));
        assert_eq!(usage(2, 3).free_at(), Window::Day.end(at));
        // A smaller plan since this morning.
        assert_eq!(usage(0, 9).remaining(Window::Day), 0);
        assert_eq!(usage(0, 9).exhausted().collect::<Vec<_>>(), [Window::Day]);
    }
}
