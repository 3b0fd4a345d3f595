//! Basic groups.

use grammers_tl_types::{enums, functions, types};

use super::Call;
use crate::present::{self, Cast};
use crate::state::{
    Applied, ChangeChat, ChatKind, Command, CreateChat, GroupId, Migrate, Peer, Refusal, Role,
    UserId,
};

pub(super) fn chats(
    call: &mut Call<'_>,
    request: functions::messages::GetChats,
) -> Result<enums::messages::Chats, Refusal> {
    let mut cast = call.cast()?;
    for id in request.id {
        cast.add(Peer::Group(call.state().group(GroupId(id))?.id));
    }
    Ok(types::messages::Chats {
        chats: cast.chats(),
    }
    .into())
}

pub(super) fn full(
    call: &mut Call<'_>,
    request: functions::messages::GetFullChat,
) -> Result<enums::messages::ChatFull, Refusal> {
    let group = call.state().group(GroupId(request.chat_id))?;
    let mut cast = call.cast()?.with(Peer::Group(group.id));
    for (user, _) in group.roster.members() {
        cast.add(Peer::User(user));
    }
    Ok(chat_full(&cast, present::group_full(group)))
}

pub(super) fn chat_full(cast: &Cast<'_>, full_chat: enums::ChatFull) -> enums::messages::ChatFull {
    types::messages::ChatFull {
        full_chat,
        chats: cast.chats(),
        users: cast.users(),
    }
    .into()
}

pub(super) fn create(
    call: &mut Call<'_>,
    request: functions::messages::CreateChat,
) -> Result<enums::messages::InvitedUsers, Refusal> {
    let creator = call.me()?;
    let members: Result<Vec<UserId>, Refusal> =
        request.users.iter().map(|user| call.user(user)).collect();
    let applied = call.apply(Command::CreateChat(CreateChat {
        kind: ChatKind::Group,
        title: request.title,
        username: None,
        creator,
        members: members?,
        protected: false,
        forum: false,
        access_hash: 0,
    }))?;
    invited(call, &applied)
}

pub(super) fn add_user(
    call: &mut Call<'_>,
    request: functions::messages::AddChatUser,
) -> Result<enums::messages::InvitedUsers, Refusal> {
    let user = call.user(&request.user_id)?;
    let chat = Peer::Group(call.state().group(GroupId(request.chat_id))?.id);
    if call.state().roster(chat)?.has(user) {
        return Err(Refusal::bad("USER_ALREADY_PARTICIPANT"));
    }
    let by = call.actor()?;
    let applied = call.apply(Command::SetRole {
        chat,
        user,
        role: Role::Member,
        by,
    })?;
    invited(call, &applied)
}

pub(super) fn delete_user(
    call: &mut Call<'_>,
    request: functions::messages::DeleteChatUser,
) -> Result<enums::Updates, Refusal> {
    let user = call.user(&request.user_id)?;
    let chat = Peer::Group(GroupId(request.chat_id));
    let by = call.actor()?;
    call.apply_and_show(Command::RemoveMember { chat, user, by })
}

pub(super) fn edit_title(
    call: &mut Call<'_>,
    request: functions::messages::EditChatTitle,
) -> Result<enums::Updates, Refusal> {
    rename(call, Peer::Group(GroupId(request.chat_id)), request.title)
}

pub(super) fn rename(
    call: &mut Call<'_>,
    chat: Peer,
    title: String,
) -> Result<enums::Updates, Refusal> {
    let by = call.actor()?;
    call.apply_and_show(Command::ChangeChat(ChangeChat {
        chat,
        by,
        title: Some(title),
        protected: None,
        slow_mode_seconds: None,
        forum: None,
        reactions: None,
    }))
}

pub(super) fn invited(
    call: &Call<'_>,
    applied: &Applied,
) -> Result<enums::messages::InvitedUsers, Refusal> {
    let updates = present::answered(call.state(), call.me()?, applied, call.at);
    Ok(types::messages::InvitedUsers {
        updates,
        missing_invitees: Vec::new(),
    }
    .into())
}

pub(super) fn migrate(
    call: &mut Call<'_>,
    request: functions::messages::MigrateChat,
) -> Result<enums::Updates, Refusal> {
    let migrate = Migrate {
        group: GroupId(request.chat_id),
        by: call.actor()?,
        access_hash: rand::random(),
    };
    call.apply_and_show(Command::Migrate(migrate))
}

pub(super) fn delete(
    call: &mut Call<'_>,
    request: functions::messages::DeleteChat,
) -> Result<bool, Refusal> {
    let chat = Peer::Group(GroupId(request.chat_id));
    let by = call.actor()?;
    call.apply(Command::DeleteChat { chat, by })?;
    Ok(true)
}
