//! Files in the terms of the schema.

use grammers_tl_types as tl;
use patchbay_domain::file::{TelegramFile, TelegramFileClass};
use patchbay_domain::{Attachment, Cover};
use tl::enums::{DocumentAttribute, InputMedia, MessageMedia};

use super::form::Form;

/// Telegram goes by the ending of an uploaded photo's name.
const PHOTO_ENDINGS: [&str; 4] = ["jpg", "jpeg", "png", "webp"];

/// A file that Telegram has already.
pub(super) fn referenced(file: &TelegramFile, cover: Cover) -> InputMedia {
    let spoiler = cover == Cover::Spoiler;
    let (id, access_hash, file_reference) = (file.id, file.access_hash, file.reference.clone());
    match &file.class {
        TelegramFileClass::Photo { .. } => {
            let id = tl::types::InputPhoto {
                id,
                access_hash,
                file_reference,
            };
            photo(id.into(), spoiler)
        }
        TelegramFileClass::Document => {
            let id = tl::types::InputDocument {
                id,
                access_hash,
                file_reference,
            };
            document(id.into(), spoiler)
        }
    }
}

/// The file that a message shows.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stored<'a> {
    Photo(&'a tl::types::Photo),
    Document(&'a tl::types::Document),
}

impl<'a> Stored<'a> {
    pub(super) fn of(media: &'a MessageMedia) -> Option<Self> {
        if let MessageMedia::Photo(shown) = media
            && let Some(tl::enums::Photo::Photo(photo)) = &shown.photo
        {
            return Some(Self::Photo(photo));
        }
        if let MessageMedia::Document(shown) = media
            && let Some(tl::enums::Document::Document(document)) = &shown.document
        {
            return Some(Self::Document(document));
        }
        None
    }

    /// As it can be sent.
    pub(super) fn input(self, cover: Cover) -> InputMedia {
        let spoiler = cover == Cover::Spoiler;
        match self {
            Self::Photo(it) => {
                let id = tl::types::InputPhoto {
                    id: it.id,
                    access_hash: it.access_hash,
                    file_reference: it.file_reference.clone(),
                };
                photo(id.into(), spoiler)
            }
            Self::Document(it) => {
                let id = tl::types::InputDocument {
                    id: it.id,
                    access_hash: it.access_hash,
                    file_reference: it.file_reference.clone(),
                };
                document(id.into(), spoiler)
            }
        }
    }
}

fn photo(id: tl::enums::InputPhoto, spoiler: bool) -> InputMedia {
    let photo = tl::types::InputMediaPhoto {
        spoiler,
        live_photo: false,
        id,
        ttl_seconds: None,
        video: None,
    };
    photo.into()
}

fn document(id: tl::enums::InputDocument, spoiler: bool) -> InputMedia {
    let document = tl::types::InputMediaDocument {
        spoiler,
        id,
        video_cover: None,
        video_timestamp: None,
        ttl_seconds: None,
        query: None,
    };
    document.into()
}

/// A file whose bytes have just been handed in.
pub(super) fn uploaded(attachment: &Attachment, file: tl::enums::InputFile) -> InputMedia {
    let spoiler = attachment.cover == Cover::Spoiler;
    let form = Form::of(attachment);
    if form == Form::Photo {
        let photo = tl::types::InputMediaUploadedPhoto {
            spoiler,
            live_photo: false,
            file,
            stickers: None,
            ttl_seconds: None,
            video: None,
        };
        return photo.into();
    }
    let document = tl::types::InputMediaUploadedDocument {
        // A video without sound stays one; it would become an animation.
        nosound_video: matches!(form, Form::Video | Form::RoundVideo),
        force_file: form == Form::Document,
        spoiler,
        file,
        thumb: None,
        mime_type: mime(attachment, form),
        attributes: attributes(attachment, form),
        stickers: None,
        video_cover: None,
        video_timestamp: None,
        ttl_seconds: None,
    };
    document.into()
}

fn mime(attachment: &Attachment, form: Form) -> String {
    let usual = match form {
        Form::Photo => "image/jpeg",
        Form::Video | Form::RoundVideo | Form::Animation => "video/mp4",
        Form::Audio => "audio/mpeg",
        Form::Voice => "audio/ogg",
        Form::Sticker => "image/webp",
        Form::Document => "application/octet-stream",
    };
    attachment.mime.clone().unwrap_or_else(|| usual.to_owned())
}

/// What the uploaded file is called: its own name, or one that tells what it is.
pub(super) fn name(attachment: &Attachment) -> String {
    let form = Form::of(attachment);
    let mime = mime(attachment, form);
    let ending = ending(&mime);
    match (&attachment.name, form) {
        (Some(name), Form::Photo) if !is_photo(name) => format!("{name}.{ending}"),
        (Some(name), _) => name.clone(),
        (None, _) => format!("{}.{ending}", attachment.kind.name()),
    }
}

fn is_photo(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    ending.is_some_and(|it| PHOTO_ENDINGS.iter().any(|e| e.eq_ignore_ascii_case(it)))
}

fn ending(mime: &str) -> &str {
    match mime {
        "image/jpeg" => "jpg",
        "audio/mpeg" => "mp3",
        "video/quicktime" => "mov",
        "application/x-tgsticker" => "tgs",
        "application/octet-stream" => "bin",
        _ => mime.rsplit_once('/').map_or("bin", |(_, ending)| ending),
    }
}

fn attributes(attachment: &Attachment, form: Form) -> Vec<DocumentAttribute> {
    let named = attachment.name.clone().map(|file_name| {
        let name = tl::types::DocumentAttributeFilename { file_name };
        name.into()
    });
    let mut attributes: Vec<DocumentAttribute> = named.into_iter().collect();
    let is_film = mime(attachment, form).starts_with("video/");
    match form {
        Form::Video | Form::RoundVideo => attributes.push(video(attachment, form)),
        Form::Animation => {
            attributes.push(DocumentAttribute::Animated);
            if is_film {
                attributes.push(video(attachment, form));
            } else {
                attributes.extend(picture(attachment));
            }
        }
        Form::Audio | Form::Voice => attributes.push(audio(attachment, form)),
        Form::Sticker => {
            let sticker = tl::types::DocumentAttributeSticker {
                mask: false,
                alt: attachment.emoji.clone().unwrap_or_default(),
                stickerset: tl::enums::InputStickerSet::Empty,
                mask_coords: None,
            };
            attributes.push(sticker.into());
            if is_film {
                attributes.push(video(attachment, form));
            } else {
                attributes.extend(picture(attachment));
            }
        }
        Form::Photo | Form::Document => attributes.extend(picture(attachment)),
    }
    attributes
}

fn video(attachment: &Attachment, form: Form) -> DocumentAttribute {
    let (w, h) = size(attachment).unwrap_or_default();
    let video = tl::types::DocumentAttributeVideo {
        round_message: form == Form::RoundVideo,
        supports_streaming: form == Form::Video,
        nosound: matches!(form, Form::Animation | Form::Sticker),
        duration: f64::from(attachment.millis.unwrap_or_default()) / 1000.0,
        w,
        h,
        preload_prefix_size: None,
        video_start_ts: None,
        video_codec: None,
    };
    video.into()
}

fn audio(attachment: &Attachment, form: Form) -> DocumentAttribute {
    let millis = attachment.millis.unwrap_or_default();
    let audio = tl::types::DocumentAttributeAudio {
        voice: form == Form::Voice,
        duration: i32::try_from(millis.saturating_add(500) / 1000).unwrap_or(i32::MAX),
        title: attachment.title.clone(),
        performer: attachment.performer.clone(),
        waveform: Some(attachment.waveform.clone()).filter(|waveform| !waveform.is_empty()),
    };
    audio.into()
}

fn picture(attachment: &Attachment) -> Option<DocumentAttribute> {
    let (w, h) = size(attachment)?;
    Some(tl::types::DocumentAttributeImageSize { w, h }.into())
}

fn size(attachment: &Attachment) -> Option<(i32, i32)> {
    let (width, height) = attachment.dimensions?;
    Some((i32::try_from(width).ok()?, i32::try_from(height).ok()?))
}
