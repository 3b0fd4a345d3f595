//! A message as Discord reads it. (Message Resource, "Create Message", "Edit Message";
//! Webhook Resource, "Execute Webhook")

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use patchbay_app::ports::{Files, Outgoing, Piece};
use patchbay_domain::ids::{FileId, MessageId};
use patchbay_domain::{Attachment, Cover, LinkPreview, MediaKind, Notification, Persona};
use serde::Serialize;
use serenity::model::channel::MessageFlags;

use super::files::{name_of, prepare};
use super::poll::NewPoll;
use crate::rest::{RestError, Upload, Written};
use crate::waveform;

#[derive(Serialize, Default)]
pub(super) struct Payload<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) content: Option<&'a str>,
    pub(super) flags: u64,
    pub(super) allowed_mentions: AllowedMentions,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) attachments: Option<Vec<Described>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) poll: Option<NewPoll<'a>>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub(super) by_bot: Option<ByBot>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub(super) by_webhook: Option<ByWebhook<'a>>,
}

/// Whom a message may call: nobody.
#[derive(Serialize, Default)]
pub(super) struct AllowedMentions {
    parse: [&'static str; 0],
}

#[derive(Serialize)]
pub(super) struct ByBot {
    nonce: String,
    enforce_nonce: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_reference: Option<Reference>,
}

#[derive(Serialize)]
struct Reference {
    message_id: MessageId,
    fail_if_not_exists: bool,
}

#[derive(Serialize)]
pub(super) struct ByWebhook<'a> {
    username: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    avatar_url: Option<&'a str>,
}

/// What is said of a file. (Message Resource, "Attachment Request Structure")
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Described {
    New(NewFile),
    Kept { id: FileId },
}

#[derive(Serialize)]
pub(super) struct NewFile {
    /// Its place among the files.
    id: usize,
    filename: String,
    is_spoiler: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_secs: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waveform: Option<String>,
}

impl ByBot {
    pub(super) fn of(outgoing: &Outgoing) -> Self {
        let reply_to = outgoing.reply_to;
        Self {
            nonce: outgoing.key.nonce(),
            enforce_nonce: true,
            message_reference: reply_to.map(|message_id| Reference {
                message_id,
                fail_if_not_exists: false,
            }),
        }
    }
}

impl<'a> ByWebhook<'a> {
    pub(super) fn of(persona: &'a Persona) -> Self {
        Self {
            username: &persona.name,
            avatar_url: persona.avatar_url.as_deref(),
        }
    }
}

impl<'a> Payload<'a> {
    /// The piece as a new message.
    pub(super) fn new(content: &'a str, outgoing: &'a Outgoing) -> Self {
        let mut flags = preview_flags(outgoing.preview);
        flags.set(
            MessageFlags::SUPPRESS_NOTIFICATIONS,
            outgoing.notification == Notification::Silent,
        );
        let piece = &outgoing.piece;
        let is_voice = outgoing.persona.is_none() && is_voice_message(piece);
        flags.set(MessageFlags::IS_VOICE_MESSAGE, is_voice);
        let poll = piece.attachments.iter().find_map(NewPoll::of);
        let files = poll.is_none().then_some(piece.attachments.as_slice());
        Self {
            content: Some(content).filter(|content| !content.is_empty()),
            flags: flags.bits(),
            attachments: files
                .filter(|files| !files.is_empty())
                .map(|files| describe(files, flags)),
            poll,
            ..Self::default()
        }
    }

    /// What a message is to say instead.
    pub(super) fn change(
        content: &'a str,
        preview: LinkPreview,
        files: Option<&'a [Attachment]>,
    ) -> Self {
        let flags = preview_flags(preview);
        Self {
            content: Some(content),
            flags: flags.bits(),
            attachments: files.map(|files| describe(files, flags)),
            ..Self::default()
        }
    }

    /// Ready to be sent, with these files.
    pub(super) async fn write<'f>(
        &self,
        files: &'f [Attachment],
        source: &'f dyn Files,
    ) -> Result<Written<'f>, RestError> {
        let files = match self.poll {
            Some(_) => Vec::new(),
            None => prepare(files, source).await?,
        };
        if files.is_empty() {
            return Written::alone(self);
        }
        let payload = serde_json::to_string(self).map_err(RestError::Unwritable)?;
        Ok(Written::WithFiles(Upload {
            payload,
            files,
            source,
        }))
    }
}

/// Discord takes a voice message alone, without a word, and never changes it after that.
pub(super) fn is_voice_message(piece: &Piece) -> bool {
    let [voice] = piece.attachments.as_slice() else {
        return false;
    };
    let is_ogg = voice.mime.as_deref().is_none_or(|mime| mime == "audio/ogg");
    let is_told = voice.millis.is_some() && piece.text.as_str().trim().is_empty();
    voice.kind == MediaKind::Voice && is_ogg && is_told
}

fn preview_flags(preview: LinkPreview) -> MessageFlags {
    match preview {
        LinkPreview::Shown => MessageFlags::empty(),
        LinkPreview::Hidden => MessageFlags::SUPPRESS_EMBEDS,
    }
}

/// How long it is and how loud is said of a voice message alone.
pub(super) fn describe(files: &[Attachment], flags: MessageFlags) -> Vec<Described> {
    let is_voice = flags.contains(MessageFlags::IS_VOICE_MESSAGE);
    let described = files.iter().enumerate().map(|(id, file)| {
        let duration = file.millis.map(|millis| f64::from(millis) / 1000.0);
        let waveform = waveform::to_discord(&file.waveform);
        Described::New(NewFile {
            id,
            filename: name_of(file),
            is_spoiler: file.cover == Cover::Spoiler,
            duration_secs: duration.filter(|_| is_voice),
            waveform: is_voice.then(|| STANDARD.encode(waveform)),
        })
    });
    described.collect()
}
