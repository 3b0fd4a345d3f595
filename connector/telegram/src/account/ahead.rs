//! Looking ahead in what was missed.
//!
//! A pair may want no more than the last messages of it. How many come after a message can't be
//! told while a difference or a history comes in, part by part and oldest first. So as soon as the
//! first missed message of a chat shows up, the chat's history is read once from its end, until as
//! many are counted as any pair wants, or the missed message is reached.

use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;

use grammers_tl_types as tl;
use patchbay_domain::event::{Newer, Thread};
use patchbay_domain::ids::{AccountId, AlbumId, TelegramChatId, TopicId};
use patchbay_domain::pair::options::GapPolicy;
use patchbay_domain::{Change, ChatId, Endpoint, Pair, PairState, Recovery, SourceEvent};
use tl::enums::Update;
use tl::enums::updates::{ChannelDifference, Difference};

use super::backfill::is_about_chat;
use super::inbox::Inbox;
use crate::connection::{Connection, InvokeError};
use crate::history::Shelf;
use crate::peer;
use crate::translate::{Arrival, message};

/// A topic of the chat, or all of it.
type Part = Option<TopicId>;

#[derive(Default)]
pub(super) struct Ahead {
    /// How many of the last messages a pair wants at most.
    wanted: HashMap<TelegramChatId, BTreeMap<Part, u16>>,
    counted: HashMap<TelegramChatId, Counted>,
}

/// The end of a chat's history.
struct Counted {
    /// The messages about which it tells.
    covers: RangeInclusive<i32>,
    parts: BTreeMap<Part, Vec<Unit>>,
}

/// A message, or an album by the last of its messages.
struct Unit {
    last: i32,
    album: Option<AlbumId>,
}

impl Ahead {
    /// Takes over what the pairs of an account want.
    pub(super) fn follow(&mut self, account: AccountId, pairs: &[Pair]) {
        let mut wanted: HashMap<_, BTreeMap<Part, u16>> = HashMap::new();
        for pair in pairs {
            if let (
                PairState::Active,
                GapPolicy::Last(most),
                Endpoint::Telegram {
                    account: of,
                    chat,
                    topic,
                },
            ) = (pair.state, pair.options.gap_policy, pair.source)
                && of == account
            {
                let known = wanted.entry(chat).or_default().entry(topic).or_default();
                *known = most.max(*known);
            }
        }
        if wanted != self.wanted {
            self.counted.clear();
        }
        self.wanted = wanted;
    }

    /// The chats, with the first missed message of each, whose ends are still to be read.
    fn unread(&self, first_missed: &FirstMissed) -> Vec<(TelegramChatId, i32)> {
        let missed = first_missed.iter().map(|(chat, first)| (*chat, *first));
        missed
            .filter(|(chat, first)| self.wanted.contains_key(chat) && !self.covers(*chat, *first))
            .collect()
    }

    fn covers(&self, chat: TelegramChatId, message: i32) -> bool {
        let counted = self.counted.get(&chat);
        counted.is_some_and(|counted| counted.covers.contains(&message))
    }

    /// Tells the missed posts among these how many came after each.
    pub(super) fn stamp(&self, events: &mut [SourceEvent]) {
        for event in events {
            if event.recovery == Recovery::Recovered
                && let Change::Posted { post } = &event.change
                && let ChatId::Telegram(chat) = event.chat
                && let Ok(message) = i32::try_from(event.message.0)
                && let Some(counted) = self.counted.get(&chat)
                && counted.covers.contains(&message)
            {
                let topic = topic(event.thread);
                event.newer = Newer {
                    in_chat: counted.after(message, post.album, None),
                    in_thread: counted.after(message, post.album, Some(topic)),
                };
            }
        }
    }
}

impl Counted {
    fn nothing(first: i32, wanted: &BTreeMap<Part, u16>) -> Self {
        Self {
            covers: first..=first,
            parts: wanted.keys().map(|part| (*part, Vec::new())).collect(),
        }
    }

    fn count(&mut self, unit: &Unit, topic: TopicId) {
        for part in [None, Some(topic)] {
            if let Some(units) = self.parts.get_mut(&part)
                && !units.iter().any(|known| known.is_same(unit.album))
            {
                units.push(Unit { ..*unit });
            }
        }
    }

    fn has_all(&self, wanted: &BTreeMap<Part, u16>) -> bool {
        let mut parts = wanted.iter();
        parts.all(|(part, most)| {
            let units = self.parts.get(part);
            units.is_some_and(|units| units.len() >= usize::from(*most))
        })
    }

