//! One file in the place of another.

use std::slice;

use patchbay_app::ports::{Files, Replacement};
use patchbay_domain::ids::{FileId, MessageId};
use serenity::model::channel::MessageFlags;

use super::change::Listed;
use super::files::prepare;
use super::payload::{Described, describe};
use super::{DiscordSender, Target};
use crate::rest::{Created, RestError, Upload, Written};

impl DiscordSender {
    /// Files are shown in the order in which an edit lists them, the new one among those that stay.
    /// (Message Resource, "Edit Message", `attachments`)
    pub(super) async fn replace(
        &self,
        target: Target,
        replacement: &Replacement,
        files: &dyn Files,
    ) -> Result<FileId, RestError> {
        let message = replacement.message;
        let before: Created = self.discord.rest.message(target.holder(), message).await?;
        if let Some(file) = replaced(&before, replacement) {
            return Ok(file);
        }
        let by = slice::from_ref(&replacement.by);
        let mut new = describe(by, MessageFlags::empty());
        let mut attachments = Vec::with_capacity(before.attachments.len() + 1);
        for there in &before.attachments {
            if there.id == replacement.file {
                attachments.append(&mut new);
            } else {
                attachments.push(Described::Kept { id: there.id });
            }
        }
        // Somebody took the old one out.
        attachments.append(&mut new);
        let listed = Listed { attachments };
        let changes = Written::WithFiles(Upload {
            payload: serde_json::to_string(&listed).map_err(RestError::Unwritable)?,
            files: prepare(by, files).await?,
            source: files,
        });
        let persona = replacement.persona.as_ref();
        self.edit(target, message, &changes, persona).await?;
        self.new_file(target, message, replacement).await
    }

    async fn new_file(
        &self,
        target: Target,
        message: MessageId,
        replacement: &Replacement,
    ) -> Result<FileId, RestError> {
        let after: Created = self.discord.rest.message(target.holder(), message).await?;
        replaced(&after, replacement).ok_or(RestError::Failing {
            status: reqwest::StatusCode::OK,
        })
    }
}

/// Which file stands in the place of the old one, if that is gone.
fn replaced(message: &Created, replacement: &Replacement) -> Option<FileId> {
    let mut files = message.attachments.iter().map(|file| file.id);
    if files.clone().any(|file| file == replacement.file) {
        return None;
    }
    files.find(|file| !replacement.others.contains(file))
}
