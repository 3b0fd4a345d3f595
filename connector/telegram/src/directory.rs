//! The chats of one account.

use std::collections::HashMap;
use std::sync::Mutex;

use grammers_tl_types as tl;
use patchbay_domain::account::{TelegramChat, TelegramChatKind};
use patchbay_domain::ids::{TelegramChatId, TelegramUserId};

use crate::{lock, peer};

/// What Telegram says about a chat of which an update speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Listing {
    /// The account is in it.
    Present(TelegramChat),
    /// The account is in it no more, or never was.
    Absent(TelegramChatId),
    /// Too little is said to tell.
    Unclear,
}

/// The directory of one account in memory. The stored one is written whenever this changes.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    chats: Mutex<HashMap<TelegramChatId, TelegramChat>>,
}

impl Directory {
    /// Answers whether this was news.
    pub(crate) fn put(&self, chat: &TelegramChat) -> bool {
        let mut chats = lock(&self.chats);
        if chats.get(&chat.id) == Some(chat) {
            return false;
        }
        chats.insert(chat.id, chat.clone());
        true
    }

    /// Answers whether it was there.
    pub(crate) fn remove(&self, chat: TelegramChatId) -> bool {
        lock(&self.chats).remove(&chat).is_some()
    }

    pub(crate) fn get(&self, chat: TelegramChatId) -> Option<TelegramChat> {
        lock(&self.chats).get(&chat).cloned()
    }

    pub(crate) fn contains(&self, chat: TelegramChatId) -> bool {
        lock(&self.chats).contains_key(&chat)
    }

    pub(crate) fn ids(&self) -> Vec<TelegramChatId> {
        lock(&self.chats).keys().copied().collect()
    }

    pub(crate) fn input_peer(
        &self,
        chat: TelegramChatId,
        me: TelegramUserId,
    ) -> Option<tl::enums::InputPeer> {
        lock(&self.chats)
            .get(&chat)
            .and_then(|chat| peer::input(chat, me))
    }
}

pub(crate) fn of_user(user: &tl::enums::User) -> Option<TelegramChat> {
    let tl::enums::User::User(user) = user else {
        return None;
    };
    if user.min {
        return None;
    }
    Some(TelegramChat {
        id: peer::of_user(user.id),
        title: user_name(user),
        kind: if user.bot {
            TelegramChatKind::Bot
        } else {
            TelegramChatKind::Private
        },
        username: username(user.username.as_ref(), user.usernames.as_deref()),
        can_post: !user.deleted,
        is_protected: false,
        access_hash: user.access_hash,
    })
}

pub(crate) fn of_chat(chat: &tl::enums::Chat) -> Listing {
    match chat {
        tl::enums::Chat::Empty(chat) => Listing::Absent(peer::of_group(chat.id)),
        tl::enums::Chat::Forbidden(chat) => Listing::Absent(peer::of_group(chat.id)),
        tl::enums::Chat::ChannelForbidden(channel) => Listing::Absent(peer::of_channel(channel.id)),
        tl::enums::Chat::Chat(group) => of_group(group),
        tl::enums::Chat::Channel(channel) => of_channel(channel),
        // A community holds chats; nothing is posted in it.
        tl::enums::Chat::Community(_) | tl::enums::Chat::CommunityForbidden(_) => Listing::Unclear,
    }
}

fn of_group(group: &tl::types::Chat) -> Listing {
    // A group that became a supergroup stays behind as a husk.
    if group.left || group.deactivated || group.migrated_to.is_some() {
        return Listing::Absent(peer::of_group(group.id));
    }
    Listing::Present(TelegramChat {
        id: peer::of_group(group.id),
        title: group.title.clone(),
        kind: TelegramChatKind::Group,
        username: None,
        can_post: group.creator
            || group.admin_rights.is_some()
            || !forbids_text(group.default_banned_rights.as_ref()),
        is_protected: group.noforwards,
        access_hash: None,
    })
}

fn of_channel(channel: &tl::types::Channel) -> Listing {
    if channel.left {
        return Listing::Absent(peer::of_channel(channel.id));
    }
    if channel.min || channel.access_hash.is_none() {
        return Listing::Unclear;
    }
    let kind = if channel.broadcast {
        TelegramChatKind::Channel
    } else {
        TelegramChatKind::Supergroup
    };
    Listing::Present(TelegramChat {
        id: peer::of_channel(channel.id),
        title: channel.title.clone(),
        kind,
        username: username(channel.username.as_ref(), channel.usernames.as_deref()),
        can_post: may_post(channel),
        is_protected: channel.noforwards,
        access_hash: channel.access_hash,
    })
}

fn may_post(channel: &tl::types::Channel) -> bool {
    let rights = channel.admin_rights.as_ref();
    if channel.creator {
        true
    } else if channel.broadcast {
        rights.is_some_and(|tl::enums::ChatAdminRights::Rights(rights)| rights.post_messages)
    } else {
        rights.is_some()
            || !(forbids_text(channel.banned_rights.as_ref())
                || forbids_text(channel.default_banned_rights.as_ref()))
    }
}

fn forbids_text(rights: Option<&tl::enums::ChatBannedRights>) -> bool {
    rights.is_some_and(|tl::enums::ChatBannedRights::Rights(rights)| {
        rights.view_messages || rights.send_messages || rights.send_plain
    })
}

pub(crate) fn user_name(user: &tl::types::User) -> String {
    let parts = [user.first_name.as_deref(), user.last_name.as_deref()];
    let name = parts
        .into_iter()
        .flatten()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>();
    if name.is_empty() {
        "Deleted Account".to_owned()
    } else {
        name.join(" ")
    }
}

pub(crate) fn username(
    single: Option<&String>,
    several: Option<&[tl::enums::Username]>,
) -> Option<String> {
    single.cloned().or_else(|| {
        several?
            .iter()
            .find_map(|tl::enums::Username::Username(name)| {
                name.active.then(|| name.username.clone())
            })
    })
}
