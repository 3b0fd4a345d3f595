use std::error::Error;

use patchbay_app::ports::PortError;

/// The error of a request that failed, whatever the reason: its effect is unknown.
pub(crate) fn unavailable<E>(operation: &'static str) -> impl FnOnce(E) -> PortError
where
    E: Into<Box<dyn Error + Send + Sync>>,
{
    move |error| PortError::Unavailable {
        operation,
        source: error.into(),
    }
}

pub(crate) fn corrupt(operation: &'static str, what: impl Into<String>) -> PortError {
    PortError::Corrupt {
        operation,
        what: what.into(),
    }
}

/// What a service said about a part of a request.
#[derive(Debug, thiserror::Error)]
#[error("{code}: {message}")]
pub(crate) struct Refusal {
    pub(crate) code: String,
    pub(crate) message: String,
}
