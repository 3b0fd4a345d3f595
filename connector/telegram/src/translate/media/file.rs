//! Photos and documents: what is known of them, and where their bytes are.

use std::time::Duration;

use grammers_tl_types as tl;
use patchbay_domain::file::{TelegramFile, TelegramFileClass};
use patchbay_domain::{Attachment, Cover, FileRef, MediaKind};
use tl::enums::{Document, DocumentAttribute, Photo, PhotoSize};

use super::{Carrier, told};

pub(super) fn photo(media: &tl::types::MessageMediaPhoto, carrier: &Carrier<'_>) -> Attachment {
    if media.ttl_seconds.is_some() {
        return told::vanishing(MediaKind::Photo);
    }
    let known = Attachment {
        cover: cover(media.spoiler),
        ..Attachment::new(MediaKind::Photo)
    };
    let Some(Photo::Photo(photo)) = &media.photo else {
        return known;
    };
    let Some(largest) = largest(&photo.sizes) else {
        return known;
    };
    Attachment {
        bytes: largest.bytes,
        // Telegram makes every photo a JPEG (core.telegram.org/api/files).
        mime: Some("image/jpeg".to_owned()),
        dimensions: dimensions(largest.width, largest.height),
        file: Some(FileRef::Telegram(TelegramFile {
            account: carrier.account,
            chat: carrier.chat,
            message: carrier.message,
            class: TelegramFileClass::Photo {
                size: largest.letter.to_owned(),
            },
            id: photo.id,
            access_hash: photo.access_hash,
            reference: photo.file_reference.clone(),
            dc: photo.dc_id,
            bytes: largest.bytes,
        })),
        ..known
    }
}

pub(super) fn document(
    media: &tl::types::MessageMediaDocument,
    carrier: &Carrier<'_>,
) -> Attachment {
    let kind = match &media.document {
        Some(Document::Document(document)) => kind(&document.attributes),
        Some(Document::Empty(_)) | None if media.round => MediaKind::RoundVideo,
        Some(Document::Empty(_)) | None if media.voice => MediaKind::Voice,
        Some(Document::Empty(_)) | None if media.video => MediaKind::Video,
        Some(Document::Empty(_)) | None => MediaKind::Document,
    };
    if media.ttl_seconds.is_some() {
        return told::vanishing(kind);
    }
    let mut known = Attachment {
        cover: cover(media.spoiler),
        ..Attachment::new(kind)
    };
    let Some(Document::Document(document)) = &media.document else {
        return known;
    };
    for attribute in &document.attributes {
        describe(&mut known, attribute);
    }
    let bytes = u64::try_from(document.size).ok();
    Attachment {
        bytes,
        mime: filled(&document.mime_type),
        file: Some(FileRef::Telegram(TelegramFile {
            account: carrier.account,
            chat: carrier.chat,
            message: carrier.message,
            class: TelegramFileClass::Document,
            id: document.id,
            access_hash: document.access_hash,
            reference: document.file_reference.clone(),
            dc: document.dc_id,
            bytes,
        })),
        ..known
    }
}

/// A document may be several things at once: an animation is a video without sound, a sticker
/// may be a video.
fn kind(attributes: &[DocumentAttribute]) -> MediaKind {
    let rank = |attribute: &DocumentAttribute| match attribute {
        DocumentAttribute::Sticker(_) | DocumentAttribute::CustomEmoji(_) => {
            Some((0, MediaKind::Sticker))
        }
        DocumentAttribute::Animated => Some((1, MediaKind::Animation)),
        DocumentAttribute::Audio(audio) if audio.voice => Some((2, MediaKind::Voice)),
        DocumentAttribute::Audio(_) => Some((3, MediaKind::Audio)),
        DocumentAttribute::Video(video) if video.round_message => Some((4, MediaKind::RoundVideo)),
        DocumentAttribute::Video(_) => Some((5, MediaKind::Video)),
        DocumentAttribute::ImageSize(_)
        | DocumentAttribute::HasStickers
        | DocumentAttribute::Filename(_) => None,
    };
    attributes
        .iter()
        .filter_map(rank)
        .min_by_key(|(rank, _)| *rank)
        .map_or(MediaKind::Document, |(_, kind)| kind)
}

fn describe(known: &mut Attachment, attribute: &DocumentAttribute) {
    match attribute {
        DocumentAttribute::Filename(name) => known.name = filled(&name.file_name),
        DocumentAttribute::ImageSize(size) => known.dimensions = dimensions(size.w, size.h),
        DocumentAttribute::Video(video) => {
            known.dimensions = dimensions(video.w, video.h);
            let plays = Duration::try_from_secs_f64(video.duration).ok();
            known.millis = plays.and_then(|plays| u32::try_from(plays.as_millis()).ok());
        }
        DocumentAttribute::Audio(audio) => {
            let seconds = u32::try_from(audio.duration).ok();
            known.millis = seconds.and_then(|seconds| seconds.checked_mul(1000));
            known.title = audio.title.as_deref().and_then(filled);
            known.performer = audio.performer.as_deref().and_then(filled);
            known.waveform = audio.waveform.clone().unwrap_or_default();
        }
        DocumentAttribute::Sticker(sticker) => known.emoji = filled(&sticker.alt),
        DocumentAttribute::CustomEmoji(emoji) => known.emoji = filled(&emoji.alt),
        DocumentAttribute::Animated | DocumentAttribute::HasStickers => {}
    }
}

struct Size<'a> {
    letter: &'a str,
    width: i32,
    height: i32,
    bytes: Option<u64>,
}

/// The largest of a photo's sizes that can be asked for.
fn largest(sizes: &[PhotoSize]) -> Option<Size<'_>> {
    let known = sizes.iter().filter_map(|size| match size {
        PhotoSize::Size(size) => Some(Size {
            letter: &size.r#type,
            width: size.w,
            height: size.h,
            bytes: u64::try_from(size.size).ok(),
        }),
        // It loads in steps, of which the last has all bytes.
        PhotoSize::Progressive(size) => Some(Size {
            letter: &size.r#type,
            width: size.w,
            height: size.h,
            bytes: size
                .sizes
                .iter()
                .max()
                .and_then(|bytes| u64::try_from(*bytes).ok()),
        }),
        PhotoSize::PhotoCachedSize(size) => Some(Size {
            letter: &size.r#type,
            width: size.w,
            height: size.h,
            bytes: u64::try_from(size.bytes.len()).ok(),
        }),
        PhotoSize::Empty(_) | PhotoSize::PhotoStrippedSize(_) | PhotoSize::PhotoPathSize(_) => None,
    });
    known.max_by_key(|size| (i64::from(size.width) * i64::from(size.height), size.bytes))
}

fn cover(spoiler: bool) -> Cover {
    if spoiler { Cover::Spoiler } else { Cover::Open }
}

fn dimensions(width: i32, height: i32) -> Option<(u32, u32)> {
    let sides = (u32::try_from(width).ok()?, u32::try_from(height).ok()?);
    Some(sides).filter(|sides| sides.0 > 0 && sides.1 > 0)
}

fn filled(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}
