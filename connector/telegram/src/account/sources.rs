//! Whether the chats that pairs read can be read.

use std::time::Duration;

use patchbay_app::ports::SourceSeen;
use patchbay_domain::Endpoint;
use patchbay_domain::ids::TelegramChatId;
use patchbay_domain::pair::SourceLoss;
use tokio::time::Instant;

use super::inbox::Inbox;
use crate::peer;

/// What was told and could not be noted, or was noted of another pair meanwhile, is told again.
const TOLD_EVERY: Duration = Duration::from_mins(5);

impl Inbox {
    /// Telegram said that the account is not in this chat, or that there is no such chat.
    pub(super) async fn lose_chat(&mut self, chat: TelegramChatId) {
        if self.closed.insert(chat) {
            self.sources_told_at = None;
        }
        self.forget_chat(chat).await;
    }

    /// A chat is known anew, or otherwise than before.
    pub(super) fn found_chat(&mut self, chat: TelegramChatId) {
        self.closed.remove(&chat);
        self.sources_told_at = None;
    }

    pub(super) async fn tell_of_sources(&mut self) {
        let is_told = |at: Instant| at.elapsed() < TOLD_EVERY;
        if self.sources_told_at.is_some_and(is_told) {
            return;
        }
        let told = match self.read_routes().await {
            Ok(()) => self.ingest.seen(&self.sources_seen()).await,
            Err(error) => Err(error),
        };
        match told {
            Ok(()) => self.sources_told_at = Some(Instant::now()),
            Err(error) => tracing::warn!(
                account = %self.live.account.id,
                error = &error as &dyn std::error::Error,
                "whether sources can be read is not noted yet"
            ),
        }
    }

    /// A chat that is only missing in the list may have moved in it while that was read.
    fn sources_seen(&self) -> Vec<SourceSeen> {
        let seen = self.sources.iter().filter_map(|chat| {
            let lost = match self.live.directory.get(*chat) {
                Some(known) if known.can_read => None,
                Some(_) => Some(SourceLoss::Unreadable),
                None if self.closed.contains(chat) => Some(SourceLoss::Lost),
                None => return None,
            };
            Some(SourceSeen {
                source: Endpoint::Telegram {
                    account: self.live.account.id,
                    chat: *chat,
                    topic: None,
                },
                lost,
            })
        });
        // A private chat is there as long as both are.
        seen.filter(
            |seen| !matches!(seen.source, Endpoint::Telegram { chat, .. } if peer::is_user(chat)),
        )
        .collect()
    }
}
