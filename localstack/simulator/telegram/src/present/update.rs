use grammers_tl_types::{enums, types};

use super::message::is_post;
use super::{Cast, chat::group_participants, message, peer, reactions};
use crate::clock::wire_seconds;
use crate::state::{
    Applied, Change, ChannelId, KeyId, Logged, Message, Notice, Peer, Place, State, UserId,
};

/// Whether an account's own messages come with the `random_id` they were sent under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MessageIds {
    Told,
    LeftOut,
}

/// An entry of an account's log, unless its message is gone by now.
pub(crate) fn account_update(cast: &mut Cast<'_>, entry: &Logged) -> Option<enums::Update> {
    let (pts, pts_count) = (entry.pts, entry.count);
    let mailbox = &cast.state.users.get(&cast.viewer)?.mailbox;
    Some(match &entry.change {
        Change::New(id) => {
            let message = shown(cast, mailbox.get(*id)?);
            types::UpdateNewMessage {
                message,
                pts,
                pts_count,
            }
            .into()
        }
        Change::Edited(id) => {
            let message = shown(cast, mailbox.get(*id)?);
            types::UpdateEditMessage {
                message,
                pts,
                pts_count,
            }
            .into()
        }
        Change::Deleted(ids) => types::UpdateDeleteMessages {
            messages: ids.clone(),
            pts,
            pts_count,
        }
        .into(),
    })
}

/// An entry of a channel's log, unless its message is gone by now.
pub(crate) fn channel_update(
    cast: &mut Cast<'_>,
    channel: ChannelId,
    entry: &Logged,
) -> Option<enums::Update> {
    let (pts, pts_count) = (entry.pts, entry.count);
    let mailbox = &cast.state.channels.get(&channel)?.mailbox;
    cast.add(Peer::Channel(channel));
    Some(match &entry.change {
        Change::New(id) => {
            let message = shown(cast, mailbox.get(*id)?);
            types::UpdateNewChannelMessage {
                message,
                pts,
                pts_count,
            }
            .into()
        }
        Change::Edited(id) => {
            let message = shown(cast, mailbox.get(*id)?);
            types::UpdateEditChannelMessage {
                message,
                pts,
                pts_count,
            }
            .into()
        }
        Change::Deleted(ids) => types::UpdateDeleteChannelMessages {
            channel_id: channel.0,
            messages: ids.clone(),
            pts,
            pts_count,
        }
        .into(),
    })
}

/// What the viewer sees of the reactions to a message, if it is in one of its boxes.
pub(crate) fn reactions_update(
    cast: &mut Cast<'_>,
    place: Place,
    id: i32,
) -> Option<enums::Update> {
    let mailbox = match place {
        Place::Account(user) if user == cast.viewer => &cast.state.users.get(&user)?.mailbox,
        Place::Account(_) => return None,
        Place::Channel(channel) => {
            let channel = cast.state.channels.get(&channel)?;
            channel.check_read(cast.viewer).ok()?;
            &channel.mailbox
        }
    };
    let message = mailbox.get(id)?;
    cast.add_message(message);
    Some(
        types::UpdateMessageReactions {
            peer: peer(message.peer),
            msg_id: id,
            top_msg_id: None,
            saved_peer_id: None,
            reactions: reactions::shown(message, cast.viewer, is_post(cast.state, message)),
        }
        .into(),
    )
}

fn shown(cast: &mut Cast<'_>, it: &Message) -> enums::Message {
    cast.add_message(it);
    message(cast.state, cast.viewer, it)
}

/// Under which `random_id` the viewer sent a message, if the viewer's client did.
pub(crate) fn message_id_update(viewer: UserId, message: &Message) -> Option<enums::Update> {
    let random_id = message.random_id.filter(|_| message.author == viewer)?;
    Some(
        types::UpdateMessageId {
            id: message.id,
            random_id,
        }
        .into(),
    )
}

