//! How often somebody may try something.

use std::net::IpAddr;
use std::time::Duration;

use crate::time::Timestamp;
use crate::token::TokenHash;
use crate::user::Email;

/// So many tries in each window of so much time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    pub tries: u32,
    pub window: Duration,
}

impl Allowance {
    pub const fn new(tries: u32, window: Duration) -> Self {
        Self { tries, window }
    }
}

/// What is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    Login,
    Registration,
    /// Asking for a mail because of a forgotten password.
    Forgotten,
    /// Bringing a token that was mailed.
    Token,
}

impl Attempt {
    const fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Registration => "registration",
            Self::Forgotten => "forgotten",
            Self::Token => "token",
        }
    }
}

/// Who tries it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject<'a> {
    /// Whoever is at this address. Where it isn't known, all count together.
    Address(Option<IpAddr>),
    /// Whoever says that this is theirs.
    Email(&'a Email),
}

/// The tries of one subject in one window.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Window {
    /// Tells it from every other window. It holds no address that could be read.
    pub name: String,
    pub ends_at: Timestamp,
}

impl Window {
    /// The one that is open at `now`.
    pub fn of(attempt: Attempt, subject: Subject<'_>, length: Duration, now: Timestamp) -> Self {
        let length = i64::try_from(length.as_millis()).unwrap_or(i64::MAX).max(1);
        let number = now.0.div_euclid(length);
        let who = match subject {
            Subject::Address(address) => format!("address {}", network(address)),
            Subject::Email(email) => format!("email {}", email.as_str()),
        };
        let who = TokenHash::of(&who);
        Self {
            name: format!("{}#{who}#{number}", attempt.name()),
            ends_at: Timestamp((number + 1).saturating_mul(length)),
        }
    }
}

/// Whoever has an IPv6 address has 2^64 of them.
fn network(address: Option<IpAddr>) -> String {
    match address.map(|address| address.to_canonical()) {
        None => "unknown".to_owned(),
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => format!("{:016x}/64", address.to_bits() >> 64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_060);
    const MINUTE: Duration = Duration::from_mins(1);

    fn window(subject: Subject<'_>) -> Window {
        Window::of(Attempt::Login, subject, MINUTE, NOW)
    }

    fn from(address: &str) -> Window {
        window(Subject::Address(Some(address.parse().unwrap())))
    }

    #[test]
    fn a_window_is_one_of_many_in_a_row() {
        let first = from("192.0.2.1");
        assert_eq!(first.ends_at, NOW.plus(MINUTE));
        let at = |now| {
            Window::of(
                Attempt::Login,
                Subject::Address(Some([192, 0, 2, 1].into())),
                MINUTE,
                now,
            )
        };
        assert_eq!(at(Timestamp(first.ends_at.0 - 1)), first);
        assert_ne!(at(first.ends_at), first);
    }

    #[test]
    fn each_subject_has_its_own_and_is_not_named() {
        let email = "ann@example.com".parse().unwrap();
        let all = [
            from("192.0.2.1"),
            from("192.0.2.2"),
            from("2001:db8::1"),
            from("2001:db8:0:1::1"),
            window(Subject::Address(None)),
            window(Subject::Email(&email)),
        ];
        for (place, window) in all.iter().enumerate() {
            assert!(!window.name.contains("ann") && !window.name.contains("192"));
            assert!(!all[..place].contains(window), "{window:?}");
        }
        assert_eq!(from("2001:db8::1"), from("2001:db8::ffff:1"));
        assert_eq!(from("192.0.2.1"), from("::ffff:192.0.2.1"));
    }
}
