use serde::{Deserialize, Serialize};

use crate::file::FileRef;
use crate::ids::MessageId;
use crate::special::Special;
use crate::text::Text;

/// What a message says, on neither platform in particular.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    pub text: Text,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    #[serde(default, skip_serializing_if = "LinkPreview::is_shown")]
    pub preview: LinkPreview,
}

/// Whether a message shows what is behind its links.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkPreview {
    #[default]
    Shown,
    Hidden,
}

impl LinkPreview {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "for serde")]
    fn is_shown(&self) -> bool {
        *self == Self::Shown
    }
}

impl Content {
    pub fn bytes(&self) -> u64 {
        let text = u64::try_from(self.text.as_str().len()).unwrap_or(u64::MAX);
        let attachments = self.attachments.iter().filter_map(|file| file.bytes);
        attachments.fold(text, u64::saturating_add)
    }

    /// Tells one set of media from another, so that an edit of the text alone sends no file again.
    /// Of an album, what belongs to this message of it. Zero stands for no media.
    pub fn media_print(&self, of: MessageId) -> u32 {
        let mut hash = crc32fast::Hasher::new();
        let is_its = |media: &&Attachment| media.message.is_none_or(|message| message == of);
        for attachment in self.attachments.iter().filter(is_its) {
            match (&attachment.file, &attachment.special) {
                (Some(file), _) => hash.update(file.identity().as_bytes()),
                (None, Some(special)) => hash.update(special.to_text().as_str().as_bytes()),
                (None, None) => hash.update(attachment.kind.name().as_bytes()),
            }
            hash.update(b"|");
        }
        hash.finalize()
    }

    /// All that it says in words: its text, and the captions of further files in an album, each in
    /// lines of its own.
    pub fn words(&self) -> Text {
        let captions = self.attachments.iter().map(|media| &media.caption);
        let parts = std::iter::once(&self.text).chain(captions);
        Text::lines(parts)
    }
}

/// Something beside the text. The bytes of a file stay on the platform until they are delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    pub kind: MediaKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// The file's type, such as `image/png`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mime: Option<String>,
    #[serde(default, skip_serializing_if = "Cover::is_open")]
    pub cover: Cover,
    /// Width and height in pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dimensions: Option<(u32, u32)>,
    /// How long it plays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub millis: Option<u32>,
    /// Of a piece of music.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub performer: Option<String>,
    /// What a sticker stands for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emoji: Option<String>,
    /// The loudness of a voice message over time, as Telegram packs it: five bits a sample.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waveform: Vec<u8>,
    /// Where its bytes are, if it has any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FileRef>,
    /// What it is, if it is no file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub special: Option<Special>,
    /// In an album of several messages: which of them it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageId>,
    /// In an album of several messages: what this one says. What the first one says is the text.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub caption: Text,
}

impl Attachment {
    /// One of which nothing else is known.
    pub fn new(kind: MediaKind) -> Self {
        Self {
            kind,
            name: None,
            bytes: None,
            mime: None,
            cover: Cover::Open,
            dimensions: None,
            millis: None,
            title: None,
            performer: None,
            emoji: None,
            waveform: Vec::new(),
            file: None,
            special: None,
            message: None,
            caption: Text::default(),
        }
    }

    pub fn special(special: Special) -> Self {
        Self {
            special: Some(special),
            ..Self::new(MediaKind::Other)
        }
    }
}

/// Whether a picture shows at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cover {
    #[default]
    Open,
    /// Behind a spoiler.
    Spoiler,
}

impl Cover {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "for serde")]
    fn is_open(&self) -> bool {
        *self == Self::Open
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    Photo,
    Video,
    Audio,
    Voice,
    /// A video in a circle.
    RoundVideo,
    Animation,
    Sticker,
    Document,
    /// A poll, a location, a contact and whatever else is no file.
    Other,
}

impl MediaKind {
    pub const ALL: [Self; 9] = [
        Self::Photo,
        Self::Video,
        Self::Audio,
        Self::Voice,
        Self::RoundVideo,
        Self::Animation,
        Self::Sticker,
        Self::Document,
        Self::Other,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Photo => "photo",
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Voice => "voice",
            Self::RoundVideo => "round_video",
            Self::Animation => "animation",
            Self::Sticker => "sticker",
            Self::Document => "document",
            Self::Other => "other",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// The platform's id of whoever wrote it: a user, a bot, a channel or a webhook.
    pub id: String,
    pub name: String,
}
