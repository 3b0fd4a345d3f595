//! Linking a Telegram account.
//!
//! A login is driven by the connector, which alone talks to Telegram, and answered by the user.
//! The verbs here store what the user wants, tell the connector, and wait a little for what
//! becomes of it, so that most callers learn the outcome in one call.

use std::time::Duration;

use patchbay_domain::account::{
    AccountState, Login, LoginAnswer, LoginMethod, LoginProblem, LoginState,
};
use patchbay_domain::ids::{LoginId, UserId};
use patchbay_domain::user::User;
use secrecy::SecretSlice;
use tokio::time::{Instant, sleep};

use crate::ports::{Control, ControlTarget, PortError, Ports, SecretName};

/// How long a user has to finish a login. Telegram's codes live about as long.
pub const LOGIN_LIFETIME: Duration = Duration::from_mins(10);

/// How many logins of a user may be under way.
pub const LOGINS_AT_ONCE: usize = 10;

/// How often an answer is tried again when something else changes the login at the same moment.
const CROSSINGS: usize = 4;

/// How long a caller waits for the connector, and how often it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    pub limit: Duration,
    pub interval: Duration,
}

#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    #[error("there is no such login")]
    NotFound,
    #[error("the login is over")]
    Over { state: LoginState },
    #[error("the user's plan allows no more accounts")]
    PlanLimit { limit: usize },
    #[error("the user has too many logins under way")]
    TooMany { limit: usize },
    #[error("the login was not finished in time")]
    Expired,
    #[error("the login waits for something else")]
    NotAwaited { state: LoginState },
    /// Telegram did not accept what the user gave. The login may still wait for a better answer.
    #[error("Telegram did not accept it: {problem:?}")]
    Rejected {
        login: LoginId,
        problem: LoginProblem,
    },
    #[error(transparent)]
    Port(#[from] PortError),
}

/// The one form in which a phone number is kept, `+` and 7 to 15 digits (E.164), from what people
/// write.
pub fn phone_number(text: &str) -> Option<String> {
    let phone: String = text
        .chars()
        .filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')'))
        .collect();
    let digits = phone.strip_prefix('+')?;
    let is_number = (7..=15).contains(&digits.len())
        && digits.bytes().all(|b| b.is_ascii_digit())
        && !digits.starts_with('0');
    is_number.then_some(phone)
}

/// Begins a login and waits until it needs something of the user.
pub async fn start(
    ports: &Ports,
    user: &User,
    method: LoginMethod,
    patience: Patience,
) -> Result<Login, LoginError> {
    check_room(ports, user).await?;
    let now = ports.clock.now();
    let login = Login {
        id: LoginId::from_bits(ports.ids.next()),
        owner: user.id,
        method,
        state: LoginState::Starting,
        created_at: now,
        expires_at: now.plus(LOGIN_LIFETIME),
    };
    ports.logins.put(&login).await?;
    let control = Control::StartLogin {
        owner: user.id,
        login: login.id,
    };
    ports
        .controls
        .send(ControlTarget::Partition(user.partition), &control)
        .await?;
    outcome(settled(ports, user.id, login.id, patience).await?)
}

/// Refuses early what could not be finished. The connector looks again when the account is made,
/// and that decides. One that Telegram logged out is linked again in its place.
async fn check_room(ports: &Ports, user: &User) -> Result<(), LoginError> {
    let limit = user.plan.limits().telegram_accounts;
    let accounts = ports.accounts.of_user(user.id).await?;
    let is_place_free = accounts
        .iter()
        .any(|account| matches!(account.state, AccountState::LoggedOut { .. }));
    if accounts.len() >= limit && !is_place_free {
        return Err(LoginError::PlanLimit { limit });
    }
    if under_way(ports, user).await?.len() >= LOGINS_AT_ONCE {
        let limit = LOGINS_AT_ONCE;
        return Err(LoginError::TooMany { limit });
    }
    Ok(())
}

/// The user's logins that are not over, oldest first.
pub async fn under_way(ports: &Ports, user: &User) -> Result<Vec<Login>, LoginError> {
    let now = ports.clock.now();
    let mut logins = ports.logins.of_user(user.id).await?;
    logins.retain(|login| !login.state.is_final() && now < login.expires_at);
    Ok(logins)
}

/// The login as the user sees it: one that nobody finished in time is over, even while no
/// connector has noticed.
pub async fn get(ports: &Ports, owner: UserId, login: LoginId) -> Result<Login, LoginError> {
    let present = stored(ports, owner, login).await?;
    let is_late = !present.state.is_final() && present.expires_at <= ports.clock.now();
    let expired = LoginState::Failed {
        problem: LoginProblem::Expired,
    };
    Ok(if is_late {
        Login {
            state: expired,
            ..present
        }
    } else {
        present
    })
}

/// Hands the user's code or password to the connector and waits for its verdict. A login that is
/// still `Checking` in the answer has not got one yet.
pub async fn answer(
    ports: &Ports,
    user: &User,
    login: LoginId,
    answer: &LoginAnswer,
    patience: Patience,
) -> Result<Login, LoginError> {
    let sealed = to_seal(answer)?;
    let (waiting, checking) = claim(ports, user.id, login, answer).await?;
    // Nobody else can answer from here on, so the vault holds what the connector will check.
    if let Err(error) = hand_over(ports, user, login, &sealed).await {
        ports.logins.replace(&checking, &waiting).await?;
        return Err(error.into());
    }
    outcome(settled(ports, user.id, login, patience).await?)
}

