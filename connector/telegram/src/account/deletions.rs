//! Deletions that don't say where.
//!
//! In private chats and basic groups Telegram tells the numbers alone, which an account counts
//! through all of them. What this process has not seen itself is found among what pairs have
//! delivered; so is what was deleted in a group that went on as a supergroup.

use std::collections::BTreeSet;

use patchbay_app::ports::PortResult;
use patchbay_domain::account::TelegramChatKind;
use patchbay_domain::ids::{PairId, TelegramChatId};
use patchbay_domain::retry::Backoff;
use patchbay_domain::{ChatId, Endpoint, SourceEvent, Timestamp};

use super::inbox::Inbox;
use crate::peer;
use crate::translate::{Arrival, message};

/// Somebody who clears a chat deletes thousands at once. Each is a request for each pair.
const MOST_LOOKED_FOR: usize = 500;

impl Inbox {
    /// Tries until it works, as with all that is handed on.
    pub(super) async fn place_deletions(
        &mut self,
        arrival: Arrival,
        now: Timestamp,
    ) -> Vec<SourceEvent> {
        let mut unplaced = self.translator.take_unplaced();
        if unplaced.len() > MOST_LOOKED_FOR {
            tracing::warn!(
                account = %self.live.account.id,
                deleted = unplaced.len(),
                "too many deletions to look for, those of the newest messages are"
            );
            unplaced.sort_unstable();
            unplaced.drain(..unplaced.len() - MOST_LOOKED_FOR);
        }
        if unplaced.is_empty() {
            return Vec::new();
        }
        let mut failures = 0;
        loop {
            match self.placed(&unplaced, arrival, now).await {
                Ok(events) => return events,
                Err(error) => {
                    failures += 1;
                    let pause = Backoff::RECONNECT.after(failures, self.jitter());
                    tracing::warn!(
                        account = %self.live.account.id,
                        error = &error as &dyn std::error::Error,
                        ?pause,
                        "deletions wait, what they delete can't be looked up"
                    );
                    tokio::time::sleep(pause).await;
                }
            }
        }
    }

    async fn placed(
        &self,
        unplaced: &[i32],
        arrival: Arrival,
        now: Timestamp,
    ) -> PortResult<Vec<SourceEvent>> {
        let pairs = self.pairs_without_places().await?;
        let mut events = Vec::new();
        for id in unplaced {
            let mut placed = BTreeSet::new();
            for (pair, chat) in &pairs {
                let Some(stood_in) = self.delivered_from(*pair, *id).await? else {
                    continue;
                };
                let event = self.translator.deletion(*chat, *id, arrival, now);
                if stood_in == *chat && peer::channel_id(*chat).is_none() {
                    // One event is for all pairs of the chat.
                    if placed.insert(*chat) {
                        events.push(event);
                    }
                } else if peer::channel_id(stood_in).is_none() {
                    // The supergroup may have another message of this number by now.
                    events.push(SourceEvent {
                        reader: Some(*pair),
                        ..event
                    });
                }
            }
        }
        tracing::debug!(
            account = %self.live.account.id,
            deleted = unplaced.len(),
            found = events.len(),
            "deletions in private chats and groups looked up"
        );
        Ok(events)
    }

    /// Where a message stood that the pair delivered, or recorded otherwise.
    async fn delivered_from(&self, pair: PairId, id: i32) -> PortResult<Option<TelegramChatId>> {
        let deliveries = &self.ports.deliveries;
        let page = deliveries
            .of_message(pair, message::id(id), None, 1)
            .await?;
        let chat = page.items.first().map(|delivery| delivery.chat);
        Ok(match chat {
            Some(ChatId::Telegram(chat)) => Some(chat),
            Some(ChatId::Discord(_)) | None => None,
        })
    }

    /// Those that read a private chat or a basic group of this account, or what may have been one.
    async fn pairs_without_places(&self) -> PortResult<Vec<(PairId, TelegramChatId)>> {
        let account = &self.live.account;
        let pairs = self.ports.pairs.of_user(account.owner).await?.pairs;
        let read = pairs.iter().filter_map(|pair| match pair.source {
            Endpoint::Telegram {
                account: of, chat, ..
            } if of == account.id && self.may_have_no_place(chat) => Some((pair.id, chat)),
            Endpoint::Telegram { .. } | Endpoint::Discord { .. } => None,
        });
        Ok(read.collect())
    }

    fn may_have_no_place(&self, chat: TelegramChatId) -> bool {
        let kind = self.live.directory.get(chat).map(|known| known.kind);
        peer::channel_id(chat).is_none() || kind == Some(TelegramChatKind::Supergroup)
    }
}
