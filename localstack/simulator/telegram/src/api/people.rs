//! Accounts, and how they are found.

use grammers_tl_types::{enums, functions, types};

use super::Call;
use super::auth::normalised_phone;
use crate::present;
use crate::state::{Peer, Refusal};

pub(super) fn users(
    call: &mut Call<'_>,
    request: functions::users::GetUsers,
) -> Result<Vec<enums::User>, Refusal> {
    let me = call.me()?;
    let found = request.id.iter().map(|input| match call.user(input) {
        Ok(id) => call.state().user(id).map(|user| present::user(user, me)),
        Err(_unknown) => Ok(types::UserEmpty { id: 0 }.into()),
    });
    found.collect()
}

pub(super) fn full_user(
    call: &mut Call<'_>,
    request: functions::users::GetFullUser,
) -> Result<enums::users::UserFull, Refusal> {
    let me = call.me()?;
    let user = call.state().user(call.user(&request.id)?)?;
    Ok(types::users::UserFull {
        full_user: present::user_full(user),
        chats: Vec::new(),
        users: vec![present::user(user, me)],
    }
    .into())
}

pub(super) fn contacts(call: &mut Call<'_>) -> Result<enums::contacts::Contacts, Refusal> {
    call.me()?;
    let (contacts, users) = (Vec::new(), Vec::new());
    Ok(types::contacts::Contacts {
        contacts,
        saved_count: 0,
        users,
    }
    .into())
}

pub(super) fn resolve_username(
    call: &mut Call<'_>,
    request: functions::contacts::ResolveUsername,
) -> Result<enums::contacts::ResolvedPeer, Refusal> {
    call.me()?;
    let found = call
        .state()
        .by_username(request.username.trim_start_matches('@'));
    resolved(call, found.ok_or(Refusal::bad("USERNAME_NOT_OCCUPIED"))?)
}

pub(super) fn resolve_phone(
    call: &mut Call<'_>,
    request: functions::contacts::ResolvePhone,
) -> Result<enums::contacts::ResolvedPeer, Refusal> {
    call.me()?;
    let phone = normalised_phone(&request.phone)?;
    let found = call
        .state()
        .user_by_phone(&phone)
        .map(|user| Peer::User(user.id));
    resolved(call, found.ok_or(Refusal::bad("PHONE_NOT_OCCUPIED"))?)
}

fn resolved(call: &Call<'_>, peer: Peer) -> Result<enums::contacts::ResolvedPeer, Refusal> {
    let cast = call.cast()?.with(peer);
    Ok(types::contacts::ResolvedPeer {
        peer: present::peer(peer),
        chats: cast.chats(),
        users: cast.users(),
    }
    .into())
}

pub(super) fn peer_settings(
    call: &mut Call<'_>,
    request: functions::messages::GetPeerSettings,
) -> Result<enums::messages::PeerSettings, Refusal> {
    let peer = call.peer(&request.peer)?;
    let cast = call.cast()?.with(peer);
    Ok(types::messages::PeerSettings {
        settings: present::template::peer_settings(),
        chats: cast.chats(),
        users: cast.users(),
    }
    .into())
}
