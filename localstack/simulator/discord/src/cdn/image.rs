//! Pictures of emoji, stickers and people. Their addresses are not signed.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use tokio_util::io::ReaderStream;

use super::picture::Picture;
use crate::files::media_type_of;
use crate::ids::{EmojiId, StickerId, UserId, WebhookId};
use crate::platform::Platform;
use crate::rest::Failure;

/// What the platform says where it has no such picture.
const ABSENT: (StatusCode, &str) = (StatusCode::NOT_FOUND, "");
/// What still pictures do not have.
const MOVING: &str = "gif";

pub(super) async fn emoji(
    State(platform): State<Arc<Platform>>,
    Path(name): Path<String>,
) -> Response {
    let Some((id, extension)) = split::<EmojiId>(&name) else {
        return ABSENT.into_response();
    };
    let found = platform.read(|world| world.emoji(id).cloned());
    match found {
        Some(emoji) if extension == MOVING && !emoji.animated => unsupported(),
        Some(emoji) => show(&platform, &name, extension, emoji.sha256).await,
        None => ABSENT.into_response(),
    }
}

pub(super) async fn sticker(
    State(platform): State<Arc<Platform>>,
    Path(name): Path<String>,
) -> Response {
    let Some((id, extension)) = split::<StickerId>(&name) else {
        return ABSENT.into_response();
    };
    let found = platform.read(|world| world.sticker(id).cloned());
    match found {
        Some(sticker) if sticker.format.extension() == extension => {
            show(&platform, &name, extension, sticker.sha256).await
        }
        Some(_) | None => ABSENT.into_response(),
    }
}

/// Of a person, a bot or a webhook.
pub(super) async fn avatar(
    State(platform): State<Arc<Platform>>,
    Path((owner, name)): Path<(UserId, String)>,
) -> Response {
    let is_there = platform
        .read(|world| world.user(owner).is_ok() || world.webhook(WebhookId(owner.0)).is_ok());
    match name.rsplit_once('.') {
        Some((_, extension)) if is_there => show(&platform, &name, extension, None).await,
        Some(_) | None => ABSENT.into_response(),
    }
}

/// Of those who have chosen none.
pub(super) async fn usual_avatar(
    State(platform): State<Arc<Platform>>,
    Path(name): Path<String>,
) -> Response {
    show(&platform, &name, "png", None).await
}

fn split<Id: std::str::FromStr>(name: &str) -> Option<(Id, &str)> {
    let (id, extension) = name.rsplit_once('.')?;
    Some((id.parse().ok()?, extension))
}

fn unsupported() -> Response {
    (StatusCode::UNSUPPORTED_MEDIA_TYPE, "Unsupported Media Type").into_response()
}

/// What somebody gave, or else a picture drawn from the name.
async fn show(platform: &Platform, name: &str, extension: &str, given: Option<String>) -> Response {
    let Some(sha256) = given else {
        let owner = name.split('.').next().unwrap_or_default();
        let Some((media_type, bytes)) = Picture::of(owner).draw(extension) else {
            return unsupported();
        };
        return ([(CONTENT_TYPE, media_type)], bytes).into_response();
    };
    let opened = async {
        let file = platform.files.read(&sha256).await?;
        let size = file.metadata().await;
        let size = size.map_err(|source| platform.files.failed(source))?;
        Ok::<_, Failure>((file, size.len()))
    };
    match opened.await {
        Ok((file, size)) => {
            let media_type = media_type_of(None, name).unwrap_or_default();
            let headers = [
                (CONTENT_TYPE, media_type),
                (CONTENT_LENGTH, size.to_string()),
            ];
            (headers, Body::from_stream(ReaderStream::new(file))).into_response()
        }
        Err(failure) => failure.into_response(),
    }
}
