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
use crate::history::{PAGE, Shelf};
use crate::peer;
use crate::refusal;
use crate::translate::Arrival;

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
        let shelf = Shelf {
            connection,
            peer,
            topic: None,
        };
        let mut after = match self.newest.get(&chat) {
            Some(newest) => *newest,
            None => shelf.last_before(self.history_starts()).await?,
        };
        let mut found = 0;
        loop {
            let page = shelf.after(after, PAGE).await?;
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
