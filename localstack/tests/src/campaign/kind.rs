//! The kinds of messages that are posted, and what they look like on each platform. To have one
//! more in every campaign, give it a name and a body here.

use patchbay_domain::Platform;
use serde_json::{Value, json};

/// Many small words, so that whatever is lost of a long text shows.
const LONG_ON_TELEGRAM: usize = 260;
const LONG_ON_DISCORD: usize = 140;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Text,
    LongText,
    Photo,
    Video,
    Voice,
    RoundVideo,
    Audio,
    Animation,
    Sticker,
    Document,
    Album,
    Poll,
    Venue,
    Contact,
    Picture,
    Files,
}

/// What can be changed about a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Editable {
    Nothing,
    Words,
    WordsAndFile,
}

/// One state of one message of one pair. It stands in each of the message's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tag {
    pub(super) pair: usize,
    pub(super) post: usize,
    pub(super) version: usize,
}

impl Tag {
    /// So many words that each tell where they belong.
    pub(super) fn words(self, count: usize) -> String {
        let Self {
            pair,
            post,
            version,
        } = self;
        let words: Vec<_> = (0..count)
            .map(|number| format!("p{pair}m{post}v{version}w{number}"))
            .collect();
        words.join(" ")
    }

    /// The file's bytes follow from it. No two files are the same.
    fn seed(self, part: usize) -> usize {
        ((self.pair * 10_000 + self.post) * 100 + self.version) * 10 + part + 1
    }

    /// Some take several parts to upload.
    fn bytes(self) -> usize {
        let is_large = self.post.is_multiple_of(6);
        let least = if is_large { 1_200_000 } else { 1_000 };
        least + self.seed(0) % 50_000
    }
}

impl Kind {
    pub(super) fn all(platform: Platform) -> &'static [Self] {
        match platform {
            Platform::Telegram => &[
                Self::Text,
                Self::LongText,
                Self::Photo,
                Self::Video,
                Self::Voice,
                Self::RoundVideo,
                Self::Audio,
                Self::Animation,
                Self::Sticker,
                Self::Document,
                Self::Album,
                Self::Poll,
                Self::Venue,
                Self::Contact,
            ],
            Platform::Discord => &[
                Self::Text,
                Self::LongText,
                Self::Picture,
                Self::Document,
                Self::Files,
                Self::Voice,
                Self::Poll,
            ],
        }
    }

    pub(super) fn editable(self) -> Editable {
        match self {
            Self::Text | Self::LongText | Self::Album => Editable::Words,
            Self::Photo
            | Self::Video
            | Self::Audio
            | Self::Animation
            | Self::Document
            | Self::Picture
            | Self::Files => Editable::WordsAndFile,
            Self::Voice
            | Self::RoundVideo
            | Self::Sticker
            | Self::Poll
            | Self::Venue
            | Self::Contact => Editable::Nothing,
        }
    }

    pub(super) fn body(self, platform: Platform, tag: Tag) -> Value {
        match platform {
            Platform::Telegram => self.on_telegram(tag),
            Platform::Discord => self.on_discord(tag),
        }
    }

    fn on_telegram(self, tag: Tag) -> Value {
        let text = tag.words(2);
        match self {
            Self::Text | Self::LongText => json!({"text": self.text(Platform::Telegram, tag)}),
            Self::Album => {
                let part = |number: usize, text: &str| json!({"media": self.media(tag, number), "text": text});
                json!({"messages": [part(0, &text), part(1, ""), part(2, "")]})
            }
            Self::Sticker | Self::RoundVideo => json!({"media": self.media(tag, 0)}),
            Self::Poll => json!({"media": {"poll": {"question": text, "answers": ["Yes", "No"]}}}),
            Self::Venue => json!({"media": {"venue": {
                "latitude": 48.5, "longitude": 2.25, "title": text, "address": "Main Street",
            }}}),
            Self::Contact => json!({"media": {"contact": {
                "phone_number": "+15550199", "first_name": tag.words(1), "last_name": "",
            }}}),
            Self::Photo
            | Self::Video
            | Self::Voice
            | Self::Audio
            | Self::Animation
            | Self::Document
            | Self::Picture
            | Self::Files => json!({"text": text, "media": self.media(tag, 0)}),
        }
    }

    fn on_discord(self, tag: Tag) -> Value {
        let text = tag.words(2);
        match self {
            Self::Text | Self::LongText => json!({"content": self.text(Platform::Discord, tag)}),
            Self::Voice => {
                let mut file = discord_file(tag, 0, "voice-message.ogg");
                file["voice"] = json!({"duration_secs": 2.0, "waveform": "AAAA"});
                json!({"attachments": [file]})
            }
            Self::Poll => json!({"poll": {
                "question": {"text": text},
                "answers": [{"poll_media": {"text": "Yes"}}, {"poll_media": {"text": "No"}}],
                "duration": 24,
            }}),
            Self::Photo
            | Self::Video
            | Self::RoundVideo
            | Self::Audio
            | Self::Animation
            | Self::Sticker
            | Self::Document
            | Self::Album
            | Self::Venue
            | Self::Contact
            | Self::Picture
            | Self::Files => json!({"content": text, "attachments": self.attachments(tag)}),
        }
    }

    /// Its text alone, as an edit says it.
    pub(super) fn text(self, platform: Platform, tag: Tag) -> String {
        if self != Self::LongText {
            return tag.words(2);
        }
        tag.words(match platform {
            Platform::Telegram => LONG_ON_TELEGRAM,
            Platform::Discord => LONG_ON_DISCORD,
        })
    }

    /// Another file in the place of its file.
    pub(super) fn other_file(self, platform: Platform, tag: Tag) -> Value {
        match platform {
            Platform::Telegram => json!({"media": self.media(tag, 0)}),
            Platform::Discord => {
                json!({"keep_attachments": [], "attachments": self.attachments(tag)})
            }
        }
    }

    fn media(self, tag: Tag, part: usize) -> Value {
        let (kind, name, mime) = match self {
            Self::Video => ("video", "clip.mp4", "video/mp4"),
            Self::Voice => ("voice", "voice.ogg", "audio/ogg"),
            Self::RoundVideo => ("round_video", "round.mp4", "video/mp4"),
            Self::Audio => ("audio", "song.mp3", "audio/mpeg"),
            Self::Animation => ("animation", "fun.mp4", "video/mp4"),
            Self::Sticker => ("sticker", "sticker.webp", "image/webp"),
            Self::Document => ("document", "paper.pdf", "application/pdf"),
            Self::Photo
            | Self::Album
            | Self::Text
            | Self::LongText
            | Self::Poll
            | Self::Venue
            | Self::Contact
            | Self::Picture
            | Self::Files => ("photo", "photo.jpg", "image/jpeg"),
        };
        let mut media = json!({"bytes": tag.bytes(), "seed": tag.seed(part)});
        if kind != "photo" {
            media["name"] = json!(name);
            media["mime_type"] = json!(mime);
        }
        json!({ kind: media })
    }

    fn attachments(self, tag: Tag) -> Value {
        let names: &[&str] = if self == Self::Picture {
            &["cat.png"]
        } else if self == Self::Files {
            &["one.png", "two.pdf", "three.mp3"]
        } else {
            &["paper.pdf"]
        };
        let files = names.iter().enumerate();
        files
            .map(|(part, name)| discord_file(tag, part, name))
            .collect()
    }
}

fn discord_file(tag: Tag, part: usize, name: &str) -> Value {
    json!({"name": name, "bytes": tag.bytes(), "seed": tag.seed(part), "width": 640, "height": 480})
}
