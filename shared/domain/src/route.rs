//! Which pairs a source event concerns, and what is to be done for each.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::OnceLock;
use std::time::Duration;

use crate::chat::{ChatId, Endpoint};
use crate::delivery::{Delivery, DeliveryKey, DeliveryState, link};
use crate::event::{Change, Origin, Post, Recovery, SourceEvent, Thread};
use crate::ids::{PairId, TopicId, UserId};
use crate::pair::options::{GapPolicy, Mode};
use crate::pair::{Outcome, Pair, PairState, Program, Rule};
use crate::reason::SkipReason;
use crate::task::{ForwardTask, Manner};
use crate::time::Timestamp;

/// How far a platform's clock may be behind ours; Telegram's counts whole seconds too.
pub const CLOCK_SKEW: Duration = Duration::from_secs(5);

/// The pairs that a connector forwards for, by source chat.
#[derive(Debug, Default)]
pub struct PairIndex {
    by_chat: HashMap<ChatId, Vec<Entry>>,
}

#[derive(Debug)]
struct Entry {
    pair: Pair,
    /// The pair's options, compiled when its first message comes: most pairs of a user are read
    /// again for each change of one.
    program: OnceLock<Result<Program, Rule>>,
}

impl Entry {
    fn new(pair: Pair) -> Self {
        Self {
            pair,
            program: OnceLock::new(),
        }
    }

    fn program(&self) -> Result<&Program, Rule> {
        self.program
            .get_or_init(|| Program::compile(&self.pair.options))
            .as_ref()
            .map_err(Clone::clone)
    }

    /// Whether Telegram's own forwards can take a message of the pair along: the account that
    /// sends them has to see the source.
    fn can_forward(&self) -> bool {
        let (from, to) = (&self.pair.source, &self.pair.destination);
        from.account().is_some() && from.account() == to.account()
    }
}

impl PairIndex {
    /// Puts a user's pairs in the place of whatever the index had of that user.
    pub fn replace(&mut self, owner: UserId, pairs: impl IntoIterator<Item = Pair>) {
        self.by_chat.retain(|_, entries| {
            entries.retain(|entry| entry.pair.owner != owner);
            !entries.is_empty()
        });
        self.extend(pairs);
    }

    /// Puts these pairs in the place of all.
    pub fn replace_all(&mut self, pairs: impl IntoIterator<Item = Pair>) {
        self.by_chat.clear();
        self.extend(pairs);
    }

    fn extend(&mut self, pairs: impl IntoIterator<Item = Pair>) {
        for pair in pairs {
            self.by_chat
                .entry(pair.source.chat())
                .or_default()
                .push(Entry::new(pair));
        }
    }

    /// The users of whom the index has other pairs than these.
    pub fn owners_differing(&self, pairs: &[Pair]) -> BTreeSet<UserId> {
        let key = |pair: &Pair| (pair.id, pair.version, pair.state == PairState::Active);
        let known: BTreeMap<_, _> = self.pairs().map(|pair| (key(pair), pair.owner)).collect();
        let stored: BTreeMap<_, _> = pairs.iter().map(|pair| (key(pair), pair.owner)).collect();
        let one_sided = |ours: &BTreeMap<_, UserId>, theirs: &BTreeMap<_, UserId>| {
            let missing = ours.iter().filter(|(key, _)| !theirs.contains_key(*key));
            missing.map(|(_, owner)| *owner).collect::<BTreeSet<_>>()
        };
        &one_sided(&known, &stored) | &one_sided(&stored, &known)
    }

    pub fn len(&self) -> usize {
        self.by_chat.values().map(Vec::len).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.by_chat.is_empty()
    }

    pub fn pairs(&self) -> impl Iterator<Item = &Pair> {
        self.by_chat.values().flatten().map(|entry| &entry.pair)
    }

    pub fn get(&self, chat: ChatId, pair: PairId) -> Option<&Pair> {
        let mut entries = self.by_chat.get(&chat)?.iter();
        let entry = entries.find(|entry| entry.pair.id == pair)?;
        Some(&entry.pair)
    }

