//! The files of a message, made ready to flow into a request.

use patchbay_app::ports::{FileError, Files};
use patchbay_domain::guild::Guild;
use patchbay_domain::{Attachment, Cover, MediaKind};

use crate::rest::{FileFrom, RestError, UploadFile};
use crate::spool::Spool;

const SPOILER: &str = "SPOILER_";

/// A request has to say beforehand how long each file is. A file of which nobody knows is read
/// onto the disk first.
pub(super) async fn prepare<'a>(
    attachments: &'a [Attachment],
    source: &'a dyn Files,
) -> Result<Vec<UploadFile<'a>>, RestError> {
    let mut files = Vec::with_capacity(attachments.len());
    for (index, attachment) in attachments.iter().enumerate() {
        let failed = |source| RestError::Source { index, source };
        let reference = attachment.file.as_ref();
        let reference = reference.ok_or_else(|| failed(FileError::Gone))?;
        let measured = match attachment.bytes {
            Some(bytes) => Some(bytes),
            // Closed again at once: it is opened when its turn comes.
            None => source.open(reference).await.map_err(failed)?.bytes,
        };
        // What is known beforehand was planned for.
        let most = Guild::MOST_BYTES_A_FILE;
        let too_large = RestError::TooLarge { index, most };
        let (bytes, from) = if let Some(bytes) = measured {
            if bytes > most && attachment.bytes.is_none() {
                return Err(too_large);
            }
            (bytes, FileFrom::Platform(reference))
        } else {
            let stream = source.open(reference).await.map_err(failed)?;
            let kept = Spool::keep(stream, most).await;
            let spool = kept.map_err(failed)?.ok_or(too_large)?;
            (spool.bytes, FileFrom::Disk(spool))
        };
        files.push(UploadFile {
            name: ascii(&name_of(attachment)),
            mime: attachment.mime.as_deref(),
            bytes,
            from,
        });
    }
    Ok(files)
}

/// The name under which a file goes to Discord.
pub(super) fn name_of(attachment: &Attachment) -> String {
    let name = match attachment.name.as_deref().filter(|name| !name.is_empty()) {
        Some(name) => name.to_owned(),
        None => format!("{}.{}", stem(attachment.kind), ending(attachment)),
    };
    match attachment.cover {
        Cover::Open => name,
        Cover::Spoiler => format!("{SPOILER}{name}"),
    }
}

fn stem(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Photo => "photo",
        MediaKind::Video | MediaKind::RoundVideo => "video",
        MediaKind::Audio => "audio",
        MediaKind::Voice => "voice",
        MediaKind::Animation => "animation",
        MediaKind::Sticker => "sticker",
        MediaKind::Document | MediaKind::Other => "file",
    }
}

fn ending(attachment: &Attachment) -> &'static str {
    match attachment.mime.as_deref() {
        Some("image/jpeg") => "jpg",
        Some("image/png") => "png",
        Some("image/webp") => "webp",
        Some("image/gif") => "gif",
        Some("video/mp4") => "mp4",
        Some("video/webm") => "webm",
        Some("audio/ogg") => "ogg",
        Some("audio/mpeg") => "mp3",
        Some("audio/mp4") => "m4a",
        Some("application/pdf") => "pdf",
        Some(_) | None => usual_ending(attachment.kind),
    }
}

fn usual_ending(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Photo => "jpg",
        MediaKind::Video | MediaKind::RoundVideo | MediaKind::Animation => "mp4",
        MediaKind::Audio => "mp3",
        MediaKind::Voice => "ogg",
        MediaKind::Sticker => "webp",
        MediaKind::Document | MediaKind::Other => "bin",
    }
}

fn ascii(name: &str) -> String {
    let plain = |char: char| match char {
        '.' | '-' | '_' => char,
        char if char.is_ascii_alphanumeric() => char,
        _ => '_',
    };
    name.chars().map(plain).collect()
}

/// Whether Discord may have made the one name of the other: it leaves out what doesn't go into an
/// address, and may put something in the place of a name of nothing else.
pub(super) fn may_be_named(ours: &str, theirs: &str) -> bool {
    let essence = |name: &str| -> String {
        let plain = name.chars().filter(char::is_ascii_alphanumeric);
        plain.collect::<String>().to_lowercase()
    };
    essence(theirs).ends_with(&essence(ours))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_name_gets_one_and_spoilers_are_marked() {
        let named = |kind, mime: Option<&str>, cover| {
            name_of(&Attachment {
                mime: mime.map(str::to_owned),
                cover,
                ..Attachment::new(kind)
            })
        };
        let open = Cover::Open;
        assert_eq!(named(MediaKind::Photo, None, open), "photo.jpg");
        assert_eq!(
            named(MediaKind::Photo, Some("image/png"), Cover::Spoiler),
            "SPOILER_photo.png"
        );
        assert_eq!(named(MediaKind::RoundVideo, None, open), "video.mp4");
        assert_eq!(
            named(MediaKind::Sticker, Some("video/webm"), open),
            "sticker.webm"
        );
        let name = Some("кот.png".to_owned());
        let cat = Attachment {
            name,
            ..Attachment::new(MediaKind::Document)
        };
        assert_eq!(name_of(&cat), "кот.png");
        assert_eq!(ascii(&name_of(&cat)), "___.png");
    }

    #[test]
    fn names_are_recognised_after_discord_has_changed_them() {
        for (ours, theirs, expected) in [
            ("my cat.png", "my_cat.png", true),
            ("кот.png", "unknown.png", true),
            ("a.png", "b.png", false),
            ("SPOILER_a.png", "SPOILER_a.png", true),
        ] {
            assert_eq!(may_be_named(ours, theirs), expected, "{ours} {theirs}");
        }
    }
}
