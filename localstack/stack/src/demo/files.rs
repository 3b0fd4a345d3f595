//! The files of the demo: small, of several kinds, and each unlike all others.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Photo,
    Video,
    Audio,
    Voice,
    Document,
}

/// A file that is posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct File {
    kind: Kind,
    name: String,
    content: Vec<u8>,
}

/// A file as a chat holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) sha256: String,
    /// As what Telegram shows it; Discord shows all files alike.
    pub(super) kind: Option<String>,
}

impl Held {
    #[cfg(test)]
    pub(super) fn of(file: &File) -> Self {
        Self {
            sha256: file.sha256(),
            kind: Some(file.kind.name().to_owned()),
        }
    }

    /// The same bytes, and shown as the same, where both tell.
    pub(super) fn is(&self, file: &File) -> bool {
        let is_kind = |kind: &String| kind == file.kind.name();
        self.sha256 == file.sha256() && self.kind.as_ref().is_none_or(is_kind)
    }
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Photo => "photo",
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Voice => "voice",
            Self::Document => "document",
        }
    }

    fn ending_and_mime(self) -> (&'static str, &'static str) {
        match self {
            Self::Photo => ("jpg", "image/jpeg"),
            Self::Video => ("mp4", "video/mp4"),
            Self::Audio => ("mp3", "audio/mpeg"),
            Self::Voice => ("ogg", "audio/ogg"),
            Self::Document => ("pdf", "application/pdf"),
        }
    }

    fn bytes(self) -> usize {
        match self {
            Self::Photo => 20_000,
            Self::Video => 90_000,
            Self::Audio => 30_001,
            Self::Voice => 4_096,
            Self::Document => 5_555,
        }
    }
}

impl File {
    /// The `part`-th file of a message.
    pub(super) fn new(kind: Kind, pair: usize, number: usize, part: usize) -> Self {
        let (ending, _) = kind.ending_and_mime();
        let seed = format!("{pair}-{number}-{part}");
        let block = |count: usize| Sha256::digest(format!("{seed} {count}"));
        let mut content: Vec<u8> = (0..kind.bytes().div_ceil(32)).flat_map(block).collect();
        content.truncate(kind.bytes());
        Self {
            kind,
            name: format!("{seed}.{ending}"),
            content,
        }
    }

    pub(super) fn sha256(&self) -> String {
        let hash = Sha256::digest(&self.content);
        hash.iter().fold(String::new(), |mut text, byte| {
            // Writing to a String can't fail.
            write!(text, "{byte:02x}").ok();
            text
        })
    }

    /// As the Telegram simulator takes it.
    pub(super) fn for_telegram(&self) -> Value {
        let mut file = json!({
            "content": BASE64.encode(&self.content),
            "name": self.name,
            "mime_type": self.kind.ending_and_mime().1,
        });
        match self.kind {
            Kind::Photo => set(&mut file, &[("width", 640), ("height", 480)]),
            Kind::Video => set(
                &mut file,
                &[("width", 640), ("height", 480), ("duration", 2)],
            ),
            Kind::Audio | Kind::Voice => set(&mut file, &[("duration", 2)]),
            Kind::Document => {}
        }
        json!({ self.kind.name(): file })
    }

    /// As the Discord simulator takes it.
    pub(super) fn for_discord(&self) -> Value {
        let mut file = json!({
            "content": BASE64.encode(&self.content),
            "name": self.name,
            "content_type": self.kind.ending_and_mime().1,
        });
        match self.kind {
            Kind::Photo | Kind::Video => set(&mut file, &[("width", 640), ("height", 480)]),
            Kind::Voice => file["voice"] = json!({"duration_secs": 2.0, "waveform": "AAAA"}),
            Kind::Audio | Kind::Document => {}
        }
        file
    }
}

fn set(file: &mut Value, fields: &[(&str, u32)]) {
    for (field, value) in fields {
        file[*field] = json!(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_its_bytes_and_kind() {
        let file = File::new(Kind::Video, 3, 14, 0);
        let held = |file: &File, kind: Option<&str>| Held {
            sha256: file.sha256(),
            kind: kind.map(str::to_owned),
        };
        assert_eq!(file, File::new(Kind::Video, 3, 14, 0), "the same each time");
        assert_eq!(file.content.len(), 90_000);
        assert!(held(&file, Some("video")).is(&file));
        assert!(held(&file, None).is(&file));
        assert!(!held(&file, Some("document")).is(&file));
        assert!(!held(&File::new(Kind::Video, 3, 14, 1), None).is(&file));
    }
}
