//! Slowing down whoever guesses.

use std::net::IpAddr;
use std::time::Duration;

use patchbay_domain::throttle::{Allowance, Attempt, Subject, Window};
use patchbay_domain::user::Email;

use crate::ports::{PortError, PortResult, Ports};

const QUARTER: Duration = Duration::from_mins(15);
const HOUR: Duration = Duration::from_hours(1);

/// How much is allowed of everything that could be guessing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowances {
    /// Wrong passwords for one e-mail address, whether it has a user or not.
    pub login_of_email: Allowance,
    /// Wrong passwords from one network address.
    pub login_from_address: Allowance,
    pub registration_from_address: Allowance,
    /// Mails because of a forgotten password.
    pub forgotten_of_email: Allowance,
    pub forgotten_from_address: Allowance,
    /// Wrong tokens of mails.
    pub token_from_address: Allowance,
}

impl Default for Allowances {
    fn default() -> Self {
        Self {
            login_of_email: Allowance::new(10, QUARTER),
            login_from_address: Allowance::new(30, QUARTER),
            registration_from_address: Allowance::new(5, HOUR),
            forgotten_of_email: Allowance::new(3, HOUR),
            forgotten_from_address: Allowance::new(5, HOUR),
            token_from_address: Allowance::new(10, QUARTER),
        }
    }
}

impl Allowances {
    /// For a machine on which everybody has the same address, and nobody is a stranger.
    #[must_use]
    pub fn for_one_machine() -> Self {
        let many = |allowance: Allowance| Allowance::new(10_000, allowance.window);
        let usual = Self::default();
        Self {
            login_from_address: many(usual.login_from_address),
            registration_from_address: many(usual.registration_from_address),
            forgotten_from_address: many(usual.forgotten_from_address),
            token_from_address: many(usual.token_from_address),
            ..usual
        }
    }

    pub fn login(&self, email: Option<&Email>, address: Option<IpAddr>) -> Vec<Try> {
        let of_email = email.map(|email| Try::of_email(Attempt::Login, email, self.login_of_email));
        let from = Try::from_address(Attempt::Login, address, self.login_from_address);
        of_email.into_iter().chain([from]).collect()
    }

    pub fn registration(&self, address: Option<IpAddr>) -> Vec<Try> {
        let allowance = self.registration_from_address;
        vec![Try::from_address(Attempt::Registration, address, allowance)]
    }

    pub fn forgotten(&self, email: &Email, address: Option<IpAddr>) -> Vec<Try> {
        vec![
            Try::of_email(Attempt::Forgotten, email, self.forgotten_of_email),
            Try::from_address(Attempt::Forgotten, address, self.forgotten_from_address),
        ]
    }

    pub fn token(&self, address: Option<IpAddr>) -> Vec<Try> {
        let allowance = self.token_from_address;
        vec![Try::from_address(Attempt::Token, address, allowance)]
    }
}

/// Something that is tried, by somebody who may try it so often.
#[derive(Debug, Clone)]
pub struct Try {
    attempt: Attempt,
    who: Who,
    allowance: Allowance,
}

#[derive(Debug, Clone)]
enum Who {
    Address(Option<IpAddr>),
    Email(Email),
}

impl Try {
    fn from_address(attempt: Attempt, address: Option<IpAddr>, allowance: Allowance) -> Self {
        Self {
            attempt,
            who: Who::Address(address),
            allowance,
        }
    }

    fn of_email(attempt: Attempt, email: &Email, allowance: Allowance) -> Self {
        Self {
            attempt,
            who: Who::Email(email.clone()),
            allowance,
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ThrottleError {
    #[error("too often; again after {after:?}")]
    TooOften { after: Duration },
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Tries that were counted.
#[derive(Debug)]
#[must_use = "a try that was right is forgiven"]
pub struct Counted(Vec<Window>);

/// Counts the tries, all of them or none, before it is known whether they are right: many at the
/// same time can't pass a limit.
pub async fn count(ports: &Ports, tries: &[Try]) -> Result<Counted, ThrottleError> {
    let now = ports.clock.now();
    let mut counted = Counted(Vec::with_capacity(tries.len()));
    for attempt in tries {
        let subject = match &attempt.who {
            Who::Address(address) => Subject::Address(*address),
            Who::Email(email) => Subject::Email(email),
        };
        let Allowance { tries, window } = attempt.allowance;
        let window = Window::of(attempt.attempt, subject, window, now);
        if !ports.throttles.take(&window, tries).await? {
            forgive(ports, counted).await?;
            let after = window.ends_at.since(now);
            return Err(ThrottleError::TooOften { after });
        }
        counted.0.push(window);
    }
    Ok(counted)
}

/// Takes back what was counted: the try was right.
pub async fn forgive(ports: &Ports, counted: Counted) -> PortResult<()> {
    for window in counted.0 {
        ports.throttles.give_back(&window).await?;
    }
    Ok(())
}

/// Leaves it counted.
pub fn keep(counted: Counted) {
    drop(counted);
}
