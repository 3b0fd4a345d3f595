//! The list of chats, and what has been read in them.

use grammers_tl_types::{enums, functions, types};

use super::Call;
use crate::present::{self, Cast, template};
use crate::state::{Command, Message, Peer, Refusal, User};

const MOST_DIALOGS: usize = 100;

/// One chat in the list.
struct Listed<'a> {
    peer: Peer,
    top: Option<&'a Message>,
    unread: i32,
    pts: Option<i32>,
}

impl Listed<'_> {
    /// Newest first; the chat itself breaks a tie, so that pages never overlap.
    fn rank(&self) -> (i64, i32, i64) {
        let (date, id) = self.top.map_or((0, 0), |top| (top.date, top.id));
        (date, id, i64::from(self.peer))
    }
}

fn listed<'a>(call: &'a Call<'_>, me: &User, peer: Peer) -> Result<Listed<'a>, Refusal> {
    let mailbox = call.state().mailbox(me.id, peer)?;
    let pts = matches!(peer, Peer::Channel(_)).then_some(mailbox.pts);
    let top = mailbox.of_peer(peer).next();
    Ok(Listed {
        peer,
        top,
        unread: unread(call, me, peer)?,
        pts,
    })
}

/// How many messages of others lie after the last one that was read.
pub(super) fn unread(call: &Call<'_>, me: &User, peer: Peer) -> Result<i32, Refusal> {
    let read = me.read.get(&peer).copied().unwrap_or_default();
    let mailbox = call.state().mailbox(me.id, peer)?;
    let newer = mailbox
        .of_peer(peer)
        .take_while(|message| message.id > read);
    let count = newer.filter(|message| message.author != me.id).count();
    Ok(i32::try_from(count).unwrap_or(i32::MAX))
}

fn shown(me: &User, listed: &Listed<'_>) -> enums::Dialog {
    let top = listed.top.map_or(0, |message| message.id);
    let mut dialog = template::dialog(present::peer(listed.peer), top);
    dialog.unread_count = listed.unread;
    dialog.read_inbox_max_id = me.read.get(&listed.peer).copied().unwrap_or_default();
    dialog.pts = listed.pts;
    dialog.into()
}

/// A page of the list with all that it speaks of.
struct Page {
    dialogs: Vec<enums::Dialog>,
    messages: Vec<enums::Message>,
    chats: Vec<enums::Chat>,
    users: Vec<enums::User>,
}

fn page(call: &Call<'_>, me: &User, chosen: &[Listed<'_>]) -> Page {
    let mut cast = Cast::new(call.state(), me.id);
    let mut messages = Vec::new();
    for listed in chosen {
        cast.add(listed.peer);
        if let Some(top) = listed.top {
            cast.add_message(top);
            messages.push(present::message(call.state(), me.id, top));
        }
    }
    let dialogs = chosen.iter().map(|listed| shown(me, listed)).collect();
    Page {
        dialogs,
        messages,
        chats: cast.chats(),
        users: cast.users(),
    }
}

pub(super) fn dialogs(
    call: &mut Call<'_>,
    request: functions::messages::GetDialogs,
) -> Result<enums::messages::Dialogs, Refusal> {
    let me = call.my_self()?;
    // Nothing is ever archived, so every other folder is empty.
    let peers = if request.folder_id.unwrap_or(0) == 0 {
        call.state().dialogs(me)
    } else {
        Vec::new()
    };
    let all: Result<Vec<_>, _> = peers
        .into_iter()
        .map(|peer| listed(call, me, peer))
        .collect();
    let mut all = all?;
    all.sort_by_key(|listed| std::cmp::Reverse(listed.rank()));
    let start = match call.peer(&request.offset_peer) {
        Ok(peer) => all
            .iter()
            .position(|listed| listed.peer == peer)
            .map(|at| at + 1),
        Err(_none) => None,
    };
    let start = start.unwrap_or_else(|| {
        let date = i64::from(request.offset_date);
        all.partition_point(|listed| date != 0 && listed.rank().0 >= date)
    });
    let limit = usize::try_from(request.limit)
        .unwrap_or(0)
        .clamp(1, MOST_DIALOGS);
    let chosen = &all[start..all.len().min(start + limit)];
    let Page {
        dialogs,
        messages,
        chats,
        users,
    } = page(call, me, chosen);
    if chosen.len() == all.len() {
        return Ok(types::messages::Dialogs {
            dialogs,
            messages,
            chats,
            users,
        }
        .into());
    }
    let count = i32::try_from(all.len()).unwrap_or(i32::MAX);
    Ok(types::messages::DialogsSlice {
        count,
        dialogs,
        messages,
        chats,
        users,
    }
    .into())
}

