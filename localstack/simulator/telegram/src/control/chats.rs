use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::problem::{Body, Named, Problem};
use crate::connection::Shared;
use crate::state::{
    Actor, CHAT_ID_INVALID, ChangeChat, ChannelKind, ChatKind, Command, CreateChat, Migrate, Peer,
    Role, Roster, UserId,
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewChat {
    kind: ChatKind,
    title: String,
    username: Option<String>,
    creator: UserId,
    #[serde(default)]
    members: Vec<UserId>,
    #[serde(default)]
    protected: bool,
    #[serde(default)]
    forum: bool,
}

pub(super) async fn create(
    State(shared): State<Arc<Shared>>,
    Body(new): Body<NewChat>,
) -> Result<Json<Value>, Problem> {
    let command = Command::CreateChat(CreateChat {
        kind: new.kind,
        title: new.title,
        username: new.username,
        creator: new.creator,
        members: new.members,
        protected: new.protected,
        forum: new.forum,
        access_hash: rand::random(),
    });
    let applied = shared.world().apply(command, None)?;
    Ok(Json(json!({ "id": applied.chat })))
}

pub(super) async fn list(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let world = shared.world();
    let groups = world.state.groups.values().filter(|it| !it.deleted);
    let groups = groups.map(|group| {
        json!({
            "migrated_to": group.migrated_to.map(|it| Peer::Channel(it.channel)),
            "id": Peer::Group(group.id),
            "kind": "group",
            "title": group.title,
            "protected": group.protected,
            "reactions": group.reactions,
            "members": members(&group.roster),
        })
    });
    let channels = world.state.channels.values().filter(|it| !it.deleted);
    let channels = channels.map(|channel| {
        let kind = match channel.kind {
            ChannelKind::Broadcast => "channel",
            ChannelKind::Supergroup => "supergroup",
        };
        json!({
            "id": Peer::Channel(channel.id),
            "kind": kind,
            "title": channel.title,
            "username": channel.username,
            "protected": channel.protected,
            "reactions": channel.reactions,
            "forum": channel.forum,
            "slow_mode_seconds": channel.slow_mode_seconds,
            "pts": channel.mailbox.pts,
            "members": members(&channel.roster),
        })
    });
    Json(groups.chain(channels).collect())
}

fn members(roster: &Roster) -> Value {
    roster
        .everybody()
        .map(|(user, it)| json!({ "user": user, "role": it.role }))
        .collect()
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChatChange {
    title: Option<String>,
    protected: Option<bool>,
    slow_mode_seconds: Option<i64>,
    forum: Option<bool>,
    reactions: Option<Vec<String>>,
}

pub(super) async fn change(
    State(shared): State<Arc<Shared>>,
    Named(chat): Named<Peer>,
    Body(change): Body<ChatChange>,
) -> Result<Json<Value>, Problem> {
    let command = Command::ChangeChat(ChangeChat {
        chat,
        by: Actor::Control,
        title: change.title,
        protected: change.protected,
        slow_mode_seconds: change.slow_mode_seconds,
        forum: change.forum,
        reactions: change.reactions,
    });
    shared.world().apply(command, None)?;
    Ok(Json(json!({})))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Standing {
    role: Role,
}

pub(super) async fn set_member(
    State(shared): State<Arc<Shared>>,
    Named((chat, user)): Named<(Peer, UserId)>,
    Body(Standing { role }): Body<Standing>,
) -> Result<Json<Value>, Problem> {
    shared.world().apply(
        Command::SetRole {
            chat,
            user,
            role,
            by: Actor::Control,
        },
        None,
    )?;
    Ok(Json(json!({})))
}

pub(super) async fn remove_member(
    State(shared): State<Arc<Shared>>,
    Named((chat, user)): Named<(Peer, UserId)>,
) -> Result<Json<Value>, Problem> {
    shared.world().apply(
        Command::RemoveMember {
            chat,
            user,
            by: Actor::Control,
        },
        None,
    )?;
    Ok(Json(json!({})))
}

/// Makes a supergroup of a basic group.
pub(super) async fn migrate(
    State(shared): State<Arc<Shared>>,
    Named(chat): Named<Peer>,
) -> Result<Json<Value>, Problem> {
    let Peer::Group(group) = chat else {
        return Err(CHAT_ID_INVALID.into());
    };
    let migrate = Migrate {
        group,
        by: Actor::Control,
        access_hash: rand::random(),
    };
    let applied = shared.world().apply(Command::Migrate(migrate), None)?;
    Ok(Json(json!({ "id": applied.chat })))
}

pub(super) async fn delete(
    State(shared): State<Arc<Shared>>,
    Named(chat): Named<Peer>,
) -> Result<Json<Value>, Problem> {
    let by = Actor::Control;
    shared
        .world()
        .apply(Command::DeleteChat { chat, by }, None)?;
    Ok(Json(json!({})))
}
