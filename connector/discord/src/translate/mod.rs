//! From Discord's messages to ours.

mod attachments;
mod names;

use patchbay_domain::event::{Origin, Thread};
use patchbay_domain::ids::{DiscordUserId, MessageId};
use patchbay_domain::text::discord::parse;
use patchbay_domain::{
    Author, Change, ChatId, Content, Notification, Post, Recovery, Revision, SourceEvent, Text,
    Timestamp,
};
use serenity::model::channel::{Message, MessageFlags, MessageReferenceKind, MessageType};

use crate::guilds::{GuildPicture, Place};
use crate::snowflake;
use names::Names;

/// Who we are on Discord.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) user: DiscordUserId,
    pub(crate) application: u64,
}

/// What has to be known to understand a message.
#[derive(Clone, Copy)]
pub(crate) struct Scene<'a> {
    pub(crate) me: Identity,
    pub(crate) guild: Option<&'a GuildPicture>,
    pub(crate) place: Place,
    pub(crate) recovery: Recovery,
}

/// The message as a new post; nothing if Discord itself wrote it to tell of something else.
pub(crate) fn posted(message: &Message, scene: Scene<'_>) -> Option<SourceEvent> {
    let at = snowflake::time_of(MessageId(message.id.get()));
    is_post(message.kind).then(|| {
        event(
            message,
            scene,
            at,
            Change::Posted {
                post: post(message, scene),
            },
        )
    })
}

/// The message as an edited one; nothing if nobody edited it. Discord also updates a message to
/// show a preview of its links, and then leaves the time of the edit as it was.
pub(crate) fn edited(message: &Message, scene: Scene<'_>) -> Option<SourceEvent> {
    let at = millis(message.edited_timestamp.filter(|_| is_post(message.kind))?);
    let revision = Revision(u64::try_from(at.0).unwrap_or_default());
    Some(event(
        message,
        scene,
        at,
        Change::Edited {
            post: post(message, scene),
            revision,
        },
    ))
}

/// Discord doesn't tell when a message was deleted, so `at` is when we learned of it.
pub(crate) fn deleted(
    message: MessageId,
    place: Place,
    recovery: Recovery,
    at: Timestamp,
) -> SourceEvent {
    SourceEvent {
        chat: ChatId::Discord(place.channel),
        seen_by: None,
        message,
        thread: place.thread.map(Thread::Thread),
        at,
        recovery,
        change: Change::Deleted,
    }
}

fn event(message: &Message, scene: Scene<'_>, at: Timestamp, change: Change) -> SourceEvent {
    SourceEvent {
        change,
        ..deleted(MessageId(message.id.get()), scene.place, scene.recovery, at)
    }
}

fn is_post(kind: MessageType) -> bool {
    matches!(
        kind,
        MessageType::Regular
            | MessageType::InlineReply
            | MessageType::ChatInputCommand
            | MessageType::ContextMenuCommand
    )
}

fn post(message: &Message, scene: Scene<'_>) -> Post {
    let flags = message.flags.unwrap_or_default();
    let notification = if flags.contains(MessageFlags::SUPPRESS_NOTIFICATIONS) {
        Notification::Silent
    } else {
        Notification::Sound
    };
    Post {
        author: author(message),
        content: Content {
            text: text(message, scene),
            attachments: attachments::of(message),
            ..Content::default()
        },
        reply_to: reply_to(message, scene.place),
        album: None,
        forwarded_from: None,
        notification,
        origin: origin(message, scene.me),
    }
}

fn author(message: &Message) -> Author {
    let nick = message
        .member
        .as_ref()
        .and_then(|member| member.nick.clone());
    let name = nick
        .or_else(|| message.author.global_name.clone())
        .unwrap_or_else(|| message.author.name.clone());
    Author {
        id: message.author.id.to_string(),
        name,
    }
}

/// A forwarded message says what the one that it forwards says.
fn text(message: &Message, scene: Scene<'_>) -> Text {
    let forwarded = message
        .message_snapshots
        .first()
        .filter(|_| message.content.is_empty());
    match forwarded {
        Some(snapshot) => parse(
            &snapshot.content,
            &Names::new(&snapshot.mentions, scene.guild),
        ),
        None => parse(
            &message.content,
            &Names::new(&message.mentions, scene.guild),
        ),
    }
}

fn reply_to(message: &Message, place: Place) -> Option<MessageId> {
    let reference = message.message_reference.as_ref()?;
    let is_reply = message.kind == MessageType::InlineReply
        && reference.kind == MessageReferenceKind::Default
        && reference.channel_id.get() == place.holder().0;
    reference
        .message_id
        .filter(|_| is_reply)
        .map(|id| MessageId(id.get()))
}

fn origin(message: &Message, me: Identity) -> Origin {
    let is_own_webhook = message.webhook_id.is_some()
        && message
            .application_id
            .is_some_and(|owner| owner.get() == me.application);
    if is_own_webhook || message.author.id.get() == me.user.0 {
        Origin::Patchbay
    } else {
        Origin::Person
    }
}

fn millis(time: serenity::model::Timestamp) -> Timestamp {
    let millis = time.unix_timestamp_nanos().div_euclid(1_000_000);
    Timestamp(i64::try_from(millis).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests;
