//! Groups that become supergroups, under another id.

use patchbay_app::ports::{ChatMoved, PortResult, TelegramPosition};
use patchbay_domain::ids::TelegramChatId;
use patchbay_domain::retry::Backoff;

use super::Halt;
use super::inbox::Inbox;
use crate::connection::Connection;
use crate::peer;

impl Inbox {
    /// Lets the pairs go after them. Tries until it works: what is said there next would be
    /// nobody's.
    pub(super) async fn follow(
        &mut self,
        moves: impl IntoIterator<Item = (TelegramChatId, TelegramChatId)>,
    ) {
        let mut moves: Vec<_> = moves.into_iter().collect();
        // Telegram goes on telling of a group that it moved, for years.
        moves.retain(|(from, _)| self.followed.insert(*from));
        if moves.is_empty() {
            return;
        }
        let mut failures = 0;
        while let Err(error) = self.try_to_follow(&moves).await {
            failures += 1;
            let pause = Backoff::RECONNECT.after(failures, self.jitter());
            tracing::warn!(
                account = %self.live.account.id,
                error = &error as &dyn std::error::Error,
                ?pause,
                "pairs can't go after a group that became a supergroup"
            );
            tokio::time::sleep(pause).await;
        }
    }

    async fn try_to_follow(
        &mut self,
        moves: &[(TelegramChatId, TelegramChatId)],
    ) -> PortResult<()> {
        self.read_routes().await?;
        for (from, to) in moves {
            self.translator.forget_messages_of(*from);
            if self.sources.contains(from) || self.translator.delivers_to(*from) {
                let moved = ChatMoved {
                    owner: self.live.account.owner,
                    account: self.live.account.id,
                    from: *from,
                    to: *to,
                };
                self.ingest.moved(&moved).await?;
                tracing::info!(account = %moved.account, %from, %to, "a group became a supergroup");
                self.note_unread(*to);
            } else if self.sources.contains(to) && !self.was_reached(*to) {
                // A former process let the pairs go after it, and came no further.
                self.note_unread(*to);
            }
        }
        self.read_routes().await
    }

    fn note_unread(&mut self, successor: TelegramChatId) {
        self.unread_successors.insert(successor);
        self.wants_dialogs = true;
    }

    fn was_reached(&self, chat: TelegramChatId) -> bool {
        let channels = &self.keeper.reached().channels;
        peer::channel_id(chat).is_some_and(|channel| channels.contains_key(&channel))
    }

    /// Until they are read, another process must come by the same news again.
    pub(super) fn hold_for_successors(&self, position: &mut TelegramPosition) {
        if self.unread_successors.is_empty() {
            return;
        }
        let reached = self.keeper.reached();
        (position.pts, position.qts) = (reached.pts, reached.qts);
        (position.date, position.seq) = (reached.date, reached.seq);
        let unread = self.unread_successors.iter();
        for channel in unread.filter_map(|chat| peer::channel_id(*chat)) {
            position.channels.remove(&channel);
        }
    }

    /// Nothing tells how far a supergroup is that came up while nobody listened, so what was said
    /// in it so far is read from its history.
    pub(super) async fn read_successor(&mut self, connection: &Connection) -> Result<bool, Halt> {
        let Some(chat) = self.unread_successors.first().copied() else {
            return Ok(false);
        };
        let is_listed = self.live.directory.contains(chat);
        if !is_listed && self.wants_dialogs {
            return Ok(false);
        }
        if is_listed && self.sources.contains(&chat) {
            let arrival = self.arrival_of_difference();
            // It may have said something just now, and more before.
            self.newest.insert(chat, 0);
            self.backfill(connection, chat, arrival).await?;
        }
        self.unread_successors.remove(&chat);
        self.note_handed_on();
        Ok(true)
    }
}
