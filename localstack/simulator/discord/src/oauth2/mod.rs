//! `OAuth2`: the authorization code grant, with PKCE.
//!
//! An application sends a person to the authorize address ([`request`] reads it). The person
//! answers on a [`page`] or through the control API, both by way of [`consent`], and is sent back
//! with a code, which the application turns into tokens at [`token`].

mod consent;
mod error;
mod page;
mod request;
mod token;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

pub(crate) use consent::{ConsentError, Decision, decide};
pub(crate) use request::{AuthorizationRequest, check_redirect_uri};

use crate::platform::Platform;

/// What people see.
pub(crate) fn pages() -> Router<Arc<Platform>> {
    Router::new()
        .route("/oauth2/authorize", get(page::ask))
        .route("/oauth2/authorize/answer", get(page::answer))
}

/// What applications call, with and without a version in the path.
pub(crate) fn endpoints() -> Router<Arc<Platform>> {
    Router::new()
        .route("/oauth2/token", post(token::issue))
        .route("/oauth2/token/revoke", post(token::revoke))
}
