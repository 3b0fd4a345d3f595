use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::entropy::NoEntropy;
use crate::journaled::Refusal;
use crate::oauth2::ConsentError;
use crate::rest::Failure;
use crate::world::Rejection;

/// Why a control request fails.
#[derive(Debug, thiserror::Error)]
pub(super) enum ControlError {
    /// The caller's mistake, in words.
    #[error("{0}")]
    Invalid(String),
    #[error(transparent)]
    Failed(Failure),
}

impl From<Refusal> for ControlError {
    fn from(refusal: Refusal) -> Self {
        Self::Failed(refusal.into())
    }
}

impl From<Rejection> for ControlError {
    fn from(rejection: Rejection) -> Self {
        Self::Failed(rejection.into())
    }
}

impl From<ConsentError> for ControlError {
    fn from(error: ConsentError) -> Self {
        match error {
            ConsentError::Failed(failure) => Self::Failed(failure),
            ConsentError::Request(_)
            | ConsentError::NoGuild
            | ConsentError::OtherGuild(_)
            | ConsentError::NothingToDeny => Self::Invalid(error.to_string()),
        }
    }
}

impl From<NoEntropy> for ControlError {
    fn from(error: NoEntropy) -> Self {
        Self::Failed(error.into())
    }
}

impl IntoResponse for ControlError {
    fn into_response(self) -> Response {
        match self {
            Self::Invalid(message) => {
                (StatusCode::BAD_REQUEST, Json(json!({ "message": message }))).into_response()
            }
            Self::Failed(failure) => failure.into_response(),
        }
    }
}

/// The JSON body; no body counts as an empty object.
pub(super) struct Input<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Input<T> {
    type Rejection = ControlError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ControlError> {
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|rejection| ControlError::Invalid(rejection.body_text()))?;
        let bytes = if bytes.is_empty() {
            b"{}".as_slice()
        } else {
            &bytes
        };
        serde_json::from_slice(bytes)
            .map(Self)
            .map_err(|error| ControlError::Invalid(format!("the body cannot be used: {error}")))
    }
}

/// The ids in the path.
pub(super) struct Ids<T>(pub(super) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Ids<T> {
    type Rejection = ControlError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ControlError> {
        match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(ids)) => Ok(Self(ids)),
            Err(rejection) => Err(ControlError::Invalid(rejection.body_text())),
        }
    }
}

/// The query parameters.
pub(super) struct Parameters<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Parameters<T> {
    type Rejection = ControlError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ControlError> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(parameters)) => Ok(Self(parameters)),
            Err(rejection) => Err(ControlError::Invalid(rejection.body_text())),
        }
    }
}

pub(super) type Answer = Result<Json<serde_json::Value>, ControlError>;
pub(super) type Done = Result<StatusCode, ControlError>;
