//! As what Telegram shows a file.

use patchbay_domain::ids::AccountId;
use patchbay_domain::{Attachment, Endpoint, FileRef, MediaKind};

/// core.telegram.org/api/files and `upload_max_fileparts_default` of core.telegram.org/api/config:
/// 4,000 parts of 512 KiB.
pub(super) const LARGEST_FILE: u64 = 4000 * (512 << 10);
/// core.telegram.org/bots/api, sendPhoto, which tells the limits of photos.
const LARGEST_PHOTO: u64 = 10 << 20;
const WIDTH_AND_HEIGHT: u32 = 10_000;
const MOST_SLENDER: u32 = 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Photo,
    Video,
    Audio,
    Voice,
    RoundVideo,
    Animation,
    Sticker,
    Document,
}

/// What may stand together in one album (core.telegram.org/api/files#albums-grouped-media).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Company {
    PhotosAndVideos,
    Documents,
    Audio,
}

impl Form {
    pub(super) fn of(file: &Attachment) -> Self {
        let comes_from_telegram = matches!(file.file, Some(FileRef::Telegram(_)));
        let mime = file.mime.as_deref().unwrap_or_default();
        match file.kind {
            MediaKind::Photo if comes_from_telegram || can_be_photo(file) => Self::Photo,
            MediaKind::Video if comes_from_telegram || can_be_video(mime) => Self::Video,
            MediaKind::Audio => Self::Audio,
            MediaKind::Voice => Self::Voice,
            MediaKind::RoundVideo => Self::RoundVideo,
            MediaKind::Animation => Self::Animation,
            MediaKind::Sticker if comes_from_telegram => Self::Sticker,
            MediaKind::Sticker => foreign_sticker(file),
            MediaKind::Photo | MediaKind::Video | MediaKind::Document | MediaKind::Other => {
                Self::Document
            }
        }
    }

    pub(super) fn company(self) -> Option<Company> {
        match self {
            Self::Photo | Self::Video => Some(Company::PhotosAndVideos),
            Self::Document => Some(Company::Documents),
            Self::Audio => Some(Company::Audio),
            Self::Voice | Self::RoundVideo | Self::Animation | Self::Sticker => None,
        }
    }

    pub(super) fn takes_caption(self) -> bool {
        match self {
            Self::Photo
            | Self::Video
            | Self::Audio
            | Self::Voice
            | Self::Animation
            | Self::Document => true,
            Self::RoundVideo | Self::Sticker => false,
        }
    }
}

/// Telegram has the file already, and knows it by a reference that this account may use.
pub(super) fn is_referenced(file: &Attachment, by: AccountId) -> bool {
    matches!(&file.file, Some(FileRef::Telegram(file)) if file.account == by)
}

/// Whether it has to be uploaded to get there.
pub(super) fn is_uploaded_to(file: &Attachment, destination: &Endpoint) -> bool {
    match destination {
        Endpoint::Telegram { account, .. } => !is_referenced(file, *account),
        Endpoint::Discord { .. } => true,
    }
}

fn can_be_photo(file: &Attachment) -> bool {
    let is_small = file.bytes.is_none_or(|bytes| bytes <= LARGEST_PHOTO);
    let fits = file.dimensions.is_none_or(|(width, height)| {
        let (long, short) = (width.max(height), width.min(height));
        width.saturating_add(height) <= WIDTH_AND_HEIGHT && long / MOST_SLENDER <= short
    });
    let is_picture = match file.mime.as_deref() {
        Some(mime) => matches!(mime, "image/jpeg" | "image/png" | "image/webp"),
        None => true,
    };
    is_small && fits && is_picture
}

/// Telegram plays these; others are files to it.
fn can_be_video(mime: &str) -> bool {
    matches!(mime, "" | "video/mp4" | "video/quicktime")
}

/// Telegram's stickers have formats of their own.
fn foreign_sticker(file: &Attachment) -> Form {
    match file.mime.as_deref() {
        Some("image/gif") => Form::Animation,
        Some("image/apng" | "application/json") => Form::Document,
        _ if can_be_photo(file) => Form::Photo,
        _ => Form::Document,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_from_elsewhere_becomes() {
        let photo = Attachment::new(MediaKind::Photo);
        let mib = |count: u64| Some(count << 20);
        let mime = |kind, mime: &str| Attachment {
            mime: Some(mime.to_owned()),
            ..Attachment::new(kind)
        };
        let sized = |dimensions| Attachment {
            dimensions: Some(dimensions),
            ..photo.clone()
        };
        let weighing = |bytes| Attachment {
            bytes,
            ..photo.clone()
        };
        let rows = [
            (photo.clone(), Form::Photo),
            (weighing(mib(10)), Form::Photo),
            (weighing(mib(11)), Form::Document),
            (sized((4000, 6000)), Form::Photo),
            (sized((4001, 6000)), Form::Document),
            (sized((100, 2000)), Form::Photo),
            (sized((1, 2000)), Form::Document),
            (mime(MediaKind::Photo, "image/svg+xml"), Form::Document),
            (mime(MediaKind::Photo, "image/png"), Form::Photo),
            (mime(MediaKind::Video, "video/mp4"), Form::Video),
            (mime(MediaKind::Video, "video/webm"), Form::Document),
            (mime(MediaKind::Animation, "image/gif"), Form::Animation),
            (mime(MediaKind::Sticker, "image/png"), Form::Photo),
            (mime(MediaKind::Sticker, "image/gif"), Form::Animation),
            (mime(MediaKind::Sticker, "image/apng"), Form::Document),
            (mime(MediaKind::Other, "x/y"), Form::Document),
        ];
        for (file, expected) in rows {
            assert_eq!(Form::of(&file), expected, "{file:?}");
        }
    }
}
