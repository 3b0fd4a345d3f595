//! Everything in a message that isn't text.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use patchbay_domain::file::DiscordFile;
use patchbay_domain::ids::{DiscordChannelId, MessageId};
use patchbay_domain::special::{Ballot, Choice, Poll};
use patchbay_domain::{Attachment, Cover, FileRef, MediaKind, Special, Text};

use super::received::{FileObject, PollMedia, PollObject, Said, StickerObject};
use crate::cdn::{Cdn, StickerFile};
use crate::waveform;

const SPOILER: &str = "SPOILER_";
const IS_VOICE_MESSAGE: u64 = 1 << 13;

/// Where the files of a message are.
#[derive(Clone, Copy)]
pub(super) struct Shelf<'a> {
    pub(super) cdn: &'a Cdn,
    pub(super) channel: DiscordChannelId,
    pub(super) message: MessageId,
}

impl Shelf<'_> {
    /// A file of which little more is told than its address.
    pub(super) fn take(self, url: &str, kind: MediaKind, mime: Option<&str>) -> Option<Attachment> {
        let file = self.cdn.file(url, self.channel, self.message)?;
        let path = url.split(['?', '#']).next().unwrap_or_default();
        let name = path.rsplit('/').next().filter(|name| !name.is_empty());
        Some(Attachment {
            name: name.map(str::to_owned),
            mime: mime.map(str::to_owned),
            file: Some(file),
            ..Attachment::new(kind)
        })
    }
}

pub(super) fn of(said: &Said, shelf: Shelf<'_>) -> Vec<Attachment> {
    let is_voice = said.flags & IS_VOICE_MESSAGE != 0;
    let files = said.files.iter().map(|file| of_file(file, is_voice, shelf));
    let stickers = said
        .stickers
        .iter()
        .map(|sticker| of_sticker(sticker, shelf.cdn));
    let poll = said.poll.iter().map(of_poll);
    files.chain(stickers).chain(poll).collect()
}

/// As what a file of this type is shown. What apps don't show as a picture everywhere stays a
/// document.
pub(super) fn kind_of(mime: &str) -> MediaKind {
    let essence = mime.split(';').next().unwrap_or_default().trim();
    match essence {
        "image/gif" => MediaKind::Animation,
        "image/png" | "image/jpeg" | "image/webp" => MediaKind::Photo,
        kind if kind.starts_with("video/") => MediaKind::Video,
        kind if kind.starts_with("audio/") => MediaKind::Audio,
        _ => MediaKind::Document,
    }
}

fn of_file(file: &FileObject, is_voice: bool, shelf: Shelf<'_>) -> Attachment {
    const IS_SPOILER: u64 = 1 << 3;
    let name = name_of(file);
    let is_spoiler = name.starts_with(SPOILER) || file.flags & IS_SPOILER != 0;
    let mime = file.content_type.as_deref();
    let mut kind = mime.map_or(MediaKind::Document, kind_of);
    if kind == MediaKind::Audio && is_voice {
        kind = MediaKind::Voice;
    }
    let millis = file.duration_secs.map(|seconds| seconds * 1000.0);
    Attachment {
        name: Some(name.strip_prefix(SPOILER).unwrap_or(&name).to_owned()),
        bytes: Some(file.size),
        mime: mime.map(str::to_owned),
        cover: if is_spoiler {
            Cover::Spoiler
        } else {
            Cover::Open
        },
        dimensions: file.width.zip(file.height),
        millis: millis.map(whole),
        waveform: file.waveform.as_deref().map_or_else(Vec::new, loudness),
        file: shelf.cdn.file(&file.url, shelf.channel, shelf.message),
        caption: Text::plain(file.description.as_deref().unwrap_or_default()),
        ..Attachment::new(kind)
    }
}

/// Discord keeps a name that doesn't go into an address as a title, without its ending.
fn name_of(file: &FileObject) -> String {
    match (&file.title, file.filename.rsplit_once('.')) {
        (Some(title), Some((_, ending))) if !title.is_empty() => format!("{title}.{ending}"),
        (Some(title), None) if !title.is_empty() => title.clone(),
        _ => file.filename.clone(),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast of what is too large, negative or no number is clamped"
)]
fn whole(millis: f64) -> u32 {
    millis.round() as u32
}

fn loudness(base64: &str) -> Vec<u8> {
    let samples = STANDARD.decode(base64).unwrap_or_default();
    waveform::to_telegram(&samples)
}

/// (Sticker Resource, "Sticker Format Types")
fn of_sticker(sticker: &StickerObject, cdn: &Cdn) -> Attachment {
    const PNG: u8 = 1;
    const APNG: u8 = 2;
    const GIF: u8 = 4;
    let (file, mime, ending) = match sticker.format_type {
        PNG => (StickerFile::Png, "image/png", "png"),
        APNG => (StickerFile::Png, "image/apng", "png"),
        GIF => (StickerFile::Gif, "image/gif", "gif"),
        // Lottie is a drawing, which nothing else shows.
        _ => {
            let text = Text::plain(format!("[sticker: {}]", sticker.name));
            return Attachment {
                name: Some(sticker.name.clone()),
                special: Some(Special::Told { text }),
                ..Attachment::new(MediaKind::Sticker)
            };
        }
    };
    let url = cdn.sticker(sticker.id.get(), file);
    Attachment {
        name: Some(format!("{}.{ending}", sticker.name)),
        mime: Some(mime.to_owned()),
        file: Some(FileRef::Discord(DiscordFile {
            url,
            attachment: None,
        })),
        ..Attachment::new(MediaKind::Sticker)
    }
}

/// On Discord everybody can see who voted for what.
fn of_poll(poll: &PollObject) -> Attachment {
    let answers = poll.answers.iter();
    Attachment::special(Special::Poll(Poll {
        question: words(&poll.question),
        options: answers.map(|answer| words(&answer.poll_media)).collect(),
        choice: if poll.allow_multiselect {
            Choice::Several
        } else {
            Choice::One
        },
        ballot: Ballot::Open,
    }))
}

fn words(media: &PollMedia) -> String {
    let emoji = media.emoji.as_ref().and_then(|emoji| emoji.name.as_deref());
    let parts = [emoji, media.text.as_deref()];
    let parts: Vec<&str> = parts.into_iter().flatten().collect();
    parts.join(" ")
}
