use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::entropy::NoEntropy;
use crate::journaled::Refusal;
use crate::rest::Failure;

/// Why the token endpoints refuse, in the words of RFC 6749, section 5.2.
#[derive(Debug, thiserror::Error)]
pub(super) enum OAuthError {
    #[error("invalid_client")]
    InvalidClient,
    #[error("invalid_grant")]
    InvalidGrant(&'static str),
    #[error("invalid_request")]
    InvalidRequest(&'static str),
    /// Also what the platform says to a request that is not a form.
    #[error("unsupported_grant_type")]
    UnsupportedGrantType,
    #[error(transparent)]
    Failed(Failure),
}

impl From<Refusal> for OAuthError {
    fn from(refusal: Refusal) -> Self {
        Self::Failed(refusal.into())
    }
}

impl From<NoEntropy> for OAuthError {
    fn from(error: NoEntropy) -> Self {
        Self::Failed(error.into())
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        let error = self.to_string();
        let (status, description) = match self {
            Self::InvalidClient => (StatusCode::UNAUTHORIZED, None),
            Self::InvalidGrant(why) | Self::InvalidRequest(why) => {
                (StatusCode::BAD_REQUEST, Some(why))
            }
            Self::UnsupportedGrantType => {
                let why = "Grant type None is not supported";
                (StatusCode::BAD_REQUEST, Some(why))
            }
            Self::Failed(failure) => return failure.into_response(),
        };
        let mut body = json!({ "error": error });
        if let Some(description) = description {
            body["error_description"] = json!(description);
        }
        (status, Json(body)).into_response()
    }
}
