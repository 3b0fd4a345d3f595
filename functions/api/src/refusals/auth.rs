use axum::http::{HeaderValue, header};
use patchbay_app::register::RegisterError;
use patchbay_app::sessions::SessionError;

use crate::access::ended_session;
use crate::problem::{FieldError, Kind, Problem};

impl From<RegisterError> for Problem {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::EmailTaken => Self::new(
                Kind::EmailTaken,
                "Log in with it at POST /v1/auth/login, or use another one.",
            )
            .with_error(FieldError::at("/email", "is registered already")),
            RegisterError::Port(error) => error.into(),
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
