mod albums;
mod board;
mod changes;
mod files;
mod reactions;

use patchbay_app::analytics::{self, Of};
use patchbay_app::ports::{Attempt, SendError};
use patchbay_app::testing::Memory;
use patchbay_app::trace;
use patchbay_domain::figures::Hour;
use patchbay_domain::ids::{MessageId, TelegramChatId};
use patchbay_domain::pair::options::Duplicates;
use patchbay_domain::user::{PasswordHash, Role, User};
use patchbay_domain::{
    Author, Change, ChatId, Content, Delivery, DeliveryKey, DeliveryState, FailReason, Manner,
    Pair, Plan, Post, Recovery, Revision, SkipReason, Text, Timestamp,
};

use super::*;
use crate::example::{PARTITION, pair};
use board::Board;

const FENCE: Fence = Fence(1);

struct Scene {
    memory: Memory,
    board: Arc<Board>,
    pair: Pair,
    index: watch::Sender<PairIndex>,
    running: JoinSet<()>,
    stop: CancellationToken,
}

impl Scene {
    async fn new(answers: impl IntoIterator<Item = SendError>) -> Self {
        Self::of(pair(), answers).await
    }

    async fn of(pair: Pair, answers: impl IntoIterator<Item = SendError>) -> Self {
        let scene = Self {
            memory: Memory::new(),
            board: Arc::new(Board::new(answers)),
            pair,
            index: watch::Sender::new(PairIndex::default()),
            running: JoinSet::new(),
            stop: CancellationToken::new(),
        };
        let ports = scene.memory.ports();
        assert!(ports.pairs.create(&scene.pair, 0).await.unwrap());
        scene
    }

    fn start(&mut self) {
        let deliverer = Deliverer {
            ports: self.memory.ports(),
            platforms: Reach::new(Some(self.access()), Some(self.access())),
            partition: PARTITION,
            fence: FENCE,
            index: self.index.subscribe(),
            held: Held::default(),
        };
        self.running.spawn(deliverer.run(self.stop.clone()));
    }

    fn access(&self) -> Access {
        Access {
            sender: self.board.clone(),
            reader: self.board.clone(),
        }
    }

