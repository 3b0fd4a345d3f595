//! One message of Telegram in the terms of the domain.

use grammers_tl_types as tl;
use patchbay_domain::event::{Origin, Thread};
use patchbay_domain::ids::{AlbumId, MessageId, TelegramUserId, TopicId};
use patchbay_domain::{Author, Content, LinkPreview, Notification, Post, Revision};

use super::entities;
use super::media::{self, Carrier};
use crate::peer;

pub(crate) fn id(id: i32) -> MessageId {
    MessageId(u64::from(id.unsigned_abs()))
}

pub(crate) fn post(
    message: &tl::types::Message,
    carrier: &Carrier<'_>,
    author: Author,
    origin: Origin,
) -> Post {
    Post {
        author,
        content: content(message, carrier),
        reply_to: reply_to(message.reply_to.as_ref()),
        album: message.grouped_id.map(AlbumId),
        forwarded_from: message
            .fwd_from
            .as_ref()
            .map(|header| forwarded_from(header, carrier.name_of)),
        notification: if message.silent {
            Notification::Silent
        } else {
            Notification::Sound
        },
        origin,
    }
}

pub(crate) fn content(message: &tl::types::Message, carrier: &Carrier<'_>) -> Content {
    Content {
        text: entities::text(&message.message, message.entities.as_deref()),
        attachments: media::attachments(message, carrier),
        preview: preview(message),
    }
}

/// The wish for no preview (`no_webpage`) is not kept in a message. It shows all the same: a
/// message with links and no media shows none of them, because its author switched the preview
/// off, or may not embed links, or because Telegram found nothing to show. The copy then shows
/// nothing either. A preview that is still being made is media already (`webPagePending`), and
/// beside files Telegram never shows any, so that there nothing is known.
fn preview(message: &tl::types::Message) -> LinkPreview {
    let has_link = message.entities.iter().flatten().any(|entity| {
        matches!(
            entity,
            tl::enums::MessageEntity::Url(_) | tl::enums::MessageEntity::TextUrl(_)
        )
    });
    let has_media = !matches!(message.media, None | Some(tl::enums::MessageMedia::Empty));
    if has_link && !has_media {
        LinkPreview::Hidden
    } else {
        LinkPreview::Shown
    }
}

/// A user who lets nobody link to them has a name in a forward and no id.
fn forwarded_from(
    header: &tl::enums::MessageFwdHeader,
    name_of: &dyn Fn(&tl::enums::Peer) -> Option<String>,
) -> String {
    let tl::enums::MessageFwdHeader::Header(header) = header;
    let from = header.from_id.as_ref();
    from.and_then(name_of)
        .or_else(|| header.from_name.clone())
        .or_else(|| header.post_author.clone())
        .or_else(|| from.map(|from| peer::of_peer(from).to_string()))
        .unwrap_or_else(|| "Unknown".to_owned())
}

/// The message of the same chat that is answered. A message in a topic names the topic's first
/// message too, which is no answer to it.
fn reply_to(header: Option<&tl::enums::MessageReplyHeader>) -> Option<MessageId> {
    let Some(tl::enums::MessageReplyHeader::Header(header)) = header else {
        return None;
    };
    let is_elsewhere = header.reply_to_peer_id.is_some();
    let is_topic_alone = header.forum_topic && header.reply_to_top_id.is_none();
    if is_elsewhere || is_topic_alone {
        None
    } else {
        header.reply_to_msg_id.map(id)
    }
}

pub(crate) fn thread(message: &tl::types::Message) -> Option<Thread> {
    let Some(tl::enums::MessageReplyHeader::Header(header)) = &message.reply_to else {
        return None;
    };
    let topic = header.reply_to_top_id.or(header.reply_to_msg_id);
    topic
        .filter(|_| header.forum_topic)
        .map(|topic| Thread::Topic(TopicId(topic)))
}

/// When the text was edited; nothing where only reactions, counters or the like changed.
pub(crate) fn edited_at(message: &tl::types::Message) -> Option<i32> {
    message.edit_date.filter(|_| !message.edit_hide)
}

/// Telegram tells an edit's time in seconds. The number of its update is a part of the revision, so
/// that two edits within one second are two and in their order, and the same edit told again is the
/// same. What was found in the history has no such number.
pub(crate) fn revision(edited_at: i32, pts: Option<i32>) -> Revision {
    const PTS: u32 = 24;
    let seconds = u64::from(edited_at.unsigned_abs());
    let number = u64::from(pts.unwrap_or_default().unsigned_abs());
    Revision(seconds << PTS | number & ((1 << PTS) - 1))
}

/// Who wrote it, by Telegram's id: in a channel that is the channel.
pub(crate) fn sender(message: &tl::types::Message, me: TelegramUserId) -> tl::enums::Peer {
    match (&message.from_id, &message.peer_id) {
        (Some(from), _) => from.clone(),
        // A private chat names the other side alone.
        (None, tl::enums::Peer::User(_)) if message.out => {
            tl::types::PeerUser { user_id: me.0 }.into()
        }
        (None, chat) => chat.clone(),
    }
}

/// The user who wrote it, if a user did.
pub(crate) fn sender_user(
    message: &tl::types::Message,
    me: TelegramUserId,
) -> Option<TelegramUserId> {
    match sender(message, me) {
        _ if message.out => Some(me),
        tl::enums::Peer::User(user) => Some(TelegramUserId(user.user_id)),
        tl::enums::Peer::Chat(_) | tl::enums::Peer::Channel(_) => None,
    }
}

pub(crate) fn author(
    message: &tl::types::Message,
    me: TelegramUserId,
    name_of: impl Fn(&tl::enums::Peer) -> Option<String>,
) -> Author {
    let sender = sender(message, me);
    let id = peer::of_peer(&sender).to_string();
    let signature = message
        .post_author
        .clone()
        .filter(|_| message.from_id.is_none());
    let name = signature
        .or_else(|| name_of(&sender))
        .unwrap_or_else(|| id.clone());
    Author { id, name }
}
