//! Telegram's several ways to name a chat.

use grammers_session::types::{PeerId, PeerKind};
use grammers_tl_types as tl;
use patchbay_domain::account::{TelegramChat, TelegramChatKind};
use patchbay_domain::ids::{TelegramChatId, TelegramUserId};

pub(crate) fn of_user(id: i64) -> TelegramChatId {
    TelegramChatId(id)
}

pub(crate) fn of_group(id: i64) -> TelegramChatId {
    TelegramChatId(PeerId::chat_unchecked(id).bot_api_dialog_id_unchecked())
}

pub(crate) fn of_channel(id: i64) -> TelegramChatId {
    TelegramChatId(PeerId::channel_unchecked(id).bot_api_dialog_id_unchecked())
}

pub(crate) fn of_peer(peer: &tl::enums::Peer) -> TelegramChatId {
    match peer {
        tl::enums::Peer::User(user) => of_user(user.user_id),
        tl::enums::Peer::Chat(group) => of_group(group.chat_id),
        tl::enums::Peer::Channel(channel) => of_channel(channel.channel_id),
    }
}

/// The bare id, if it is a channel or a supergroup.
pub(crate) fn channel_id(chat: TelegramChatId) -> Option<i64> {
    let peer = PeerId::from_bot_api_dialog_id(chat.0)?;
    (peer.kind() == PeerKind::Channel)
        .then(|| peer.bare_id())
        .flatten()
}

pub(crate) fn is_user(chat: TelegramChatId) -> bool {
    chat.0 > 0
}

/// How to address a chat in a request; nothing if Telegram wants more than we know.
pub(crate) fn input(chat: &TelegramChat, me: TelegramUserId) -> Option<tl::enums::InputPeer> {
    let bare = PeerId::from_bot_api_dialog_id(chat.id.0)?.bare_id()?;
    Some(match chat.kind {
        TelegramChatKind::Private | TelegramChatKind::Bot if bare == me.0 => {
            tl::enums::InputPeer::PeerSelf
        }
        TelegramChatKind::Private | TelegramChatKind::Bot => tl::types::InputPeerUser {
            user_id: bare,
            access_hash: chat.access_hash?,
        }
        .into(),
        TelegramChatKind::Group => tl::types::InputPeerChat { chat_id: bare }.into(),
        TelegramChatKind::Supergroup | TelegramChatKind::Channel => tl::types::InputPeerChannel {
            channel_id: bare,
            access_hash: chat.access_hash?,
        }
        .into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chats_are_numbered_as_the_bot_api_does() {
        assert_eq!(of_user(5), TelegramChatId(5));
        assert_eq!(of_group(5), TelegramChatId(-5));
        assert_eq!(of_channel(1234), TelegramChatId(-1_000_000_001_234));
        assert_eq!(channel_id(of_channel(1234)), Some(1234));
        assert_eq!(channel_id(of_group(1234)), None);
        assert_eq!(channel_id(of_user(1234)), None);
    }
}
