use axum::http::{HeaderValue, header};
use patchbay_app::credentials::CredentialError;
use patchbay_app::register::RegisterError;
use patchbay_app::sessions::SessionError;
use patchbay_app::users::UserError;

use crate::access::ended_session;
use crate::problem::{FieldError, Kind, Problem};

impl From<RegisterError> for Problem {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::WrongToken => wrong_token("/v1/auth/register"),
            RegisterError::EmailTaken => email_taken(),
            RegisterError::Port(error) => error.into(),
        }
    }
}

impl From<CredentialError> for Problem {
    fn from(error: CredentialError) -> Self {
        match error {
            CredentialError::WrongToken => wrong_token("the route that mailed it"),
            CredentialError::EmailTaken => email_taken(),
            CredentialError::Port(error) => error.into(),
        }
    }
}

fn wrong_token(again: &str) -> Problem {
    let detail =
        format!("Copy the whole token from the latest mail, or have another sent by {again}.");
    Problem::new(Kind::WrongToken, detail).with_error(FieldError::at("/token", "is not good"))
}

/// Only whoever reads the mail of the address comes this far.
fn email_taken() -> Problem {
    let detail = "Log in with it at POST /v1/auth/login, or use another one.";
    Problem::new(Kind::EmailTaken, detail)
}

impl From<UserError> for Problem {
    fn from(error: UserError) -> Self {
        match error {
            UserError::NotFound => Self::not_found("user"),
            UserError::OwnRole => Self::new(Kind::OwnRole, "Have another admin do it.")
                .with_error(FieldError::at("/role", "is your own")),
            UserError::Port(error) => error.into(),
        }
    }
}

impl From<SessionError> for Problem {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::NotFound => Self::not_found("session"),
            // Whoever stole a token need not know that it was noticed.
            SessionError::Ended | SessionError::Reused => ended_session(),
            SessionError::Contended => Self::new(
                Kind::Unavailable,
                "The session is being renewed by others at this moment. Try again.",
            )
            .with_header(header::RETRY_AFTER, HeaderValue::from_static("3")),
            SessionError::Port(error) => error.into(),
        }
    }
}
