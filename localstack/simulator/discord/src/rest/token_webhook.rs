//! Webhooks for whoever holds their token. No bot is needed for any of this.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::Value;

use super::extract::{Ids, Payload};
use super::form::Form;
use super::message_form::{read_revision, read_webhook_draft};
use super::submission::Submission;
use super::webhook::{read_avatar, read_new_name};
use super::{Answer, Done, Failure};
use crate::ids::{ApplicationId, ChannelId, MessageId, WebhookId};
use crate::platform::Platform;
use crate::world::{
    Actor, Author, ChannelKind, CreateMessage, DeleteMessage, DeleteWebhook, EditMessage,
    EditWebhook, Rejection, Reviser, Sender, StartThread, ThreadOrigin, Viewer, World,
};

/// The channel of the webhook, if the token is its token.
fn opened(platform: &Platform, webhook: WebhookId, token: &str) -> Result<ChannelId, Rejection> {
    platform.read(|world| {
        let webhook = world.webhook(webhook)?;
        if webhook.token == token {
            Ok(webhook.channel)
        } else {
            Err(Rejection::InvalidWebhookToken)
        }
    })
}

/// Where a webhook posts.
enum Place {
    In(ChannelId),
    NewPost { forum: ChannelId, name: String },
}

fn place(
    platform: &Platform,
    own: ChannelId,
    thread: Option<ChannelId>,
    thread_name: Option<String>,
) -> Result<Place, Rejection> {
    let kind = platform.read(|world| world.channel(own).map(|channel| channel.kind))?;
    match (thread, thread_name) {
        (Some(_), Some(_)) => Err(Rejection::ThreadNamedTwice),
        (Some(thread), None) => thread_of(platform, own, thread).map(Place::In),
        (None, Some(name)) if kind == ChannelKind::Forum => Ok(Place::NewPost { forum: own, name }),
        (None, Some(_)) => Err(Rejection::WebhookThreadOutsideForum),
        (None, None) if kind == ChannelKind::Forum => Err(Rejection::ForumWebhookNeedsThread),
        (None, None) => Ok(Place::In(own)),
    }
}

/// A webhook reaches the threads of its channel, and no others.
fn thread_of(
    platform: &Platform,
    own: ChannelId,
    thread: ChannelId,
) -> Result<ChannelId, Rejection> {
    platform.read(|world| {
        let channel = world.channel(thread)?;
        if channel.kind.is_thread() && channel.parent() == Some(own) {
            Ok(thread)
        } else {
            Err(Rejection::UnknownChannel)
        }
    })
}

#[derive(Deserialize)]
pub(super) struct ThreadQuery {
    thread_id: Option<ChannelId>,
}

/// Where a message of the webhook is.
fn located(
    platform: &Platform,
    webhook: WebhookId,
    token: &str,
    query: &ThreadQuery,
) -> Result<ChannelId, Rejection> {
    let own = opened(platform, webhook, token)?;
    match query.thread_id {
        Some(thread) => thread_of(platform, own, thread),
        None => Ok(own),
    }
}

/// A webhook reads its own messages in full.
fn render_own(
    world: &World,
    channel: ChannelId,
    message: MessageId,
    webhook: WebhookId,
) -> Result<Value, Rejection> {
    let message = world.message(channel, message)?;
    let own =
        matches!(message.author, Author::Webhook { webhook: author, .. } if author == webhook);
    let viewer = Viewer {
        bot: ApplicationId(webhook.0).bot(),
        reads_content: true,
    };
    if own {
        Ok(world.render_message(message, viewer))
    } else {
        Err(Rejection::UnknownMessage)
    }
}

pub(super) async fn get(
    State(platform): State<Arc<Platform>>,
    Ids((webhook, token)): Ids<(WebhookId, String)>,
) -> Answer {
    opened(&platform, webhook, &token)?;
    Ok(Json(platform.read(|world| {
        world.webhook(webhook).map(World::render_webhook)
    })?))
}

