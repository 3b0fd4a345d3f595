//! Editing and deleting.

use grammers_tl_types::{enums, functions, types};

use super::Call;
use super::media::media;
use super::sending::refuse_schedule;
use crate::present::read_entities;
use crate::state::{
    Applied, Command, Content, Delete, DeleteScope, Edit, MESSAGE_ID_INVALID, Notice, Peer, Place,
    Refusal,
};

pub(super) fn edit(
    call: &mut Call<'_>,
    request: functions::messages::EditMessage,
) -> Result<enums::Updates, Refusal> {
    refuse_schedule(request.schedule_date)?;
    let peer = call.readable_peer(&request.peer)?;
    let me = call.me()?;
    let mailbox = call.state().mailbox(me, peer)?;
    let message = mailbox
        .get(request.id)
        .filter(|message| message.peer == peer);
    let Content::Ordinary(before) = &message.ok_or(MESSAGE_ID_INVALID)?.content else {
        return Err(MESSAGE_ID_INVALID);
    };
    let (text, entities) = match request.message {
        Some(text) => (text, read_entities(request.entities, me)?),
        None => (before.text.clone(), before.entities.clone()),
    };
    let media = request.media.map(|it| media(call, it)).transpose()?;
    let edit = Edit {
        by: call.actor()?,
        place: place(call, peer)?,
        id: request.id,
        text,
        entities,
        media,
        no_webpage: request.no_webpage,
        window: call.world.knobs.settings.edit_window_seconds,
    };
    call.apply_and_show(Command::Edit(edit))
}

pub(super) fn place(call: &Call<'_>, peer: Peer) -> Result<Place, Refusal> {
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
        | Notice::Reactions { .. }
        | Notice::ChannelAccess { .. }
        | Notice::GroupMembers { .. }
        | Notice::LoginToken { .. } => 0,
    });
    counts.sum()
}
