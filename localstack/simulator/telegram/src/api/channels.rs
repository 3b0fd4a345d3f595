//! Channels and supergroups, and who stands how in them.

use grammers_tl_types::{enums, functions, types};

use super::Call;
use super::chats::{chat_full, invited, rename};
use super::dialogs::unread;
use crate::present::{self, channel_participant};
use crate::state::{
    Applied, CHAT_ADMIN_REQUIRED, ChangeChat, ChannelId, ChatKind, Command, CreateChat,
    PEER_ID_INVALID, Participant, Peer, Refusal, Role, UserId,
};

const MOST_PARTICIPANTS: usize = 200;

pub(super) fn channels(
    call: &mut Call<'_>,
    request: functions::channels::GetChannels,
) -> Result<enums::messages::Chats, Refusal> {
    let mut cast = call.cast()?;
    for input in &request.id {
        cast.add(Peer::Channel(call.channel(input)?));
    }
    Ok(types::messages::Chats {
        chats: cast.chats(),
    }
    .into())
}

pub(super) fn full(
    call: &mut Call<'_>,
    request: functions::channels::GetFullChannel,
) -> Result<enums::messages::ChatFull, Refusal> {
    let id = call.channel(&request.channel)?;
    let me = call.my_self()?;
    let unread = unread(call, me, Peer::Channel(id))?;
    let full = present::channel_full(call.state().channel(id)?, me, unread);
    Ok(chat_full(&call.cast()?.with(Peer::Channel(id)), full))
}

pub(super) fn create(
    call: &mut Call<'_>,
    request: functions::channels::CreateChannel,
) -> Result<enums::Updates, Refusal> {
    let creator = call.me()?;
    call.apply_and_show(Command::CreateChat(CreateChat {
        kind: if request.broadcast {
            ChatKind::Channel
        } else {
            ChatKind::Supergroup
        },
        title: request.title,
        username: None,
        creator,
        members: Vec::new(),
        protected: false,
        forum: request.forum,
        access_hash: rand::random(),
    }))
}

pub(super) fn edit_title(
    call: &mut Call<'_>,
    request: functions::channels::EditTitle,
) -> Result<enums::Updates, Refusal> {
    let channel = call.channel(&request.channel)?;
    rename(call, Peer::Channel(channel), request.title)
}

pub(super) fn toggle_slow_mode(
    call: &mut Call<'_>,
    request: functions::channels::ToggleSlowMode,
) -> Result<enums::Updates, Refusal> {
    let chat = Peer::Channel(call.channel(&request.channel)?);
    let by = call.actor()?;
    call.apply_and_show(Command::ChangeChat(ChangeChat {
        chat,
        by,
        title: None,
        protected: None,
        slow_mode_seconds: Some(i64::from(request.seconds)),
        forum: None,
        reactions: None,
    }))
}

pub(super) fn toggle_forum(
    call: &mut Call<'_>,
    request: functions::channels::ToggleForum,
) -> Result<enums::Updates, Refusal> {
    let chat = Peer::Channel(call.channel(&request.channel)?);
    let by = call.actor()?;
    call.apply_and_show(Command::ChangeChat(ChangeChat {
        chat,
        by,
        title: None,
        protected: None,
        slow_mode_seconds: None,
        forum: Some(request.enabled),
        reactions: None,
    }))
}

pub(super) fn join(
    call: &mut Call<'_>,
    request: functions::channels::JoinChannel,
) -> Result<enums::messages::ChatInviteJoinResult, Refusal> {
    let chat = Peer::Channel(call.channel(&request.channel)?);
    let updates = set_role(call, chat, call.me()?, Role::Member)?;
    Ok(types::messages::ChatInviteJoinResultOk { updates }.into())
}

pub(super) fn leave(
    call: &mut Call<'_>,
    request: functions::channels::LeaveChannel,
) -> Result<enums::Updates, Refusal> {
    let chat = Peer::Channel(call.channel(&request.channel)?);
    let (user, by) = (call.me()?, call.actor()?);
    call.apply_and_show(Command::RemoveMember { chat, user, by })
}

pub(super) fn invite(
    call: &mut Call<'_>,
    request: functions::channels::InviteToChannel,
) -> Result<enums::messages::InvitedUsers, Refusal> {
    let chat = Peer::Channel(call.channel(&request.channel)?);
    let users: Result<Vec<UserId>, Refusal> =
        request.users.iter().map(|user| call.user(user)).collect();
    let mut all = Applied::default();
    for user in users? {
        if call.state().roster(chat)?.has(user) {
            continue;
        }
        let by = call.actor()?;
        let applied = call.apply(Command::SetRole {
            chat,
            user,
            role: Role::Member,
            by,
        })?;
        all.notices.extend(applied.notices);
    }
    invited(call, &all)
}

pub(super) fn edit_admin(
    call: &mut Call<'_>,
    request: functions::channels::EditAdmin,
) -> Result<enums::Updates, Refusal> {
    let chat = Peer::Channel(call.channel(&request.channel)?);
    let user = call.user(&request.user_id)?;
    let enums::ChatAdminRights::Rights(rights) = request.admin_rights;
    let any = rights.post_messages || rights.change_info || rights.delete_messages || rights.other;
    set_role(
        call,
        chat,
        user,
        if any { Role::Admin } else { Role::Member },
    )
}

