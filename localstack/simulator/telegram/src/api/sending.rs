//! Sending, forwarding, editing and deleting.

use grammers_tl_types::{enums, functions, types};

use super::Call;
use super::media::media;
use crate::present::read_entities;
use crate::state::{
    Applied, Command, Content, Delete, DeleteScope, Draft, Edit, Forward, MESSAGE_ID_INVALID,
    Message, Notice, Ordinary, Peer, Place, Post, RANDOM_ID_DUPLICATE, Refusal, Reply,
};

const MOST_FORWARDED: usize = 100;

pub(super) fn send_message(
    call: &mut Call<'_>,
    request: functions::messages::SendMessage,
) -> Result<enums::Updates, Refusal> {
    refuse_schedule(request.schedule_date)?;
    let draft = Draft {
        random_id: Some(request.random_id),
        text: request.message,
        entities: read_entities(request.entities, call.me()?)?,
        reply: reply(call, request.reply_to)?,
        ..Draft::default()
    };
    let to = call.peer(&request.peer)?;
    post(call, to, request.silent, vec![draft])
}

pub(super) fn send_media(
    call: &mut Call<'_>,
    request: functions::messages::SendMedia,
) -> Result<enums::Updates, Refusal> {
    refuse_schedule(request.schedule_date)?;
    let to = call.peer(&request.peer)?;
    refuse_repeated(call, request.random_id)?;
    let draft = Draft {
        random_id: Some(request.random_id),
        text: request.message,
        entities: read_entities(request.entities, call.me()?)?,
        media: Some(media(call, request.media)?),
        reply: reply(call, request.reply_to)?,
        ..Draft::default()
    };
    post(call, to, request.silent, vec![draft])
}

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
        if request.drop_author {
            draft.forward = None;
        }
        draft.reply = request.top_msg_id.map(Reply::in_topic);
        drafts.push(draft);
    }
    post(call, to, request.silent, drafts)
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
    let first = Forward {
        from: source.0,
        post: source.1,
        date: message.date,
    };
    Draft {
        text: ordinary.text.clone(),
        entities: ordinary.entities.clone(),
        media: ordinary.media.clone(),
        forward: Some(ordinary.forward.clone().unwrap_or(first)),
        grouped_id: ordinary.grouped_id,
        ..Draft::default()
    }
}

fn post(
    call: &mut Call<'_>,
    to: Peer,
    silent: bool,
    drafts: Vec<Draft>,
) -> Result<enums::Updates, Refusal> {
    let from = call.me()?;
    call.world.knobs.pace(from, drafts.len(), call.at)?;
    call.apply_and_show(Command::Post(Post {
        from,
        to,
        silent,
        drafts,
    }))
}

fn reply(call: &Call<'_>, input: Option<enums::InputReplyTo>) -> Result<Option<Reply>, Refusal> {
    match input {
        None => Ok(None),
        Some(enums::InputReplyTo::Message(it)) => {
            if let Some(other) = &it.reply_to_peer_id {
                call.peer(other)?;
                return Err(Refusal::bad("REPLY_TO_INVALID"));
            }
            let quote = it.quote_text;
            Ok(Some(Reply {
                message: it.reply_to_msg_id,
                topic: it.top_msg_id,
                quote,
            }))
        }
        Some(
            enums::InputReplyTo::Story(_)
            | enums::InputReplyTo::MonoForum(_)
            | enums::InputReplyTo::EphemeralMessage(_),
        ) => Err(Refusal::bad("REPLY_TO_INVALID")),
    }
}

/// A message that was sent already is known as such even when its file is no longer there.
fn refuse_repeated(call: &Call<'_>, random_id: i64) -> Result<(), Refusal> {
    if call.my_self()?.random_ids.contains(&random_id) {
        Err(RANDOM_ID_DUPLICATE)
    } else {
        Ok(())
    }
}

fn refuse_schedule(date: Option<i32>) -> Result<(), Refusal> {
    if date.is_some() {
        Err(Refusal::bad("SCHEDULE_DATE_INVALID"))
    } else {
        Ok(())
    }
}

pub(super) fn edit(
    call: &mut Call<'_>,
    request: functions::messages::EditMessage,
) -> Result<enums::Updates, Refusal> {
    refuse_schedule(request.schedule_date)?;
    if request.media.is_some() {
        return Err(Refusal::bad("MEDIA_INVALID"));
    }
    let peer = call.readable_peer(&request.peer)?;
    let me = call.me()?;
    let mailbox = call.state().mailbox(me, peer)?;
    let message = mailbox
        .get(request.id)
        .filter(|message| message.peer == peer);
    let Content::Ordinary(before) = &message.ok_or(MESSAGE_ID_INVALID)?.content else {
        return Err(MESSAGE_ID_INVALID);
    };
    let text = request.message.unwrap_or_else(|| before.text.clone());
    let entities = read_entities(request.entities, me)?;
    let place = place(call, peer)?;
    let (by, id) = (call.actor()?, request.id);
    call.apply_and_show(Command::Edit(Edit {
        by,
        place,
        id,
        text,
        entities,
    }))
}

fn place(call: &Call<'_>, peer: Peer) -> Result<Place, Refusal> {
    match peer {
        Peer::Channel(channel) => Ok(Place::Channel(channel)),
        Peer::User(_) | Peer::Group(_) => call.me().map(Place::Account),
    }
}

pub(super) fn delete(
    call: &mut Call<'_>,
    request: functions::messages::DeleteMessages,
) -> Result<enums::messages::AffectedMessages, Refusal> {
    let scope = if request.revoke {
        DeleteScope::Everybody
    } else {
        DeleteScope::OwnCopy
    };
    let place = Place::Account(call.me()?);
    affected(
        call,
        Delete {
            by: call.actor()?,
            place,
            ids: request.id,
            scope,
        },
    )
}

pub(super) fn delete_in_channel(
    call: &mut Call<'_>,
    request: functions::channels::DeleteMessages,
) -> Result<enums::messages::AffectedMessages, Refusal> {
    let place = Place::Channel(call.channel(&request.channel)?);
    let scope = DeleteScope::Everybody;
    affected(
        call,
        Delete {
            by: call.actor()?,
            place,
            ids: request.id,
            scope,
        },
    )
}

fn affected(
    call: &mut Call<'_>,
    delete: Delete,
) -> Result<enums::messages::AffectedMessages, Refusal> {
    let place = delete.place;
    let applied = call.apply(Command::Delete(delete))?;
    let pts_count = touched(&applied, place);
    let pts = call.state().place(place)?.pts;
    Ok(types::messages::AffectedMessages { pts, pts_count }.into())
}

fn touched(applied: &Applied, place: Place) -> i32 {
    let counts = applied.notices.iter().map(|notice| match notice {
        Notice::Account { user, entry } if place == Place::Account(*user) => entry.count,
        Notice::Channel { channel, entry } if place == Place::Channel(*channel) => entry.count,
        Notice::Account { .. }
        | Notice::Channel { .. }
        | Notice::ChannelAccess { .. }
        | Notice::GroupMembers { .. }
        | Notice::LoginToken { .. } => 0,
    });
    counts.sum()
}
