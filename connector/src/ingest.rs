//! From what happened on a platform to tasks in the queues.

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use patchbay_app::ports::{ChatMoved, Ingest, PortResult, Ports, ReactionsWanted, SourceSeen};
use patchbay_app::{message_map, pairs};
use patchbay_domain::ids::{PairId, PartitionId};
use patchbay_domain::pair::SourceLoss;
use patchbay_domain::{
    Change, ForwardTask, Pair, PairIndex, PairState, Recovery, Routed, SourceEvent, reaction, route,
};
use tokio::sync::{Mutex, watch};

/// How much longer than the message itself a change is kept that waits for it: a platform may be
/// down for hours.
const CHANGE_KEPT: Duration = Duration::from_hours(25);

/// Routes events by the pairs of one partition, or of the gateway, and stores what follows.
pub(crate) struct Router {
    ports: Ports,
    index: watch::Receiver<PairIndex>,
    /// Where the pairs of a partition are kept for everybody in it. Telegram's chats alone move,
    /// and the gateway hears nothing of them.
    kept: Option<(PartitionId, watch::Sender<PairIndex>)>,
    /// What was noted of pairs' sources, which the index gets to know later.
    noted: Mutex<HashMap<PairId, Option<SourceLoss>>>,
}

impl Router {
    pub(crate) fn new(ports: Ports, index: watch::Receiver<PairIndex>) -> Self {
        Self {
            ports,
            index,
            kept: None,
            noted: Mutex::default(),
        }
    }

    pub(crate) fn of_partition(
        ports: Ports,
        partition: PartitionId,
        index: watch::Sender<PairIndex>,
    ) -> Self {
        Self {
            ports,
            index: index.subscribe(),
            kept: Some((partition, index)),
            noted: Mutex::default(),
        }
    }
}

#[async_trait]
impl Ingest for Router {
    async fn ingest(&self, events: &[SourceEvent]) -> PortResult<()> {
        let now = self.ports.clock.now();
        let (mut tasks, mut skipped) = (Vec::new(), Vec::new());
        {
            let index = self.index.borrow();
            for routed in events.iter().flat_map(|event| route(event, &index, now)) {
                match routed {
                    Routed::Forward(task) => tasks.push(*task),
                    Routed::Skip(delivery) => skipped.push(*delivery),
                }
            }
        }
        if !skipped.is_empty() {
            self.ports.deliveries.record(&skipped).await?;
        }
        let tasks = self.without_known(tasks).await?;
        if !tasks.is_empty() {
            self.keep_changes(&tasks).await?;
            self.ports.tasks.enqueue(&tasks).await?;
        }
        Ok(())
    }

    fn reactions_wanted(&self) -> Vec<ReactionsWanted> {
        let index = self.index.borrow();
        let wanting = index
            .pairs()
            .filter(|pair| pair.state == PairState::Active && pair.options.events.reactions);
        let wanted = |pair: &Pair| ReactionsWanted {
            source: pair.source,
            since: pair.created_at,
        };
        wanting.map(wanted).collect()
    }

    /// What is noted already costs nothing.
    async fn seen(&self, sources: &[SourceSeen]) -> PortResult<()> {
        let mut noted = self.noted.lock().await;
        let mut changed = Vec::new();
        {
            let index = self.index.borrow();
            for SourceSeen { source, lost } in sources {
                let of_source = index.reading(*source).filter(|pair| {
                    let is_meant = pair.state == PairState::Active || lost.is_none();
                    let in_index = pair.health.source.map(|trouble| trouble.reason);
                    is_meant && *noted.get(&pair.id).unwrap_or(&in_index) != *lost
                });
                changed.extend(of_source.map(|pair| (pair.owner, pair.id, *lost)));
            }
        }
        for (owner, pair, lost) in changed {
            pairs::note_source(&self.ports, owner, pair, lost).await?;
            noted.insert(pair, lost);
        }
        Ok(())
    }

    /// The control message that tells of the change comes too late for what is said right after.
    async fn moved(&self, moved: &ChatMoved) -> PortResult<()> {
        pairs::follow(&self.ports, moved).await?;
        if let Some((partition, index)) = &self.kept {
            let mut pairs = self.ports.pairs.of_user(moved.owner).await?.pairs;
            pairs.retain(|pair| pair.partition == *partition);
            index.send_modify(|index| index.replace(moved.owner, pairs));
        }
        Ok(())
    }
}

