//! By a code that Telegram sends to the phone.

use grammers_tl_types as tl;
use patchbay_domain::account::{Login, LoginProblem};
use patchbay_domain::ids::AccountId;
use secrecy::ExposeSecret;
use tl::enums::auth::{Authorization, SentCode};

use super::steps::{self, Draft, Step, fail};
use super::{complete, password};
use crate::connection::Connection;
use crate::session::StoredSession;
use crate::telegram::{Shared, TelegramError};

pub(super) async fn send_code(
    shared: &Shared,
    login: &Login,
    phone: &str,
) -> Result<(), TelegramError> {
    let fresh = StoredSession::fresh(&shared.config.server, &shared.http).await?;
    let (connection, _updates) = Connection::new(&shared.config, &fresh);
    let request = tl::functions::auth::SendCode {
        phone_number: phone.to_owned(),
        api_id: shared.config.api_id,
        api_hash: shared.config.api_hash.expose_secret().to_owned(),
        settings: tl::types::CodeSettings {
            allow_flashcall: false,
            current_number: false,
            allow_app_hash: false,
            allow_missed_call: false,
            allow_firebase: false,
            unknown_number: false,
            logout_tokens: None,
            token: None,
            app_sandbox: None,
        }
        .into(),
    };
    let hash = match connection.invoke(&request).await {
        Ok(SentCode::Code(sent)) => sent.phone_code_hash,
        Ok(SentCode::Success(_) | SentCode::PaymentRequired(_)) => {
            return fail(shared, login, LoginProblem::Refused).await;
        }
        Err(error) => return fail(shared, login, steps::problem(error)?).await,
    };
    let draft = Draft {
        session: connection.stored()?,
        account: AccountId::from_bits(shared.ports.ids.next()),
        step: Step::Code {
            phone: phone.to_owned(),
            hash,
        },
    };
    steps::keep(shared, login, &draft).await?;
    steps::advance(shared, login, draft.step.asks(None)).await?;
    Ok(())
}

pub(super) async fn sign_in(
    shared: &Shared,
    login: &Login,
    draft: &Draft,
    connection: &Connection,
    (phone, hash, code): (&str, &str, &str),
) -> Result<(), TelegramError> {
    let request = tl::functions::auth::SignIn {
        phone_number: phone.to_owned(),
        phone_code_hash: hash.to_owned(),
        phone_code: Some(code.trim().to_owned()),
        email_verification: None,
    };
    match connection.invoke(&request).await {
        Ok(Authorization::Authorization(authorization)) => {
            complete::complete(shared, login, draft, connection, &authorization.user).await
        }
        Ok(Authorization::SignUpRequired(_)) => {
            fail(shared, login, LoginProblem::UnknownPhone).await
        }
        Err(error) if error.is("SESSION_PASSWORD_NEEDED") => {
            password::ask(shared, login, draft.account, connection).await
        }
        Err(error) => {
            let problem = steps::problem(error)?;
            if problem != LoginProblem::WrongCode {
                return fail(shared, login, problem).await;
            }
            steps::answered(shared, login, draft.step.asks(Some(problem))).await
        }
    }
}
