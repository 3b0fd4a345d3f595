//! What a message that was forwarded said, by which its forward is told from others when the message
//! itself is gone.

use grammers_tl_types as tl;
use patchbay_app::ports::Forwarding;
use patchbay_domain::ids::MessageId;
use patchbay_domain::{Attachment, FileRef};
use tl::enums::MessageFwdHeader;

use super::destination::number;
use super::media::Stored;
use crate::peer;

#[derive(Debug, Clone)]
pub(super) struct Original {
    text: String,
    /// Telegram's number of its file, which a forward keeps.
    file: Option<i64>,
    /// By whom and when it was written; nothing if that was in another message still, which this one
    /// is a forward of.
    written: Option<Written>,
}

#[derive(Debug, Clone)]
struct Written {
    by: String,
    message: Option<i32>,
    /// Unix seconds; nothing for the further messages of an album.
    date: Option<i64>,
}

impl Original {
    /// Of each message of a forwarding.
    pub(super) fn of(forwarding: &Forwarding) -> Vec<Self> {
        let first = forwarding.messages.first();
        let each = forwarding.messages.iter();
        each.map(|message| Self::of_message(forwarding, *message, Some(message) == first))
            .collect()
    }

    fn of_message(forwarding: &Forwarding, message: MessageId, is_first: bool) -> Self {
        let content = &forwarding.post.content;
        let is_its = |media: &&Attachment| media.message.is_none_or(|of| of == message);
        let media = content.attachments.iter().find(is_its);
        let text = match media {
            Some(media) if !is_first => &media.caption,
            Some(_) | None => &content.text,
        };
        let written = Written {
            by: forwarding.post.author.id.clone(),
            message: number(message),
            date: is_first.then(|| forwarding.at.seconds()),
        };
        Self {
            text: text.as_str().to_owned(),
            file: media.and_then(file),
            written: Some(written).filter(|_| forwarding.post.forwarded_from.is_none()),
        }
    }

    /// Whether this is a forward of it.
    pub(super) fn is_in(&self, forward: &tl::types::Message) -> bool {
        let Some(MessageFwdHeader::Header(header)) = &forward.fwd_from else {
            return false;
        };
        // Telegram strips the ends.
        forward.message.trim() == self.text.trim()
            && file_in(forward) == self.file
            && self.written.as_ref().is_none_or(|it| it.is_in(header))
    }
}

impl Written {
    /// Some authors are not told.
    fn is_in(&self, header: &tl::types::MessageFwdHeader) -> bool {
        let by = header.from_id.as_ref();
        let by = by.map(|by| peer::of_peer(by).to_string());
        by.is_none_or(|by| by == self.by)
            && self.date.is_none_or(|date| i64::from(header.date) == date)
            && header
                .channel_post
                .is_none_or(|post| Some(post) == self.message)
    }
}

fn file(media: &Attachment) -> Option<i64> {
    match media.file.as_ref()? {
        FileRef::Telegram(file) => Some(file.id),
        FileRef::Discord(_) => None,
    }
}

fn file_in(message: &tl::types::Message) -> Option<i64> {
    match message.media.as_ref().and_then(Stored::of)? {
        Stored::Photo(photo) => Some(photo.id),
        Stored::Document(document) => Some(document.id),
    }
}
