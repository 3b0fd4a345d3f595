//! Where files are downloaded from. Anybody may who has a good link.

mod attachment;
mod range;
mod refresh;

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;

use crate::platform::Platform;

pub(crate) use attachment::send;
pub(crate) use refresh::refresh;

/// What the platform says of a link that is no good (any more).
const GONE: (StatusCode, &str) = (
    StatusCode::NOT_FOUND,
    "This content is no longer available.",
);

pub(crate) fn routes() -> Router<Arc<Platform>> {
    Router::new().route(
        "/attachments/{channel}/{attachment}/{name}",
        get(attachment::download),
    )
}