    /// The pairs that read this chat; on Telegram any topic of it.
    pub fn reading(&self, source: Endpoint) -> impl Iterator<Item = &Pair> {
        let entries = self.by_chat.get(&source.chat()).into_iter().flatten();
        entries
            .map(|entry| &entry.pair)
            .filter(move |pair| match (pair.source, source) {
                (Endpoint::Telegram { account, .. }, Endpoint::Telegram { account: of, .. }) => {
                    account == of
                }
                (pair, source) => pair == source,
            })
    }

    fn matching(&self, event: &SourceEvent) -> impl Iterator<Item = &Entry> {
        self.by_chat
            .get(&event.chat)
            .into_iter()
            .flatten()
            .filter(|Entry { pair, .. }| {
                pair.state == PairState::Active
                    && is_wanted(&event.change, pair)
                    && event.reader.is_none_or(|reader| reader == pair.id)
                    && is_source(&pair.source, event)
                    && !is_older(event, pair)
            })
    }
}

/// Whether an event was found in history from before the pair. What is seen live is never too old,
/// whatever the platform's clock says.
fn is_older(event: &SourceEvent, pair: &Pair) -> bool {
    event.recovery == Recovery::Recovered && event.at.plus(CLOCK_SKEW) < pair.created_at
}

/// Reactions are no messages: where nobody wants them, nothing tells of them.
fn is_wanted(change: &Change, pair: &Pair) -> bool {
    match change {
        Change::Reacted { .. } => pair.options.events.reactions,
        Change::Posted { .. } | Change::Edited { .. } | Change::Deleted => true,
    }
}

fn is_source(source: &Endpoint, event: &SourceEvent) -> bool {
    match source {
        Endpoint::Telegram { account, topic, .. } => {
            let is_in_topic = topic.is_none_or(|topic| is_in_topic(event, topic));
            event.seen_by == Some(*account) && is_in_topic
        }
        Endpoint::Discord { thread, .. } => event.thread == thread.map(Thread::Thread),
    }
}

/// What doesn't say in which topic it was concerns whoever delivered the message.
fn is_in_topic(event: &SourceEvent, topic: TopicId) -> bool {
    match event.thread {
        Some(Thread::Topic(of)) => of == topic,
        Some(Thread::Thread(_)) => false,
        None => topic == TopicId::GENERAL || !event.change.tells_topic(),
    }
}

/// What to do about an event for one pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Routed {
    Forward(Box<ForwardTask>),
    /// Left out, for a reason that is recorded.
    Skip(Box<Delivery>),
}

/// One decision for each pair that the event concerns.
pub fn route(event: &SourceEvent, index: &PairIndex, now: Timestamp) -> Vec<Routed> {
    let mut all = Vec::new();
    for entry in index.matching(event) {
        let routed = decide(event, entry, now);
        if let Routed::Skip(first) = &routed {
            let others = others_of_album(event, first);
            all.extend(others.map(|other| Routed::Skip(Box::new(other))));
        }
        all.push(routed);
    }
    all
}

/// An album is left out as a whole, and each of its messages is told of.
fn others_of_album(event: &SourceEvent, first: &Delivery) -> impl Iterator<Item = Delivery> {
    let post = event.change.post().into_iter();
    let messages = post.flat_map(|post| post.content.attachments.iter().filter_map(|a| a.message));
    let others = messages.filter(|message| *message != event.message);
    others.map(|message| Delivery {
        key: DeliveryKey {
            message,
            ..first.key
        },
        bytes: 0,
        ..first.clone()
    })
}

fn decide(event: &SourceEvent, entry: &Entry, now: Timestamp) -> Routed {
    let pair = &entry.pair;
    let mode = pair.options.mode;
    let persona = match (mode, &pair.destination) {
        (Mode::Copy, Endpoint::Discord { .. }) => pair.options.appear_as.clone(),
        (Mode::Forward, _) | (Mode::Copy, Endpoint::Telegram { .. }) => None,
    };
    let task = |change: Change, manner: Manner| ForwardTask {
        owner: pair.owner,
        pair: pair.id,
        partition: pair.partition,
        chat: event.chat,
        message: event.message,
        source: pair.source,
        destination: pair.destination,
        manner,
        persona: persona.clone(),
        duplicates: pair.options.duplicates,
        change,
        recovery: event.recovery,
        source_at: event.at,
        received_at: now,
        due_at: due(event, pair, now),
        retry: None,
    };
    match change_for(entry, event) {
        Ok((change, manner)) => Routed::Forward(Box::new(task(change, manner))),
        Err(state) => {
            let task = task(event.change.clone(), Manner::Copied);
            Routed::Skip(Box::new(Delivery::of(&task, state, now)))
        }
    }
}

