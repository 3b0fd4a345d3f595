//! What can't be carried, in words.

use patchbay_domain::{Attachment, Endpoint, MediaKind, Special, Text};

use super::form::{LARGEST_FILE, is_uploaded_to};
use super::special::can_be_sent;

/// Nothing, if it can be carried as it is.
pub(super) fn instead(attachment: &Attachment, destination: &Endpoint) -> Option<Text> {
    match (&attachment.file, &attachment.special) {
        (Some(_), _) => file_instead(attachment, destination),
        (None, Some(special)) if can_be_sent(special, destination) => None,
        (None, Some(special)) => Some(special_instead(special)),
        (None, None) => Some(Text::plain(format!("[{}]", label(attachment)))),
    }
}

fn file_instead(attachment: &Attachment, destination: &Endpoint) -> Option<Text> {
    if !is_uploaded_to(attachment, destination) {
        return None;
    }
    let label = label(attachment);
    match attachment.bytes {
        Some(0) => Some(Text::plain(format!("[{label}: it is empty]"))),
        Some(bytes) if bytes > LARGEST_FILE => {
            let size = size(bytes);
            let most = self::size(LARGEST_FILE);
            let words = format!("[{label}, {size}: Telegram takes no more than {most}]");
            Some(Text::plain(words))
        }
        Some(_) | None => None,
    }
}

fn special_instead(special: &Special) -> Text {
    let told = special.to_text();
    if told.as_str().trim().is_empty() {
        Text::plain(format!("[{}]", kind(MediaKind::Other)))
    } else {
        told
    }
}

fn label(attachment: &Attachment) -> String {
    let kind = kind(attachment.kind);
    match &attachment.name {
        Some(name) => format!("{kind} {name}"),
        None => kind.to_owned(),
    }
}

fn kind(kind: MediaKind) -> &'static str {
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

/// With one digit after the point, rounded up, so that what is too large never seems to fit.
fn size(bytes: u64) -> String {
    const GB: u64 = 1_000_000_000;
    const MB: u64 = 1_000_000;
    let (unit, name) = if bytes >= GB { (GB, "GB") } else { (MB, "MB") };
    let tenths = bytes.div_ceil(unit / 10);
    format!("{}.{} {name}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use patchbay_domain::ids::{AccountId, DiscordChannelId, MessageId, TelegramChatId};

    use super::*;
    use patchbay_domain::FileRef;
    use patchbay_domain::file::{DiscordAttachment, DiscordFile};

    #[test]
    fn what_is_not_there_or_does_not_fit_is_told() {
        let destination = Endpoint::Telegram {
            account: AccountId::from_bits(1),
            chat: TelegramChatId(-5),
            topic: None,
        };
        let file = FileRef::Discord(DiscordFile {
            url: "https://cdn/1".to_owned(),
            attachment: Some(DiscordAttachment {
                channel: DiscordChannelId(1),
                message: MessageId(2),
                id: 3,
            }),
        });
        let film = |bytes| Attachment {
            name: Some("film.mkv".to_owned()),
            bytes,
            file: Some(file.clone()),
            ..Attachment::new(MediaKind::Video)
        };
        let dice = Special::Dice {
            emoji: "🎲".to_owned(),
            value: 4,
        };
        let rows = [
            (film(Some(LARGEST_FILE)), None),
            (film(None), None),
            (
                film(Some(LARGEST_FILE + 1)),
                Some("[video film.mkv, 2.1 GB: Telegram takes no more than 2.1 GB]"),
            ),
            (film(Some(0)), Some("[video film.mkv: it is empty]")),
            (Attachment::new(MediaKind::Voice), Some("[voice message]")),
            (Attachment::special(dice), Some("🎲 4")),
        ];
        for (attachment, expected) in rows {
            let told = instead(&attachment, &destination);
            let told = told.as_ref().map(Text::as_str);
            assert_eq!(told, expected, "{attachment:?}");
        }
    }
}
