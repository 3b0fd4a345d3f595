//! Which pairs a source event concerns, and what is to be done for each.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use crate::chat::{ChatId, Endpoint};
use crate::delivery::{Delivery, DeliveryState, SkipReason};
use crate::event::{Change, Origin, Recovery, SourceEvent, Thread};
use crate::ids::{PairId, TopicId, UserId};
use crate::pair::{Pair, PairState};
use crate::task::ForwardTask;
use crate::time::Timestamp;

/// How far a platform's clock may be behind ours; Telegram's counts whole seconds too.
const CLOCK_SKEW: Duration = Duration::from_secs(5);

/// The pairs that a connector forwards for, by source chat.
#[derive(Debug, Default)]
pub struct PairIndex {
    by_chat: HashMap<ChatId, Vec<Pair>>,
}

impl PairIndex {
    /// Puts a user's pairs in the place of whatever the index had of that user.
    pub fn replace(&mut self, owner: UserId, pairs: impl IntoIterator<Item = Pair>) {
        self.by_chat.retain(|_, entries| {
            entries.retain(|pair| pair.owner != owner);
            !entries.is_empty()
        });
        for pair in pairs {
            self.by_chat
                .entry(pair.source.chat())
                .or_default()
                .push(pair);
        }
    }

    /// Puts these pairs in the place of all.
    pub fn replace_all(&mut self, pairs: impl IntoIterator<Item = Pair>) {
        self.by_chat.clear();
        for pair in pairs {
            self.by_chat
                .entry(pair.source.chat())
                .or_default()
                .push(pair);
        }
    }

    /// The users of whom the index has other pairs than these.
    pub fn owners_differing(&self, pairs: &[Pair]) -> BTreeSet<UserId> {
        let key = |pair: &Pair| (pair.id, pair.state == PairState::Active);
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
        self.by_chat.values().flatten()
    }

    pub fn contains(&self, chat: ChatId, pair: PairId) -> bool {
        self.by_chat
            .get(&chat)
            .is_some_and(|pairs| pairs.iter().any(|known| known.id == pair))
    }