/// What was said long ago has been held back long enough.
fn due(event: &SourceEvent, pair: &Pair, now: Timestamp) -> Timestamp {
    let delay = pair.options.delay();
    match event.recovery {
        Recovery::Live | Recovery::Recovered => now.plus(delay),
        Recovery::Requested => event.at.plus(delay).max(now),
    }
}

/// What a pair makes of a change, or in which state it ends here.
fn change_for(entry: &Entry, event: &SourceEvent) -> Result<(Change, Manner), DeliveryState> {
    let skipped = |reason| Err(DeliveryState::Skipped { reason });
    let events = &entry.pair.options.events;
    match &event.change {
        Change::Posted { post } => {
            let (post, manner) = post_for(entry, event, post)?;
            Ok((Change::Posted { post }, manner))
        }
        Change::Edited { .. } if !events.edits => skipped(SkipReason::Edits),
        Change::Edited { post, revision } => {
            let (post, manner) = post_for(entry, event, post)?;
            let revision = *revision;
            Ok((Change::Edited { post, revision }, manner))
        }
        Change::Reacted { .. } => Ok((event.change.clone(), Manner::Copied)),
        Change::Deleted if !events.deletions => skipped(SkipReason::Deletions),
        Change::Deleted => Ok((Change::Deleted, Manner::Copied)),
    }
}

fn post_for(
    entry: &Entry,
    event: &SourceEvent,
    post: &Post,
) -> Result<(Post, Manner), DeliveryState> {
    let skipped = |reason| Err(DeliveryState::Skipped { reason });
    match post.origin {
        Origin::Patchbay => return skipped(SkipReason::OwnPost),
        Origin::Person => {}
    }
    if post.content.attachments.is_empty() && post.content.text.is_empty() {
        return skipped(SkipReason::Empty);
    }
    if is_left_out(event, &entry.pair) {
        return skipped(SkipReason::Gap);
    }
    let program = entry
        .program()
        .map_err(|rule| DeliveryState::Filtered { rule })?;
    let manner = match program.mode() {
        Mode::Copy => Manner::Copied,
        Mode::Forward => Manner::Attributed,
    };
    if manner == Manner::Attributed
        && entry.can_forward()
        && let Some(post) = program.pass(post)
    {
        return Ok((post, Manner::Forwarded));
    }
    let link = link(&entry.pair.source, None, event.message);
    match program.apply(post, link.as_deref()) {
        Outcome::Filtered { rule } => Err(DeliveryState::Filtered { rule }),
        Outcome::Passed(post) => Ok((post, manner)),
    }
}

/// Whether a pair doesn't want a message that was missed. What comes after it is counted for posts
/// alone; where nobody could count, it is forwarded.
fn is_left_out(event: &SourceEvent, pair: &Pair) -> bool {
    let is_missed = event.recovery == Recovery::Recovered;
    is_missed
        && match pair.options.gap_policy {
            GapPolicy::All => false,
            GapPolicy::Last(most) => {
                newer(event, &pair.source).is_some_and(|newer| newer >= u32::from(most))
            }
            GapPolicy::Skip => true,
        }
}

fn newer(event: &SourceEvent, source: &Endpoint) -> Option<u32> {
    let is_of_whole_chat = match source {
        Endpoint::Telegram { topic, .. } => topic.is_none(),
        Endpoint::Discord { thread, .. } => thread.is_none(),
    };
    if is_of_whole_chat {
        event.newer.in_chat
    } else {
        event.newer.in_thread
    }
}

#[cfg(test)]
mod tests;
