use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::json;

use super::attachments::stored;
use super::extract::{Answer, ControlError, Ids, Input};
use crate::files::Content;
use crate::ids::GuildId;
use crate::platform::Platform;
use crate::world::{CreateEmoji, CreateSticker, StickerFormat};

/// An emoji; without a content of its own the CDN draws one.
#[derive(Deserialize)]
pub(super) struct NewEmoji {
    name: String,
    #[serde(default)]
    animated: bool,
    #[serde(flatten)]
    content: Option<Content>,
}

#[derive(Deserialize)]
pub(super) struct NewSticker {
    name: String,
    format: StickerFormat,
    #[serde(flatten)]
    content: Option<Content>,
}

async fn store(
    platform: &Platform,
    content: Option<Content>,
) -> Result<Option<String>, ControlError> {
    match content {
        Some(content) => Ok(Some(stored(platform, &content).await?.sha256)),
        None => Ok(None),
    }
}

pub(super) async fn create_emoji(
    State(platform): State<Arc<Platform>>,
    Ids(guild): Ids<GuildId>,
    Input(new): Input<NewEmoji>,
) -> Answer {
    let emoji = platform.execute(CreateEmoji {
        guild,
        name: new.name,
        animated: new.animated,
        sha256: store(&platform, new.content).await?,
    })?;
    Ok(Json(json!({ "id": emoji })))
}

pub(super) async fn create_sticker(
    State(platform): State<Arc<Platform>>,
    Ids(guild): Ids<GuildId>,
    Input(new): Input<NewSticker>,
) -> Answer {
    let sticker = platform.execute(CreateSticker {
        guild,
        name: new.name,
        format: new.format,
        sha256: store(&platform, new.content).await?,
    })?;
    Ok(Json(json!({ "id": sticker })))
}
