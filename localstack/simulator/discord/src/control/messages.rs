use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::attachments::{NewFile, store_all};
use super::extract::{Answer, ControlError, Done, Ids, Input, Parameters};
use crate::ids::{AttachmentId, ChannelId, MessageId, StickerId, UserId};
use crate::platform::Platform;
use crate::rest::{Form, read_poll};
use crate::time::Timestamp;
use crate::world::{
    Actor, Attachment, Author, CreateMessage, DeleteMessage, DeleteMessages, Draft, EditMessage,
    KeptAttachment, Message, MessageKind, ReferenceKind, ReferenceRequest, Rejection, Reviser,
    Revision, Sender, World,
};

/// The type of what a thread begins with.
const THREAD_STARTER: u8 = 21;

/// A message somebody sends.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewMessage {
    author: UserId,
    #[serde(default)]
    content: String,
    #[serde(default)]
    embeds: Vec<Value>,
    #[serde(default)]
    attachments: Vec<NewFile>,
    #[serde(default)]
    flags: u64,
    #[serde(default)]
    stickers: Vec<StickerId>,
    #[serde(default)]
    components: Vec<Value>,
    /// As in the platform's own request.
    poll: Option<Value>,
    /// The number of the type of a message that the platform writes itself.
    #[serde(rename = "type")]
    system: Option<u8>,
    reply_to: Option<MessageId>,
    forward_of: Option<Forwarded>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Forwarded {
    channel: ChannelId,
    message: MessageId,
}

pub(super) async fn post(
    State(platform): State<Arc<Platform>>,
    Ids(channel): Ids<ChannelId>,
    Input(new): Input<NewMessage>,
) -> Answer {
    let reply = new.reply_to.map(|message| ReferenceRequest {
        kind: ReferenceKind::Reply,
        channel: None,
        message,
        fail_if_not_exists: true,
    });
    let forward = new.forward_of.map(|forwarded| ReferenceRequest {
        kind: ReferenceKind::Forward,
        channel: Some(forwarded.channel),
        message: forwarded.message,
        fail_if_not_exists: true,
    });
    let poll = match new.poll {
        Some(poll) => {
            let payload = json!({ "poll": poll });
            let mut form = Form::of(&payload);
            let poll = read_poll(&mut form);
            form.finish(poll)?
        }
        None => None,
    };
    let is_voice = new.attachments.iter().any(NewFile::is_voice);
    let voice = if is_voice {
        Message::IS_VOICE_MESSAGE
    } else {
        0
    };
    let draft = Draft {
        content: new.content,
        embeds: new.embeds,
        attachments: store_all(&platform, new.attachments).await?,
        flags: new.flags | voice,
        stickers: new.stickers,
        components: new.components,
        poll,
        system: new.system,
        reference: reply.or(forward),
        ..Draft::default()
    };
    let sender = Sender::Person(new.author);
    let posted = platform.execute(CreateMessage {
        sender,
        channel,
        draft,
    })?;
    platform.preview_links(channel, posted.message);
    show(&platform, channel, posted.message)
}

fn show(platform: &Platform, channel: ChannelId, message: MessageId) -> Answer {
    Ok(Json(platform.read(|world| {
        let message = world.message(channel, message)?;
        Ok::<_, Rejection>(render_message(world, message))
    })?))
}

pub(super) async fn get(
    State(platform): State<Arc<Platform>>,
    Ids((channel, message)): Ids<(ChannelId, MessageId)>,
) -> Answer {
    show(&platform, channel, message)
}

/// What somebody changes about a message; what is absent stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Edit {
    content: Option<String>,
    embeds: Option<Vec<Value>>,
    flags: Option<u64>,
    /// Files that are added.
    #[serde(default)]
    attachments: Vec<NewFile>,
    /// The files that stay; all of them if there is no such list.
    keep_attachments: Option<Vec<AttachmentId>>,
}

pub(super) async fn edit(
    State(platform): State<Arc<Platform>>,
    Ids((channel, message)): Ids<(ChannelId, MessageId)>,
    Input(edit): Input<Edit>,
) -> Answer {
    let kept = edit.keep_attachments.map(|ids| {
        let kept = ids.into_iter().map(|id| KeptAttachment {
            id,
            description: None,
            spoiler: None,
        });
        kept.collect()
    });
    let revision = Revision {
        content: edit.content,
        embeds: edit.embeds,
        flags: edit.flags,
        attachments: kept,
        new_files: store_all(&platform, edit.attachments).await?,
        ..Revision::default()
    };
    let reviser = Reviser::Actor(Actor::Operator);
    platform.execute(EditMessage {
        reviser,
        channel,
        message,
        revision,
    })?;
    platform.preview_links(channel, message);
    show(&platform, channel, message)
}

