//! Messages as they are now.

use std::collections::HashMap;

use grammers_tl_types as tl;
use patchbay_domain::Post;
use patchbay_domain::account::Account;
use patchbay_domain::event::Origin;
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

/// Those that are not gone, in the order in which they are asked for.
pub(super) async fn find(
    connection: &Connection,
    account: &Account,
    channel: Option<tl::types::InputPeerChannel>,
    chat: TelegramChatId,
    ids: &[MessageId],
) -> Result<Vec<Found>, InvokeError> {
    let numbers = ids.iter().filter_map(|id| i32::try_from(id.0).ok());
    let numbers: Vec<i32> = numbers.collect();
    let asked = numbers.iter();
    let ids = asked
        .map(|id| tl::types::InputMessageId { id: *id }.into())
        .collect();
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
    let names: HashMap<_, _> = names::of(&users, &chats).collect();
    let mut found: HashMap<i32, Found> = messages
        .into_iter()
        .filter_map(|message| match message {
            tl::enums::Message::Message(message) => Some(message),
            tl::enums::Message::Service(_) | tl::enums::Message::Empty(_) => None,
        })
        .filter(|message| peer::of_peer(&message.peer_id) == chat)
        .map(|message| {
            let found = Found {
                account: account.id,
                me: account.telegram_user,
                names: names.clone(),
                message,
            };
            (found.message.id, found)
        })
        .collect();
    Ok(numbers.iter().filter_map(|id| found.remove(id)).collect())
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
    pub(super) fn id(&self) -> MessageId {
        message::id(self.message.id)
    }

    /// As it would be posted now.
    pub(crate) fn post(&self) -> Post {
        let name_of = |peer: &tl::enums::Peer| self.name_of(peer);
        let carrier = Carrier {
            account: self.account,
            chat: peer::of_peer(&self.message.peer_id),
            message: self.id(),
            name_of: &name_of,
        };
        let author = message::author(&self.message, self.me, name_of);
        message::post(&self.message, &carrier, author, Origin::Person)
    }

    fn name_of(&self, peer: &tl::enums::Peer) -> Option<String> {
        self.names.get(&peer::of_peer(peer)).cloned()
    }
}
