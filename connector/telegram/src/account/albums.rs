//! Putting albums together.
//!
//! Telegram sends an album as several messages that have a number in common, and never says how
//! many they are. They are held until something shows that the album is whole: another message of
//! the chat, ten parts, or a quiet while in which nothing was missed. As long as they are held the
//! account's position stays before the first of them, so that another process gets all of them
//! again.

#[cfg(test)]
mod tests;

use std::time::Duration;

use grammers_session::types::UpdatesState;
use patchbay_app::ports::TelegramPosition;
use patchbay_domain::ids::{AlbumId, MessageId, TelegramChatId};
use patchbay_domain::{Change, ChatId, Recovery, SourceEvent};
use tokio::time::Instant;

use super::position;
use crate::peer;

/// core.telegram.org/api/files#albums-grouped-media: no more than ten.
const MOST_PARTS: usize = 10;

pub(super) struct Albums {
    quiet_for: Duration,
    held: Vec<Held>,
    /// Everything up to there has been looked at, held or not.
    passed: TelegramPosition,
}

struct Held {
    chat: ChatId,
    album: AlbumId,
    parts: Vec<SourceEvent>,
    /// What happened to the parts meanwhile.
    later: Vec<SourceEvent>,
    /// Where the account was before the first part.
    before: TelegramPosition,
    last_part_at: Instant,
}

impl Albums {
    pub(super) fn new(quiet_for: Duration, passed: TelegramPosition) -> Self {
        Self {
            quiet_for,
            held: Vec::new(),
            passed,
        }
    }

    /// Forgets what is held: it will come again.
    pub(super) fn rewind(&mut self, to: &TelegramPosition) {
        self.held.clear();
        self.passed = to.clone();
    }

    /// What may be handed on now, in order.
    pub(super) fn pass(&mut self, events: Vec<SourceEvent>, now: Instant) -> Vec<SourceEvent> {
        let mut passed = Vec::with_capacity(events.len());
        for event in events {
            self.pass_one(event, now, &mut passed);
        }
        passed
    }

    fn pass_one(&mut self, event: SourceEvent, now: Instant, passed: &mut Vec<SourceEvent>) {
        let Change::Posted { post } = &event.change else {
            match self.holder_of(&event) {
                Some(held) => held.later.push(event),
                None => passed.push(event),
            }
            return;
        };
        let album = post.album;
        // Two posts of one message are the same one, read twice.
        if self.holder_of(&event).is_some() {
            return;
        }
        let before = |held: &Held| held.chat == event.chat && Some(held.album) != album;
        passed.extend(self.take_whole(before));
        let Some(album) = album else {
            passed.push(event);
            return;
        };
        let chat = event.chat;
        if let Some(held) = self.held.iter_mut().find(|held| held.chat == chat) {
            held.parts.push(event);
            held.last_part_at = now;
        } else {
            self.held.push(Held {
                chat,
                album,
                parts: vec![event],
                later: Vec::new(),
                before: self.passed.clone(),
                last_part_at: now,
            });
        }
        let is_full = |held: &Held| held.chat == chat && held.parts.len() >= MOST_PARTS;
        passed.extend(self.take_whole(is_full));
    }

    fn holder_of(&mut self, event: &SourceEvent) -> Option<&mut Held> {
        self.held.iter_mut().find(|held| {
            held.chat == event.chat && held.parts.iter().any(|part| part.message == event.message)
        })
    }

    /// Albums of which no part came for a while, unless something of their chat may be missing.
    pub(super) fn quiet(
        &mut self,
        now: Instant,
        misses: impl Fn(TelegramChatId) -> bool,
    ) -> Vec<SourceEvent> {
        let quiet_for = self.quiet_for;
        self.take_whole(|held| {
            let is_missed = held.telegram_chat().is_some_and(&misses);
            held.last_part_at + quiet_for <= now && !is_missed
        })
    }

    /// When an album will have been quiet for long enough.
    pub(super) fn due(&self, misses: impl Fn(TelegramChatId) -> bool) -> Option<Instant> {
        self.held
            .iter()
            .filter(|held| !held.telegram_chat().is_some_and(&misses))
            .map(|held| held.last_part_at + self.quiet_for)
            .min()
    }

    fn take_whole(&mut self, is_whole: impl Fn(&Held) -> bool) -> Vec<SourceEvent> {
        let whole = self.held.extract_if(.., |held| is_whole(held));
        whole.flat_map(Held::assembled).collect()
    }

    /// How far the position may move: to where the updates are, but not past what is held. The
    /// account's own box and each channel count by themselves.
    pub(super) fn reach(&mut self, state: &UpdatesState) -> TelegramPosition {
        self.passed = position::of_state(state);
        let mut reached = self.passed.clone();
        for held in &self.held {
            let before = &held.before;
            reached.date = reached.date.min(before.date);
            match held.telegram_chat().and_then(peer::channel_id) {
                Some(channel) => hold_channel(&mut reached, before, channel),
                None if before.pts <= reached.pts => {
                    (reached.pts, reached.qts, reached.seq) = (before.pts, before.qts, before.seq);
                }
                None => {}
            }
        }
        reached
    }
}

/// A channel of which nothing was known before the album is not known yet.
fn hold_channel(reached: &mut TelegramPosition, before: &TelegramPosition, channel: i64) {
    match (
        before.channels.get(&channel),
        reached.channels.get_mut(&channel),
    ) {
        (Some(before), Some(pts)) => *pts = (*pts).min(*before),
        (Some(_) | None, None) => {}
        (None, Some(_)) => {
            reached.channels.remove(&channel);
        }
    }
}

impl Held {
    fn telegram_chat(&self) -> Option<TelegramChatId> {
        match self.chat {
            ChatId::Telegram(chat) => Some(chat),
            ChatId::Discord(_) => None,
        }
    }

    /// One event for all parts, and what happened to them since.
    fn assembled(mut self) -> Vec<SourceEvent> {
        self.parts.sort_by_key(|part| part.message);
        let mut parts = self.parts.into_iter();
        let mut events: Vec<SourceEvent> = parts.next().into_iter().collect();
        if let Some(first) = events.first_mut() {
            for part in parts {
                join(first, part);
            }
        }
        events.extend(self.later);
        events
    }
}

fn join(first: &mut SourceEvent, part: SourceEvent) {
    let first_message = first.message;
    let (Change::Posted { post: whole }, Change::Posted { post }) =
        (&mut first.change, part.change)
    else {
        return;
    };
    whole.take(first_message, part.message, post);
    if part.recovery == Recovery::Recovered {
        first.recovery = Recovery::Recovered;
    }
}

/// The last of the messages that an event is about.
pub(super) fn last_message(event: &SourceEvent) -> MessageId {
    let post = match &event.change {
        Change::Posted { post } => Some(post),
        Change::Edited { .. } | Change::Reacted { .. } | Change::Deleted => None,
    };
    let parts = post.into_iter().flat_map(|post| &post.content.attachments);
    parts
        .filter_map(|attachment| attachment.message)
        .fold(event.message, MessageId::max)
}