    async fn enqueue(&self, messages: impl IntoIterator<Item = (u64, &'static str)>) {
        let tasks: Vec<_> = messages
            .into_iter()
            .map(|(message, text)| task(&self.memory, message, text))
            .collect();
        self.memory.ports().tasks.enqueue(&tasks).await.unwrap();
    }

    /// The final state of a message. Time runs on while it is waited for.
    async fn outcome(&self, message: u64) -> DeliveryState {
        self.outcome_of(key(message)).await
    }

    async fn outcome_of(&self, key: DeliveryKey) -> DeliveryState {
        let ports = self.memory.ports();
        for _ in 0..10_000 {
            let delivery = ports.deliveries.get(key).await.unwrap();
            if let Some(delivery) = delivery
                && delivery.state.is_final()
            {
                return delivery.state;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
            self.memory.clock().advance(Duration::from_millis(100));
        }
        panic!("{key:?} has no outcome");
    }

    fn sent(&self) -> Vec<String> {
        let log = self.board.log();
        log.into_iter().map(|(text, _)| text).collect()
    }
}

fn key(message: u64) -> DeliveryKey {
    DeliveryKey {
        pair: pair().id,
        message: MessageId(message),
        revision: Revision::POSTED,
    }
}

fn task(memory: &Memory, message: u64, text: &str) -> ForwardTask {
    let now = memory.ports().clock.now();
    let pair = pair();
    ForwardTask {
        owner: pair.owner,
        pair: pair.id,
        partition: pair.partition,
        chat: ChatId::Telegram(TelegramChatId(5)),
        message: MessageId(message),
        source: pair.source,
        destination: pair.destination,
        manner: Manner::Copied,
        persona: None,
        duplicates: Duplicates::Forward,
        change: Change::Posted { post: post(text) },
        recovery: Recovery::Live,
        source_at: now,
        received_at: now,
        due_at: now,
        retry: None,
    }
}

/// Whose pairs these are.
fn owner(now: Timestamp) -> User {
    User {
        id: pair().owner,
        email: "ann@example.com".parse().unwrap(),
        password_hash: PasswordHash::default(),
        partition: PARTITION,
        role: Role::default(),
        plan: Plan::default(),
        profile: patchbay_domain::user::Profile::default(),
        created_at: now,
        leaving_since: None,
    }
}

fn post(text: &str) -> Post {
    let author = Author {
        id: "7".to_owned(),
        name: "Ann".to_owned(),
    };
    let content = Content {
        text: Text::plain(text),
        ..Content::default()
    };
    Post::new(author, content)
}

fn limited(seconds: u64) -> SendError {
    SendError::Limited {
        after: Duration::from_secs(seconds),
    }
}

fn unclear() -> SendError {
    SendError::Retry {
        after: Duration::ZERO,
        why: "no answer".to_owned(),
    }
}

#[tokio::test(start_paused = true)]
async fn messages_arrive_in_order_and_the_queue_is_empty_afterwards() {
    let mut scene = Scene::new([]).await;
    scene
        .enqueue((1..=25).map(|message| (message, "hello")))
        .await;
    scene.start();
    for message in 1..=25 {
        let parts = vec![MessageId(100 + message)];
        assert_eq!(
            scene.outcome(message).await,
            DeliveryState::delivered(parts)
        );
    }
    scene.stop.cancel();
    while scene.running.join_next().await.is_some() {}
    scene.memory.clock().advance(Duration::from_hours(1));
    let left = scene
        .memory
        .ports()
        .tasks
        .receive(PARTITION, Duration::ZERO)
        .await
        .unwrap();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test(start_paused = true)]
async fn a_limit_is_waited_out_and_holds_back_what_follows() {
    for seconds in [5, 600] {
        let mut scene = Scene::new([limited(seconds)]).await;
        scene.enqueue([(1, "first"), (2, "second")]).await;
        scene.start();
        let began = scene.memory.ports().clock.now();
        scene.outcome(1).await;
        let waited = scene.memory.ports().clock.now().since(began);
        assert!(
            waited + Duration::from_millis(200) >= Duration::from_secs(seconds),
            "{waited:?}"
        );
        scene.outcome(2).await;
        assert_eq!(scene.sent(), ["first", "second"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_leaves_the_attempt_a_first_one_and_an_unclear_failure_does_not() {
    let mut scene = Scene::new([limited(1), unclear()]).await;
    scene.enqueue([(1, "a"), (2, "b")]).await;
    scene.start();
    scene.outcome(2).await;
    let log = scene.board.log();
    let attempts: Vec<bool> = log
        .iter()
        .map(|(_, attempt)| matches!(attempt, Attempt::First))
        .collect();
    assert_eq!(attempts, [false, true], "{log:?}");
}

#[tokio::test(start_paused = true)]
async fn a_split_message_goes_on_after_the_parts_that_were_sent() {
    let mut scene = Scene::new([]).await;
    let task = task(&scene.memory, 1, "one|two|three");
    let ports = scene.memory.ports();
    let now = ports.clock.now();
    ports.deliveries.claim(&task, FENCE, now).await.unwrap();
    ports
        .deliveries
        .progress(task.delivery(), FENCE, &[MessageId(7)])
        .await
        .unwrap();
    ports.tasks.enqueue(&[task]).await.unwrap();
    scene.start();
    let all = vec![MessageId(7), MessageId(101), MessageId(102)];
    assert_eq!(scene.outcome(1).await, DeliveryState::delivered(all));
    assert_eq!(scene.sent(), ["two", "three"]);
}

#[tokio::test(start_paused = true)]
async fn what_fails_for_good_is_recorded_and_the_next_one_goes_on() {
    let mut scene = Scene::new([SendError::Fail(FailReason::NotAllowed)]).await;
    scene.enqueue([(1, "a"), (2, "b")]).await;
    scene.start();
    let failed = DeliveryState::Failed {
        reason: FailReason::NotAllowed,
        parts: vec![],
    };
    assert_eq!(scene.outcome(1).await, failed);
    scene.outcome(2).await;
    assert_eq!(scene.sent(), ["b"]);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_pair_sends_nothing_and_a_finished_task_is_not_sent_again() {
    let mut scene = Scene::new([]).await;
    let ports = scene.memory.ports();
    let finished = task(&scene.memory, 2, "b");
    ports
        .deliveries
        .claim(&finished, FENCE, ports.clock.now())
        .await
        .unwrap();
    let delivered = DeliveryState::delivered(vec![MessageId(9)]);
    ports
        .deliveries
        .finish(&finished, &delivered, ports.clock.now())
        .await
        .unwrap();
    assert!(
        ports
            .pairs
            .delete(pair().owner, pair().id, None)
            .await
            .unwrap()
    );
    scene.enqueue([(1, "a"), (2, "b")]).await;
    scene.start();
    let skipped = DeliveryState::Skipped {
        reason: SkipReason::PairDeleted,
    };
    assert_eq!(scene.outcome(1).await, skipped);
    assert_eq!(scene.outcome(2).await, delivered);
    assert!(scene.sent().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_failed_message_that_is_retried_is_sent_once() {
    let refused = || SendError::Fail(FailReason::NotAllowed);
    let mut scene = Scene::new([refused(), refused()]).await;
    let ports = scene.memory.ports();
    scene.enqueue([(1, "a")]).await;
    scene.start();
    for retries in 0..2 {
        assert!(matches!(
            scene.outcome(1).await,
            DeliveryState::Failed { .. }
        ));
        assert!(scene.sent().is_empty());
        let kept = ports.kept_tasks.get(pair().owner, key(1)).await.unwrap();
        assert_eq!(
            kept.as_ref().map(|kept| kept.message),
            Some(MessageId(1)),
            "{kept:?}"
        );
        // Whoever asks twice gets one retry.
        for _ in 0..2 {
            trace::retry_delivery(&ports, pair().owner, key(1))
                .await
                .unwrap();
        }
        let found = ports.deliveries.get(key(1)).await.unwrap().unwrap();
        assert_eq!(found.retries, retries + 1);
    }
    let parts = vec![MessageId(101)];
    assert_eq!(scene.outcome(1).await, DeliveryState::delivered(parts));
    scene.enqueue([(2, "b")]).await;
    scene.outcome(2).await;
    assert_eq!(scene.sent(), ["a", "b"]);
    {
        let log = scene.board.log();
        // It was refused for good, so that nothing of it can have arrived.
        assert!(
            log.iter()
                .all(|(_, attempt)| matches!(attempt, Attempt::First))
        );
    }
    let kept = ports.kept_tasks.get(pair().owner, key(1)).await.unwrap();
    assert_eq!(kept, None, "what it says is not needed any more");
    assert!(matches!(
        trace::retry_delivery(&ports, pair().owner, key(1)).await,
        Err(trace::RetryError::NotFailed)
    ));
}

#[tokio::test(start_paused = true)]
async fn a_retry_goes_on_after_the_parts_that_were_sent() {
    let mut scene = Scene::new([]).await;
    let ports = scene.memory.ports();
    let task = task(&scene.memory, 1, "one|two");
    let now = ports.clock.now();
    ports.deliveries.claim(&task, FENCE, now).await.unwrap();
    let failed = DeliveryState::Failed {
        reason: FailReason::NotAllowed,
        parts: vec![MessageId(7)],
    };
    ports.deliveries.finish(&task, &failed, now).await.unwrap();
    let until = now.plus(Duration::from_hours(1));
    ports.kept_tasks.put(&task, until).await.unwrap();
    scene.start();
    trace::retry_delivery(&ports, pair().owner, key(1))
        .await
        .unwrap();
    let parts = vec![MessageId(7), MessageId(101)];
    assert_eq!(scene.outcome(1).await, DeliveryState::delivered(parts));
    assert_eq!(scene.sent(), ["two"]);
}

#[tokio::test(start_paused = true)]
async fn the_age_of_the_oldest_task_is_noted_while_it_waits() {
    let mut scene = Scene::new([limited(600)]).await;
    let ports = scene.memory.ports();
    let began = ports.clock.now();
    scene.enqueue([(1, "a"), (2, "b")]).await;
    scene.start();
    let noted = async |wanted: Option<Timestamp>| {
        for _ in 0..1_000 {
            let backlog = ports.backlogs.get(PARTITION).await.unwrap();
            if backlog.is_some_and(|backlog| backlog.oldest == wanted) {
                return;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        panic!("{wanted:?} is not noted");
    };
    noted(Some(began)).await;
    scene.outcome(2).await;
    noted(None).await;
}

/// Counts on both sides: what the destination holds, and what the figures say.
#[tokio::test(start_paused = true)]
async fn figures_agree_with_what_was_delivered() {
    let refused = SendError::Fail(FailReason::NotAllowed);
    let lost = SendError::Fail(FailReason::DestinationLost);
    let answers = [
        unclear(),
        limited(2),
        refused.clone(),
        unclear(),
        lost,
        refused,
    ];
    let mut scene = Scene::new(answers).await;
    let ports = scene.memory.ports();
    let texts = ["a", "bb|b", "ccc", "dddd|d", "ä", "f", "g", "h"];
    scene.enqueue((1..).zip(texts)).await;
    let skipped = DeliveryState::Skipped {
        reason: SkipReason::Empty,
    };
    let now = ports.clock.now();
    let media = [20, 21].map(|message| {
        let task = task(&scene.memory, message, "");
        Delivery::of(&task, skipped.clone(), now)
    });
    ports.deliveries.record(&media).await.unwrap();
    scene.start();
    let mut failed = 0;
    for message in 1..=8 {
        failed += u64::from(matches!(
            scene.outcome(message).await,
            DeliveryState::Failed { .. }
        ));
    }
    // The tasks come once more, as after a crash.
    scene.memory.clock().advance(Duration::from_mins(6));
    scene.enqueue((1..).zip(texts)).await;
    scene.enqueue([(9, "the end")]).await;
    scene.outcome(9).await;

    let user = owner(now);
    let hours = Hour::of(now)..Hour::of(ports.clock.now()).next();
    let counted = analytics::by_hour(&ports, &user, Of::Everything, hours).await;
    let counted = analytics::sum(counted.unwrap().values());
    let sent = scene.sent();
    let whole = sent.concat();
    let expected: Vec<&str> = texts.into_iter().chain(["the end"]).collect();
    let arrived: Vec<&&str> = expected
        .iter()
        .filter(|text| {
            text.split('|')
                .all(|part| sent.iter().any(|sent| sent == part))
        })
        .collect();
    assert_eq!(counted.delivered, arrived.len() as u64);
    let separators = arrived.iter().map(|text| text.matches('|').count());
    let bytes = whole.len() + separators.sum::<usize>();
    assert_eq!(counted.bytes, bytes as u64);
    assert_eq!((counted.all_failed(), failed), (3, 3));
    assert_eq!(counted.all_skipped(), 2);
    assert_eq!(counted.volume(), 8 + 2 + 1);
}
