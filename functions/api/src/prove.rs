//! Proving who one is, where guessing is slowed down: by password, and by tokens from mails.

use axum::http::{HeaderValue, header};
use patchbay_app::throttle::{self, ThrottleError, Try};
use patchbay_domain::user::{Email, User};
use secrecy::{ExposeSecret, SecretString};

use crate::api::Api;
use crate::client::Client;
use crate::problem::{FieldError, Kind, Problem};

/// Longer ones would let anybody make us hash megabytes.
pub(crate) const PASSWORD_LENGTH: std::ops::RangeInclusive<usize> = 10..=128;

/// What is wrong with a new password.
pub(crate) fn check_new_password(
    pointer: &str,
    password: &SecretString,
    errors: &mut Vec<FieldError>,
) {
    if !PASSWORD_LENGTH.contains(&password.expose_secret().chars().count()) {
        let (least, most) = (PASSWORD_LENGTH.start(), PASSWORD_LENGTH.end());
        let detail = format!("has to be {least} to {most} characters long");
        errors.push(FieldError::at(pointer, detail));
    }
}

/// An address, or what is wrong with it.
pub(crate) fn read_email(text: &str, errors: &mut Vec<FieldError>) -> Option<Email> {
    let email = text.parse().ok();
    if email.is_none() {
        errors.push(FieldError::at("/email", "is not an e-mail address"));
    }
    email
}

/// Whether it is the password of `user`. It takes as long where there is no user. A wrong one
/// counts for the e-mail address, whoever has it, and for where it came from.
pub(crate) async fn is_password(
    api: &Api,
    client: &Client,
    email: Option<&Email>,
    user: Option<&User>,
    password: SecretString,
) -> Result<bool, Problem> {
    let tries = api.settings().allowances.login(email, client.address);
    let counted = throttle::count(api.ports(), &tries).await?;
    // Nobody's password is longer, and hashing it would only take time.
    let is_possible = password.expose_secret().chars().count() <= *PASSWORD_LENGTH.end();
    let hash = user.map(|user| user.password_hash.clone());
    let is_right = is_possible && api.passwords().matches(password, hash).await?;
    if is_right {
        throttle::forgive(api.ports(), counted).await?;
    } else {
        throttle::keep(counted);
    }
    Ok(is_right)
}

/// Lets a user do what needs the password too: whoever finds an open session can't.
pub(crate) async fn demand_password(
    api: &Api,
    client: &Client,
    user: &User,
    pointer: &str,
    password: SecretString,
) -> Result<(), Problem> {
    if is_password(api, client, Some(&user.email), Some(user), password).await? {
        return Ok(());
    }
    let detail =
        "Send your present password. POST /v1/auth/password/forgot mails a way to a new one.";
    let error = FieldError::at(pointer, "is not your password");
    Err(Problem::new(Kind::WrongPassword, detail).with_error(error))
}

/// Does something with a token from a mail. A wrong one counts for where it came from.
pub(crate) async fn with_token<T, E: Into<Problem>>(
    api: &Api,
    client: &Client,
    effect: impl Future<Output = Result<T, E>>,
) -> Result<T, Problem> {
    let tries = api.settings().allowances.token(client.address);
    let counted = throttle::count(api.ports(), &tries).await?;
    match effect.await.map_err(Into::into) {
        Ok(done) => {
            throttle::forgive(api.ports(), counted).await?;
            Ok(done)
        }
        Err(problem) => {
            throttle::keep(counted);
            Err(problem)
        }
    }
}

/// Counts something that nobody does often, whether right or wrong.
pub(crate) async fn slow_down(api: &Api, tries: &[Try]) -> Result<(), Problem> {
    throttle::keep(throttle::count(api.ports(), tries).await?);
    Ok(())
}

impl From<ThrottleError> for Problem {
    fn from(error: ThrottleError) -> Self {
        match error {
            ThrottleError::TooOften { after } => {
                let seconds = after.as_secs() + 1;
                let detail = format!("Try again in {seconds} seconds.");
                Self::new(Kind::TooManyAttempts, detail)
                    .with_header(header::RETRY_AFTER, HeaderValue::from(seconds))
            }
            ThrottleError::Port(error) => error.into(),
        }
    }
}
