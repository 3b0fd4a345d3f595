use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Failure;
use super::submission::Submission;
use crate::ids::{ApplicationId, GrantId, UserId};
use crate::platform::Platform;
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

/// The JSON of a request; files beside it are passed over.
pub(super) struct Payload(pub(super) Value);

impl FromRequest<Arc<Platform>> for Payload {
    type Rejection = Failure;

    async fn from_request(request: Request, platform: &Arc<Platform>) -> Result<Self, Failure> {
        let submission = Submission::from_request(request, platform).await?;
        Ok(Self(submission.payload))
    }
}
