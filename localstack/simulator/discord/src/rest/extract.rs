use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Multipart, Path, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::response::IntoResponse;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::Failure;
use crate::ids::{ApplicationId, GrantId, UserId};
use crate::world::{FieldError, Rejection};

/// Who sent a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caller {
    Bot(ApplicationId),
    /// An application that acts for a person.
    Bearer(GrantId),
    Anonymous,
}

/// The bot that sent the request; nobody else gets in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bot {
    pub(super) application: ApplicationId,
    pub(super) user: UserId,
}

impl<S: Sync> FromRequestParts<S> for Bot {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        match parts.extensions.get::<Caller>() {
            Some(&Caller::Bot(application)) => Ok(Self {
                application,
                user: application.bot(),
            }),
            Some(Caller::Bearer(_) | Caller::Anonymous) | None => Err(Failure::Unauthorized),
        }
    }
}

/// What a person let the application do that sent the request; nobody else gets in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bearer(pub(super) GrantId);

impl<S: Sync> FromRequestParts<S> for Bearer {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        match parts.extensions.get::<Caller>() {
            Some(&Caller::Bearer(grant)) => Ok(Self(grant)),
            Some(Caller::Bot(_) | Caller::Anonymous) | None => Err(Failure::Unauthorized),
        }
    }
}

/// A bot, or an application that acts for a person.
#[derive(Debug, Clone, Copy)]
pub(super) enum Account {
    Bot(Bot),
    Person(Bearer),
}

impl<S: Sync> FromRequestParts<S> for Account {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        match Bearer::from_request_parts(parts, state).await {
            Ok(bearer) => Ok(Self::Person(bearer)),
            Err(_) => Bot::from_request_parts(parts, state).await.map(Self::Bot),
        }
    }
}

/// The ids in the path.
pub(super) struct Ids<T>(pub(super) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Ids<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let ids = Path::<T>::from_request_parts(parts, state).await;
        ids.map(|Path(ids)| Self(ids)).map_err(|_invalid| {
            let message = "A value in the path is not a snowflake.";
            let error = FieldError::new(&["path"], "NUMBER_TYPE_COERCE", message);
            Failure::Rejected(Rejection::from(error))
        })
    }
}

/// The JSON of a request, wherever the content type puts it.
pub(super) struct Payload(pub(super) Value);

impl<S: Send + Sync> FromRequest<S> for Payload {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let content_type = request.headers().get(CONTENT_TYPE);
        let is_multipart = content_type
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.starts_with("multipart/form-data"));
        if is_multipart {
            let parts = Multipart::from_request(request, state)
                .await
                .map_err(unreadable)?;
            return from_multipart(parts).await.map(Self);
        }
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(unreadable)?;
        if bytes.is_empty() {
            return Ok(Self(json!({})));
        }
        serde_json::from_slice(&bytes)
            .map(Self)
            .map_err(|_invalid| Failure::NotJson)
    }
}

async fn from_multipart(mut parts: Multipart) -> Result<Value, Failure> {
    let mut payload = None;
    let mut fields = json!({});
    while let Some(part) = parts.next_field().await.map_err(unreadable)? {
        if part.file_name().is_some() {
            return Err(Failure::FilesAreNotKept);
        }
        let name = part.name().unwrap_or_default().to_owned();
        let text = part.text().await.map_err(unreadable)?;
        if name == "payload_json" {
            let parsed = serde_json::from_str(&text).map_err(|_invalid| Failure::NotJson)?;
            payload = Some(parsed);
        } else {
            fields[name] = json!(text);
        }
    }
    Ok(payload.unwrap_or(fields))
}

fn unreadable(rejection: impl IntoResponse) -> Failure {
    if rejection.into_response().status() == StatusCode::PAYLOAD_TOO_LARGE {
        Failure::TooLarge
    } else {
        Failure::NotJson
    }
}
