//! Reactions to the messages that pairs read (core.telegram.org/api/reactions).
//!
//! They are a state of a message, told anew with each change. What changes often is gathered for a
//! while, and told as it is then. All of this is in memory: what a process that ends has not told,
//! the next one finds when it asks ([`poll`]).

mod poll;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use grammers_tl_types as tl;
use patchbay_app::ports::ReactionsWanted;
use patchbay_domain::event::{Newer, Thread};
use patchbay_domain::ids::{AccountId, TelegramChatId, TopicId};
use patchbay_domain::{
    Change, ChatId, Endpoint, Reaction, Recovery, Revision, SourceEvent, Timestamp, reaction,
};
use tl::enums::Update;
use tokio::time::Instant;

use self::poll::Polls;
use super::inbox::Inbox;
use crate::config::ReactionPace;
use crate::peer;
use crate::recent::Recent;
use crate::translate::{message, reactions};

const REMEMBERED: usize = 50_000;
/// A message whose reactions change all the time is told of less often, down to one time in so many.
const SLOWEST: u32 = 5;

/// A message by its chat and its number there.
type Place = (TelegramChatId, i32);

pub(super) struct Reactions {
    pace: ReactionPace,
    /// The chats in which somebody wants them, and since when.
    wanted: HashMap<TelegramChatId, Timestamp>,
    told: Recent<Place, Told>,
    gathered: BTreeMap<Place, Gathered>,
    polls: Polls,
    /// When something was told last. Whatever the clock does, what comes later is later.
    last: Timestamp,
}

/// What was handed on last.
#[derive(Debug, Clone, Copy)]
struct Told {
    print: u32,
    at: Instant,
    /// How long the next one is gathered at least.
    pause: Duration,
}

/// What is to be handed on.
struct Gathered {
    seen: Seen,
    due: Instant,
}

/// The reactions to a message, as they were seen.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) place: Place,
    pub(super) thread: Option<Thread>,
    pub(super) reactions: Vec<Reaction>,
    pub(super) recovery: Recovery,
}

impl Reactions {
    pub(super) fn new(pace: ReactionPace) -> Self {
        Self {
            pace,
            wanted: HashMap::new(),
            told: Recent::new(REMEMBERED),
            gathered: BTreeMap::new(),
            polls: Polls::default(),
            last: Timestamp(0),
        }
    }

    fn want(&mut self, wanted: Vec<ReactionsWanted>, account: AccountId, now: Instant) {
        self.wanted.clear();
        for ReactionsWanted { source, since } in wanted {
            let Endpoint::Telegram {
                account: of, chat, ..
            } = source
            else {
                continue;
            };
            if of == account {
                let first = self.wanted.entry(chat).or_insert(since);
                *first = (*first).min(since);
            }
        }
        self.polls.want(self.wanted.keys().copied(), now);
    }

    /// Gathers what was seen, if it is news.
    fn see(&mut self, seen: Seen, now: Instant) {
        let place = seen.place;
        if let Some(gathered) = self.gathered.get_mut(&place) {
            gathered.seen.reactions = seen.reactions;
            return;
        }
        let told = self.told.get(&place).copied();
        if told.is_some_and(|told| told.print == reaction::print(&seen.reactions)) {
            return;
        }
        let due = match (seen.recovery, told) {
            (Recovery::Recovered | Recovery::Requested, _) => now,
            (Recovery::Live, None) => now + self.pace.gathered_for,
            (Recovery::Live, Some(told)) => {
                (now + self.pace.gathered_for).max(told.at + told.pause)
            }
        };
        self.gathered.insert(place, Gathered { seen, due });
    }

    fn is_known(&self, place: Place) -> bool {
        self.told.get(&place).is_some() || self.gathered.contains_key(&place)
    }

    /// Takes it for told already.
    fn note(&mut self, seen: &Seen, now: Instant) {
        let usual = self.pace.gathered_for;
        let pause = match self.told.get(&seen.place) {
            // It changed soon after it was told.
            Some(told) if now < told.at + told.pause * 3 => (told.pause * 2).min(usual * SLOWEST),
            Some(_) | None => usual,
        };
        let told = Told {
            print: reaction::print(&seen.reactions),
            at: now,
            pause,
        };
        self.told.put(seen.place, told);
    }

