//! Reactions, as somebody in the chat would give them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::messages::{check_belongs, place_of};
use super::problem::{Body, Named, Problem};
use crate::connection::Shared;
use crate::state::{Command, Peer, Place, React, UserId};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reaction {
    from: UserId,
    /// In place of those before; none takes them back.
    emoji: Vec<String>,
}

pub(super) async fn in_chat(
    State(shared): State<Arc<Shared>>,
    Named((chat, id)): Named<(Peer, i32)>,
    Body(reaction): Body<Reaction>,
) -> Result<Json<Value>, Problem> {
    let place = place_of(&shared.world().state, chat)?;
    react(&shared, place, chat, id, reaction)
}

pub(super) async fn in_private(
    State(shared): State<Arc<Shared>>,
    Named((user, peer, id)): Named<(UserId, UserId, i32)>,
    Body(reaction): Body<Reaction>,
) -> Result<Json<Value>, Problem> {
    if reaction.from != user && reaction.from != peer {
        let what = "only the two of a private chat react in it".to_owned();
        return Err(Problem::Malformed(what));
    }
    react(
        &shared,
        Place::Account(user),
        Peer::User(peer),
        id,
        reaction,
    )
}

fn react(
    shared: &Shared,
    place: Place,
    peer: Peer,
    id: i32,
    reaction: Reaction,
) -> Result<Json<Value>, Problem> {
    let mut world = shared.world();
    check_belongs(&world.state, place, peer, id)?;
    let react = React {
        by: reaction.from,
        place,
        id,
        emoji: reaction.emoji,
    };
    world.apply(Command::React(react), None)?;
    Ok(Json(json!({})))
}
