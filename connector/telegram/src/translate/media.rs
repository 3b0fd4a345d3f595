//! What a message carries beside its text.

use grammers_tl_types as tl;
use patchbay_domain::{Attachment, MediaKind};
use tl::enums::{Document, DocumentAttribute, MessageMedia, Photo, PhotoSize};

pub(crate) fn attachments(message: &tl::types::Message) -> Vec<Attachment> {
    let mut attachments: Vec<Attachment> = message.media.iter().filter_map(attachment).collect();
    if message.rich_message.is_some() {
        // A page of blocks, which no plain text replaces.
        attachments.push(Attachment::new(MediaKind::Other));
    }
    attachments
}

fn attachment(media: &MessageMedia) -> Option<Attachment> {
    match media {
        // A link's preview is made anew by the destination.
        MessageMedia::Empty | MessageMedia::WebPage(_) => None,
        MessageMedia::Photo(photo) => Some(Attachment {
            bytes: photo.photo.as_ref().and_then(photo_bytes),
            ..Attachment::new(MediaKind::Photo)
        }),
        MessageMedia::Document(document) => Some(match &document.document {
            Some(Document::Document(document)) => file(document),
            Some(Document::Empty(_)) | None => Attachment::new(MediaKind::Document),
        }),
        MessageMedia::Geo(_)
        | MessageMedia::Contact(_)
        | MessageMedia::Unsupported
        | MessageMedia::Venue(_)
        | MessageMedia::Game(_)
        | MessageMedia::Invoice(_)
        | MessageMedia::GeoLive(_)
        | MessageMedia::Poll(_)
        | MessageMedia::Dice(_)
        | MessageMedia::Story(_)
        | MessageMedia::Giveaway(_)
        | MessageMedia::GiveawayResults(_)
        | MessageMedia::PaidMedia(_)
        | MessageMedia::ToDo(_)
        | MessageMedia::VideoStream(_) => Some(Attachment::new(MediaKind::Other)),
    }
}

fn file(document: &tl::types::Document) -> Attachment {
    Attachment {
        name: document
            .attributes
            .iter()
            .find_map(|attribute| match attribute {
                DocumentAttribute::Filename(name) => Some(name.file_name.clone()),
                DocumentAttribute::ImageSize(_)
                | DocumentAttribute::Animated
                | DocumentAttribute::Sticker(_)
                | DocumentAttribute::Video(_)
                | DocumentAttribute::Audio(_)
                | DocumentAttribute::HasStickers
                | DocumentAttribute::CustomEmoji(_) => None,
            }),
        bytes: u64::try_from(document.size).ok(),
        ..Attachment::new(file_kind(&document.attributes))
    }
}

/// A document may be several things at once: an animation is a video without sound, a sticker
/// may be a video.
fn file_kind(attributes: &[DocumentAttribute]) -> MediaKind {
    let rank = |attribute: &DocumentAttribute| match attribute {
        DocumentAttribute::Sticker(_) | DocumentAttribute::CustomEmoji(_) => {
            Some((0, MediaKind::Sticker))
        }
        DocumentAttribute::Animated => Some((1, MediaKind::Animation)),
        DocumentAttribute::Audio(audio) if audio.voice => Some((2, MediaKind::Voice)),
        DocumentAttribute::Audio(_) => Some((3, MediaKind::Audio)),
        DocumentAttribute::Video(_) => Some((4, MediaKind::Video)),
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

/// Of the largest size.
fn photo_bytes(photo: &Photo) -> Option<u64> {
    let Photo::Photo(photo) = photo else {
        return None;
    };
    photo
        .sizes
        .iter()
        .filter_map(|size| match size {
            PhotoSize::Size(size) => u64::try_from(size.size).ok(),
            PhotoSize::Progressive(size) => size
                .sizes
                .iter()
                .filter_map(|bytes| u64::try_from(*bytes).ok())
                .max(),
            PhotoSize::PhotoCachedSize(size) => u64::try_from(size.bytes.len()).ok(),
            PhotoSize::Empty(_) | PhotoSize::PhotoStrippedSize(_) | PhotoSize::PhotoPathSize(_) => {
                None
            }
        })
        .max()
}
