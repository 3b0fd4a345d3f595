use patchbay_app::register::RegisterError;

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
