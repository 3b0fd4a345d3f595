//! Linking an account.
//!
//! A login goes on from step to step in whichever process gets its next message: all that it
//! needs lies in the vault as a [`Draft`]. Only a QR code must be kept fresh by somebody, so
//! [`qr`] runs for as long as the code is shown.

mod complete;
mod password;
mod phone;
mod qr;
mod steps;

use std::sync::Arc;

use patchbay_app::ports::SecretName;
use patchbay_domain::account::{Login, LoginAnswer, LoginMethod, LoginProblem, LoginState};
use patchbay_domain::ids::{LoginId, UserId};

use crate::connection::Connection;
use crate::lock;
use crate::session::unseal;
use crate::telegram::{Shared, TelegramError, log_out};
use steps::{Draft, Step};

pub(crate) async fn start(
    shared: &Arc<Shared>,
    owner: UserId,
    id: LoginId,
) -> Result<(), TelegramError> {
    let Some(login) = steps::open(shared, owner, id).await? else {
        return Ok(());
    };
    match (&login.method, &login.state) {
        (LoginMethod::Phone { phone }, LoginState::Starting) => {
            phone::send_code(shared, &login, phone).await
        }
        (LoginMethod::Qr, LoginState::Starting | LoginState::QrShown { .. }) => {
            qr::show(shared, login);
            Ok(())
        }
        (
            LoginMethod::Phone { .. },
            LoginState::QrShown { .. }
            | LoginState::CodeNeeded { .. }
            | LoginState::PasswordNeeded { .. }
            | LoginState::Checking
            | LoginState::Done { .. }
            | LoginState::Failed { .. }
            | LoginState::Cancelled,
        )
        | (
            LoginMethod::Qr,
            LoginState::CodeNeeded { .. }
            | LoginState::PasswordNeeded { .. }
            | LoginState::Checking
            | LoginState::Done { .. }
            | LoginState::Failed { .. }
            | LoginState::Cancelled,
        ) => Ok(()),
    }
}

pub(crate) async fn answer(
    shared: &Arc<Shared>,
    owner: UserId,
    id: LoginId,
) -> Result<(), TelegramError> {
    let Some(login) = steps::open(shared, owner, id).await? else {
        return Ok(());
    };
    let vault = &*shared.ports.vault;
    let draft: Option<Draft> = unseal(vault, owner, SecretName::LoginSession(id)).await?;
    let Some(draft) = draft else {
        return match login.state {
            // The answer overtook the start.
            LoginState::Starting => Ok(()),
            LoginState::CodeNeeded { .. }
            | LoginState::QrShown { .. }
            | LoginState::PasswordNeeded { .. }
            | LoginState::Checking
            | LoginState::Done { .. }
            | LoginState::Failed { .. }
            | LoginState::Cancelled => steps::fail(shared, &login, LoginProblem::Interrupted).await,
        };
    };
    let given: Option<LoginAnswer> = unseal(vault, owner, SecretName::LoginAnswer(id)).await?;
    let (connection, _updates) = Connection::new(&shared.config, &draft.session);
    // An earlier try may have got through without anybody noting it.
    if let Some(user) = complete::signed_in(&connection).await? {
        return complete::complete(shared, &login, &draft, &connection, &user).await;
    }
    match (&draft.step, given) {
        (Step::Code { phone, hash }, Some(LoginAnswer::Code { code })) => {
            phone::sign_in(shared, &login, &draft, &connection, (phone, hash, &code)).await
        }
        (Step::Password { .. }, Some(LoginAnswer::Password { password })) => {
            password::check(shared, &login, &draft, &connection, &password).await
        }
        // There is no answer, or one to another question.
        (Step::Code { .. } | Step::Password { .. }, _) => {
            let state = match login.state {
                LoginState::Checking => draft.step.asks(None),
                LoginState::Starting
                | LoginState::CodeNeeded { .. }
                | LoginState::QrShown { .. }
                | LoginState::PasswordNeeded { .. }
                | LoginState::Done { .. }
                | LoginState::Failed { .. }
                | LoginState::Cancelled => login.state.clone(),
            };
            steps::answered(shared, &login, state).await
        }
        (Step::Qr, _) => Ok(()),
    }
}

pub(crate) async fn cancel(
    shared: &Arc<Shared>,
    owner: UserId,
    id: LoginId,
) -> Result<(), TelegramError> {
    if let Some(shown) = lock(&shared.codes_shown).remove(&id) {
        shown.cancel();
    }
    let Some(login) = shared.ports.logins.get(owner, id).await? else {
        return Ok(());
    };
    match login.state {
        LoginState::Done { .. } | LoginState::Failed { .. } => return Ok(()),
        LoginState::Cancelled => {}
        LoginState::Starting
        | LoginState::CodeNeeded { .. }
        | LoginState::QrShown { .. }
        | LoginState::PasswordNeeded { .. }
        | LoginState::Checking => {
            let cancelled = Login {
                state: LoginState::Cancelled,
                ..login.clone()
            };
            if !shared.ports.logins.replace(&login, &cancelled).await? {
                // Something else came first; look again at what stands there.
                return Box::pin(cancel(shared, owner, id)).await;
            }
        }
    }
    let name = SecretName::LoginSession(id);
    if let Some(draft) = unseal::<Draft>(&*shared.ports.vault, owner, name).await? {
        let (connection, _updates) = Connection::new(&shared.config, &draft.session);
        if let Err(error) = log_out(&connection).await {
            tracing::debug!(login = %id, error = &error as &dyn std::error::Error, "was no session");
        }
    }
    steps::clear(shared, &login).await
}
