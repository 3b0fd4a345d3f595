//! Where files and pictures are downloaded from. Anybody may; files need a good link.

mod attachment;
mod image;
mod picture;
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
    Router::new()
        .route(
            "/attachments/{channel}/{attachment}/{name}",
            get(attachment::download),
        )
        .route("/emojis/{name}", get(image::emoji))
        .route("/stickers/{name}", get(image::sticker))
        .route("/avatars/{owner}/{name}", get(image::avatar))
        .route("/embed/avatars/{name}", get(image::usual_avatar))
}