impl Router {
    /// Reactions that were found, not told of, may be those that were found before.
    async fn without_known(&self, tasks: Vec<ForwardTask>) -> PortResult<Vec<ForwardTask>> {
        let mut news = Vec::with_capacity(tasks.len());
        for task in tasks {
            if !self.is_known(&task).await? {
                news.push(task);
            }
        }
        Ok(news)
    }

    async fn is_known(&self, task: &ForwardTask) -> PortResult<bool> {
        match &task.change {
            Change::Reacted { reactions, .. } if task.recovery == Recovery::Recovered => {
                let print = reaction::print(reactions);
                let known = message_map::seen(&self.ports, task.pair, task.message).await?;
                Ok(known == print)
            }
            Change::Posted { .. }
            | Change::Edited { .. }
            | Change::Reacted { .. }
            | Change::Deleted => Ok(false),
        }
    }

    /// What happens to a message that its pair holds back is kept where the message finds it when
    /// its time has come. Its reactions come after it.
    async fn keep_changes(&self, tasks: &[ForwardTask]) -> PortResult<()> {
        let waiting = tasks.iter().filter(|task| task.due_at > task.received_at);
        let changes = waiting.filter(|task| match task.change {
            Change::Edited { .. } | Change::Deleted => true,
            Change::Posted { .. } | Change::Reacted { .. } => false,
        });
        for task in changes {
            let until = task.due_at.plus(CHANGE_KEPT);
            self.ports.kept_tasks.put(task, until).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use patchbay_app::testing::Memory;
    use patchbay_domain::event::Newer;
    use patchbay_domain::pair::Options;
    use patchbay_domain::pair::options::Draft;
    use patchbay_domain::user::User;
    use patchbay_domain::{ChatId, DeliveryState, Emoji, Reaction, Revision, Timestamp};

    use super::*;
    use crate::example::pair;

    #[tokio::test]
    async fn what_is_said_in_a_chat_that_moved_is_routed_at_once() {
        let ports = Memory::new().ports();
        let pair = pair();
        let version = ports.pairs.of_user(pair.owner).await.unwrap().version;
        assert!(ports.pairs.create(&pair, version).await.unwrap());
        let mut index = PairIndex::default();
        index.replace_all([pair.clone()]);
        let (sender, _) = watch::channel(index);
        let router = Router::of_partition(ports, pair.partition, sender.clone());
        let moved = ChatMoved {
            owner: pair.owner,
            account: pair.source.account().unwrap(),
            from: patchbay_domain::ids::TelegramChatId(5),
            to: patchbay_domain::ids::TelegramChatId(6),
        };
        router.moved(&moved).await.unwrap();
        let index = sender.borrow();
        let of = |chat| ChatId::Telegram(patchbay_domain::ids::TelegramChatId(chat));
        assert!(index.get(of(6), pair.id).is_some());
        assert!(index.get(of(5), pair.id).is_none());
    }

    #[tokio::test]
    async fn the_owner_of_a_pair_hears_once_of_its_lost_source() {
        let memory = Memory::new();
        let ports = memory.ports();
        let (ann, bob) = (pair(), pair_of(2));
        for pair in [&ann, &bob] {
            let email = format!("{}@example.com", pair.owner).parse().unwrap();
            let user = User::new(pair.owner, email, String::new(), 1, ports.clock.now());
            ports.users.create(&user).await.unwrap();
            let version = ports.pairs.of_user(pair.owner).await.unwrap().version;
            assert!(ports.pairs.create(pair, version).await.unwrap());
        }
        let (index, watched) = watch::channel(PairIndex::default());
        let router = Router::new(ports.clone(), watched);
        let lost = Some(SourceLoss::Lost);
        for (number, found) in [None, lost, None, lost, None, lost].into_iter().enumerate() {
            let mut stored = Vec::new();
            for pair in [&ann, &bob] {
                stored.extend(ports.pairs.get(pair.owner, pair.id).await.unwrap());
            }
            if number == 0 || number > 3 {
                // It may lag behind.
                index.send_modify(|index| index.replace_all(stored));
            }
            let seen = |pair: &Pair, lost| SourceSeen {
                source: pair.source,
                lost,
            };
            let told = [seen(&ann, found), seen(&bob, None)];
            router.seen(&told).await.unwrap();
            let trouble = async |pair: &Pair| {
                let stored = ports.pairs.get(pair.owner, pair.id).await.unwrap().unwrap();
                stored.health.source.map(|trouble| trouble.reason)
            };
            assert_eq!(trouble(&ann).await, found);
            assert_eq!(trouble(&bob).await, None);
        }
        let letters = memory.letters();
        assert_eq!(letters.len(), 1);
        let to = format!("{}@example.com", ann.owner).parse().unwrap();
        assert_eq!(letters[0].to, to);
    }

    /// Another user's, from the same chat by another account.
    fn pair_of(user: u128) -> Pair {
        use patchbay_domain::Endpoint;
        use patchbay_domain::ids::{AccountId, PairId, TelegramChatId, UserId};
        Pair {
            id: PairId::from_bits(user),
            owner: UserId::from_bits(user),
            source: Endpoint::Telegram {
                account: AccountId::from_bits(user),
                chat: TelegramChatId(5),
                topic: None,
            },
            ..pair()
        }
    }

    #[tokio::test]
    async fn a_change_of_what_is_held_back_is_kept_for_it() {
        let memory = Memory::new();
        let ports = memory.ports();
        let delayed = |delay| {
            let draft = Draft {
                delay,
                ..Draft::default()
            };
            Pair {
                options: Options::parse(draft).unwrap(),
                ..pair()
            }
        };
        let event = SourceEvent {
            chat: ChatId::Telegram(patchbay_domain::ids::TelegramChatId(5)),
            seen_by: pair().source.account(),
            message: patchbay_domain::ids::MessageId(7),
            thread: None,
            at: ports.clock.now(),
            recovery: Recovery::Live,
            newer: Newer::default(),
            reader: None,
            change: Change::Deleted,
        };
        for (delay, is_kept) in [(0, false), (60, true)] {
            let mut index = PairIndex::default();
            index.replace_all([delayed(delay)]);
            let (_sender, index) = watch::channel(index);
            let router = Router::new(ports.clone(), index);
            router.ingest(std::slice::from_ref(&event)).await.unwrap();
            let (owner, id) = (pair().owner, pair().id);
            let now = ports.clock.now();
            let kept = ports
                .kept_tasks
                .latest_change(owner, id, event.message, now);
            assert_eq!(kept.await.unwrap().is_some(), is_kept, "{delay}");
        }
    }

    /// A process that begins finds what the one before has told.
    #[tokio::test]
    async fn reactions_that_were_found_are_told_only_if_they_are_news() {
        let memory = Memory::new();
        let ports = memory.ports();
        let mut draft = Draft::default();
        draft.events.reactions = true;
        let pair = Pair {
            options: Options::parse(draft).unwrap(),
            ..pair()
        };
        let mut index = PairIndex::default();
        index.replace_all([pair.clone()]);
        let (_sender, index) = watch::channel(index);
        let router = Router::new(ports.clone(), index);
        let wanted = ReactionsWanted {
            source: pair.source,
            since: pair.created_at,
        };
        assert_eq!(router.reactions_wanted(), [wanted]);
        let wait = std::time::Duration::ZERO;
        let steps: [(Recovery, i64, &[u32], bool); 6] = [
            (Recovery::Recovered, 1, &[], false),
            (Recovery::Recovered, 2, &[3], true),
            (Recovery::Recovered, 3, &[3], false),
            (Recovery::Live, 4, &[3], true),
            (Recovery::Recovered, 5, &[], true),
            (Recovery::Recovered, 6, &[], false),
        ];
        for (recovery, at, counts, is_news) in steps {
            let reactions = counts.iter().map(|count| Reaction {
                emoji: Emoji::unicode("👍"),
                count: *count,
            });
            let event = SourceEvent {
                chat: pair.source.chat(),
                seen_by: pair.source.account(),
                message: patchbay_domain::ids::MessageId(7),
                thread: None,
                at: ports.clock.now(),
                recovery,
                newer: Newer::default(),
                reader: None,
                change: Change::Reacted {
                    reactions: reactions.collect(),
                    revision: Revision::reacted(Timestamp(at)),
                },
            };
            router.ingest(&[event]).await.unwrap();
            let received = ports.tasks.receive(pair.partition, wait).await.unwrap();
            assert_eq!(received.len(), usize::from(is_news), "{at}");
            for task in received {
                let state = DeliveryState::delivered(Vec::new());
                let now = ports.clock.now();
                let fence = patchbay_domain::Fence(1);
                ports
                    .deliveries
                    .claim(&task.body, fence, now)
                    .await
                    .unwrap();
                ports
                    .deliveries
                    .finish(&task.body, &state, now)
                    .await
                    .unwrap();
                ports.tasks.delete(&[task.receipt]).await.unwrap();
            }
        }
    }
}