pub(super) async fn delete(
    State(platform): State<Arc<Platform>>,
    Ids((channel, message)): Ids<(ChannelId, MessageId)>,
) -> Done {
    let reviser = Reviser::Actor(Actor::Operator);
    platform.execute(DeleteMessage {
        reviser,
        channel,
        message,
    })?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BulkDeletion {
    messages: Vec<MessageId>,
}

/// As somebody with the right to would: of any number and age.
pub(super) async fn delete_many(
    State(platform): State<Arc<Platform>>,
    Ids(channel): Ids<ChannelId>,
    Input(asked): Input<BulkDeletion>,
) -> Done {
    if asked.messages.is_empty() {
        let message = "`messages` names no message".to_owned();
        return Err(ControlError::Invalid(message));
    }
    platform.execute(DeleteMessages {
        actor: Actor::Operator,
        channel,
        messages: asked.messages,
    })?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MessagesQuery {
    after: Option<MessageId>,
    limit: Option<usize>,
}

/// The messages of a channel, oldest first.
pub(super) async fn list(
    State(platform): State<Arc<Platform>>,
    Ids(channel): Ids<ChannelId>,
    Parameters(query): Parameters<MessagesQuery>,
) -> Answer {
    let from = query
        .after
        .map_or(MessageId(0), |after| MessageId(after.0.saturating_add(1)));
    let most = query.limit.unwrap_or(usize::MAX);
    let messages: Vec<Value> = platform.read(|world| {
        world.channel(channel)?;
        let messages = world.messages_in(channel).range(from..).take(most);
        let rendered = messages.map(|(_, message)| render_message(world, message));
        Ok::<_, Rejection>(rendered.collect())
    })?;
    Ok(Json(json!(messages)))
}

/// Everything that is known about a message, for a test to compare.
fn render_message(world: &World, message: &Message) -> Value {
    let (author, name, webhook) = match &message.author {
        Author::User(user) => (json!(user), None, None),
        Author::Webhook { webhook, name, .. } => (json!(webhook), Some(name), Some(webhook)),
    };
    let reference = message.reference.as_ref().map(|reference| {
        json!({
            "kind": reference.kind,
            "channel_id": reference.channel,
            "message_id": reference.message,
            "snapshot": reference.snapshot.as_ref().map(|snapshot| json!({
                "content": snapshot.content,
                "attachments": render_attachments(world, &snapshot.attachments),
            })),
        })
    });
    json!({
        "id": message.id,
        "channel_id": message.channel,
        "author": author,
        "webhook_id": webhook,
        "webhook_name": name,
        "content": message.content,
        "type": match message.kind {
            MessageKind::Written => None,
            MessageKind::ThreadStarter => Some(THREAD_STARTER),
            MessageKind::System(number) => Some(number),
        },
        "embeds": message.embeds,
        "previews": message.previews,
        "components": message.components,
        "stickers": message.stickers.iter().map(|sticker| sticker.id).collect::<Vec<_>>(),
        "poll": message.poll.as_ref().map(|poll| &poll.asked),
        "reactions": message.reactions.iter().map(|reaction| json!({
            "emoji": reaction.emoji.render(),
            "users": reaction.users,
        })).collect::<Vec<_>>(),
        "attachments": render_attachments(world, &message.attachments),
        "nonce": message.nonce,
        "message_reference": reference,
        "flags": message.flags,
        "mentions": message.mentioned_users,
        "mention_roles": message.mentioned_roles,
        "mention_everyone": message.mentions_everyone,
        "timestamp": message.sent_at.iso8601(),
        "edited_timestamp": message.edited_at.map(Timestamp::iso8601),
    })
}

/// As the platform shows them, and with the hash of their bytes.
fn render_attachments(world: &World, attachments: &[Attachment]) -> Value {
    let rendered = attachments.iter().map(|attachment| {
        let mut rendered = world.render_attachment(attachment);
        rendered["sha256"] = json!(attachment.file.sha256);
        rendered
    });
    rendered.collect()
}
