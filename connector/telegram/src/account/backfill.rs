//! Reading a chat's history where Telegram gives no difference any more.
//!
//! The history tells every message that is there now and its last edit. What was deleted, or
//! edited and then deleted, can't be known this way.

use std::time::Duration;

use grammers_tl_types as tl;
use patchbay_domain::ids::TelegramChatId;

use super::Halt;
use super::ahead::FirstMissed;
use super::inbox::Inbox;
use crate::connection::{Connection, InvokeError};
use crate::peer;
use crate::refusal;
use crate::translate::Arrival;

/// core.telegram.org/api/offsets: at most 100 come at once.
const PAGE: i32 = 100;

/// Messages of other chats may be a little older than the last update of the account. Reading a
/// few again is harmless.
const SLACK: Duration = Duration::from_mins(10);

impl Inbox {
    /// Of every private chat and basic group that a pair reads: the account's own box holds them
    /// all.
    pub(super) async fn backfill_account(
        &mut self,
        connection: &Connection,
        arrival: Arrival,
    ) -> Result<(), Halt> {
        self.read_routes().await?;
        let chats: Vec<TelegramChatId> = self
            .sources
            .iter()
            .copied()
            .filter(|chat| peer::channel_id(*chat).is_none())
            .collect();
        for chat in chats {
            self.backfill(connection, chat, arrival).await?;
        }
        Ok(())
    }

    /// Hands on all messages after the last one known, oldest first, page by page.
    pub(super) async fn backfill(
        &mut self,
        connection: &Connection,
        chat: TelegramChatId,
        arrival: Arrival,
    ) -> Result<(), Halt> {
        // Changes of topics are among what is not told any more.
        self.live.directory.read_forum_again(chat);
        match self.read_history(connection, chat, arrival).await {
            Err(error) if is_about_chat(&error) => {
                tracing::warn!(
                    account = %self.live.account.id,
                    %chat,
                    error = &error as &dyn std::error::Error,
                    "history can't be read"
                );
                if error.refusal().is_some_and(refusal::is_about_lost_chat) {
                    self.lose_chat(chat).await;
                }
                Ok(())
            }
            outcome => Ok(outcome?),
        }
    }

    async fn read_history(
        &mut self,
        connection: &Connection,
        chat: TelegramChatId,
        arrival: Arrival,
    ) -> Result<(), InvokeError> {
        let account = &self.live.account;
        let Some(peer) = self.live.directory.input_peer(chat, account.telegram_user) else {
            tracing::warn!(account = %account.id, %chat, "no history: the chat is not known");
            return Ok(());
        };
        let mut after = match self.newest.get(&chat) {
            Some(newest) => *newest,
            None => last_before(connection, &peer, self.history_starts()).await?,
        };
        let mut found = 0;
        loop {
            let page = page_after(connection, &peer, after).await?;
            let Some(last) = page.messages.last() else {
                break;
            };
            after = last.id();
            found += page.messages.len();
            self.translator.learn_names(&page.users, &page.chats);
            let missed = FirstMissed::of(&page.messages);
            self.look_ahead(connection, &missed, arrival).await?;
            let now = self.ports.clock.now();
            let mut events = Vec::new();
            for message in &page.messages {
                if let tl::enums::Message::Message(message) = message {
                    events.extend(self.translator.history(message, arrival, now));
                }
            }
            self.ahead.stamp(&mut events);
            self.pass_on(events).await;
        }
        tracing::info!(account = %self.live.account.id, %chat, found, "history read");
        Ok(())
    }

    fn history_starts(&self) -> i32 {
        let slack = i32::try_from(SLACK.as_secs()).unwrap_or(i32::MAX);
        self.keeper.reached().date.saturating_sub(slack)
    }
}

/// The chat is closed to the account; asking again would change nothing.
pub(super) fn is_about_chat(error: &InvokeError) -> bool {
    error.refusal().is_some_and(|refused| {
        refusal::is_about_request(refused) && !refusal::ends_session(refused)
    })
}

struct Page {
    /// Oldest first.
    messages: Vec<tl::enums::Message>,
    users: Vec<tl::enums::User>,
    chats: Vec<tl::enums::Chat>,
}

/// The id of the last message before that date, or 0.
async fn last_before(
    connection: &Connection,
    peer: &tl::enums::InputPeer,
    date: i32,
) -> Result<i32, InvokeError> {
    let request = history(peer, 1);
    let request = tl::functions::messages::GetHistory {
        offset_date: date.max(1),
        ..request
    };
    let page = page(connection.invoke(&request).await?);
    Ok(page.messages.last().map_or(0, tl::enums::Message::id))
}

/// The newest messages that are older than `before`, unless that is 0, and not older than `first`;
/// newest first.
pub(super) async fn page_before(
    connection: &Connection,
    peer: &tl::enums::InputPeer,
    before: i32,
    first: i32,
) -> Result<Vec<tl::enums::Message>, InvokeError> {
    let request = tl::functions::messages::GetHistory {
        offset_id: before,
        min_id: first.saturating_sub(1),
        ..history(peer, PAGE)
    };
    let mut messages = page(connection.invoke(&request).await?).messages;
    messages.sort_by_key(|message| std::cmp::Reverse(message.id()));
    Ok(messages)
}

/// The window is laid so that it ends right before the message that is known already.
async fn page_after(
    connection: &Connection,
    peer: &tl::enums::InputPeer,
    after: i32,
) -> Result<Page, InvokeError> {
    let request = tl::functions::messages::GetHistory {
        offset_id: after.saturating_add(1),
        add_offset: -PAGE,
        ..history(peer, PAGE)
    };
    let mut page = page(connection.invoke(&request).await?);
    page.messages.retain(|message| message.id() > after);
    page.messages.sort_by_key(tl::enums::Message::id);
    Ok(page)
}

pub(crate) fn history(
    peer: &tl::enums::InputPeer,
    limit: i32,
) -> tl::functions::messages::GetHistory {
    tl::functions::messages::GetHistory {
        peer: peer.clone(),
        offset_id: 0,
        offset_date: 0,
        add_offset: 0,
        limit,
        max_id: 0,
        min_id: 0,
        hash: 0,
    }
}

fn page(messages: tl::enums::messages::Messages) -> Page {
    let (messages, users, chats) = match messages {
        tl::enums::messages::Messages::Messages(all) => (all.messages, all.users, all.chats),
        tl::enums::messages::Messages::Slice(part) => (part.messages, part.users, part.chats),
        tl::enums::messages::Messages::ChannelMessages(part) => {
            (part.messages, part.users, part.chats)
        }
        tl::enums::messages::Messages::NotModified(_) => Default::default(),
    };
    Page {
        messages,
        users,
        chats,
    }
}
