use patchbay_sim_core::Blob;
use serde::{Deserialize, Serialize};

use super::dc::Dc;
use super::ids::FileId;

/// A photo or a document, as the platform keeps it: apart from the messages that show it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoredFile {
    pub(crate) id: FileId,
    /// Unix seconds.
    pub(crate) date: i64,
    /// How often its references were made to expire.
    pub(crate) generation: u32,
    #[serde(flatten)]
    pub(crate) new: NewFile,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct NewFile {
    pub(crate) access_hash: i64,
    #[serde(default)]
    pub(crate) dc: Dc,
    pub(crate) blob: Blob,
    pub(crate) form: FileForm,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FileForm {
    Photo(Dimensions),
    Document(Box<Document>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Dimensions {
    pub(crate) width: i32,
    pub(crate) height: i32,
}

/// Everything that isn't a photo, told apart by its attributes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Document {
    pub(crate) mime_type: String,
    pub(crate) name: Option<String>,
    pub(crate) image: Option<Dimensions>,
    pub(crate) video: Option<Video>,
    pub(crate) audio: Option<Audio>,
    pub(crate) animated: bool,
    pub(crate) sticker: Option<Sticker>,
    pub(crate) thumbnail: Option<Blob>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Video {
    pub(crate) size: Dimensions,
    pub(crate) duration: f64,
    pub(crate) round: bool,
    pub(crate) streaming: bool,
    pub(crate) silent: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Audio {
    pub(crate) duration: i32,
    pub(crate) voice: bool,
    pub(crate) title: Option<String>,
    pub(crate) performer: Option<String>,
    pub(crate) waveform: Option<Vec<u8>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sticker {
    pub(crate) emoji: String,
}

/// What people call a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileKind {
    Photo,
    Video,
    RoundVideo,
    Audio,
    Voice,
    Animation,
    Sticker,
    Document,
}

impl FileKind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Photo => "photo",
            Self::Video => "video",
            Self::RoundVideo => "round_video",
            Self::Audio => "audio",
            Self::Voice => "voice",
            Self::Animation => "animation",
            Self::Sticker => "sticker",
            Self::Document => "document",
        }
    }
}

impl NewFile {
    pub(crate) fn kind(&self) -> FileKind {
        match &self.form {
            FileForm::Photo(_) => FileKind::Photo,
            FileForm::Document(document) => document.kind(),
        }
    }
}

impl Document {
    fn kind(&self) -> FileKind {
        match (&self.video, &self.audio) {
            _ if self.sticker.is_some() => FileKind::Sticker,
            _ if self.animated => FileKind::Animation,
            (Some(video), _) if video.round => FileKind::RoundVideo,
            (Some(_), _) => FileKind::Video,
            (None, Some(audio)) if audio.voice => FileKind::Voice,
            (None, Some(_)) => FileKind::Audio,
            (None, None) => FileKind::Document,
        }
    }

    pub(crate) fn dimensions(&self) -> Option<Dimensions> {
        self.image
            .or_else(|| self.video.as_ref().map(|video| video.size))
    }

    pub(crate) fn duration(&self) -> Option<f64> {
        let audio = self.audio.as_ref().map(|audio| f64::from(audio.duration));
        self.video.as_ref().map(|video| video.duration).or(audio)
    }
}
