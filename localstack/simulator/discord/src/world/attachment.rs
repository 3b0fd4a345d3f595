use serde::{Deserialize, Serialize};

use super::{FieldError, Message, Rejection, World};
use crate::ids::{AttachmentId, ChannelId};

/// A file as its message shows it. Its bytes are on disk under their hash.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct File {
    pub(crate) filename: String,
    /// The name as it was given, where the platform had to change it.
    pub(crate) title: Option<String>,
    pub(crate) size: u64,
    pub(crate) sha256: String,
    pub(crate) content_type: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) spoiler: bool,
    pub(crate) width: Option<u64>,
    pub(crate) height: Option<u64>,
    pub(crate) voice: Option<Voice>,
}

/// What a voice message says of its recording.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Voice {
    pub(crate) duration_secs: f64,
    /// Loudness, sampled; bytes in base64.
    #[serde(default)]
    pub(crate) waveform: String,
}

/// A file that belongs to a message.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Attachment {
    pub(crate) id: AttachmentId,
    /// Where it was first sent to; a forward does not change that.
    pub(crate) channel: ChannelId,
    pub(crate) file: File,
}

/// A file that an edit keeps, and what it changes about it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeptAttachment {
    pub(crate) id: AttachmentId,
    #[serde(default)]
    pub(crate) description: Option<String>,
    #[serde(default)]
    pub(crate) spoiler: Option<bool>,
}

/// An attachment, and how many messages show it: the one it was sent with and its forwards.
#[derive(Debug)]
pub(super) struct Held {
    attachment: Attachment,
    messages: usize,
}

impl World {
    /// Gives ids to files that come with a message in this channel.
    pub(super) fn attach(&mut self, channel: ChannelId, files: Vec<File>) -> Vec<Attachment> {
        let attach = |file| Attachment {
            id: AttachmentId(self.next_id()),
            channel,
            file,
        };
        files.into_iter().map(attach).collect()
    }

    /// Keeps the message, and with it the files it shows.
    pub(super) fn keep(&mut self, message: Message) {
        let before = self
            .messages
            .get_mut(&message.channel)
            .and_then(|all| all.remove(&message.id));
        for attachment in message.shown_files() {
            let held = self.attachments.entry(attachment.id);
            let held = held.or_insert_with(|| Held {
                attachment: attachment.clone(),
                messages: 0,
            });
            held.attachment = attachment.clone();
            held.messages += 1;
        }
        if let Some(before) = before {
            self.let_go_of_files(&before);
        }
        self.messages
            .entry(message.channel)
            .or_default()
            .insert(message.id, message);
    }

    /// Files that no message shows any more are gone.
    pub(super) fn let_go_of_files(&mut self, message: &Message) {
        for attachment in message.shown_files() {
            let Some(held) = self.attachments.get_mut(&attachment.id) else {
                continue;
            };
            held.messages -= 1;
            if held.messages == 0 {
                self.attachments.remove(&attachment.id);
            }
        }
    }

    pub(crate) fn attachment(&self, id: AttachmentId) -> Option<&Attachment> {
        self.attachments.get(&id).map(|held| &held.attachment)
    }

    /// What an edit leaves of a message's files.
    pub(super) fn retained(
        message: &Message,
        kept: &[KeptAttachment],
    ) -> Result<Vec<Attachment>, Rejection> {
        let mut retained = Vec::with_capacity(kept.len());
        for (index, wanted) in kept.iter().enumerate() {
            let mut there = message.attachments.iter();
            let Some(attachment) = there.find(|there| there.id == wanted.id) else {
                let path = ["attachments", &index.to_string(), "id"];
                let error = "This is no attachment of the message.";
                return Err(FieldError::new(&path, "ATTACHMENT_NOT_FOUND", error).into());
            };
            let mut attachment = attachment.clone();
            if let Some(description) = &wanted.description {
                attachment.file.description = Some(description.clone());
            }
            attachment.file.spoiler = wanted.spoiler.unwrap_or(attachment.file.spoiler);
            retained.push(attachment);
        }
        Ok(retained)
    }

    /// A voice message is one recording and nothing else.
    pub(super) fn check_voice(message: &Message, files: &[File]) -> Result<(), Rejection> {
        if message.flags & Message::IS_VOICE_MESSAGE == 0 {
            return Ok(());
        }
        let more = !message.content.is_empty()
            || !message.embeds.is_empty()
            || !message.components.is_empty();
        if more {
            return Err(Rejection::VoiceWithContent);
        }
        let is_audio = |file: &File| {
            let content_type = file.content_type.as_deref().unwrap_or_default();
            content_type.starts_with("audio/")
        };
        match files {
            [file] if is_audio(file) && file.voice.is_some() => Ok(()),
            [file] if is_audio(file) => Err(Rejection::VoiceWithoutMetadata),
            _ => Err(Rejection::VoiceNeedsOneFile),
        }
    }
}

impl Message {
    /// Its own files, and those of the message it forwards.
    fn shown_files(&self) -> impl Iterator<Item = &Attachment> {
        let snapshot = self
            .reference
            .iter()
            .filter_map(|one| one.snapshot.as_ref());
        let forwarded = snapshot.flat_map(|snapshot| &snapshot.attachments);
        self.attachments.iter().chain(forwarded)
    }
}