pub(super) fn peer_dialogs(
    call: &mut Call<'_>,
    request: functions::messages::GetPeerDialogs,
) -> Result<enums::messages::PeerDialogs, Refusal> {
    let mut peers = Vec::new();
    for input in &request.peers {
        if let enums::InputDialogPeer::Peer(input) = input {
            peers.push(call.readable_peer(&input.peer)?);
        }
    }
    named_dialogs(call, &peers)
}

pub(super) fn pinned(call: &mut Call<'_>) -> Result<enums::messages::PeerDialogs, Refusal> {
    named_dialogs(call, &[])
}

fn named_dialogs(
    call: &mut Call<'_>,
    peers: &[Peer],
) -> Result<enums::messages::PeerDialogs, Refusal> {
    let state = super::updates::state(call)?;
    let me = call.my_self()?;
    let chosen: Result<Vec<_>, _> = peers.iter().map(|peer| listed(call, me, *peer)).collect();
    let Page {
        dialogs,
        messages,
        chats,
        users,
    } = page(call, me, &chosen?);
    Ok(types::messages::PeerDialogs {
        dialogs,
        messages,
        chats,
        users,
        state,
    }
    .into())
}

/// A channel's entry in the list, as a difference that is too long carries it.
pub(super) fn dialog(call: &Call<'_>, peer: Peer) -> Result<enums::Dialog, Refusal> {
    let me = call.my_self()?;
    Ok(shown(me, &listed(call, me, peer)?))
}

pub(super) fn filters(call: &mut Call<'_>) -> Result<enums::messages::DialogFilters, Refusal> {
    call.me()?;
    Ok(types::messages::DialogFilters {
        tags_enabled: false,
        filters: Vec::new(),
    }
    .into())
}

pub(super) fn drafts(call: &mut Call<'_>) -> Result<enums::Updates, Refusal> {
    Ok(present::wrapped(&call.cast()?, Vec::new(), call.at))
}

pub(super) fn read(
    call: &mut Call<'_>,
    request: functions::messages::ReadHistory,
) -> Result<enums::messages::AffectedMessages, Refusal> {
    let peer = call.readable_peer(&request.peer)?;
    mark_read(call, peer, request.max_id)?;
    let pts = call.my_self()?.mailbox.pts;
    Ok(types::messages::AffectedMessages { pts, pts_count: 0 }.into())
}

pub(super) fn read_channel(
    call: &mut Call<'_>,
    request: functions::channels::ReadHistory,
) -> Result<bool, Refusal> {
    let channel = call.channel(&request.channel)?;
    mark_read(call, Peer::Channel(channel), request.max_id)?;
    Ok(true)
}

fn mark_read(call: &mut Call<'_>, peer: Peer, max_id: i32) -> Result<(), Refusal> {
    let user = call.me()?;
    // Zero means everything.
    let up_to = if max_id <= 0 { i32::MAX } else { max_id };
    call.apply(Command::Read { user, peer, up_to }).map(|_| ())
}

pub(super) fn read_mentions(
    call: &mut Call<'_>,
    request: functions::messages::ReadMentions,
) -> Result<enums::messages::AffectedHistory, Refusal> {
    let peer = call.readable_peer(&request.peer)?;
    let pts = call.state().mailbox(call.me()?, peer)?.pts;
    Ok(types::messages::AffectedHistory {
        pts,
        pts_count: 0,
        offset: 0,
    }
    .into())
}
