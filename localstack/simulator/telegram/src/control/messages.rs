//! Messages, as a person in the chat would read, edit and delete them.
//!
//! A basic group's messages have another number in each member's box; here they go by the
//! numbers of its creator or, if the creator left, of its first member.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::media;
use super::ordered::{NewMedia, prepared};
use super::problem::{Asked, Body, Named, Problem};
use crate::connection::Shared;
use crate::state::{
    Actor, CHAT_ID_INVALID, Command, Delete, DeleteScope, Edit, Entity, MESSAGE_ID_INVALID,
    Message, Ordinary, PEER_ID_INVALID, Peer, Place, State as Telegram, UserId,
};
use crate::world::World;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    /// What is absent stays as it is.
    text: Option<String>,
    #[serde(default)]
    entities: Vec<Entity>,
    media: Option<NewMedia>,
    #[serde(default)]
    no_webpage: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Range {
    #[serde(default)]
    after: i32,
    #[serde(default = "hundred")]
    limit: usize,
}

fn hundred() -> usize {
    100
}

pub(super) async fn edit_in_chat(
    State(shared): State<Arc<Shared>>,
    Named((chat, id)): Named<(Peer, i32)>,
    Body(change): Body<Change>,
) -> Result<Json<Value>, Problem> {
    let place = place_of(&shared.world().state, chat)?;
    edit(&shared, place, chat, id, change).await
}

pub(super) async fn edit_private(
    State(shared): State<Arc<Shared>>,
    Named((user, peer, id)): Named<(UserId, UserId, i32)>,
    Body(change): Body<Change>,
) -> Result<Json<Value>, Problem> {
    edit(&shared, Place::Account(user), Peer::User(peer), id, change).await
}

async fn edit(
    shared: &Shared,
    place: Place,
    peer: Peer,
    id: i32,
    change: Change,
) -> Result<Json<Value>, Problem> {
    let media = match change.media {
        Some(media) => Some(prepared(shared, media).await?),
        None => None,
    };
    let mut world = shared.world();
    check_belongs(&world.state, place, peer, id)?;
    let media = media.map(|it| it.put_in(&mut world)).transpose()?;
    let before = world.state.place(place)?.get(id);
    let before = before
        .and_then(Message::ordinary)
        .ok_or(MESSAGE_ID_INVALID)?;
    let (text, entities) = match change.text {
        Some(text) => (text, change.entities),
        None => (before.text.clone(), before.entities.clone()),
    };
    let edit = Edit {
        by: Actor::Control,
        place,
        id,
        text,
        entities,
        media,
        no_webpage: change.no_webpage,
        window: 0,
    };
    world.apply(Command::Edit(edit), None)?;
    Ok(Json(json!({})))
}

pub(super) async fn delete_in_chat(
    State(shared): State<Arc<Shared>>,
    Named((chat, id)): Named<(Peer, i32)>,
) -> Result<Json<Value>, Problem> {
    let mut world = shared.world();
    let place = place_of(&world.state, chat)?;
    delete(&mut world, place, chat, id)
}

pub(super) async fn delete_private(
    State(shared): State<Arc<Shared>>,
    Named((user, peer, id)): Named<(UserId, UserId, i32)>,
) -> Result<Json<Value>, Problem> {
    delete(
        &mut shared.world(),
        Place::Account(user),
        Peer::User(peer),
        id,
    )
}

fn delete(world: &mut World, place: Place, peer: Peer, id: i32) -> Result<Json<Value>, Problem> {
    check_belongs(&world.state, place, peer, id)?;
    let (by, scope) = (Actor::Control, DeleteScope::Everybody);
    world.apply(
        Command::Delete(Delete {
            by,
            place,
            ids: vec![id],
            scope,
        }),
        None,
    )?;
    Ok(Json(json!({})))
}

