use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::attachments::{NewFile, store_all};
use super::extract::{Answer, ControlError, Done, Ids, Input};
use crate::ids::{ChannelId, MessageId, TagId, UserId};
use crate::platform::Platform;
use crate::world::{
    ARCHIVE_MINUTES, Actor, ChannelKind, Draft, JoinThread, LeaveThread, Sender, StartThread,
    ThreadOrigin,
};

/// A thread that somebody starts: from a message, from nothing, or as a post in a forum.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewThread {
    author: UserId,
    name: String,
    /// The kind of a thread from nothing; what fits the channel if it is left out.
    #[serde(rename = "type")]
    kind: Option<ChannelKind>,
    message: Option<MessageId>,
    auto_archive_duration: Option<u64>,
    /// For a post in a forum: its first message and its tags.
    #[serde(default)]
    content: String,
    #[serde(default)]
    attachments: Vec<NewFile>,
    #[serde(default)]
    tags: Vec<TagId>,
}

pub(super) async fn start(
    State(platform): State<Arc<Platform>>,
    Ids(parent): Ids<ChannelId>,
    Input(new): Input<NewThread>,
) -> Answer {
    let minutes = new.auto_archive_duration;
    if minutes.is_some_and(|minutes| !ARCHIVE_MINUTES.contains(&minutes)) {
        let message = format!("`auto_archive_duration` is one of {ARCHIVE_MINUTES:?}");
        return Err(ControlError::Invalid(message));
    }
    let parent_kind = platform.read(|world| world.channel(parent).map(|parent| parent.kind))?;
    let origin = match (new.message, parent_kind) {
        (Some(message), _) => ThreadOrigin::Message(message),
        (None, ChannelKind::Forum) => ThreadOrigin::Post(Box::new(Draft {
            content: new.content,
            attachments: store_all(&platform, new.attachments).await?,
            ..Draft::default()
        })),
        (None, ChannelKind::Announcement) => {
            ThreadOrigin::Nothing(new.kind.unwrap_or(ChannelKind::AnnouncementThread))
        }
        (None, _) => ThreadOrigin::Nothing(new.kind.unwrap_or(ChannelKind::PublicThread)),
    };
    let thread = platform.execute(StartThread {
        starter: Sender::Person(new.author),
        parent,
        origin,
        name: new.name,
        auto_archive_minutes: minutes,
        rate_limit_per_user: 0,
        invitable: true,
        tags: new.tags,
    })?;
    platform.preview_links(thread, MessageId(thread.0));
    Ok(Json(json!({ "id": thread })))
}

pub(super) async fn join(
    State(platform): State<Arc<Platform>>,
    Ids((thread, user)): Ids<(ChannelId, UserId)>,
) -> Done {
    platform.execute(JoinThread {
        actor: Actor::Operator,
        thread,
        user,
    })?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn leave(
    State(platform): State<Arc<Platform>>,
    Ids((thread, user)): Ids<(ChannelId, UserId)>,
) -> Done {
    platform.execute(LeaveThread {
        actor: Actor::Operator,
        thread,
        user,
    })?;
    Ok(StatusCode::NO_CONTENT)
}
