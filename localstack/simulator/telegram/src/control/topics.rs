//! The topics of a forum, as one of its admins would manage them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::problem::{Body, Named, Problem};
use crate::connection::Shared;
use crate::state::{
    Actor, Command, CreateTopic, DEFAULT_COLOR, DeleteTopic, EditTopic, MESSAGE_ID_INVALID, Peer,
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewTopic {
    title: String,
    icon_color: Option<i32>,
}

pub(super) async fn create(
    State(shared): State<Arc<Shared>>,
    Named(chat): Named<Peer>,
    Body(new): Body<NewTopic>,
) -> Result<Json<Value>, Problem> {
    let command = Command::CreateTopic(CreateTopic {
        chat,
        by: Actor::Control,
        title: new.title,
        icon_color: new.icon_color.unwrap_or(DEFAULT_COLOR),
        random_id: None,
    });
    let applied = shared.world().apply(command, None)?;
    let id = applied.messages.first().copied();
    Ok(Json(json!({ "id": id.ok_or(MESSAGE_ID_INVALID)? })))
}

pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    Named(chat): Named<Peer>,
) -> Result<Json<Value>, Problem> {
    let world = shared.world();
    let topics = world.state.forum(chat)?.topics.values().map(|topic| {
        json!({
            "id": topic.id,
            "title": topic.title,
            "icon_color": topic.icon_color,
            "closed": topic.closed,
            "hidden": topic.hidden,
        })
    });
    Ok(Json(topics.collect()))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TopicChange {
    title: Option<String>,
    closed: Option<bool>,
    hidden: Option<bool>,
}

pub(super) async fn change(
    State(shared): State<Arc<Shared>>,
    Named((chat, topic)): Named<(Peer, i32)>,
    Body(change): Body<TopicChange>,
) -> Result<Json<Value>, Problem> {
    let command = Command::EditTopic(EditTopic {
        chat,
        by: Actor::Control,
        topic,
        title: change.title,
        closed: change.closed,
        hidden: change.hidden,
    });
    shared.world().apply(command, None)?;
    Ok(Json(json!({})))
}

pub(super) async fn delete(
    State(shared): State<Arc<Shared>>,
    Named((chat, topic)): Named<(Peer, i32)>,
) -> Result<Json<Value>, Problem> {
    let command = Command::DeleteTopic(DeleteTopic {
        chat,
        by: Actor::Control,
        topic,
    });
    shared.world().apply(command, None)?;
    Ok(Json(json!({})))
}