/// What the session that asked for a change is answered.
pub(crate) fn answered(
    state: &State,
    viewer: UserId,
    applied: &Applied,
    at: i64,
) -> enums::Updates {
    let mut cast = Cast::new(state, viewer);
    let mut updates = Vec::new();
    for notice in &applied.notices {
        updates.extend(of_notice(&mut cast, notice, MessageIds::Told));
    }
    // The client has to know a message's number before it is shown the message.
    updates.sort_by_key(|update| !matches!(update, enums::Update::MessageId(_)));
    wrapped(&cast, updates, at)
}

/// What a notice means for one account, if it concerns it.
pub(crate) fn pushed(
    state: &State,
    viewer: UserId,
    notice: &Notice,
    at: i64,
) -> Option<enums::Updates> {
    let mut cast = Cast::new(state, viewer);
    let updates = of_notice(&mut cast, notice, MessageIds::LeftOut);
    (!updates.is_empty()).then(|| wrapped(&cast, updates, at))
}

fn of_notice(cast: &mut Cast<'_>, notice: &Notice, ids: MessageIds) -> Vec<enums::Update> {
    let state = cast.state;
    match notice {
        Notice::Account { user, entry } if *user == cast.viewer => {
            let mailbox = state.users.get(user).map(|user| &user.mailbox);
            let sent = mailbox.and_then(|it| new_message(it, entry));
            let told = sent.filter(|_| ids == MessageIds::Told);
            let id = told.and_then(|sent| message_id_update(cast.viewer, sent));
            id.into_iter().chain(account_update(cast, entry)).collect()
        }
        Notice::Channel { channel, entry } => {
            let Some(found) = state.channels.get(channel) else {
                return Vec::new();
            };
            if !found.roster.has(cast.viewer) {
                return Vec::new();
            }
            let sent = new_message(&found.mailbox, entry);
            let told = sent.filter(|_| ids == MessageIds::Told);
            let id = told.and_then(|sent| message_id_update(cast.viewer, sent));
            id.into_iter()
                .chain(channel_update(cast, *channel, entry))
                .collect()
        }
        Notice::Reactions { place, id } => {
            reactions_update(cast, *place, *id).into_iter().collect()
        }
        Notice::ChannelAccess { channel, user } if *user == cast.viewer => {
            cast.add(Peer::Channel(*channel));
            vec![
                types::UpdateChannel {
                    channel_id: channel.0,
                }
                .into(),
            ]
        }
        Notice::GroupMembers { group, gone } => {
            let Some(found) = state.groups.get(group) else {
                return Vec::new();
            };
            if !found.roster.has(cast.viewer) && *gone != Some(cast.viewer) {
                return Vec::new();
            }
            cast.add(Peer::Group(*group));
            for (user, _) in found.roster.members() {
                cast.add(Peer::User(user));
            }
            let participants = group_participants(found);
            vec![types::UpdateChatParticipants { participants }.into()]
        }
        Notice::Account { .. } | Notice::ChannelAccess { .. } | Notice::LoginToken { .. } => {
            Vec::new()
        }
    }
}

fn new_message<'a>(mailbox: &'a crate::state::Mailbox, entry: &Logged) -> Option<&'a Message> {
    match entry.change {
        Change::New(id) => mailbox.get(id),
        Change::Edited(_) | Change::Deleted(_) => None,
    }
}

pub(crate) fn wrapped(cast: &Cast<'_>, updates: Vec<enums::Update>, at: i64) -> enums::Updates {
    types::Updates {
        updates,
        users: cast.users(),
        chats: cast.chats(),
        date: wire_seconds(at / 1000),
        seq: 0,
    }
    .into()
}

/// The key that shows an accepted QR code and is in no account yet.
pub(crate) fn waiting_key(notice: &Notice) -> Option<KeyId> {
    match notice {
        Notice::LoginToken { key } => Some(*key),
        Notice::Account { .. }
        | Notice::Channel { .. }
        | Notice::Reactions { .. }
        | Notice::ChannelAccess { .. }
        | Notice::GroupMembers { .. } => None,
    }
}

pub(crate) fn login_token_accepted(at: i64) -> enums::Updates {
    let update = enums::Update::LoginToken;
    types::UpdateShort {
        update,
        date: wire_seconds(at / 1000),
    }
    .into()
}
