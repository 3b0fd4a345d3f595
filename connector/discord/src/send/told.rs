//! What stands in a text for something that Discord doesn't take.

use patchbay_domain::file::TelegramFile;
use patchbay_domain::text::{Span, Style};
use patchbay_domain::{Attachment, FileRef, MediaKind, Text};

/// Telegram's animated stickers are drawings that nothing else shows.
const DRAWING: &str = "application/x-tgsticker";
/// What the numbers of Telegram's supergroups and channels begin with.
const CHANNEL: i64 = -1_000_000_000_000;

/// Words, if there is no file that Discord could take.
pub(super) fn instead(attachment: &Attachment, most: u64) -> Option<Text> {
    match (&attachment.file, &attachment.special) {
        (None, Some(special)) => Some(special.to_text()),
        (None, None) => Some(Text::plain(mark(attachment))),
        (Some(_), _) if attachment.mime.as_deref() == Some(DRAWING) => {
            Some(Text::plain(mark(attachment)))
        }
        (Some(file), _) => attachment
            .bytes
            .filter(|bytes| *bytes > most)
            .map(|bytes| too_large(attachment, file, bytes, most)),
    }
}

/// In a word or two, what it is.
pub(crate) fn mark(attachment: &Attachment) -> String {
    let what = what(attachment.kind);
    let name = attachment.emoji.as_ref().or(attachment.name.as_ref());
    match name.filter(|name| !name.is_empty()) {
        Some(name) => format!("[{what}: {name}]"),
        None => format!("[{what}]"),
    }
}

fn what(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Photo => "photo",
        MediaKind::Video => "video",
        MediaKind::Audio => "audio",
        MediaKind::Voice => "voice message",
        MediaKind::RoundVideo => "video message",
        MediaKind::Animation => "animation",
        MediaKind::Sticker => "sticker",
        MediaKind::Document => "file",
        MediaKind::Other => "attachment",
    }
}

fn too_large(attachment: &Attachment, file: &FileRef, bytes: u64, most: u64) -> Text {
    let name = attachment.name.as_deref();
    let name = name.unwrap_or_else(|| what(attachment.kind));
    let mut text = Text::plain("📎 ");
    text.append(&match source(file) {
        Some(url) => link(name, url),
        None => Text::plain(name),
    });
    let (size, most) = (mebibytes(bytes), mebibytes(most));
    text.append(&Text::plain(format!(
        " ({size}) is not here: Discord takes files of at most {most}."
    )));
    text
}

fn link(text: &str, url: String) -> Text {
    let span = Span {
        range: 0..text.len(),
        style: Style::Link { url },
    };
    Text::new(text.to_owned(), vec![span])
}

/// Where the message can be seen by those who may see it.
fn source(file: &FileRef) -> Option<String> {
    match file {
        FileRef::Telegram(TelegramFile { chat, message, .. }) if chat.0 < CHANNEL => {
            let channel = CHANNEL - chat.0;
            Some(format!("https://t.me/c/{channel}/{message}"))
        }
        FileRef::Telegram(_) => None,
        FileRef::Discord(file) => Some(file.url.clone()),
    }
}

fn mebibytes(bytes: u64) -> String {
    const MEBIBYTE: u64 = 1024 * 1024;
    let tenths = bytes.saturating_mul(10).div_ceil(MEBIBYTE);
    match tenths % 10 {
        0 => format!("{} MiB", tenths / 10),
        tenth => format!("{}.{tenth} MiB", tenths / 10),
    }
}