pub(super) async fn of_chat(
    State(shared): State<Arc<Shared>>,
    Named(chat): Named<Peer>,
    Asked(range): Asked<Range>,
) -> Result<Json<Value>, Problem> {
    let world = shared.world();
    listed(&world.state, place_of(&world.state, chat)?, chat, &range)
}

pub(super) async fn of_private(
    State(shared): State<Arc<Shared>>,
    Named((user, peer)): Named<(UserId, UserId)>,
    Asked(range): Asked<Range>,
) -> Result<Json<Value>, Problem> {
    let world = shared.world();
    world.state.user(peer)?;
    listed(&world.state, Place::Account(user), Peer::User(peer), &range)
}

/// Oldest first. What the platform notes by itself, such as a member's joining, is left out.
fn listed(
    state: &Telegram,
    place: Place,
    peer: Peer,
    range: &Range,
) -> Result<Json<Value>, Problem> {
    let messages = state
        .place(place)?
        .of_peer(peer)
        .rev()
        .filter(|it| it.id > range.after);
    let ordinary = messages.filter_map(|it| it.ordinary().map(|ordinary| (it, ordinary)));
    Ok(Json(
        ordinary
            .take(range.limit)
            .map(|(it, ordinary)| shown(state, it, ordinary))
            .collect(),
    ))
}

fn shown_reactions(message: &Message) -> Value {
    let all = message.reactions.iter();
    all.map(|(user, it)| json!({ "from": user, "emoji": it.emoji }))
        .collect()
}

fn shown(state: &Telegram, message: &Message, ordinary: &Ordinary) -> Value {
    json!({
        "id": message.id,
        "from": message.author,
        "text": ordinary.text,
        "entities": ordinary.entities,
        "media": ordinary.media.as_ref().map(|it| media::shown(state, it)),
        "reply_to": ordinary.reply.as_ref().map(|reply| reply.message),
        "quote": ordinary.reply.as_ref().and_then(|reply| reply.quote.as_ref()),
        "quote_offset": ordinary.reply.as_ref().and_then(|reply| reply.quote_offset),
        "preview": ordinary.preview.is_some(),
        "topic": ordinary.reply.as_ref().and_then(|reply| reply.topic),
        "forward": ordinary.forward,
        "grouped_id": ordinary.grouped_id.map(|id| id.to_string()),
        "reactions": shown_reactions(message),
        "date": message.date,
        "at_ms": message.at_ms,
        "edit_date": message.edit_date,
        "silent": message.silent,
        // Beyond what a JSON number carries exactly.
        "random_id": message.random_id.map(|id| id.to_string()),
    })
}

pub(super) fn place_of(state: &Telegram, chat: Peer) -> Result<Place, Problem> {
    match chat {
        Peer::User(_) => Err(Problem::Malformed(
            "a private chat has two sides: use /private/{user}/{peer}/messages".to_owned(),
        )),
        Peer::Group(id) => {
            let witness = Telegram::witness(state.group(id)?);
            Ok(Place::Account(witness.ok_or(CHAT_ID_INVALID)?))
        }
        Peer::Channel(id) => Ok(Place::Channel(state.channel(id)?.id)),
    }
}

/// The number that another account knows a message by.
pub(super) fn translated(
    state: &Telegram,
    place: Place,
    id: i32,
    user: UserId,
) -> Result<i32, Problem> {
    match place {
        Place::Channel(_) => Ok(id),
        Place::Account(_) => {
            let shared = state.place(place)?.get(id).map(|message| message.shared);
            let copy = shared.and_then(|shared| state.copy_for(shared, user));
            Ok(copy.ok_or(MESSAGE_ID_INVALID)?)
        }
    }
}

pub(super) fn check_belongs(
    state: &Telegram,
    place: Place,
    peer: Peer,
    id: i32,
) -> Result<(), Problem> {
    let message = state.place(place)?.get(id).ok_or(MESSAGE_ID_INVALID)?;
    if message.peer == peer {
        Ok(())
    } else {
        Err(PEER_ID_INVALID.into())
    }
}
