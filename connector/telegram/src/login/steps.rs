//! The states of a login, and what is kept between them.

use patchbay_app::ports::{PortResult, SecretName};
use patchbay_domain::account::{Login, LoginProblem, LoginState};
use patchbay_domain::ids::{AccountId, LoginId, UserId};
use serde::{Deserialize, Serialize};

use crate::connection::InvokeError;
use crate::refusal;
use crate::session::{StoredSession, seal};
use crate::telegram::{Shared, TelegramError};

/// A login under way.
#[derive(Serialize, Deserialize)]
pub(super) struct Draft {
    pub(super) session: StoredSession,
    /// The id that the account will have; chosen once, so that finishing twice makes one.
    pub(super) account: AccountId,
    pub(super) step: Step,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub(super) enum Step {
    Code { phone: String, hash: String },
    Qr,
    Password { hint: Option<String> },
}

impl Step {
    /// The state in which the user is asked.
    pub(super) fn asks(&self, rejected: Option<LoginProblem>) -> LoginState {
        match self {
            Self::Code { .. } => LoginState::CodeNeeded { rejected },
            Self::Password { hint } => LoginState::PasswordNeeded {
                hint: hint.clone(),
                rejected,
            },
            Self::Qr => LoginState::Starting,
        }
    }
}

/// The login, if there is anything left to do for it.
pub(super) async fn open(
    shared: &Shared,
    owner: UserId,
    id: LoginId,
) -> Result<Option<Login>, TelegramError> {
    let Some(login) = shared.ports.logins.get(owner, id).await? else {
        return Ok(None);
    };
    if login.state.is_final() {
        return Ok(None);
    }
    if login.expires_at <= shared.ports.clock.now() {
        fail(shared, &login, LoginProblem::Expired).await?;
        return Ok(None);
    }
    Ok(Some(login))
}

/// The login in its new state, or nothing if it was cancelled or went on otherwise meanwhile.
pub(super) async fn advance(
    shared: &Shared,
    login: &Login,
    state: LoginState,
) -> PortResult<Option<Login>> {
    if login.state == state {
        return Ok(Some(login.clone()));
    }
    let next = Login {
        state,
        ..login.clone()
    };
    Ok(shared
        .ports
        .logins
        .replace(login, &next)
        .await?
        .then_some(next))
}

/// The answer has been dealt with. It is gone before the user can give the next one.
pub(super) async fn answered(
    shared: &Shared,
    login: &Login,
    state: LoginState,
) -> Result<(), TelegramError> {
    shared
        .ports
        .vault
        .remove(login.owner, SecretName::LoginAnswer(login.id))
        .await?;
    advance(shared, login, state).await?;
    Ok(())
}

pub(super) async fn fail(
    shared: &Shared,
    login: &Login,
    problem: LoginProblem,
) -> Result<(), TelegramError> {
    tracing::info!(login = %login.id, ?problem, "login failed");
    advance(shared, login, LoginState::Failed { problem }).await?;
    clear(shared, login).await
}

/// Nothing of a finished login is kept.
pub(super) async fn clear(shared: &Shared, login: &Login) -> Result<(), TelegramError> {
    let vault = &shared.ports.vault;
    vault
        .remove(login.owner, SecretName::LoginAnswer(login.id))
        .await?;
    vault
        .remove(login.owner, SecretName::LoginSession(login.id))
        .await?;
    Ok(())
}

pub(super) async fn keep(shared: &Shared, login: &Login, draft: &Draft) -> PortResult<()> {
    seal(
        &*shared.ports.vault,
        login.owner,
        SecretName::LoginSession(login.id),
        draft,
    )
    .await
}

/// What Telegram's refusal means for a login; an error that is none is to be tried again.
pub(super) fn problem(error: InvokeError) -> Result<LoginProblem, TelegramError> {
    let Some(refused) = error.refusal().filter(|refused| refused.code != 500) else {
        return Err(error.into());
    };
    let problem = match refused.name.as_str() {
        "PHONE_NUMBER_INVALID" | "PHONE_NUMBER_UNOCCUPIED" => LoginProblem::UnknownPhone,
        "PHONE_NUMBER_BANNED" | "USER_DEACTIVATED" | "USER_DEACTIVATED_BAN" => {
            LoginProblem::BannedPhone
        }
        "PHONE_CODE_INVALID" | "PHONE_CODE_EMPTY" => LoginProblem::WrongCode,
        "PHONE_CODE_EXPIRED" => LoginProblem::CodeExpired,
        "PASSWORD_HASH_INVALID" => LoginProblem::WrongPassword,
        "PHONE_NUMBER_FLOOD" | "PHONE_PASSWORD_FLOOD" => LoginProblem::TooManyAttempts,
        _ if refusal::flood_wait(refused).is_some() => LoginProblem::TooManyAttempts,
        _ => {
            tracing::warn!(refused = refusal::code(refused), "login refused");
            LoginProblem::Refused
        }
    };
    Ok(problem)
}