pub(super) fn edit_banned(
    call: &mut Call<'_>,
    request: functions::channels::EditBanned,
) -> Result<enums::Updates, Refusal> {
    let chat = Peer::Channel(call.channel(&request.channel)?);
    let Peer::User(user) = call.peer(&request.participant)? else {
        return Err(PEER_ID_INVALID);
    };
    let enums::ChatBannedRights::Rights(rights) = request.banned_rights;
    let role = match call.state().roster(chat)?.role(user) {
        _ if rights.view_messages => Role::Banned,
        _ if rights.send_messages => Role::ReadOnly,
        Some(Role::Banned) | None => {
            let by = call.actor()?;
            return call.apply_and_show(Command::RemoveMember { chat, user, by });
        }
        Some(_) => Role::Member,
    };
    set_role(call, chat, user, role)
}

fn set_role(
    call: &mut Call<'_>,
    chat: Peer,
    user: UserId,
    role: Role,
) -> Result<enums::Updates, Refusal> {
    let by = call.actor()?;
    call.apply_and_show(Command::SetRole {
        chat,
        user,
        role,
        by,
    })
}

pub(super) fn participant(
    call: &mut Call<'_>,
    request: functions::channels::GetParticipant,
) -> Result<enums::channels::ChannelParticipant, Refusal> {
    let channel = call.channel(&request.channel)?;
    let Peer::User(user) = call.peer(&request.participant)? else {
        return Err(PEER_ID_INVALID);
    };
    let found = call.state().channel(channel)?.roster.get(user);
    let found = found.ok_or(Refusal::bad("USER_NOT_PARTICIPANT"))?;
    let cast = call
        .cast()?
        .with(Peer::Channel(channel))
        .with(Peer::User(user));
    Ok(types::channels::ChannelParticipant {
        participant: channel_participant(user, found, cast.viewer),
        chats: cast.chats(),
        users: cast.users(),
    }
    .into())
}

pub(super) fn participants(
    call: &mut Call<'_>,
    request: functions::channels::GetParticipants,
) -> Result<enums::channels::ChannelParticipants, Refusal> {
    let id = call.channel(&request.channel)?;
    let me = call.me()?;
    let all = chosen(call, id, me, &request.filter)?;
    let offset = usize::try_from(request.offset).unwrap_or(0).min(all.len());
    let limit = usize::try_from(request.limit)
        .unwrap_or(0)
        .min(MOST_PARTICIPANTS);
    let page = &all[offset..all.len().min(offset + limit)];
    let mut cast = call.cast()?.with(Peer::Channel(id));
    for (user, _) in page {
        cast.add(Peer::User(*user));
    }
    let participants = page
        .iter()
        .map(|(user, it)| channel_participant(*user, *it, me));
    Ok(types::channels::ChannelParticipants {
        count: i32::try_from(all.len()).unwrap_or(i32::MAX),
        participants: participants.collect(),
        chats: cast.chats(),
        users: cast.users(),
    }
    .into())
}

fn chosen(
    call: &Call<'_>,
    id: ChannelId,
    me: UserId,
    filter: &enums::ChannelParticipantsFilter,
) -> Result<Vec<(UserId, Participant)>, Refusal> {
    use enums::ChannelParticipantsFilter as Filter;
    let channel = call.state().channel(id)?;
    let admin = channel.roster.role(me).is_some_and(Role::is_admin);
    if !admin && channel.is_broadcast() {
        return Err(CHAT_ADMIN_REQUIRED);
    }
    let named = |user: UserId, query: &str| {
        let name = call
            .state()
            .user(user)
            .map(|user| user.first_name.to_lowercase());
        name.is_ok_and(|name| name.contains(&query.to_lowercase()))
    };
    let listed = |(user, it): &(UserId, Participant)| match filter {
        Filter::ChannelParticipantsAdmins => it.role.is_admin(),
        Filter::ChannelParticipantsKicked(kicked) => {
            it.role == Role::Banned && named(*user, &kicked.q)
        }
        Filter::ChannelParticipantsBanned(banned) => {
            it.role == Role::ReadOnly && named(*user, &banned.q)
        }
        Filter::ChannelParticipantsSearch(search) => {
            it.role != Role::Banned && named(*user, &search.q)
        }
        Filter::ChannelParticipantsBots | Filter::ChannelParticipantsContacts(_) => false,
        Filter::ChannelParticipantsRecent | Filter::ChannelParticipantsMentions(_) => {
            it.role != Role::Banned
        }
    };
    Ok(channel.roster.everybody().filter(listed).collect())
}

pub(super) fn delete(
    call: &mut Call<'_>,
    request: functions::channels::DeleteChannel,
) -> Result<enums::Updates, Refusal> {
    let chat = Peer::Channel(call.channel(&request.channel)?);
    let by = call.actor()?;
    call.apply_and_show(Command::DeleteChat { chat, by })
}
