//! How those are called of whom Telegram speaks.

use grammers_tl_types as tl;
use patchbay_domain::ids::TelegramChatId;

use crate::{directory, peer};

pub(crate) fn of<'a>(
    users: &'a [tl::enums::User],
    chats: &'a [tl::enums::Chat],
) -> impl Iterator<Item = (TelegramChatId, String)> + use<'a> {
    users
        .iter()
        .filter_map(of_user)
        .chain(chats.iter().filter_map(of_chat))
}

fn of_user(user: &tl::enums::User) -> Option<(TelegramChatId, String)> {
    match user {
        tl::enums::User::User(user) => Some((peer::of_user(user.id), directory::user_name(user))),
        tl::enums::User::Empty(_) => None,
    }
}

fn of_chat(chat: &tl::enums::Chat) -> Option<(TelegramChatId, String)> {
    match chat {
        tl::enums::Chat::Chat(group) => Some((peer::of_group(group.id), group.title.clone())),
        tl::enums::Chat::Channel(channel) => {
            Some((peer::of_channel(channel.id), channel.title.clone()))
        }
        tl::enums::Chat::Empty(_)
        | tl::enums::Chat::Forbidden(_)
        | tl::enums::Chat::ChannelForbidden(_)
        | tl::enums::Chat::Community(_)
        | tl::enums::Chat::CommunityForbidden(_) => None,
    }
}
