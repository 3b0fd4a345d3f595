//! Asking for reactions.
//!
//! Telegram promises to push those to the account's own messages alone, and apps are to ask for
//! what they show. What pairs show are the newest messages of their chats.

use std::collections::BTreeMap;
use std::time::Duration;

use grammers_tl_types as tl;
use patchbay_domain::ids::TelegramChatId;
use patchbay_domain::{Recovery, Timestamp};
use tl::enums::{Message, Update, Updates};
use tokio::time::Instant;

use super::super::Halt;
use super::super::backfill::{self, is_about_chat};
use super::super::inbox::Inbox;
use super::{Seen, of_message, seen};
use crate::connection::{Connection, InvokeError};
use crate::refusal;

/// The newest messages of a chat: core.telegram.org/api/offsets allows 100 at once.
const MESSAGES: i32 = 100;
/// Each chat is asked about once in this many turns of all at most; more chats wait longer.
const TURNS: u32 = 60;
/// Which messages are the newest is looked up again after so many turns: some may be gone.
const HISTORY_EVERY: u32 = 10;
/// A chat that is closed to the account may open again.
const CLOSED_FOR: Duration = Duration::from_hours(1);

#[derive(Default)]
pub(super) struct Polls {
    chats: BTreeMap<TelegramChatId, Poll>,
    /// Nobody is asked before.
    rests_until: Option<Instant>,
    /// When it was looked for which chats they are wanted.
    looked_at: Option<Instant>,
}

struct Poll {
    due: Instant,
    /// The newest messages that somebody wants to know about.
    messages: Vec<i32>,
    history_read_at: Option<Instant>,
}

impl Polls {
    pub(super) fn want(&mut self, chats: impl Iterator<Item = TelegramChatId>, now: Instant) {
        let mut known = std::mem::take(&mut self.chats);
        for chat in chats {
            let poll = known.remove(&chat).unwrap_or(Poll {
                due: now,
                messages: Vec::new(),
                history_read_at: None,
            });
            self.chats.insert(chat, poll);
        }
    }

    /// Without a chat, it is looked now and then whether somebody wants one.
    pub(super) fn due(&self, every: Duration) -> Option<Instant> {
        let next = self.chats.values().map(|poll| poll.due).min();
        let next = next.map(|due| self.rests_until.map_or(due, |until| until.max(due)));
        let look = self.looked_at.map(|at| at + every);
        [next, look].into_iter().flatten().min()
    }

    fn next(&self, now: Instant) -> Option<TelegramChatId> {
        if self.rests_until.is_some_and(|until| now < until) {
            return None;
        }
        let due = self.chats.iter().filter(|(_, poll)| poll.due <= now);
        due.min_by_key(|(_, poll)| poll.due).map(|(chat, _)| *chat)
    }
}

impl Inbox {
    /// Pairs come and go meanwhile; a moment is soon enough.
    pub(super) fn look_who_wants_reactions(&mut self) {
        let now = Instant::now();
        let (pace, polls) = (self.reactions.pace, &mut self.reactions.polls);
        let looked_at = polls.looked_at;
        if looked_at.is_none_or(|at| at + pace.polled_every / TURNS <= now) {
            polls.looked_at = Some(now);
            let wanted = self.ingest.reactions_wanted();
            self.reactions.want(wanted, self.live.account.id, now);
        }
    }

    /// Asks about one chat; false if none is due.
    pub(in super::super) async fn poll_reactions(
        &mut self,
        connection: &Connection,
    ) -> Result<bool, Halt> {
        let now = Instant::now();
        let every = self.reactions.pace.polled_every;
        self.look_who_wants_reactions();
        let Some(chat) = self.reactions.polls.next(now) else {
            return Ok(false);
        };
        if let Some(until) = self.live.flood_until(self.ports.clock.now()) {
            let rest = until.since(self.ports.clock.now());
            self.reactions.polls.rests_until = Some(now + rest);
            return Ok(false);
        }
        let asked = Box::pin(self.ask_about(connection, chat, now)).await;
        let polls = &mut self.reactions.polls;
        polls.rests_until = Some(now + every / TURNS);
        let mut due = now + every;
        if let Err(error) = asked {
            let flood = error.refusal().and_then(refusal::flood_wait);
            let account = self.live.account.id;
            if let Some(wait) = flood {
                // Nothing but this waits for it.
                tracing::info!(%account, ?wait, "reactions are asked for too often");
                polls.rests_until = Some(now + wait * 2);
            } else if is_about_chat(&error) {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(%account, %chat, error, "reactions can't be read");
                due = now + CLOSED_FOR;
            } else {
                return Err(error.into());
            }
        }
        if let Some(poll) = polls.chats.get_mut(&chat) {
            poll.due = due;
        }
        Ok(true)
    }

