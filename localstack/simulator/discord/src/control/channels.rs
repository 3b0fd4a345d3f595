use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::extract::{Answer, Done, Ids, Input, Parameters};
use crate::ids::{ChannelId, MessageId, UserId};
use crate::permissions::Permissions;
use crate::platform::Platform;
use crate::time::Timestamp;
use crate::world::{
    Actor, Author, ChannelEdit, CreateMessage, DeleteChannel, DeleteMessage, Draft, EditChannel,
    EditMessage, Message, NewAttachment, Overwrite, OverwriteKind, ReferenceKind, ReferenceRequest,
    Reviser, Revision, Sender, SetOverwrite,
};

pub(super) async fn edit(
    State(platform): State<Arc<Platform>>,
    Ids(channel): Ids<ChannelId>,
    Input(edit): Input<ChannelEdit>,
) -> Done {
    platform.execute(EditChannel {
        actor: Actor::Operator,
        channel,
        edit,
    })?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn delete(
    State(platform): State<Arc<Platform>>,
    Ids(channel): Ids<ChannelId>,
) -> Done {
    platform.execute(DeleteChannel {
        actor: Actor::Operator,
        channel,
    })?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewOverwrite {
    kind: OverwriteKind,
    #[serde(default)]
    allow: Permissions,
    #[serde(default)]
    deny: Permissions,
}

pub(super) async fn set_overwrite(
    State(platform): State<Arc<Platform>>,
    Ids((channel, holder)): Ids<(ChannelId, UserId)>,
    Input(new): Input<NewOverwrite>,
) -> Done {
    let overwrite = Overwrite {
        id: holder,
        kind: new.kind,
        allow: new.allow,
        deny: new.deny,
    };
    platform.execute(SetOverwrite { channel, overwrite })?;
    Ok(StatusCode::NO_CONTENT)
}

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
    attachments: Vec<NewAttachment>,
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
    let draft = Draft {
        content: new.content,
        embeds: new.embeds,
        attachments: new.attachments,
        reference: reply.or(forward),
        ..Draft::default()
    };
    let sender = Sender::Person(new.author);
    let posted = platform.execute(CreateMessage {
        sender,
        channel,
        draft,
    })?;
    show(&platform, channel, posted.message)
}

fn show(platform: &Platform, channel: ChannelId, message: MessageId) -> Answer {
    Ok(Json(platform.read(|world| {
        world.message(channel, message).map(render_message)
    })?))
}

pub(super) async fn edit_message(
    State(platform): State<Arc<Platform>>,
    Ids((channel, message)): Ids<(ChannelId, MessageId)>,
    Input(revision): Input<Revision>,
) -> Answer {
    let reviser = Reviser::Actor(Actor::Operator);
    platform.execute(EditMessage {
        reviser,
        channel,
        message,
        revision,
    })?;
    show(&platform, channel, message)
}

pub(super) async fn delete_message(
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
pub(super) struct MessagesQuery {
    after: Option<MessageId>,
    limit: Option<usize>,
}

/// The messages of a channel, oldest first.
pub(super) async fn messages(
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
        Ok::<_, crate::world::Rejection>(
            messages
                .map(|(_, message)| render_message(message))
                .collect(),
        )
    })?;
    Ok(Json(json!(messages)))
}

/// Everything that is known about a message, for a test to compare.
fn render_message(message: &Message) -> Value {
    let (author, name, webhook) = match &message.author {
        Author::User(user) => (json!(user), None, None),
        Author::Webhook { webhook, name, .. } => (json!(webhook), Some(name), Some(webhook)),
    };
    let reference = message.reference.as_ref().map(|reference| {
        json!({
            "kind": reference.kind,
            "channel_id": reference.channel,
            "message_id": reference.message,
        })
    });
    json!({
        "id": message.id,
        "channel_id": message.channel,
        "author": author,
        "webhook_id": webhook,
        "webhook_name": name,
        "content": message.content,
        "embeds": message.embeds,
        "attachments": message.attachments,
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
