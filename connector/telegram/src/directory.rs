//! The chats of one account.

use std::collections::HashMap;
use std::sync::Mutex;

use grammers_tl_types as tl;
use patchbay_domain::Timestamp;
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
    /// It went on under another id.
    Moved {
        from: TelegramChatId,
        to: TelegramChatId,
    },
    /// Too little is said to tell.
    Unclear,
}

/// The directory of one account in memory. The stored one is written whenever this changes.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    chats: Mutex<HashMap<TelegramChatId, TelegramChat>>,
}

impl Directory {
    /// The chat as it is to be written, if this was news. How many people are in it changes all
    /// the time, and is news for nobody.
    pub(crate) fn put(&self, chat: TelegramChat) -> Option<TelegramChat> {
        self.renew(chat, |known, chat| {
            let counted = TelegramChat {
                members: chat.members,
                ..known.clone()
            };
            counted != *chat
        })
    }

    /// The same, and a change of the number of people is news too.
    pub(crate) fn put_counted(&self, chat: TelegramChat) -> Option<TelegramChat> {
        self.renew(chat, |known, chat| known != chat)
    }

    fn renew(
        &self,
        mut chat: TelegramChat,
        is_news: impl Fn(&TelegramChat, &TelegramChat) -> bool,
    ) -> Option<TelegramChat> {
        let mut chats = lock(&self.chats);
        let known = chats.get(&chat.id);
        if let Some(known) = known {
            // Telegram doesn't tell the one always, and the other never.
            chat.members = chat.members.or(known.members);
            let read_at = chat.topics_read_at.or(known.topics_read_at);
            chat.topics_read_at = read_at.filter(|_| chat.is_forum);
        }
        let is_news = known.is_none_or(|known| is_news(known, &chat));
        chats.insert(chat.id, chat.clone());
        is_news.then_some(chat)
    }

    pub(crate) fn is_forum(&self, chat: TelegramChatId) -> bool {
        lock(&self.chats)
            .get(&chat)
            .is_some_and(|chat| chat.is_forum)
    }

    /// A forum whose topics are not known.
    pub(crate) fn forum_to_read(&self) -> Option<TelegramChatId> {
        let chats = lock(&self.chats);
        let mut forums = chats.values().filter(|chat| chat.is_forum);
        forums
            .find(|forum| forum.topics_read_at.is_none())
            .map(|forum| forum.id)
    }

    pub(crate) fn read_forum_again(&self, chat: TelegramChatId) {
        if let Some(chat) = lock(&self.chats).get_mut(&chat) {
            chat.topics_read_at = None;
        }
    }

    pub(crate) fn read_forums_again(&self) {
        for chat in lock(&self.chats).values_mut() {
            chat.topics_read_at = None;
        }
    }

    /// Its topics are known from now on. The chat as it is to be written.
    pub(crate) fn forum_read(&self, chat: TelegramChatId, at: Timestamp) -> Option<TelegramChat> {
        let mut chats = lock(&self.chats);
        let chat = chats.get_mut(&chat)?;
        chat.topics_read_at = Some(at);
        Some(chat.clone())
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
        can_read: true,
        can_post: !user.deleted,
        is_protected: false,
        access_hash: user.access_hash,
        is_forum: false,
        members: None,
        topics_read_at: None,
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
    if let Some(tl::enums::InputChannel::Channel(channel)) = &group.migrated_to {
        return Listing::Moved {
            from: peer::of_group(group.id),
            to: peer::of_channel(channel.channel_id),
        };
    }
    if group.left || group.deactivated || group.migrated_to.is_some() {
        return Listing::Absent(peer::of_group(group.id));
    }
    Listing::Present(TelegramChat {
        id: peer::of_group(group.id),
        title: group.title.clone(),
        kind: TelegramChatKind::Group,
        username: None,
        can_read: true,
        can_post: group.creator
            || group.admin_rights.is_some()
            || !forbids_text(group.default_banned_rights.as_ref()),
        is_protected: group.noforwards,
        access_hash: None,
        is_forum: false,
        members: u32::try_from(group.participants_count).ok(),
        topics_read_at: None,
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
        can_read: !forbids_reading(channel.banned_rights.as_ref()),
        can_post: may_post(channel),
        is_protected: channel.noforwards,
        access_hash: channel.access_hash,
        is_forum: channel.forum,
        members: channel
            .participants_count
            .and_then(|count| u32::try_from(count).ok()),
        topics_read_at: None,
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

fn forbids_reading(rights: Option<&tl::enums::ChatBannedRights>) -> bool {
    rights.is_some_and(|tl::enums::ChatBannedRights::Rights(rights)| rights.view_messages)
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