    async fn ask_about(
        &mut self,
        connection: &Connection,
        chat: TelegramChatId,
        now: Instant,
    ) -> Result<(), InvokeError> {
        let me = self.live.account.telegram_user;
        let Some(peer) = self.live.directory.input_peer(chat, me) else {
            return Ok(());
        };
        let Some(poll) = self.reactions.polls.chats.get(&chat) else {
            return Ok(());
        };
        let newest = poll.messages.iter().max().copied().unwrap_or_default();
        let has_news = self.newest.get(&chat).is_some_and(|known| *known > newest);
        let history_lasts = self.reactions.pace.polled_every * HISTORY_EVERY;
        let is_recent = |at: Instant| now < at + history_lasts;
        if has_news || !poll.history_read_at.is_some_and(is_recent) {
            return self.read_newest(connection, chat, &peer, now).await;
        }
        if poll.messages.is_empty() {
            return Ok(());
        }
        let request = tl::functions::messages::GetMessagesReactions {
            peer,
            id: poll.messages.clone(),
        };
        for update in updates(connection.invoke(&request).await?) {
            if let Some(seen) = seen(&update) {
                self.find(seen, Recovery::Live);
            }
        }
        Ok(())
    }

    /// The history tells of the reactions too.
    async fn read_newest(
        &mut self,
        connection: &Connection,
        chat: TelegramChatId,
        peer: &tl::enums::InputPeer,
        now: Instant,
    ) -> Result<(), InvokeError> {
        let answer = connection
            .invoke(&backfill::history(peer, MESSAGES))
            .await?;
        let since = self.reactions.wanted.get(&chat).copied();
        let since = since.unwrap_or(Timestamp(i64::MAX));
        let messages: Vec<_> = backfill::page(answer)
            .messages
            .into_iter()
            .filter_map(|message| match message {
                Message::Message(message) => Some(message),
                Message::Empty(_) | Message::Service(_) => None,
            })
            .filter(|message| i64::from(message.date) >= since.seconds())
            .collect();
        let Some(poll) = self.reactions.polls.chats.get_mut(&chat) else {
            return Ok(());
        };
        let is_first = poll.history_read_at.is_none();
        poll.history_read_at = Some(now);
        poll.messages = messages.iter().map(|message| message.id).collect();
        let recovery = if is_first {
            Recovery::Recovered
        } else {
            Recovery::Live
        };
        for message in &messages {
            self.find(of_message(message, recovery), recovery);
        }
        Ok(())
    }

    /// What a former process may have told already is marked as found. A message that came since
    /// had no reactions at first.
    fn find(&mut self, seen: Seen, recovery: Recovery) {
        let is_known = self.reactions.is_known(seen.place);
        match recovery {
            _ if is_known => self.see(Seen {
                recovery: Recovery::Live,
                ..seen
            }),
            Recovery::Live if seen.reactions.is_empty() => {
                self.reactions.note(&seen, Instant::now());
            }
            Recovery::Live | Recovery::Recovered => self.see(seen),
        }
    }
}

fn updates(answer: Updates) -> Vec<Update> {
    match answer {
        Updates::Updates(all) => all.updates,
        Updates::Combined(all) => all.updates,
        Updates::UpdateShort(one) => vec![one.update],
        Updates::TooLong
        | Updates::UpdateShortMessage(_)
        | Updates::UpdateShortChatMessage(_)
        | Updates::UpdateShortSentMessage(_) => Vec::new(),
    }
}
