//! Sending.

use grammers_tl_types::{enums, functions, types};
use rand::Rng;

use super::Call;
use super::media::media;
use crate::present::read_entities;
use crate::state::{Command, Draft, Peer, Post, RANDOM_ID_DUPLICATE, Refusal, Reply};

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
        no_webpage: request.no_webpage,
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

pub(super) fn send_multi_media(
    call: &mut Call<'_>,
    request: functions::messages::SendMultiMedia,
) -> Result<enums::Updates, Refusal> {
    refuse_schedule(request.schedule_date)?;
    let to = call.peer(&request.peer)?;
    let reply = reply(call, request.reply_to)?;
    let parts = request.multi_media.into_iter();
    let parts: Vec<types::InputSingleMedia> = parts
        .map(|enums::InputSingleMedia::Media(part)| part)
        .collect();
    // One alone is sent as it is.
    let grouped_id = (parts.len() > 1).then(|| rand::rng().random_range(1..i64::MAX));
    let mut drafts = Vec::with_capacity(parts.len());
    for part in parts {
        refuse_repeated(call, part.random_id)?;
        refuse_uploaded(&part.media)?;
        drafts.push(Draft {
            random_id: Some(part.random_id),
            text: part.message,
            entities: read_entities(part.entities, call.me()?)?,
            media: Some(media(call, part.media)?),
            reply: reply.clone(),
            grouped_id,
            ..Draft::default()
        });
    }
    let shown: Vec<_> = drafts.iter().filter_map(|it| it.media.as_ref()).collect();
    call.state().check_album(&shown)?;
    post(call, to, request.silent, drafts)
}

/// The parts of an album are given to `uploadMedia` first, and named by reference.
fn refuse_uploaded(media: &enums::InputMedia) -> Result<(), Refusal> {
    let uploaded = matches!(
        media,
        enums::InputMedia::UploadedPhoto(_) | enums::InputMedia::UploadedDocument(_)
    );
    if uploaded {
        Err(Refusal::bad("MEDIA_INVALID"))
    } else {
        Ok(())
    }
}

pub(super) fn post(
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

pub(super) fn reply(
    call: &Call<'_>,
    input: Option<enums::InputReplyTo>,
) -> Result<Option<Reply>, Refusal> {
    match input {
        None => Ok(None),
        Some(enums::InputReplyTo::Message(it)) => {
            if let Some(other) = &it.reply_to_peer_id {
                call.peer(other)?;
                return Err(Refusal::bad("REPLY_TO_INVALID"));
            }
            Ok(Some(Reply {
                message: it.reply_to_msg_id,
                topic: it.top_msg_id,
                quote_offset: it.quote_offset.filter(|_| it.quote_text.is_some()),
                quote: it.quote_text,
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

pub(super) fn refuse_schedule(date: Option<i32>) -> Result<(), Refusal> {
    if date.is_some() {
        Err(Refusal::bad("SCHEDULE_DATE_INVALID"))
    } else {
        Ok(())
    }
}
