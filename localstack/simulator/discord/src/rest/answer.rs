use axum::Json;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::entropy::NoEntropy;
use crate::files::FilesError;
use crate::journaled::Refusal;
use crate::world::Rejection;

/// Every way in which a request can fail.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("401: Unauthorized")]
    Unauthorized,
    #[error("404: Not Found")]
    NoSuchRoute,
    #[error("405: Method Not Allowed")]
    NoSuchMethod,
    #[error("Invalid API version provided")]
    NoSuchVersion,
    #[error("The request body contains invalid JSON.")]
    NotJson,
    #[error("Request entity too large")]
    TooLarge,
    #[error(transparent)]
    Rejected(#[from] Rejection),
    #[error("500: Internal Server Error")]
    Journal(#[source] patchbay_sim_core::JournalError),
    #[error("500: Internal Server Error")]
    Entropy(#[from] NoEntropy),
    #[error("500: Internal Server Error")]
    Files(#[from] FilesError),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Rejected(rejection) => Self::Rejected(rejection),
            Refusal::Journal(error) => Self::Journal(error),
        }
    }
}

impl Failure {
    fn status(&self) -> u16 {
        match self {
            Self::Unauthorized => 401,
            Self::NoSuchRoute => 404,
            Self::NoSuchMethod => 405,
            Self::NoSuchVersion | Self::NotJson => 400,
            Self::TooLarge => 413,
            Self::Rejected(rejection) => rejection.status(),
            Self::Journal(_) | Self::Entropy(_) | Self::Files(_) => 500,
        }
    }

    fn code(&self) -> u32 {
        match self {
            Self::NoSuchVersion => 50_041,
            Self::NotJson => 50_109,
            Self::TooLarge => 40_005,
            Self::Rejected(rejection) => rejection.code(),
            Self::Unauthorized
            | Self::NoSuchRoute
            | Self::NoSuchMethod
            | Self::Journal(_)
            | Self::Entropy(_)
            | Self::Files(_) => 0,
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let broken: Option<&dyn std::error::Error> = match &self {
            Self::Journal(error) => Some(error),
            Self::Files(error) => Some(error),
            Self::Unauthorized
            | Self::NoSuchRoute
            | Self::NoSuchMethod
            | Self::NoSuchVersion
            | Self::NotJson
            | Self::TooLarge
            | Self::Rejected(_)
            | Self::Entropy(_) => None,
        };
        if let Some(error) = broken {
            tracing::error!(error, "what was asked for cannot be kept or read");
        }
        let status = StatusCode::from_u16(self.status()).unwrap_or_default();
        let body = match &self {
            Self::Rejected(rejection) => rejection.body(),
            Self::Unauthorized
            | Self::NoSuchRoute
            | Self::NoSuchMethod
            | Self::NoSuchVersion
            | Self::NotJson
            | Self::TooLarge
            | Self::Journal(_)
            | Self::Entropy(_)
            | Self::Files(_) => json!({ "message": self.to_string(), "code": self.code() }),
        };
        let mut answer = (status, Json(body)).into_response();
        if let Self::Rejected(Rejection::SlowMode { left_ms }) = self {
            let seconds = HeaderValue::from(left_ms.div_ceil(1000));
            answer.headers_mut().insert(RETRY_AFTER, seconds);
        }
        answer
    }
}
