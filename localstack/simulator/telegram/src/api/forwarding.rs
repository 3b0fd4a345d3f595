//! Forwarding.

use std::collections::BTreeMap;

use grammers_tl_types::{enums, functions};
use rand::Rng;

use super::Call;
use super::sending::{post, refuse_schedule, reply};
use crate::state::{
    Draft, Forward, MESSAGE_ID_INVALID, Message, Ordinary, Peer, Refusal, Reply, User,
};

const MOST_FORWARDED: usize = 100;

pub(super) fn forward(
    call: &mut Call<'_>,
    request: functions::messages::ForwardMessages,
) -> Result<enums::Updates, Refusal> {
    refuse_schedule(request.schedule_date)?;
    let from = call.readable_peer(&request.from_peer)?;
    let to = call.peer(&request.to_peer)?;
    if request.id.is_empty() || request.id.len() > MOST_FORWARDED {
        return Err(Refusal::bad("MESSAGE_IDS_EMPTY"));
    }
    if request.id.len() != request.random_id.len() {
        return Err(Refusal::bad("RANDOM_ID_INVALID"));
    }
    if call.state().is_protected(from) {
        return Err(Refusal::bad("CHAT_FORWARDS_RESTRICTED"));
    }
    let reply = match (request.reply_to, request.top_msg_id) {
        (None, top) => top.map(Reply::in_topic),
        (some, _) => reply(call, some)?,
    };
    let mailbox = call.state().mailbox(call.me()?, from)?;
    let mut drafts = Vec::new();
    for (id, random_id) in request.id.iter().zip(request.random_id) {
        let message = mailbox
            .get(*id)
            .filter(|it| it.peer == from)
            .ok_or(MESSAGE_ID_INVALID)?;
        let ordinary = message.ordinary().ok_or(MESSAGE_ID_INVALID)?;
        let mut draft = forwarded(call, message, ordinary);
        draft.random_id = Some(random_id);
        if request.drop_author || request.drop_media_captions {
            draft.forward = None;
        }
        if request.drop_media_captions && draft.media.is_some() {
            draft.text.clear();
            draft.entities.clear();
        }
        draft.reply.clone_from(&reply);
        drafts.push(draft);
    }
    regroup(&mut drafts);
    post(call, to, request.silent, drafts)
}

/// Albums stay albums, under numbers of their own; what is left of one alone is none.
fn regroup(drafts: &mut [Draft]) {
    let mut albums: BTreeMap<i64, (usize, i64)> = BTreeMap::new();
    for album in drafts.iter().filter_map(|draft| draft.grouped_id) {
        let fresh = || (0, rand::rng().random_range(1..i64::MAX));
        albums.entry(album).or_insert_with(fresh).0 += 1;
    }
    for draft in drafts {
        let renamed = draft.grouped_id.and_then(|album| albums.get(&album));
        draft.grouped_id = renamed
            .filter(|(count, _)| *count > 1)
            .map(|(_, album)| *album);
    }
}

/// A forward of a forward names the first source.
fn forwarded(call: &Call<'_>, message: &Message, ordinary: &Ordinary) -> Draft {
    let post = match message.peer {
        Peer::Channel(id) => call.state().channel(id).ok().filter(|it| it.is_broadcast()),
        Peer::User(_) | Peer::Group(_) => None,
    };
    let source = match post {
        Some(channel) => (Peer::Channel(channel.id), Some(message.id)),
        None => (Peer::User(message.author), None),
    };
    let hidden = match source.0 {
        Peer::User(author) => call
            .state()
            .users
            .get(&author)
            .filter(|it| it.hides_forwards),
        Peer::Group(_) | Peer::Channel(_) => None,
    };
    let first = Forward {
        from: source.0,
        post: source.1,
        name: hidden.map(User::full_name),
        date: message.date,
    };
    Draft {
        text: ordinary.text.clone(),
        entities: ordinary.entities.clone(),
        media: ordinary.media.clone(),
        forward: Some(ordinary.forward.clone().unwrap_or(first)),
        grouped_id: ordinary.grouped_id,
        no_webpage: ordinary.preview.is_none(),
        ..Draft::default()
    }
}
