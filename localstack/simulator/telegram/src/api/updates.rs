//! How a client that was away catches up.

use grammers_tl_types::{enums, functions, types};

use super::Call;
use super::dialogs::dialog;
use crate::clock::wire_seconds;
use crate::knobs::Skipped;
use crate::present::{self, Cast, account_update, channel_update, message_id_update};
use crate::state::{Change, Channel, Logged, Mailbox, Peer, Refusal, UserId};

/// The most entries of a log that one answer carries.
const SLICE: usize = 100;
/// After how many seconds a client that is only watching may ask again.
const POLL_AFTER: i32 = 30;
/// The messages that come with a channel's difference that is too long.
const NEWEST: usize = 5;

pub(super) fn state(call: &mut Call<'_>) -> Result<enums::updates::State, Refusal> {
    let pts = call.my_self()?.mailbox.pts;
    Ok(state_at(call, pts))
}

fn state_at(call: &Call<'_>, pts: i32) -> enums::updates::State {
    let date = wire_seconds(call.at / 1000);
    types::updates::State {
        pts,
        qts: 0,
        date,
        seq: 1,
        unread_count: 0,
    }
    .into()
}

pub(super) fn difference(
    call: &mut Call<'_>,
    request: functions::updates::GetDifference,
) -> Result<enums::updates::Difference, Refusal> {
    let me = call.my_self()?;
    let behind = me.mailbox.pts - request.pts;
    let limit = call.world.knobs.settings.difference_too_long_after;
    let limit = request.pts_total_limit.unwrap_or(limit).min(limit);
    if behind > limit {
        return Ok(types::updates::DifferenceTooLong {
            pts: me.mailbox.pts,
        }
        .into());
    }
    let entries = me.mailbox.since(request.pts);
    let (slice, rest) = entries.split_at(entries.len().min(SLICE));
    let mut cast = Cast::new(call.state(), me.id);
    let mut caught = Caught::default();
    for entry in slice {
        let id = sent_under(&cast, &me.mailbox, entry);
        let update = account_update(&mut cast, entry);
        caught.add(id, update);
    }
    if let (Some(last), false) = (slice.last(), rest.is_empty()) {
        return Ok(types::updates::DifferenceSlice {
            new_messages: caught.new,
            new_encrypted_messages: Vec::new(),
            other_updates: caught.other,
            chats: cast.chats(),
            users: cast.users(),
            intermediate_state: state_at(call, last.pts),
        }
        .into());
    }
    for channel in changed_channels(call, me.id, request.date) {
        cast.add(Peer::Channel(channel.id));
        let told = call.world.knobs.settings.tell_channel_pts;
        let pts = told.then_some(channel.mailbox.pts);
        caught.other.push(
            types::UpdateChannelTooLong {
                channel_id: channel.id.0,
                pts,
            }
            .into(),
        );
    }
    if caught.is_empty() && slice.is_empty() {
        let date = wire_seconds(call.at / 1000);
        return Ok(types::updates::DifferenceEmpty { date, seq: 1 }.into());
    }
    Ok(types::updates::Difference {
        new_messages: caught.new,
        new_encrypted_messages: Vec::new(),
        other_updates: caught.other,
        chats: cast.chats(),
        users: cast.users(),
        state: state_at(call, me.mailbox.pts),
    }
    .into())
}

/// The caller's channels in which something happened since a client was last up to date.
fn changed_channels<'a>(
    call: &'a Call<'_>,
    viewer: UserId,
    date: i32,
) -> impl Iterator<Item = &'a Channel> {
    let since = i64::from(date) * 1000;
    call.state().channels.values().filter(move |channel| {
        let changed = channel.mailbox.changed_at().is_some_and(|at| at >= since);
        changed && channel.roster.has(viewer)
    })
}

pub(super) fn channel_difference(
    call: &mut Call<'_>,
    request: functions::updates::GetChannelDifference,
) -> Result<enums::updates::ChannelDifference, Refusal> {
    let id = call.channel(&request.channel)?;
    let channel = call.state().channel(id)?;
    if request.pts <= 0 {
        return Err(Refusal::bad("PERSISTENT_TIMESTAMP_EMPTY"));
    }
    if request.pts > channel.mailbox.pts {
        return Err(Refusal::bad("PERSISTENT_TIMESTAMP_INVALID"));
    }
    let timeout = Some(POLL_AFTER);
    let entries = channel.mailbox.since(request.pts);
    if entries.is_empty() {
        let pts = channel.mailbox.pts;
        return Ok(types::updates::ChannelDifferenceEmpty {
            r#final: true,
            pts,
            timeout,
        }
        .into());
    }
    let behind = channel.mailbox.pts - request.pts;
    if behind > call.world.knobs.settings.channel_too_long_after {
        let skipped = Skipped {
            channel: id,
            after: request.pts,
            until: channel.mailbox.pts,
        };
        let answer = too_long(call, channel)?;
        call.world.knobs.skipped.push(skipped);
        return Ok(answer);
    }
    let limit = usize::try_from(request.limit).unwrap_or(0).clamp(1, SLICE);
    let slice = &entries[..entries.len().min(limit)];
    let mut cast = call.cast()?.with(Peer::Channel(id));
    let mut caught = Caught::default();
    for entry in slice {
        let sent = sent_under(&cast, &channel.mailbox, entry);
        let update = channel_update(&mut cast, id, entry);
        caught.add(sent, update);
    }
    Ok(types::updates::ChannelDifference {
        r#final: slice.len() == entries.len(),
        pts: slice.last().map_or(channel.mailbox.pts, |last| last.pts),
        timeout,
        new_messages: caught.new,
        other_updates: caught.other,
        chats: cast.chats(),
        users: cast.users(),
    }
    .into())
}

fn too_long(
    call: &Call<'_>,
    channel: &Channel,
) -> Result<enums::updates::ChannelDifference, Refusal> {
    let peer = Peer::Channel(channel.id);
    let mut cast = call.cast()?.with(peer);
    let newest: Vec<_> = channel.mailbox.of_peer(peer).take(NEWEST).collect();
    for message in &newest {
        cast.add_message(message);
    }
    let messages = newest
        .iter()
        .map(|it| present::message(call.state(), cast.viewer, it));
    Ok(types::updates::ChannelDifferenceTooLong {
        r#final: true,
        timeout: Some(POLL_AFTER),
        dialog: dialog(call, peer)?,
        messages: messages.collect(),
        chats: cast.chats(),
        users: cast.users(),
    }
    .into())
}

/// What a difference brings, with new messages apart from the rest.
#[derive(Default)]
struct Caught {
    new: Vec<enums::Message>,
    other: Vec<enums::Update>,
}

impl Caught {
    fn add(&mut self, id: Option<enums::Update>, update: Option<enums::Update>) {
        self.other.extend(id);
        match update {
            Some(enums::Update::NewMessage(update)) => self.new.push(update.message),
            Some(enums::Update::NewChannelMessage(update)) => self.new.push(update.message),
            Some(update) => self.other.push(update),
            None => {}
        }
    }

    fn is_empty(&self) -> bool {
        self.new.is_empty() && self.other.is_empty()
    }
}

fn sent_under(cast: &Cast<'_>, mailbox: &Mailbox, entry: &Logged) -> Option<enums::Update> {
    match entry.change {
        Change::New(id) => message_id_update(cast.viewer, mailbox.get(id)?),
        Change::Edited(_) | Change::Deleted(_) => None,
    }
}
