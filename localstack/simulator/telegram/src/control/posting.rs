//! Messages and albums, posted as a person in the chat would post them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use rand::Rng;
use serde::Deserialize;
use serde_json::{Value, json};

use super::messages::{place_of, translated};
use super::ordered::{NewMedia, Prepared, prepared};
use super::problem::{Body, Named, Problem};
use crate::clock::now_ms;
use crate::connection::Shared;
use crate::state::{
    Command, Draft, Entity, Forward, MESSAGE_ID_INVALID, Peer, Place, Post, Refusal, Reply, UserId,
};
use crate::world::World;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewMessage {
    /// Who writes; in a private chat the path tells.
    from: Option<UserId>,
    #[serde(default)]
    text: String,
    #[serde(default)]
    entities: Vec<Entity>,
    media: Option<NewMedia>,
    #[serde(default)]
    no_webpage: bool,
    forward: Option<Origin>,
    reply_to: Option<i32>,
    /// A part of the text that is answered.
    quote: Option<String>,
    /// The first message of a topic.
    topic: Option<i32>,
    #[serde(default)]
    silent: bool,
}

/// Where a message was, before it was forwarded from there.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Origin {
    from: Peer,
    post: Option<i32>,
    /// What is told of somebody who doesn't want to be linked to.
    name: Option<String>,
    /// Unix seconds.
    date: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewAlbum {
    from: Option<UserId>,
    messages: Vec<Part>,
    reply_to: Option<i32>,
    topic: Option<i32>,
    #[serde(default)]
    silent: bool,
    /// Post the first half alone, until the rest is released.
    #[serde(default)]
    hold: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    #[serde(default)]
    text: String,
    #[serde(default)]
    entities: Vec<Entity>,
    media: NewMedia,
}

/// The rest of an album that was posted in part.
#[derive(Debug)]
pub(crate) struct Held {
    place: Place,
    post: Post,
}

/// Who writes where, and by whose numbers messages go.
#[derive(Debug, Clone, Copy)]
struct Address {
    from: UserId,
    to: Peer,
    place: Place,
}

/// What a message answers, as it is asked for.
#[derive(Debug)]
struct Answered {
    message: Option<i32>,
    topic: Option<i32>,
    quote: Option<String>,
}

pub(super) async fn in_chat(
    State(shared): State<Arc<Shared>>,
    Named(chat): Named<Peer>,
    Body(new): Body<NewMessage>,
) -> Result<Json<Value>, Problem> {
    let address = in_shared_chat(&shared, chat, new.from)?;
    message(&shared, address, new).await
}

pub(super) async fn in_private(
    State(shared): State<Arc<Shared>>,
    Named((from, to)): Named<(UserId, UserId)>,
    Body(new): Body<NewMessage>,
) -> Result<Json<Value>, Problem> {
    let address = between(from, to, new.from)?;
    message(&shared, address, new).await
}

pub(super) async fn album_in_chat(
    State(shared): State<Arc<Shared>>,
    Named(chat): Named<Peer>,
    Body(new): Body<NewAlbum>,
) -> Result<Json<Value>, Problem> {
    let address = in_shared_chat(&shared, chat, new.from)?;
    album(&shared, address, new).await
}

pub(super) async fn album_in_private(
    State(shared): State<Arc<Shared>>,
    Named((from, to)): Named<(UserId, UserId)>,
    Body(new): Body<NewAlbum>,
) -> Result<Json<Value>, Problem> {
    let address = between(from, to, new.from)?;
    album(&shared, address, new).await
}

/// Posts what was held back of an album.
pub(super) async fn release(
    State(shared): State<Arc<Shared>>,
    Named(album): Named<i64>,
) -> Result<Json<Value>, Problem> {
    let mut world = shared.world();
    let held = world.held.remove(&album);
    let held = held.ok_or_else(|| Problem::NotFound(format!("nothing is held of {album}")))?;
    let ids = posted(&mut world, held.place, held.post)?;
    Ok(Json(json!({ "ids": ids })))
}

fn in_shared_chat(shared: &Shared, to: Peer, from: Option<UserId>) -> Result<Address, Problem> {
    let missing = || Problem::Malformed("from says who writes, and is missing".to_owned());
    let place = place_of(&shared.world().state, to)?;
    let from = from.ok_or_else(missing)?;
    Ok(Address { from, to, place })
}