    /// All of an album have as many after them.
    fn after(&self, message: i32, album: Option<AlbumId>, part: Part) -> Option<u32> {
        let units = self.parts.get(&part)?.iter();
        let newer = units.filter(|unit| unit.last > message && !unit.is_same(album));
        u32::try_from(newer.count()).ok()
    }
}

impl Unit {
    fn is_same(&self, album: Option<AlbumId>) -> bool {
        album.is_some() && self.album == album
    }
}

fn topic(thread: Option<Thread>) -> TopicId {
    match thread {
        Some(Thread::Topic(topic)) => topic,
        Some(Thread::Thread(_)) | None => TopicId::GENERAL,
    }
}

impl Inbox {
    pub(super) async fn look_ahead(
        &mut self,
        connection: &Connection,
        first_missed: &FirstMissed,
        arrival: Arrival,
    ) -> Result<(), InvokeError> {
        for (chat, first) in self.ahead.unread(first_missed) {
            match self.count_end(connection, chat, first, arrival).await {
                Ok(()) => {}
                Err(error) if is_about_chat(&error) => tracing::warn!(
                    account = %self.live.account.id,
                    %chat,
                    error = &error as &dyn std::error::Error,
                    "the last messages can't be counted, all are forwarded"
                ),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// What people wrote counts: neither what Telegram notes in a chat nor what Patchbay posted.
    async fn count_end(
        &mut self,
        connection: &Connection,
        chat: TelegramChatId,
        first: i32,
        arrival: Arrival,
    ) -> Result<(), InvokeError> {
        let me = self.live.account.telegram_user;
        let Some(peer) = self.live.directory.input_peer(chat, me) else {
            return Ok(());
        };
        let Some(wanted) = self.ahead.wanted.get(&chat).cloned() else {
            return Ok(());
        };
        let shelf = Shelf {
            connection,
            peer,
            topic: None,
        };
        let mut counted = Counted::nothing(first, &wanted);
        let (mut before, mut last) = (None, first);
        loop {
            let page = shelf.before(before).await?;
            let Some(oldest) = page.messages.last().map(tl::enums::Message::id) else {
                break;
            };
            before = Some(oldest);
            let now = self.ports.clock.now();
            let missed = page.messages.iter().filter(|message| message.id() >= first);
            for message in missed {
                last = last.max(message.id());
                if let tl::enums::Message::Message(message) = message
                    && self.translator.is_by_person(message, arrival, now)
                {
                    let unit = Unit {
                        last: message.id,
                        album: message.grouped_id.map(AlbumId),
                    };
                    counted.count(&unit, topic(message::thread(message)));
                }
            }
            if oldest <= first || counted.has_all(&wanted) {
                break;
            }
        }
        counted.covers = first..=last;
        self.ahead.counted.insert(chat, counted);
        Ok(())
    }
}

/// The oldest message of each chat among missed ones.
#[derive(Debug, Default)]
pub(super) struct FirstMissed(BTreeMap<TelegramChatId, i32>);

impl FirstMissed {
    pub(super) fn of<'a>(messages: impl IntoIterator<Item = &'a tl::enums::Message>) -> Self {
        let mut all = Self::default();
        for message in messages {
            all.add(message);
        }
        all
    }

    pub(super) fn of_account(difference: &Difference) -> Self {
        match difference {
            Difference::Empty(_) | Difference::TooLong(_) => Self::default(),
            Difference::Difference(part) => Self::of_part(&part.new_messages, &part.other_updates),
            Difference::Slice(part) => Self::of_part(&part.new_messages, &part.other_updates),
        }
    }

    pub(super) fn of_channel(difference: &ChannelDifference) -> Self {
        match difference {
            ChannelDifference::Empty(_) | ChannelDifference::TooLong(_) => Self::default(),
            ChannelDifference::Difference(part) => Self::of(&part.new_messages),
        }
    }

    fn of_part(messages: &[tl::enums::Message], updates: &[Update]) -> Self {
        let mut all = Self::of(messages);
        for update in updates {
            if let Update::NewChannelMessage(new) = update {
                all.add(&new.message);
            }
        }
        all
    }

    fn add(&mut self, message: &tl::enums::Message) {
        if let tl::enums::Message::Message(message) = message {
            let chat = peer::of_peer(&message.peer_id);
            let first = self.0.entry(chat).or_insert(message.id);
            *first = message.id.min(*first);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn iter(&self) -> impl Iterator<Item = (&TelegramChatId, &i32)> {
        self.0.iter()
    }
}
