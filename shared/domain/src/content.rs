use serde::{Deserialize, Serialize};

use crate::text::Text;

/// What a message says, on neither platform in particular.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    pub text: Text,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
}

impl Content {
    pub fn bytes(&self) -> u64 {
        let text = u64::try_from(self.text.as_str().len()).unwrap_or(u64::MAX);
        let attachments = self.attachments.iter().filter_map(|file| file.bytes);
        attachments.fold(text, u64::saturating_add)
    }
}

/// A reference to media; the bytes stay on the platform until they are delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    pub kind: MediaKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    Photo,
    Video,
    Audio,
    Voice,
    Animation,
    Sticker,
    Document,
    /// A poll, a location, a contact and whatever else is no file.
    Other,
}

impl MediaKind {
    pub const ALL: [Self; 8] = [
        Self::Photo,
        Self::Video,
        Self::Audio,
        Self::Voice,
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
