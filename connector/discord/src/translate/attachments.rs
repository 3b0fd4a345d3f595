use patchbay_domain::{Attachment, MediaKind};
use serenity::model::channel::{Attachment as DiscordAttachment, Message, MessageFlags};
use serenity::model::sticker::StickerItem;

/// Everything in a message that isn't text.
pub(super) fn of(message: &Message) -> Vec<Attachment> {
    let is_voice = message
        .flags
        .unwrap_or_default()
        .contains(MessageFlags::IS_VOICE_MESSAGE);
    let forwarded = message.message_snapshots.iter();
    let files = message
        .attachments
        .iter()
        .chain(forwarded.clone().flat_map(|snapshot| &snapshot.attachments))
        .map(|file| of_file(file, is_voice));
    let stickers = message
        .sticker_items
        .iter()
        .chain(forwarded.flat_map(|snapshot| &snapshot.sticker_items))
        .map(of_sticker);
    let poll = message
        .poll
        .as_ref()
        .map(|_| Attachment::new(MediaKind::Other));
    files.chain(stickers).chain(poll).collect()
}

fn of_file(file: &DiscordAttachment, is_voice: bool) -> Attachment {
    let kind = match file.content_type.as_deref().unwrap_or_default() {
        kind if kind.starts_with("image/gif") => MediaKind::Animation,
        kind if kind.starts_with("image/") => MediaKind::Photo,
        kind if kind.starts_with("video/") => MediaKind::Video,
        kind if kind.starts_with("audio/") && is_voice => MediaKind::Voice,
        kind if kind.starts_with("audio/") => MediaKind::Audio,
        _ => MediaKind::Document,
    };
    Attachment {
        name: Some(file.filename.clone()),
        bytes: Some(u64::from(file.size)),
        ..Attachment::new(kind)
    }
}

fn of_sticker(sticker: &StickerItem) -> Attachment {
    Attachment {
        name: Some(sticker.name.clone()),
        ..Attachment::new(MediaKind::Sticker)
    }
}
