//! One message as it is now.

use std::collections::HashMap;

use grammers_tl_types as tl;
use patchbay_domain::Content;
use patchbay_domain::account::Account;
use patchbay_domain::ids::{AccountId, MessageId, TelegramChatId, TelegramUserId};

use crate::connection::{Connection, InvokeError};
use crate::peer;
use crate::translate::media::Carrier;
use crate::translate::{message, names};

pub(crate) struct Found {
    account: AccountId,
    me: TelegramUserId,
    message: tl::types::Message,
    names: HashMap<TelegramChatId, String>,
}

/// Nothing, if the message is gone.
pub(super) async fn find(
    connection: &Connection,
    account: &Account,
    channel: Option<tl::types::InputPeerChannel>,
    chat: TelegramChatId,
    id: MessageId,
) -> Result<Option<Found>, InvokeError> {
    let Ok(number) = i32::try_from(id.0) else {
        return Ok(None);
    };
    let ids = vec![tl::types::InputMessageId { id: number }.into()];
    let answer = if let Some(channel) = channel {
        let channel = tl::types::InputChannel {
            channel_id: channel.channel_id,
            access_hash: channel.access_hash,
        };
        let request = tl::functions::channels::GetMessages {
            channel: channel.into(),
            id: ids,
        };
        connection.invoke(&request).await?
    } else {
        let request = tl::functions::messages::GetMessages { id: ids };
        connection.invoke(&request).await?
    };
    let (messages, users, chats) = parts(answer);
    let found = messages.into_iter().find_map(|message| match message {
        tl::enums::Message::Message(message) if message.id == number => Some(message),
        tl::enums::Message::Message(_)
        | tl::enums::Message::Service(_)
        | tl::enums::Message::Empty(_) => None,
    });
    Ok(found
        .filter(|message| peer::of_peer(&message.peer_id) == chat)
        .map(|message| Found {
            account: account.id,
            me: account.telegram_user,
            message,
            names: names::of(&users, &chats).collect(),
        }))
}

type Parts = (
    Vec<tl::enums::Message>,
    Vec<tl::enums::User>,
    Vec<tl::enums::Chat>,
);

fn parts(messages: tl::enums::messages::Messages) -> Parts {
    match messages {
        tl::enums::messages::Messages::Messages(all) => (all.messages, all.users, all.chats),
        tl::enums::messages::Messages::Slice(part) => (part.messages, part.users, part.chats),
        tl::enums::messages::Messages::ChannelMessages(part) => {
            (part.messages, part.users, part.chats)
        }
        tl::enums::messages::Messages::NotModified(_) => Parts::default(),
    }
}

impl Found {
    pub(super) fn author(&self) -> String {
        message::author(&self.message, self.me, |peer| self.name_of(peer)).name
    }

    pub(crate) fn content(&self) -> Content {
        let carrier = Carrier {
            account: self.account,
            chat: peer::of_peer(&self.message.peer_id),
            message: message::id(self.message.id),
            name_of: &|peer| self.name_of(peer),
        };
        message::content(&self.message, &carrier)
    }

    fn name_of(&self, peer: &tl::enums::Peer) -> Option<String> {
        self.names.get(&peer::of_peer(peer)).cloned()
    }
}