/// Gives a login up. Whatever the connector has begun on Telegram is ended by it.
pub async fn cancel(ports: &Ports, user: &User, login: LoginId) -> Result<(), LoginError> {
    for _ in 0..CROSSINGS {
        let present = stored(ports, user.id, login).await?;
        match present.state {
            LoginState::Cancelled => return Ok(()),
            LoginState::Done { .. } | LoginState::Failed { .. } => {
                return Err(LoginError::Over {
                    state: present.state,
                });
            }
            LoginState::Starting
            | LoginState::CodeNeeded { .. }
            | LoginState::QrShown { .. }
            | LoginState::PasswordNeeded { .. }
            | LoginState::Checking => {}
        }
        let cancelled = Login {
            state: LoginState::Cancelled,
            ..present.clone()
        };
        if ports.logins.replace(&present, &cancelled).await? {
            ports
                .vault
                .remove(user.id, SecretName::LoginAnswer(login))
                .await?;
            let control = Control::CancelLogin {
                owner: user.id,
                login,
            };
            ports
                .controls
                .send(ControlTarget::Partition(user.partition), &control)
                .await?;
            return Ok(());
        }
    }
    Err(LoginError::NotAwaited {
        state: stored(ports, user.id, login).await?.state,
    })
}

async fn stored(ports: &Ports, owner: UserId, login: LoginId) -> Result<Login, LoginError> {
    ports
        .logins
        .get(owner, login)
        .await?
        .ok_or(LoginError::NotFound)
}

fn to_seal(answer: &LoginAnswer) -> Result<SecretSlice<u8>, PortError> {
    match serde_json::to_vec(answer) {
        Ok(json) => Ok(json.into()),
        Err(error) => Err(PortError::Corrupt {
            operation: "sealing the answer to a login",
            what: error.to_string(),
        }),
    }
}

/// Moves the login to `Checking`, if it waits for this kind of answer. Of several answers at
/// once, one succeeds. Yields the login before and after.
async fn claim(
    ports: &Ports,
    owner: UserId,
    login: LoginId,
    answer: &LoginAnswer,
) -> Result<(Login, Login), LoginError> {
    for _ in 0..CROSSINGS {
        let present = stored(ports, owner, login).await?;
        if present.state.is_final() {
            return Err(LoginError::Over {
                state: present.state,
            });
        }
        if present.expires_at <= ports.clock.now() {
            return Err(LoginError::Expired);
        }
        let is_awaited = match answer {
            LoginAnswer::Code { .. } => matches!(present.state, LoginState::CodeNeeded { .. }),
            LoginAnswer::Password { .. } => {
                matches!(present.state, LoginState::PasswordNeeded { .. })
            }
        };
        if !is_awaited {
            return Err(LoginError::NotAwaited {
                state: present.state,
            });
        }
        let checking = Login {
            state: LoginState::Checking,
            ..present.clone()
        };
        if ports.logins.replace(&present, &checking).await? {
            return Ok((present, checking));
        }
    }
    Err(LoginError::NotAwaited {
        state: LoginState::Checking,
    })
}

async fn hand_over(
    ports: &Ports,
    user: &User,
    login: LoginId,
    sealed: &SecretSlice<u8>,
) -> Result<(), PortError> {
    ports
        .vault
        .put(user.id, SecretName::LoginAnswer(login), sealed)
        .await?;
    let control = Control::AnswerLogin {
        owner: user.id,
        login,
    };
    ports
        .controls
        .send(ControlTarget::Partition(user.partition), &control)
        .await
}

/// The login once the connector has done its part, or as it is when patience ends.
async fn settled(
    ports: &Ports,
    owner: UserId,
    login: LoginId,
    patience: Patience,
) -> Result<Login, LoginError> {
    let deadline = Instant::now() + patience.limit;
    loop {
        let present = stored(ports, owner, login).await?;
        let is_busy = matches!(present.state, LoginState::Starting | LoginState::Checking);
        if !is_busy || Instant::now() >= deadline {
            return Ok(present);
        }
        sleep(patience.interval).await;
    }
}

fn outcome(login: Login) -> Result<Login, LoginError> {
    match &login.state {
        LoginState::CodeNeeded {
            rejected: Some(problem),
        }
        | LoginState::PasswordNeeded {
            rejected: Some(problem),
            ..
        }
        | LoginState::Failed { problem } => Err(LoginError::Rejected {
            login: login.id,
            problem: *problem,
        }),
        LoginState::Cancelled => Err(LoginError::Over {
            state: LoginState::Cancelled,
        }),
        LoginState::Starting
        | LoginState::CodeNeeded { rejected: None }
        | LoginState::QrShown { .. }
        | LoginState::PasswordNeeded { rejected: None, .. }
        | LoginState::Checking
        | LoginState::Done { .. } => Ok(login),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_number_has_one_form() {
        assert_eq!(
            phone_number("+44 (20) 7946-0958").as_deref(),
            Some("+442079460958")
        );
        for wrong in [
            "",
            "442079460958",
            "+",
            "+12345",
            "+1234567890123456",
            "+0123456789",
            "+44 20 x",
        ] {
            assert_eq!(phone_number(wrong), None, "{wrong}");
        }
    }
}
