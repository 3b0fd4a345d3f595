//! Reading what is on Discord beside its events: files, and the beginnings of messages.

mod download;

use std::sync::Arc;

use async_trait::async_trait;
use patchbay_app::ports::{Excerpt, FileError, FileStream, Reader, SendError};
use patchbay_domain::ids::MessageId;
use patchbay_domain::{Endpoint, FileRef, Post, Recovery, Text};
use serde_json::Value;

use crate::discord::Inner;
use crate::guilds::Place;
use crate::send::{mark, verdict};
use crate::translate::{self, Received, Scene};
use download::Download;

/// Reads as the bot, or, from the CDN, as anybody.
#[derive(Clone)]
pub struct DiscordReader {
    discord: Arc<Inner>,
}

impl DiscordReader {
    /// How much of a message is quoted.
    const EXCERPT: usize = 80;

    pub(crate) fn new(discord: Arc<Inner>) -> Self {
        Self { discord }
    }

    async fn read(&self, place: Place, message: MessageId) -> Result<Option<Received>, SendError> {
        let rest = &self.discord.rest;
        let read: Value = match rest.message(place.holder(), message).await {
            Ok(read) => read,
            Err(error) if error.is_no_such_thing() => return Ok(None),
            Err(error) => return Err(verdict(&error)),
        };
        Ok(Received::read(read)
            .inspect_err(|error| {
                let error: &dyn std::error::Error = error;
                tracing::error!(%message, error, "a message to be quoted can't be read");
            })
            .ok())
    }
}

#[async_trait]
impl Reader for DiscordReader {
    async fn open(&self, file: &FileRef) -> Result<FileStream, FileError> {
        match file {
            FileRef::Discord(file) => {
                Download::begin(Arc::clone(&self.discord), file.clone()).await
            }
            FileRef::Telegram(_) => Err(FileError::Gone),
        }
    }

    async fn excerpt(
        &self,
        source: &Endpoint,
        message: MessageId,
    ) -> Result<Option<Excerpt>, SendError> {
        let place = match *source {
            Endpoint::Discord {
                channel, thread, ..
            } => Place { channel, thread },
            Endpoint::Telegram { .. } => return Ok(None),
        };
        let Some(received) = self.read(place, message).await? else {
            return Ok(None);
        };
        let me = self.discord.identity().await;
        let scene = Scene {
            me: me.map_err(|error| verdict(&error))?,
            guild: None,
            cdn: &self.discord.config.cdn,
            place,
            recovery: Recovery::Live,
        };
        let post = translate::post(&received, scene);
        let words = post.content.words();
        let media = post.content.attachments.first();
        let text = match media.filter(|_| words.as_str().trim().is_empty()) {
            Some(media) => match &media.special {
                Some(special) => special.to_text(),
                None => Text::plain(mark(media)),
            },
            None => words,
        };
        let text = beginning(&text, Self::EXCERPT);
        let author = post.author.name;
        Ok(Some(Excerpt { author, text }))
    }

    /// Several files are one message here, so that there is no such album.
    async fn album(
        &self,
        _source: &Endpoint,
        _messages: &[MessageId],
    ) -> Result<Option<Post>, SendError> {
        Ok(None)
    }
}

fn beginning(text: &Text, most: usize) -> Text {
    match text.as_str().char_indices().nth(most) {
        Some((end, _)) => {
            let mut beginning = text.slice(0..end);
            beginning.append(&Text::plain("…"));
            beginning
        }
        None => text.clone(),
    }
}
