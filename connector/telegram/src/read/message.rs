//! Messages as they are now.

use std::collections::HashMap;

use grammers_tl_types as tl;
use patchbay_domain::Post;
use patchbay_domain::account::Account;
use patchbay_domain::event::Origin;
use patchbay_domain::ids::{AccountId, MessageId, TelegramChatId, TelegramUserId};

use crate::connection::{Connection, InvokeError};
use crate::translate::media::Carrier;
use crate::translate::{message, names};
use crate::{history, peer};

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
    let channel = channel.map(|channel| {
        let channel = tl::types::InputChannel {
            channel_id: channel.channel_id,
            access_hash: channel.access_hash,
        };
        channel.into()
    });
    let page = history::numbered(connection, channel, &numbers).await?;
    let names: HashMap<_, _> = names::of(&page.users, &page.chats).collect();
    let mut found: HashMap<i32, Found> = page
        .written()
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
