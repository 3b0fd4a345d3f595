use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::state::Refusal;

/// Why a control request did nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum Problem {
    #[error("{0}")]
    Malformed(String),
    #[error("{0}")]
    NotFound(String),
    /// What the platform itself would answer.
    #[error("the platform refuses: {0}")]
    Refused(#[from] Refusal),
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let detail = self.to_string();
        let (status, error) = match self {
            Self::Malformed(_) => (StatusCode::BAD_REQUEST, "MALFORMED".into()),
            Self::NotFound(_) => (StatusCode::NOT_FOUND, "NOT_FOUND".into()),
            Self::Refused(refusal) => {
                let code = u16::try_from(refusal.code).ok();
                let status = code.and_then(|code| StatusCode::from_u16(code).ok());
                (status.unwrap_or(StatusCode::BAD_REQUEST), refusal.name)
            }
        };
        (status, Json(json!({ "error": error, "detail": detail }))).into_response()
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        Self::Malformed(rejection.body_text())
    }
}

impl From<PathRejection> for Problem {
    fn from(rejection: PathRejection) -> Self {
        Self::Malformed(rejection.body_text())
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::Malformed(rejection.body_text())
    }
}

pub(super) async fn no_such_route(uri: Uri) -> Problem {
    Problem::NotFound(format!(
        "the Telegram simulator has no route {}",
        uri.path()
    ))
}

/// `Json`, with a JSON answer to what cannot be read.
#[derive(Debug, axum::extract::FromRequest)]
#[from_request(via(Json), rejection(Problem))]
pub(super) struct Body<T>(pub(super) T);

/// `Path`, with a JSON answer to what cannot be read.
#[derive(Debug, axum::extract::FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Problem))]
pub(super) struct Named<T>(pub(super) T);

/// `Query`, with a JSON answer to what cannot be read.
#[derive(Debug, axum::extract::FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(Problem))]
pub(super) struct Asked<T>(pub(super) T);