    fn matching(&self, event: &SourceEvent) -> impl Iterator<Item = &Pair> {
        self.by_chat
            .get(&event.chat)
            .into_iter()
            .flatten()
            .filter(|pair| {
                pair.state == PairState::Active
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

fn is_source(source: &Endpoint, event: &SourceEvent) -> bool {
    match source {
        Endpoint::Telegram { account, topic, .. } => {
            let is_in_topic = topic.is_none_or(|topic| is_in_topic(event, topic));
            event.seen_by == Some(*account) && is_in_topic
        }
        Endpoint::Discord { thread, .. } => event.thread == thread.map(Thread::Thread),
    }
}

/// A deletion doesn't say in which topic it was.
fn is_in_topic(event: &SourceEvent, topic: TopicId) -> bool {
    match event.thread {
        Some(Thread::Topic(of)) => of == topic,
        Some(Thread::Thread(_)) => false,
        None => topic == TopicId::GENERAL && event.change != Change::Deleted,
    }
}

/// What to do about an event for one pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Routed {
    Forward(ForwardTask),
    /// Left out, for a reason that is recorded.
    Skip(Delivery),
}

/// One decision for each pair that the event concerns.
pub fn route(event: &SourceEvent, index: &PairIndex, now: Timestamp) -> Vec<Routed> {
    index
        .matching(event)
        .map(|pair| decide(event, pair, now))
        .collect()
}

fn decide(event: &SourceEvent, pair: &Pair, now: Timestamp) -> Routed {
    let task = ForwardTask {
        owner: pair.owner,
        pair: pair.id,
        partition: pair.partition,
        chat: event.chat,
        message: event.message,
        destination: pair.destination,
        change: event.change.clone(),
        recovery: event.recovery,
        source_at: event.at,
        received_at: now,
        due_at: now,
        retry: None,
    };
    match skip_reason(&event.change) {
        None => Routed::Forward(task),
        Some(reason) => {
            let state = DeliveryState::Skipped { reason };
            Routed::Skip(Delivery::of(&task, state, now))
        }
    }
}

fn skip_reason(change: &Change) -> Option<SkipReason> {
    let (post, later) = match change {
        Change::Posted { post } => (post, None),
        Change::Edited { post, .. } => (post, Some(SkipReason::Edit)),
        Change::Deleted => return Some(SkipReason::Deletion),
    };
    match post.origin {
        Origin::Patchbay => Some(SkipReason::OwnPost),
        Origin::Person if later.is_some() => later,
        Origin::Person if !post.content.attachments.is_empty() => Some(SkipReason::Media),
        Origin::Person if post.content.text.is_empty() => Some(SkipReason::Empty),
        Origin::Person => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::{Attachment, Author, Content, MediaKind};
    use crate::event::{Notification, Post, Revision};
    use crate::ids::{
        AccountId, DiscordChannelId, DiscordGuildId, MessageId, PartitionId, TelegramChatId,
    };
    use crate::text::Text;

    const ACCOUNT: AccountId = AccountId::from_bits(1);
    const CHAT: TelegramChatId = TelegramChatId(-1_000_000_000_005);

    fn pair(id: u128, source: Endpoint, state: PairState) -> Pair {
        Pair {
            id: PairId::from_bits(id),
            owner: UserId::from_bits(id),
            partition: PartitionId(0),
            source,
            destination: Endpoint::Discord {
                guild: DiscordGuildId(1),
                channel: DiscordChannelId(9),
                thread: None,
            },
            state,
            created_at: Timestamp(0),
        }
    }

    fn from_telegram(account: AccountId, topic: Option<TopicId>) -> Endpoint {
        Endpoint::Telegram {
            account,
            chat: CHAT,
            topic,
        }
    }

    fn post(text: &str) -> Post {
        Post {
            author: Author {
                id: "7".to_owned(),
                name: "Ann".to_owned(),
            },
            content: Content {
                text: Text::plain(text),
                attachments: vec![],
            },
            reply_to: None,
            album: None,
            notification: Notification::Sound,
            origin: Origin::Person,
        }
    }

    fn event(change: Change) -> SourceEvent {
        SourceEvent {
            chat: ChatId::Telegram(CHAT),
            seen_by: Some(ACCOUNT),
            message: MessageId(3),
            thread: None,
            at: Timestamp(10),
            recovery: Recovery::Live,
            change,
        }
    }

    fn index(pairs: Vec<Pair>) -> PairIndex {
        let mut index = PairIndex::default();
        for pair in pairs {
            index.replace(pair.owner, [pair]);
        }
        index
    }

    fn forwarded(routed: &[Routed]) -> Vec<PairId> {
        let mut pairs: Vec<_> = routed
            .iter()
            .filter_map(|routed| match routed {
                Routed::Forward(task) => Some(task.pair),
                Routed::Skip(_) => None,
            })
            .collect();
        pairs.sort();
        pairs
    }

    #[test]
    fn each_active_pair_of_the_account_that_saw_it_gets_a_task() {
        let index = index(vec![
            pair(1, from_telegram(ACCOUNT, None), PairState::Active),
            pair(2, from_telegram(ACCOUNT, None), PairState::Active),
            pair(3, from_telegram(ACCOUNT, None), PairState::Paused),
            pair(
                4,
                from_telegram(AccountId::from_bits(2), None),
                PairState::Active,
            ),
            pair(
                5,
                from_telegram(ACCOUNT, Some(TopicId(8))),
                PairState::Active,
            ),
        ]);
        let posted = event(Change::Posted {
            post: post("hello"),
        });
        let routed = route(&posted, &index, Timestamp(20));
        assert_eq!(
            forwarded(&routed),
            [PairId::from_bits(1), PairId::from_bits(2)]
        );

        let in_topic = SourceEvent {
            thread: Some(Thread::Topic(TopicId(8))),
            ..posted
        };
        assert_eq!(forwarded(&route(&in_topic, &index, Timestamp(20))).len(), 3);
    }

    #[test]
    fn what_names_no_topic_is_in_the_first_one() {
        let general = from_telegram(ACCOUNT, Some(TopicId::GENERAL));
        let index = index(vec![pair(1, general, PairState::Active)]);
        let posted = event(Change::Posted {
            post: post("hello"),
        });
        assert_eq!(forwarded(&route(&posted, &index, Timestamp(20))).len(), 1);
        let elsewhere = SourceEvent {
            thread: Some(Thread::Topic(TopicId(8))),
            ..posted
        };
        assert_eq!(route(&elsewhere, &index, Timestamp(20)), []);
        let deleted = event(Change::Deleted);
        assert_eq!(route(&deleted, &index, Timestamp(20)), []);
    }

    #[test]
    fn history_from_before_a_pair_is_not_forwarded() {
        let young = Pair {
            created_at: Timestamp::from_seconds(60),
            ..pair(1, from_telegram(ACCOUNT, None), PairState::Active)
        };
        let index = index(vec![young]);
        let posted = event(Change::Posted {
            post: post("hello"),
        });
        for (at, recovery, expected) in [
            (30, Recovery::Recovered, 0),
            (59, Recovery::Recovered, 1),
            (90, Recovery::Recovered, 1),
            (30, Recovery::Live, 1),
        ] {
            let event = SourceEvent {
                at: Timestamp::from_seconds(at),
                recovery,
                ..posted.clone()
            };
            let routed = route(&event, &index, Timestamp::from_seconds(100));
            assert_eq!(routed.len(), expected, "{at} {recovery:?}");
        }
    }

    #[test]
    fn what_is_left_out_says_why() {
        let index = index(vec![pair(
            1,
            from_telegram(ACCOUNT, None),
            PairState::Active,
        )]);
        let photo = Attachment {
            kind: MediaKind::Photo,
            name: None,
            bytes: None,
        };
        let with_photo = Post {
            content: Content {
                text: Text::plain("look"),
                attachments: vec![photo],
            },
            ..post("")
        };
        let cases = [
            (
                Change::Posted {
                    post: Post {
                        origin: Origin::Patchbay,
                        ..post("x")
                    },
                },
                SkipReason::OwnPost,
            ),
            (Change::Posted { post: post("") }, SkipReason::Empty),
            (Change::Posted { post: with_photo }, SkipReason::Media),
            (
                Change::Edited {
                    post: post("x"),
                    revision: Revision(4),
                },
                SkipReason::Edit,
            ),
            (Change::Deleted, SkipReason::Deletion),
        ];
        for (change, expected) in cases {
            let routed = route(&event(change), &index, Timestamp(20));
            let [Routed::Skip(delivery)] = routed.as_slice() else {
                panic!("{routed:?}")
            };
            assert_eq!(delivery.state, DeliveryState::Skipped { reason: expected });
        }
    }

    #[test]
    fn users_whose_pairs_differ_are_found() {
        let (ann, bob, cleo) = (
            pair(1, from_telegram(ACCOUNT, None), PairState::Active),
            pair(2, from_telegram(ACCOUNT, None), PairState::Active),
            pair(3, from_telegram(ACCOUNT, None), PairState::Active),
        );
        let index = index(vec![ann.clone(), bob.clone()]);
        let paused = Pair {
            state: PairState::Paused,
            ..bob.clone()
        };
        let differing = |pairs: &[Pair]| -> Vec<u128> {
            index
                .owners_differing(pairs)
                .into_iter()
                .map(UserId::bits)
                .collect()
        };
        assert_eq!(differing(&[ann.clone(), bob.clone()]), []);
        assert_eq!(differing(std::slice::from_ref(&ann)), [2]);
        assert_eq!(differing(&[ann.clone(), paused]), [2]);
        assert_eq!(differing(&[ann, bob, cleo]), [3]);
    }

    #[test]
    fn replacing_a_users_pairs_leaves_those_of_others() {
        let mut index = index(vec![
            pair(1, from_telegram(ACCOUNT, None), PairState::Active),
            pair(2, from_telegram(ACCOUNT, None), PairState::Active),
        ]);
        index.replace(UserId::from_bits(1), []);
        assert!(!index.contains(ChatId::Telegram(CHAT), PairId::from_bits(1)));
        assert!(index.contains(ChatId::Telegram(CHAT), PairId::from_bits(2)));
    }
}