    fn gathered_due(&self) -> Option<Instant> {
        self.gathered.values().map(|gathered| gathered.due).min()
    }

    /// When there is something to do.
    pub(super) fn due(&self) -> Option<Instant> {
        [self.gathered_due(), self.polls.due(self.pace.polled_every)]
            .into_iter()
            .flatten()
            .min()
    }

    /// What is to be handed on now. What has become again what was told last is no news.
    fn ripe(&mut self, is_ripe: impl Fn(&Gathered) -> bool, now: Instant) -> Vec<Seen> {
        let ripe = self
            .gathered
            .extract_if(.., |_, gathered| is_ripe(gathered));
        let mut ripe: Vec<Seen> = ripe.map(|(_, gathered)| gathered.seen).collect();
        ripe.retain(|seen| {
            let told = self.told.get(&seen.place);
            told.is_none_or(|told| told.print != reaction::print(&seen.reactions))
        });
        for seen in &ripe {
            self.note(seen, now);
        }
        ripe
    }
}

impl Inbox {
    /// Takes what updates tell of reactions.
    pub(super) fn see_reactions(&mut self, updates: &[Update]) {
        let all: Vec<Seen> = updates.iter().filter_map(seen).collect();
        if !all.is_empty() {
            self.look_who_wants_reactions();
        }
        for seen in all {
            self.see(seen);
        }
    }

    /// Nothing is told of what Patchbay has delivered itself: there its own reactions stand.
    fn see(&mut self, seen: Seen) {
        let (chat, id) = seen.place;
        let is_wanted = self.reactions.wanted.contains_key(&chat);
        if is_wanted && !self.translator.is_delivery(chat, id) {
            self.reactions.see(seen, Instant::now());
        }
    }

    pub(super) async fn pass_on_reactions(&mut self) {
        let now = Instant::now();
        let ripe = self.reactions.ripe(|gathered| gathered.due <= now, now);
        self.pass_on_seen(ripe).await;
    }

    /// Hands on what is still gathered, since nobody comes back to it here.
    pub(super) async fn pass_on_last_reactions(&mut self) {
        let ripe = self.reactions.ripe(|_| true, Instant::now());
        self.pass_on_seen(ripe).await;
    }

    async fn pass_on_seen(&mut self, seen: Vec<Seen>) {
        if seen.is_empty() {
            return;
        }
        let next = self.reactions.last.plus(Duration::from_millis(1));
        let now = self.ports.clock.now().max(next);
        self.reactions.last = now;
        let events = seen.into_iter().map(|seen| self.event(seen, now));
        let events = events.collect();
        self.pass_on(events).await;
    }

    fn event(&self, seen: Seen, now: Timestamp) -> SourceEvent {
        let (chat, id) = seen.place;
        SourceEvent {
            chat: ChatId::Telegram(chat),
            seen_by: Some(self.live.account.id),
            message: message::id(id),
            thread: seen.thread,
            at: now,
            recovery: seen.recovery,
            newer: Newer::default(),
            reader: None,
            change: Change::Reacted {
                reactions: seen.reactions,
                revision: Revision::reacted(now),
            },
        }
    }
}

/// What an update tells of the reactions to a message.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "all others tell of no reactions"
)]
fn seen(update: &Update) -> Option<Seen> {
    match update {
        Update::MessageReactions(told) => Some(Seen {
            place: (peer::of_peer(&told.peer), told.msg_id),
            thread: told.top_msg_id.map(|topic| Thread::Topic(TopicId(topic))),
            reactions: reactions::reactions(Some(&told.reactions)),
            recovery: Recovery::Live,
        }),
        // A channel may tell of them so.
        Update::EditMessage(edit) => of_edited(&edit.message),
        Update::EditChannelMessage(edit) => of_edited(&edit.message),
        _ => None,
    }
}

/// An edit need not tell that there are none.
fn of_edited(message: &tl::enums::Message) -> Option<Seen> {
    let tl::enums::Message::Message(message) = message else {
        return None;
    };
    message.reactions.as_ref()?;
    Some(of_message(message, Recovery::Live))
}

fn of_message(message: &tl::types::Message, recovery: Recovery) -> Seen {
    Seen {
        place: (peer::of_peer(&message.peer_id), message.id),
        thread: message::thread(message),
        reactions: reactions::reactions(message.reactions.as_ref()),
        recovery,
    }
}
