//! Media as they are ordered, in the form in which they are listed.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use patchbay_sim_core::{Blob, Blobs, Generated};
use rand::Rng;
use serde::Deserialize;

use super::problem::Problem;
use crate::api::{Thrown, check_poll, thrown};
use crate::connection::Shared;
use crate::state::{
    Audio, Command, Dc, Dimensions, Document, FileForm, FileKind, Media, NewFile, Poll, Refusal,
    Sticker, Venue, Video,
};
use crate::uploads::failed;
use crate::world::World;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum NewMedia {
    Photo(OrderedFile),
    Video(OrderedFile),
    RoundVideo(OrderedFile),
    Audio(OrderedFile),
    Voice(OrderedFile),
    Animation(OrderedFile),
    Sticker(OrderedFile),
    Document(OrderedFile),
    Location {
        latitude: f64,
        longitude: f64,
    },
    Venue(Venue),
    Contact {
        phone_number: String,
        first_name: String,
        #[serde(default)]
        last_name: String,
    },
    Dice {
        emoji: String,
        value: Option<i32>,
    },
    Poll(OrderedPoll),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OrderedFile {
    /// Generated content, or …
    bytes: Option<u64>,
    #[serde(default)]
    seed: u64,
    /// … the content itself, in base64.
    content: Option<String>,
    name: Option<String>,
    mime_type: Option<String>,
    width: Option<i32>,
    height: Option<i32>,
    duration: Option<f64>,
    #[serde(default)]
    spoiler: bool,
    /// The data centre that holds it.
    #[serde(default)]
    dc: Dc,
    thumbnail: Option<OrderedContent>,
    title: Option<String>,
    performer: Option<String>,
    /// Of a sticker.
    emoji: Option<String>,
    /// Of a sticker.
    format: Option<StickerFormat>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OrderedContent {
    bytes: Option<u64>,
    #[serde(default)]
    seed: u64,
    content: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StickerFormat {
    Static,
    Animated,
    Video,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "these are the platform's own switches"
)]
pub(super) struct OrderedPoll {
    question: String,
    answers: Vec<String>,
    #[serde(default)]
    quiz: bool,
    #[serde(default)]
    multiple: bool,
    #[serde(default)]
    public: bool,
    #[serde(default)]
    closed: bool,
    #[serde(default)]
    correct: Vec<usize>,
}

/// Media whose content is on the disk, but which no message shows yet.
#[derive(Debug)]
pub(super) enum Prepared {
    File { new: NewFile, spoiler: bool },
    Plain(Media),
}

impl Prepared {
    pub(super) fn put_in(self, world: &mut World) -> Result<Media, Refusal> {
        match self {
            Self::Plain(media) => Ok(media),
            Self::File { new, spoiler } => {
                let applied = world.apply(Command::AddFile(new), None)?;
                let file = applied.file.ok_or(Refusal::bad("MEDIA_EMPTY"))?;
                Ok(Media::File { file, spoiler })
            }
        }
    }
}

/// Writes the content down, which may take long and needs nobody to wait.
pub(super) async fn prepared(shared: &Shared, media: NewMedia) -> Result<Prepared, Problem> {
    let blobs = Arc::clone(&shared.world().blobs);
    let written = shared.tasks.spawn_blocking(move || prepare(&blobs, media));
    let stopped = |_stopped| Problem::NotFound("the simulator is stopping".to_owned());
    written.await.map_err(stopped)?
}

fn prepare(blobs: &Blobs, media: NewMedia) -> Result<Prepared, Problem> {
    let plain = |media| Ok(Prepared::Plain(media));
    match media {
        NewMedia::Photo(file) => ordered(blobs, FileKind::Photo, file),
        NewMedia::Video(file) => ordered(blobs, FileKind::Video, file),
        NewMedia::RoundVideo(file) => ordered(blobs, FileKind::RoundVideo, file),
        NewMedia::Audio(file) => ordered(blobs, FileKind::Audio, file),
        NewMedia::Voice(file) => ordered(blobs, FileKind::Voice, file),
        NewMedia::Animation(file) => ordered(blobs, FileKind::Animation, file),
        NewMedia::Sticker(file) => ordered(blobs, FileKind::Sticker, file),
        NewMedia::Document(file) => ordered(blobs, FileKind::Document, file),
        NewMedia::Location {
            latitude,
            longitude,
        } => plain(Media::Location {
            latitude,
            longitude,
        }),
        NewMedia::Venue(venue) => plain(Media::Venue(venue)),
        NewMedia::Contact {
            phone_number,
            first_name,
            last_name,
        } => plain(Media::Contact {
            phone_number,
            first_name,
            last_name,
        }),
        NewMedia::Dice { emoji, value } => {
            let thrown = value.map_or(Thrown::ByChance, Thrown::As);
            plain(self::thrown(emoji, thrown)?)
        }
        NewMedia::Poll(poll) => {
            check_poll(&poll.question, &poll.answers)?;
            plain(Media::Poll(Poll {
                id: rand::rng().random_range(1..i64::MAX),
                question: poll.question,
                answers: poll.answers,
                quiz: poll.quiz,
                multiple: poll.multiple,
                public: poll.public,
                closed: poll.closed,
                correct: poll.correct,
            }))
        }
    }
}

fn ordered(blobs: &Blobs, kind: FileKind, file: OrderedFile) -> Result<Prepared, Problem> {
    let content = OrderedContent {
        bytes: file.bytes,
        seed: file.seed,
        content: file.content.clone(),
    };
    let blob = content.written(blobs)?;
    let thumbnail = match &file.thumbnail {
        Some(content) => Some(content.written(blobs)?),
        None => None,
    };
    let (spoiler, dc) = (file.spoiler, file.dc);
    let form = if kind == FileKind::Photo {
        FileForm::Photo(file.dimensions().unwrap_or(Dimensions {
            width: 1280,
            height: 960,
        }))
    } else {
        FileForm::Document(Box::new(file.document(kind, thumbnail)))
    };
    let new = NewFile {
        access_hash: rand::random(),
        dc,
        blob,
        form,
    };
    Ok(Prepared::File { new, spoiler })
}

impl OrderedContent {
    fn written(&self, blobs: &Blobs) -> Result<Blob, Problem> {
        let mut writer = blobs.writer().map_err(failed)?;
        match (&self.content, self.bytes) {
            (Some(content), None) => {
                let content = STANDARD
                    .decode(content)
                    .map_err(|_broken| Problem::Malformed("content is not base64".to_owned()))?;
                writer.append(&content).map_err(failed)?;
            }
            (None, Some(bytes)) => {
                let seed = self.seed;
                for piece in (Generated { bytes, seed }).pieces() {
                    writer.append(&piece).map_err(failed)?;
                }
            }
            (Some(_), Some(_)) | (None, None) => {
                let what = "a file needs either content or bytes".to_owned();
                return Err(Problem::Malformed(what));
            }
        }
        Ok(blobs.keep(writer).map_err(failed)?)
    }
}

impl OrderedFile {
    fn dimensions(&self) -> Option<Dimensions> {
        let (width, height) = (self.width?, self.height?);
        Some(Dimensions { width, height })
    }

    fn document(self, kind: FileKind, thumbnail: Option<Blob>) -> Document {
        let given = self.dimensions();
        let side = |width, height| given.unwrap_or(Dimensions { width, height });
        let duration = self.duration.unwrap_or(1.0);
        let video = |size, round, silent| Video {
            size,
            duration,
            round,
            streaming: !round,
            silent,
        };
        let format = self.format.unwrap_or(StickerFormat::Static);
        let mime_type = self
            .mime_type
            .unwrap_or_else(|| usual_type(kind, format).to_owned());
        let plain = Document {
            mime_type,
            name: self.name,
            thumbnail,
            ..Document::default()
        };
        let audio = |voice| {
            Some(Audio {
                duration: whole_seconds(duration),
                voice,
                title: self.title,
                performer: self.performer,
                waveform: None,
            })
        };
        match kind {
            FileKind::Photo | FileKind::Document => Document {
                image: given,
                ..plain
            },
            FileKind::Video => Document {
                video: Some(video(side(1280, 720), false, false)),
                ..plain
            },
            FileKind::RoundVideo => Document {
                video: Some(video(side(384, 384), true, false)),
                ..plain
            },
            FileKind::Animation => Document {
                video: Some(video(side(480, 270), false, true)),
                animated: true,
                ..plain
            },
            FileKind::Audio => Document {
                audio: audio(false),
                ..plain
            },
            FileKind::Voice => Document {
                audio: audio(true),
                ..plain
            },
            FileKind::Sticker => Document {
                sticker: Some(Sticker {
                    emoji: self.emoji.unwrap_or_default(),
                }),
                image: Some(side(512, 512)).filter(|_| !matches!(format, StickerFormat::Video)),
                video: matches!(format, StickerFormat::Video)
                    .then(|| video(side(512, 512), false, true)),
                ..plain
            },
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "nobody orders a duration of centuries"
)]
fn whole_seconds(duration: f64) -> i32 {
    duration.round() as i32
}

fn usual_type(kind: FileKind, format: StickerFormat) -> &'static str {
    match (kind, format) {
        (FileKind::Photo, _) => "image/jpeg",
        (FileKind::Video | FileKind::RoundVideo | FileKind::Animation, _) => "video/mp4",
        (FileKind::Audio, _) => "audio/mpeg",
        (FileKind::Voice, _) => "audio/ogg",
        (FileKind::Sticker, StickerFormat::Static) => "image/webp",
        (FileKind::Sticker, StickerFormat::Animated) => "application/x-tgsticker",
        (FileKind::Sticker, StickerFormat::Video) => "video/webm",
        (FileKind::Document, _) => "application/octet-stream",
    }
}
