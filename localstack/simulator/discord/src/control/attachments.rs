use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;

use super::extract::{ControlError, Ids};
use crate::cdn::send;
use crate::files::{Content, ContentError, Stored, media_type_of};
use crate::ids::{AttachmentId, ChannelId, MessageId};
use crate::platform::Platform;
use crate::rest::{Failure, plain_name};
use crate::world::{File, Rejection, Voice};

/// A file that somebody sends.
#[derive(Debug, Deserialize)]
pub(super) struct NewFile {
    name: String,
    #[serde(flatten)]
    content: Content,
    content_type: Option<String>,
    description: Option<String>,
    #[serde(default)]
    spoiler: bool,
    width: Option<u64>,
    height: Option<u64>,
    /// Makes a voice message of the message.
    voice: Option<Voice>,
}

impl NewFile {
    pub(super) fn is_voice(&self) -> bool {
        self.voice.is_some()
    }

    async fn store(self, platform: &Platform) -> Result<File, ControlError> {
        let stored = stored(platform, &self.content).await?;
        let (filename, title) = plain_name(&self.name);
        let content_type = media_type_of(self.content_type.as_deref(), &filename);
        let picture = stored.picture;
        Ok(File {
            filename,
            title,
            size: stored.size,
            sha256: stored.sha256,
            content_type,
            description: self.description,
            spoiler: self.spoiler,
            width: self.width.or(picture.map(|picture| picture.width)),
            height: self.height.or(picture.map(|picture| picture.height)),
            voice: self.voice,
        })
    }
}

pub(super) async fn stored(platform: &Platform, content: &Content) -> Result<Stored, ControlError> {
    let stored = content.store(&platform.files).await;
    stored.map_err(|error| match error {
        ContentError::NotBase64(_) => ControlError::Invalid(error.to_string()),
        ContentError::Files(error) => ControlError::Failed(error.into()),
    })
}

/// Puts the contents on disk before anything is said about them.
pub(super) async fn store_all(
    platform: &Platform,
    files: Vec<NewFile>,
) -> Result<Vec<File>, ControlError> {
    let mut stored = Vec::with_capacity(files.len());
    for file in files {
        stored.push(file.store(platform).await?);
    }
    Ok(stored)
}

/// The bytes of a file, whatever has become of links to it.
pub(super) async fn bytes(
    State(platform): State<Arc<Platform>>,
    Ids((channel, message, attachment)): Ids<(ChannelId, MessageId, AttachmentId)>,
    headers: HeaderMap,
) -> Result<Response, ControlError> {
    let file = platform.read(|world| {
        let message = world.message(channel, message)?;
        let snapshot = message
            .reference
            .as_ref()
            .and_then(|one| one.snapshot.as_ref());
        let forwarded = snapshot
            .into_iter()
            .flat_map(|snapshot| &snapshot.attachments);
        let mut attachments = message.attachments.iter().chain(forwarded);
        let found = attachments.find(|found| found.id == attachment);
        let found = found.ok_or(Rejection::UnknownMessage)?;
        Ok::<_, Rejection>(found.file.clone())
    })?;
    let sent = send(&platform.files, &file, &headers).await;
    sent.map_err(|error| ControlError::Failed(Failure::from(error)))
}
