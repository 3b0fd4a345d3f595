//! One message of Telegram in the terms of the domain.

use grammers_tl_types as tl;
use patchbay_domain::event::{Origin, Thread};
use patchbay_domain::ids::{AlbumId, MessageId, TelegramUserId, TopicId};
use patchbay_domain::{Author, Content, Notification, Post, Revision};

use super::{entities, media};
use crate::peer;

pub(crate) fn id(id: i32) -> MessageId {
    MessageId(u64::from(id.unsigned_abs()))
}

pub(crate) fn post(message: &tl::types::Message, author: Author, origin: Origin) -> Post {
    Post {
        author,
        content: Content {
            text: entities::text(&message.message, message.entities.as_deref()),
            attachments: media::attachments(message),
            ..Content::default()
        },
        reply_to: reply_to(message.reply_to.as_ref()),
        album: message.grouped_id.map(AlbumId),
        forwarded_from: None,
        notification: if message.silent {
            Notification::Silent
        } else {
            Notification::Sound
        },
        origin,
    }
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

/// Telegram tells an edit's time in seconds. What it says now is a part of the revision, so that
/// two edits within one second are two, and the same edit read again is the same.
pub(crate) fn revision(edited_at: i32, message: &tl::types::Message) -> Revision {
    let seconds = u64::from(edited_at.unsigned_abs());
    Revision(seconds << 16 | u64::from(fold(&message.message)))
}

fn fold(text: &str) -> u16 {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let folded = hash ^ (hash >> 32);
    u16::try_from((folded ^ (folded >> 16)) & 0xffff).unwrap_or_default()
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
