//! From Discord's messages to ours.

mod attachments;
mod components;
mod embeds;
mod links;
mod names;
mod reactions;
mod received;

use patchbay_domain::event::{Origin, Thread};
use patchbay_domain::ids::{DiscordChannelId, DiscordUserId, MessageId};
use patchbay_domain::text::discord::{MentionNames, parse};
use patchbay_domain::{
    Attachment, Author, Change, ChatId, Content, LinkPreview, Notification, Post, Recovery,
    Revision, SourceEvent, Text, Timestamp,
};
use serenity::model::channel::{Message, MessageFlags, MessageReferenceKind, MessageType};

use crate::cdn::Cdn;
use crate::guilds::{GuildPicture, Place};
use crate::rest::ReactionObject;
use crate::snowflake;
use attachments::Shelf;
use names::Names;
pub(crate) use reactions::emoji;
pub(crate) use received::Received;
use received::Said;

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
    pub(crate) cdn: &'a Cdn,
    pub(crate) place: Place,
    pub(crate) recovery: Recovery,
}

/// The message as a new post; nothing if Discord itself wrote it to tell of something else.
pub(crate) fn posted(received: &Received, scene: Scene<'_>) -> Option<SourceEvent> {
    let message = &received.message;
    let at = snowflake::time_of(MessageId(message.id.get()));
    is_post(message.kind).then(|| {
        let post = post(received, scene);
        event(message, scene, at, Change::Posted { post })
    })
}

/// The message as an edited one; nothing if nobody edited it. Discord also updates a message to
/// show a preview of its links, and then leaves the time of the edit as it was.
pub(crate) fn edited(received: &Received, scene: Scene<'_>) -> Option<SourceEvent> {
    let message = &received.message;
    let at = millis(message.edited_timestamp.filter(|_| is_post(message.kind))?);
    let revision = Revision(u64::try_from(at.0).unwrap_or_default());
    let post = post(received, scene);
    Some(event(message, scene, at, Change::Edited { post, revision }))
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

/// What stands under the message, as we learned of it.
pub(crate) fn reacted(
    message: MessageId,
    place: Place,
    at: Timestamp,
    found: &[ReactionObject],
) -> SourceEvent {
    SourceEvent {
        change: Change::Reacted {
            reactions: reactions::state(found),
            revision: Revision::reacted(at),
        },
        ..deleted(message, place, Recovery::Live, at)
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

pub(crate) fn post(received: &Received, scene: Scene<'_>) -> Post {
    let message = &received.message;
    let flags = message.flags.unwrap_or_default();
    let notification = if flags.contains(MessageFlags::SUPPRESS_NOTIFICATIONS) {
        Notification::Silent
    } else {
        Notification::Sound
    };
    Post {
        author: author(message),
        content: content(received, scene),
        reply_to: reply_to(message, scene.place),
        album: None,
        forwarded_from: forwarded_from(message, scene.guild),
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

/// A forwarded message says what those say that it forwards.
fn content(received: &Received, scene: Scene<'_>) -> Content {
    let message = &received.message;
    let flags = message.flags.unwrap_or_default();
    let is_hidden = links::are_all_hidden(&received.said.content);
    let preview = if flags.contains(MessageFlags::SUPPRESS_EMBEDS) || is_hidden {
        LinkPreview::Hidden
    } else {
        LinkPreview::Shown
    };
    let shelf = Shelf {
        cdn: scene.cdn,
        channel: scene.place.holder(),
        message: MessageId(message.id.get()),
    };
    let is_by_person = !message.author.bot && message.webhook_id.is_none();
    let mut texts = Vec::new();
    let mut attachments = Vec::new();
    let said = std::iter::once((&received.said, is_by_person));
    for (said, is_by_person) in said.chain(received.forwarded.iter().map(|said| (said, false))) {
        let names = Names::new(&said.mentions, scene.guild);
        texts.push(parse(&said.content, &names));
        attachments.extend(attachments::of(said, shelf));
        // What people write has embeds only to show what is behind their links.
        if !is_by_person {
            read_embeds(said, &names, shelf, &mut texts, &mut attachments);
        }
        let laid = components::read(&said.components, &names, shelf);
        texts.extend(laid.texts);
        add_new(&mut attachments, laid.files);
    }
    Content {
        text: Text::lines(&texts),
        attachments,
        preview,
    }
}

fn read_embeds(
    said: &Said,
    names: &impl MentionNames,
    shelf: Shelf<'_>,
    texts: &mut Vec<Text>,
    attachments: &mut Vec<Attachment>,
) {
    let embeds = said.embeds.iter();
    for embed in embeds.filter(|embed| !embed.is_preview(&said.content)) {
        texts.push(embed.to_text(names));
        match embed.picture(shelf) {
            Some(Ok(picture)) => add_new(attachments, vec![picture]),
            Some(Err(address)) => texts.push(address),
            None => {}
        }
    }
}

/// Adds the files that are not there yet: a message may show one of its own in several places.
fn add_new(attachments: &mut Vec<Attachment>, more: Vec<Attachment>) {
    let identity = |file: &Attachment| file.file.as_ref().map(patchbay_domain::FileRef::identity);
    for file in more {
        if !attachments.iter().any(|it| identity(it) == identity(&file)) {
            attachments.push(file);
        }
    }
}

/// Discord doesn't tell who wrote what is forwarded, but where.
fn forwarded_from(message: &Message, guild: Option<&GuildPicture>) -> Option<String> {
    let reference = message.message_reference.as_ref();
    let reference = reference.filter(|it| it.kind == MessageReferenceKind::Forward)?;
    let name = guild.and_then(|guild| guild.channel(DiscordChannelId(reference.channel_id.get())));
    Some(name.map_or_else(
        || "a forwarded message".to_owned(),
        |name| format!("#{name}"),
    ))
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
