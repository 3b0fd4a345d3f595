//! The second step: the account's password (core.telegram.org/api/srp).

use grammers_crypto::two_factor_auth::{calculate_2fa, check_p_and_g};
use grammers_tl_types as tl;
use patchbay_domain::account::{Login, LoginProblem};
use patchbay_domain::ids::AccountId;
use tl::enums::PasswordKdfAlgo;
use tl::enums::auth::Authorization;

use super::complete;
use super::steps::{self, Draft, Step, fail};
use crate::connection::{Connection, InvokeError};
use crate::telegram::{Shared, TelegramError};

pub(super) async fn ask(
    shared: &Shared,
    login: &Login,
    account: AccountId,
    connection: &Connection,
) -> Result<(), TelegramError> {
    let tl::enums::account::Password::Password(password) = connection
        .invoke(&tl::functions::account::GetPassword {})
        .await?;
    let step = Step::Password {
        hint: password.hint,
    };
    let draft = Draft {
        session: connection.stored()?,
        account,
        step,
    };
    steps::keep(shared, login, &draft).await?;
    steps::answered(shared, login, draft.step.asks(None)).await
}

pub(super) async fn check(
    shared: &Shared,
    login: &Login,
    draft: &Draft,
    connection: &Connection,
    password: &str,
) -> Result<(), TelegramError> {
    match try_password(connection, password).await {
        Ok(Some(Authorization::Authorization(authorization))) => {
            complete::complete(shared, login, draft, connection, &authorization.user).await
        }
        Ok(Some(Authorization::SignUpRequired(_)) | None) => {
            fail(shared, login, LoginProblem::Refused).await
        }
        Err(error) => {
            let problem = steps::problem(error)?;
            if problem != LoginProblem::WrongPassword {
                return fail(shared, login, problem).await;
            }
            steps::answered(shared, login, draft.step.asks(Some(problem))).await
        }
    }
}

/// Nothing if Telegram wants a check that we don't know.
async fn try_password(
    connection: &Connection,
    password: &str,
) -> Result<Option<Authorization>, InvokeError> {
    let tl::enums::account::Password::Password(asked) = connection
        .invoke(&tl::functions::account::GetPassword {})
        .await?;
    let Some(srp_id) = asked.srp_id else {
        return Ok(None);
    };
    let password = password.to_owned();
    // Half a second of arithmetic, which would hold up every session on this thread.
    let proof = tokio::task::spawn_blocking(move || proof(&asked, &password)).await;
    let Ok(Some((a, m1))) = proof else {
        return Ok(None);
    };
    let password = tl::types::InputCheckPasswordSrp { srp_id, a, m1 }.into();
    connection
        .invoke(&tl::functions::auth::CheckPassword { password })
        .await
        .map(Some)
}

fn proof(asked: &tl::types::account::Password, password: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    let algorithm = match asked.current_algo.as_ref()? {
        PasswordKdfAlgo::Sha256Sha256Pbkdf2Hmacsha512iter100000Sha256ModPow(known) => known,
        PasswordKdfAlgo::Unknown => return None,
    };
    if !check_p_and_g(&algorithm.p, &algorithm.g) {
        return None;
    }
    let (m1, a) = calculate_2fa(
        &algorithm.salt1,
        &algorithm.salt2,
        &algorithm.p,
        &algorithm.g,
        asked.srp_b.clone()?,
        asked.secure_random.clone(),
        password,
    );
    Some((a.to_vec(), m1.to_vec()))
}