pub(super) async fn edit(
    State(platform): State<Arc<Platform>>,
    Ids((webhook, token)): Ids<(WebhookId, String)>,
    Payload(payload): Payload,
) -> Answer {
    opened(&platform, webhook, &token)?;
    let mut form = Form::of(&payload);
    let name = read_new_name(&mut form);
    let edit = EditWebhook {
        actor: Actor::Operator,
        webhook,
        name,
        channel: None,
        avatar: read_avatar(&mut form),
    };
    platform.execute(form.finish(edit)?)?;
    Ok(Json(platform.read(|world| {
        world.webhook(webhook).map(World::render_webhook)
    })?))
}

pub(super) async fn delete(
    State(platform): State<Arc<Platform>>,
    Ids((webhook, token)): Ids<(WebhookId, String)>,
) -> Done {
    opened(&platform, webhook, &token)?;
    platform.execute(DeleteWebhook {
        actor: Actor::Operator,
        webhook,
    })?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
pub(super) struct ExecuteQuery {
    #[serde(default)]
    wait: Option<String>,
    thread_id: Option<ChannelId>,
}

pub(super) async fn execute(
    State(platform): State<Arc<Platform>>,
    Ids((webhook, token)): Ids<(WebhookId, String)>,
    Query(query): Query<ExecuteQuery>,
    submission: Submission,
) -> Result<Response, Failure> {
    let own = opened(&platform, webhook, &token)?;
    let read = read_webhook_draft(&submission.payload, submission.files)?;
    let place = place(&platform, own, query.thread_id, read.thread_name)?;
    let sender = Sender::Webhook {
        webhook,
        name: read.name,
        avatar: read.avatar,
    };
    let (channel, message) = match place {
        Place::In(channel) => {
            let posted = platform.execute(CreateMessage {
                sender,
                channel,
                draft: read.draft,
            })?;
            (posted.channel, posted.message)
        }
        Place::NewPost { forum, name } => {
            let thread = platform.execute(StartThread {
                starter: sender,
                parent: forum,
                origin: ThreadOrigin::Post(Box::new(read.draft)),
                name,
                auto_archive_minutes: None,
                rate_limit_per_user: 0,
                invitable: true,
                tags: read.tags,
            })?;
            (thread, MessageId(thread.0))
        }
    };
    platform.preview_links(channel, message);
    if !matches!(query.wait.as_deref(), Some("true" | "True" | "1")) {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let rendered = platform.read(|world| render_own(world, channel, message, webhook))?;
    Ok(Json(rendered).into_response())
}

pub(super) async fn get_message(
    State(platform): State<Arc<Platform>>,
    Ids((webhook, token, message)): Ids<(WebhookId, String, MessageId)>,
    Query(query): Query<ThreadQuery>,
) -> Answer {
    let channel = located(&platform, webhook, &token, &query)?;
    Ok(Json(platform.read(|world| {
        render_own(world, channel, message, webhook)
    })?))
}

pub(super) async fn edit_message(
    State(platform): State<Arc<Platform>>,
    Ids((webhook, token, message)): Ids<(WebhookId, String, MessageId)>,
    Query(query): Query<ThreadQuery>,
    submission: Submission,
) -> Answer {
    let channel = located(&platform, webhook, &token, &query)?;
    let revision = read_revision(&submission.payload, submission.files)?;
    let reviser = Reviser::Webhook(webhook);
    platform.execute(EditMessage {
        reviser,
        channel,
        message,
        revision,
    })?;
    platform.preview_links(channel, message);
    Ok(Json(platform.read(|world| {
        render_own(world, channel, message, webhook)
    })?))
}

pub(super) async fn delete_message(
    State(platform): State<Arc<Platform>>,
    Ids((webhook, token, message)): Ids<(WebhookId, String, MessageId)>,
    Query(query): Query<ThreadQuery>,
) -> Done {
    let channel = located(&platform, webhook, &token, &query)?;
    platform.execute(DeleteMessage {
        reviser: Reviser::Webhook(webhook),
        channel,
        message,
    })?;
    Ok(StatusCode::NO_CONTENT)
}