fn between(from: UserId, to: UserId, named: Option<UserId>) -> Result<Address, Problem> {
    if named.is_some() {
        let what = "in a private chat the path tells who writes: leave from out";
        return Err(Problem::Malformed(what.to_owned()));
    }
    let (to, place) = (Peer::User(to), Place::Account(from));
    Ok(Address { from, to, place })
}

async fn message(
    shared: &Shared,
    address: Address,
    new: NewMessage,
) -> Result<Json<Value>, Problem> {
    let media = match new.media {
        Some(media) => Some(prepared(shared, media).await?),
        None => None,
    };
    let mut world = shared.world();
    let answered = Answered {
        message: new.reply_to,
        topic: new.topic,
        quote: new.quote,
    };
    let reply = reply(&world, address, answered)?;
    let forward = new.forward.map(|origin| Forward {
        from: origin.from,
        post: origin.post,
        name: origin.name,
        date: origin.date.unwrap_or_else(|| now_ms() / 1000),
    });
    let draft = Draft {
        text: new.text,
        entities: new.entities,
        media: put_in(&mut world, media)?,
        reply,
        forward,
        no_webpage: new.no_webpage,
        ..Draft::default()
    };
    let post = Post {
        from: address.from,
        to: address.to,
        silent: new.silent,
        drafts: vec![draft],
    };
    let ids = posted(&mut world, address.place, post)?;
    let id = ids.first().ok_or(MESSAGE_ID_INVALID)?;
    Ok(Json(json!({ "id": id })))
}

async fn album(shared: &Shared, address: Address, new: NewAlbum) -> Result<Json<Value>, Problem> {
    let mut parts = Vec::with_capacity(new.messages.len());
    for part in new.messages {
        let media = prepared(shared, part.media).await?;
        parts.push((part.text, part.entities, media));
    }
    let mut world = shared.world();
    let answered = Answered {
        message: new.reply_to,
        topic: new.topic,
        quote: None,
    };
    let reply = reply(&world, address, answered)?;
    let grouped_id = rand::rng().random_range(1..i64::MAX);
    let mut drafts = Vec::with_capacity(parts.len());
    for (text, entities, media) in parts {
        drafts.push(Draft {
            text,
            entities,
            media: put_in(&mut world, Some(media))?,
            reply: reply.clone(),
            grouped_id: Some(grouped_id),
            ..Draft::default()
        });
    }
    world.state.check_album(
        &drafts
            .iter()
            .filter_map(|it| it.media.as_ref())
            .collect::<Vec<_>>(),
    )?;
    let held = if new.hold {
        drafts.split_off(drafts.len().div_ceil(2))
    } else {
        Vec::new()
    };
    let count = held.len();
    let post = |drafts| Post {
        from: address.from,
        to: address.to,
        silent: new.silent,
        drafts,
    };
    let ids = posted(&mut world, address.place, post(drafts))?;
    if count > 0 {
        let held = Held {
            place: address.place,
            post: post(held),
        };
        world.held.insert(grouped_id, held);
    }
    // Beyond what a JSON number carries exactly.
    let album = grouped_id.to_string();
    Ok(Json(
        json!({ "ids": ids, "grouped_id": album, "held": count }),
    ))
}

fn put_in(
    world: &mut World,
    media: Option<Prepared>,
) -> Result<Option<crate::state::Media>, Refusal> {
    media.map(|media| media.put_in(world)).transpose()
}

fn reply(world: &World, address: Address, answered: Answered) -> Result<Option<Reply>, Problem> {
    let Some(id) = answered.message.or(answered.topic) else {
        return Ok(None);
    };
    let message = translated(&world.state, address.place, id, address.from)?;
    Ok(Some(Reply {
        message,
        topic: answered.topic,
        quote: answered.quote,
        quote_offset: None,
    }))
}

/// Posts, and answers the messages' numbers in the place that the caller knows.
fn posted(world: &mut World, place: Place, post: Post) -> Result<Vec<i32>, Problem> {
    let from = post.from;
    let applied = world.apply(Command::Post(post), None)?;
    let Place::Account(witness) = place else {
        return Ok(applied.messages);
    };
    let mailbox = &world.state.user(from)?.mailbox;
    let numbers = applied.messages.iter().map(|id| {
        let shared = mailbox.get(*id).map(|message| message.shared);
        let known = shared.and_then(|shared| world.state.copy_for(shared, witness));
        known.unwrap_or(*id)
    });
    Ok(numbers.collect())
}
