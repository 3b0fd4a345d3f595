//! Finding a message that was sent although no answer came.

use std::time::Duration;

use grammers_tl_types as tl;
use patchbay_domain::Timestamp;
use patchbay_domain::ids::{AccountId, MessageId, TelegramChatId};

use crate::account::history;
use crate::connection::{Connection, InvokeError};
use crate::own::OwnPosts;
use crate::translate::message;

const PAGE: i32 = 100;
const MOST_PAGES: usize = 20;
/// Telegram's clock and ours differ a little, and tell seconds and milliseconds.
const CLOCKS_DIFFER: Duration = Duration::from_mins(2);

pub(super) struct Wanted<'a> {
    pub(super) account: AccountId,
    pub(super) chat: TelegramChatId,
    pub(super) random_id: i64,
    pub(super) text: &'a str,
    pub(super) since: Timestamp,
}

/// The earliest message of ours with this text since then that no other send explains.
pub(super) async fn find(
    connection: &Connection,
    peer: &tl::enums::InputPeer,
    own: &OwnPosts,
    wanted: &Wanted<'_>,
) -> Result<Option<MessageId>, InvokeError> {
    let earliest = wanted.since.seconds() - i64::try_from(CLOCKS_DIFFER.as_secs()).unwrap_or(0);
    let mut request = history(peer, PAGE);
    let mut found = None;
    for _ in 0..MOST_PAGES {
        let messages = match connection.invoke(&request).await? {
            tl::enums::messages::Messages::Messages(all) => all.messages,
            tl::enums::messages::Messages::Slice(part) => part.messages,
            tl::enums::messages::Messages::ChannelMessages(part) => part.messages,
            tl::enums::messages::Messages::NotModified(_) => Vec::new(),
        };
        let Some(oldest) = messages.iter().map(tl::enums::Message::id).min() else {
            break;
        };
        let mut has_older = false;
        for candidate in &messages {
            let tl::enums::Message::Message(candidate) = candidate else {
                continue;
            };
            has_older |= i64::from(candidate.date) < earliest;
            if i64::from(candidate.date) >= earliest && explains(candidate, own, wanted) {
                let id = message::id(candidate.id);
                found = Some(found.map_or(id, |found: MessageId| found.min(id)));
            }
        }
        if has_older {
            break;
        }
        request.offset_id = oldest;
    }
    Ok(found)
}

fn explains(candidate: &tl::types::Message, own: &OwnPosts, wanted: &Wanted<'_>) -> bool {
    let send = own.send_of(wanted.account, wanted.chat, message::id(candidate.id));
    candidate.out
        && candidate.message.trim() == wanted.text.trim()
        && send.is_none_or(|send| send == wanted.random_id)
}
