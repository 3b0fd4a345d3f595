mod ends;
mod shelf;

use std::time::Duration;

use patchbay_app::analytics::{self, Of};
use patchbay_app::ports::{ControlTarget, Ports, Received, TaskReceipt};
use patchbay_app::testing::Memory;
use patchbay_domain::backfill::PostCount;
use patchbay_domain::figures::Hour;
use patchbay_domain::ids::MessageId;
use patchbay_domain::pair::options::{Draft, GapPolicy};
use patchbay_domain::pair::{Options, Rule};
use patchbay_domain::user::User;
use patchbay_domain::{
    Backfill, BackfillState, DeliveryKey, DeliveryState, Extent, Fence, ForwardTask, Pair,
    PairState, Recovery, Revision, SkipReason, Timestamp,
};
use tokio::time::Instant;

use super::*;
use crate::deliver::Access;
use crate::example::{PARTITION, pair};
use shelf::Shelf;

const PACE: BackfillPace = BackfillPace {
    page: 3,
    between_reads: Duration::from_secs(1),
    per_message: Duration::from_secs(2),
};

/// A source with some history, and somebody who asks for it.
struct Scene {
    memory: Memory,
    ports: Ports,
    shelf: Arc<Shelf>,
    backfilling: Backfilling,
    pair: Pair,
    user: User,
}

impl Scene {
    async fn new(posts: u64) -> Self {
        Self::of(pair(), posts).await
    }

    async fn of(pair: Pair, posts: u64) -> Self {
        let memory = Memory::new();
        let ports = memory.ports();
        assert!(ports.pairs.create(&pair, 0).await.unwrap());
        let email = "ann@example.com".parse().unwrap();
        let user = User::new(pair.owner, email, String::new(), 1, ports.clock.now());
        let shelf = Arc::new(Shelf::with(&pair, posts));
        let backfilling = backfilling(&ports, &shelf);
        Self {
            memory,
            ports,
            shelf,
            backfilling,
            pair,
            user,
        }
    }

    async fn ask(&mut self, extent: Extent) {
        let (ports, user) = (&self.ports, &self.user);
        let asked = patchbay_app::backfills::request(ports, user, self.pair.id, extent);
        asked.await.unwrap();
        self.backfilling.begin(self.pair.owner, self.pair.id);
    }

    async fn ask_for_all(&mut self) {
        self.ask(Extent::Since(Timestamp(0))).await;
    }

    /// What a process has that has just started.
    async fn restart(&mut self) {
        self.backfilling.stop().await;
        self.backfilling = backfilling(&self.ports, &self.shelf);
        self.backfilling.begin(self.pair.owner, self.pair.id);
    }

    async fn stored(&self) -> Backfill {
        let stored = self.ports.backfills.get(self.pair.owner, self.pair.id);
        stored.await.unwrap().unwrap()
    }

    /// The tasks that are in the queue, once there are any; then they are out.
    async fn tasks(&self) -> Vec<Received<ForwardTask, TaskReceipt>> {
        let began = Instant::now();
        loop {
            let tasks = self.tasks_now().await;
            if !tasks.is_empty() {
                return tasks;
            }
            assert!(began.elapsed() < Duration::from_hours(1), "nothing comes");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn tasks_now(&self) -> Vec<Received<ForwardTask, TaskReceipt>> {
        let tasks = self.ports.tasks.receive(PARTITION, Duration::ZERO);
        tasks.await.unwrap()
    }

    async fn finish(&self, task: &Received<ForwardTask, TaskReceipt>, state: &DeliveryState) {
        let now = self.ports.clock.now();
        let deliveries = &self.ports.deliveries;
        deliveries.claim(&task.body, Fence(1), now).await.unwrap();
        deliveries.finish(&task.body, state, now).await.unwrap();
        let receipts = [task.receipt.clone()];
        self.ports.tasks.delete(&receipts).await.unwrap();
    }

    async fn deliver(&self, tasks: &[Received<ForwardTask, TaskReceipt>]) {
        for task in tasks {
            let sent = DeliveryState::delivered(vec![MessageId(1000 + task.body.message.0)]);
            self.finish(task, &sent).await;
        }
    }

    /// Delivers page after page, until it is over; how many messages each page had.
    async fn deliver_all(&self) -> Vec<Vec<u64>> {
        let mut pages = Vec::new();
        let began = Instant::now();
        while !self.stored().await.is_over() {
            assert!(began.elapsed() < Duration::from_hours(1), "it never ends");
            let tasks = self.tasks_now().await;
            if !tasks.is_empty() {
                pages.push(messages(&tasks));
            }
            self.deliver(&tasks).await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        pages
    }

    async fn until(&self, is_wanted: impl Fn(&Backfill) -> bool) -> Backfill {
        let began = Instant::now();
        loop {
            let stored = self.stored().await;
            if is_wanted(&stored) {
                return stored;
            }
            assert!(began.elapsed() < Duration::from_hours(72), "{stored:?}");
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    async fn set_state(&self, state: PairState) {
        let (ports, user) = (&self.ports, &self.user);
        let any = patchbay_app::pairs::Expected::Any;
        let set = patchbay_app::pairs::set_state(ports, user, self.pair.id, &any, state);
        set.await.unwrap();
    }

    /// How many outcomes an hour had.
    async fn volume(&self, hour: Hour) -> u64 {
        let hours = hour..hour.next();
        let counted = analytics::by_hour(&self.ports, &self.user, Of::Everything, hours);
        analytics::sum(counted.await.unwrap().values()).volume()
    }

    fn key(&self, message: u64) -> DeliveryKey {
        DeliveryKey {
            pair: self.pair.id,
            message: MessageId(message),
            revision: Revision::POSTED,
        }
    }
}

fn backfilling(ports: &Ports, shelf: &Arc<Shelf>) -> Backfilling {
    let access = || Access {
        sender: shelf.clone(),
        reader: shelf.clone(),
    };
    let reach = Reach::new(Some(access()), Some(access()));
    Backfilling::new(ports.clone(), reach, Pace::new(PACE))
}

fn messages(tasks: &[Received<ForwardTask, TaskReceipt>]) -> Vec<u64> {
    tasks.iter().map(|task| task.body.message.0).collect()
}

fn done(backfill: &Backfill) -> bool {
    matches!(backfill.state, BackfillState::Done { .. })
}

#[tokio::test(start_paused = true)]
async fn history_comes_page_by_page_in_order() {
    let mut scene = Scene::new(7).await;
    scene.ask_for_all().await;
    let pages = scene.deliver_all().await;
    assert_eq!(pages, [vec![1, 2, 3], vec![4, 5, 6], vec![7]]);
    let stored = scene.stored().await;
    assert!(done(&stored));
    assert_eq!((stored.seen.found, stored.seen.queued), (7, 7));
    let span = (stored.seen.from, stored.seen.to);
    assert_eq!(span, (Some(Shelf::at(1)), Some(Shelf::at(7))));
    let delivery = scene.ports.deliveries.get(scene.key(4)).await.unwrap();
    assert_eq!(delivery.unwrap().recovery, Recovery::Requested);
}

#[tokio::test(start_paused = true)]
async fn it_begins_where_it_is_asked_to() {
    let some = PostCount::try_from(2).unwrap();
    for (extent, expected) in [
        (Extent::Last(some), vec![vec![6, 7]]),
        (Extent::Since(Shelf::at(5)), vec![vec![5, 6, 7]]),
    ] {
        let mut scene = Scene::new(7).await;
        scene.ask(extent).await;
        assert_eq!(scene.deliver_all().await, expected, "{extent:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_next_page_is_read_when_the_last_one_has_its_outcomes() {
    let mut scene = Scene::new(9).await;
    scene.ask_for_all().await;
    let first = scene.tasks().await;
    scene.deliver(&first[..2]).await;
    tokio::time::sleep(Duration::from_hours(1)).await;
    assert_eq!(scene.shelf.reads(), 1, "one page is under way at most");
    assert!(scene.tasks_now().await.is_empty());
    scene.deliver(&first[2..]).await;
    assert_eq!(messages(&scene.tasks().await), [4, 5, 6]);
}

#[tokio::test(start_paused = true)]
async fn what_is_said_now_waits_behind_one_page_at_most() {
    let mut scene = Scene::new(9).await;
    scene.ask_for_all().await;
    let first = scene.tasks().await;
    let live = ForwardTask {
        message: MessageId(50),
        recovery: Recovery::Live,
        ..first[0].body.clone()
    };
    scene.ports.tasks.enqueue(&[live]).await.unwrap();
    scene.deliver(&first).await;
    let next = scene.tasks().await;
    assert_eq!(messages(&next)[0], 50);
    scene.deliver(&next).await;
    let rest: Vec<u64> = scene.deliver_all().await.concat();
    assert!(rest.ends_with(&[7, 8, 9]), "{rest:?}");
}

#[tokio::test(start_paused = true)]
async fn it_goes_no_faster_than_its_budget() {
    let mut scene = Scene::new(7).await;
    let began = Instant::now();
    scene.ask_for_all().await;
    scene.deliver_all().await;
    // The first page goes at once, and each later one waits for those before it.
    let took = began.elapsed();
    assert!(took >= Duration::from_secs(2 * 6), "{took:?}");
    assert!(took < Duration::from_secs(2 * 7 + 5), "{took:?}");
    // What needs no sending waits for reading alone.
    let began = Instant::now();
    scene.ask_for_all().await;
    assert_eq!(scene.deliver_all().await, Vec::<Vec<u64>>::new());
    let took = began.elapsed();
    assert!(took < Duration::from_secs(10), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn after_a_restart_it_goes_on_where_it_was() {
    let mut scene = Scene::new(9).await;
    scene.ask_for_all().await;
    let first = scene.tasks().await;
    scene.restart().await;
    scene.deliver(&first).await;
    let second = scene.tasks().await;
    assert_eq!(messages(&second), [4, 5, 6]);
    scene.restart().await;
    scene.deliver(&second).await;
    assert_eq!(scene.deliver_all().await, [[7, 8, 9]]);
    assert_eq!(scene.stored().await.seen.found, 9);
}

#[tokio::test(start_paused = true)]
async fn a_page_that_was_queued_and_not_noted_comes_once() {
    let mut scene = Scene::new(5).await;
    scene.ask_for_all().await;
    let first = scene.tasks().await;
    let noted = scene.stored().await;
    scene.deliver(&first[..2]).await;
    scene.backfilling.stop().await;
    // As it was before the page was noted.
    let before = Backfill {
        state: BackfillState::Waiting,
        version: noted.version + 1,
        ..noted.clone()
    };
    let backfills = &scene.ports.backfills;
    let put = backfills.put(&before, Some(noted.version)).await;
    assert!(put.unwrap());
    scene.restart().await;
    scene.deliver(&first[2..]).await;
    let mut delivered = vec![1, 2, 3];
    let began = Instant::now();
    while !scene.stored().await.is_over() {
        assert!(began.elapsed() < Duration::from_hours(1), "it never ends");
        for task in scene.tasks_now().await {
            let known = scene.ports.deliveries.get(task.body.delivery()).await;
            let is_open = known.unwrap().is_none_or(|known| !known.state.is_final());
            if is_open {
                delivered.push(task.body.message.0);
            }
            scene.deliver(&[task]).await;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(delivered, [1, 2, 3, 4, 5]);
    assert_eq!(scene.stored().await.seen.found, 5);
}

#[tokio::test(start_paused = true)]
async fn what_was_delivered_before_does_not_come_again() {
    let mut scene = Scene::new(6).await;
    scene.ask(Extent::Since(Shelf::at(4))).await;
    scene.deliver_all().await;
    scene.ask_for_all().await;
    assert_eq!(scene.deliver_all().await, [[1, 2, 3]]);
    let stored = scene.stored().await;
    assert_eq!((stored.seen.found, stored.seen.queued), (6, 3));
}

#[tokio::test(start_paused = true)]
async fn what_the_pair_leaves_out_is_told_and_holds_up_nothing() {
    let draft = Draft {
        gap_policy: GapPolicy::Skip,
        delay: 3600,
        ..Draft::default()
    };
    let patient = Pair {
        options: Options::parse(draft).unwrap(),
        ..pair()
    };
    let mut scene = Scene::of(patient, 4).await;
    scene.shelf.empty(2);
    scene.ask_for_all().await;
    let tasks = scene.tasks().await;
    assert_eq!(messages(&tasks), [1, 3]);
    let now = scene.ports.clock.now();
    assert!(
        tasks.iter().all(|task| task.body.due_at == now),
        "what was said long ago is held back no longer"
    );
    scene.deliver(&tasks).await;
    assert_eq!(scene.deliver_all().await, [[4]]);
    let left_out = scene.ports.deliveries.get(scene.key(2)).await.unwrap();
    let empty = DeliveryState::Skipped {
        reason: SkipReason::Empty,
    };
    assert_eq!(left_out.unwrap().state, empty);
}

/// What the pair left out for a reason that does not hold any more.
#[tokio::test(start_paused = true)]
async fn what_was_left_out_before_comes_after_all() {
    let mut scene = Scene::new(3).await;
    scene.ask_for_all().await;
    let tasks = scene.tasks().await;
    let skipped = |reason| DeliveryState::Skipped { reason };
    let rule = Rule::AllowText;
    scene.finish(&tasks[0], &skipped(SkipReason::Gap)).await;
    scene
        .finish(&tasks[1], &DeliveryState::Filtered { rule })
        .await;
    scene
        .finish(&tasks[2], &skipped(SkipReason::RemovedThere))
        .await;
    scene.until(done).await;
    let hour = Hour::of(scene.ports.clock.now());
    scene.memory.clock().advance(Duration::from_hours(2));
    assert_eq!(scene.volume(hour).await, 3);
    scene.ask_for_all().await;
    assert_eq!(scene.deliver_all().await, [[1, 2]]);
    let volume = scene.volume(hour).await;
    assert_eq!(
        volume, 1,
        "what is delivered counts there, and no more as left out"
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_posted_after_it_was_asked_for_comes_by_itself() {
    let mut scene = Scene::new(4).await;
    let now = scene.ports.clock.now();
    scene.shelf.post(5, now.plus(Duration::from_mins(1)));
    scene.ask_for_all().await;
    assert_eq!(scene.deliver_all().await, [vec![1, 2, 3], vec![4]]);
    assert_eq!(scene.stored().await.seen.found, 4);
}

#[tokio::test(start_paused = true)]
async fn a_partition_goes_on_with_what_it_finds_and_with_what_it_is_told_of() {
    let scene = Scene::new(4).await;
    let asked = |ports: &Ports, user: &User| {
        let extent = Extent::Since(Timestamp(0));
        let (ports, user, pair) = (ports.clone(), user.clone(), scene.pair.id);
        async move {
            patchbay_app::backfills::request(&ports, &user, pair, extent)
                .await
                .unwrap()
        }
    };
    let health = crate::health::Health::new();
    let access = || Access {
        sender: scene.shelf.clone(),
        reader: scene.shelf.clone(),
    };
    let work = crate::partition::PartitionWork {
        ports: scene.ports.clone(),
        telegram: None,
        platforms: Reach::new(Some(access()), Some(access())),
        backfill: Pace::new(PACE),
        health,
    };
    let mut running = JoinSet::new();
    asked(&scene.ports, &scene.user).await;
    // Nobody hears of it.
    let (target, controls) = (ControlTarget::Partition(PARTITION), &scene.ports.controls);
    for lost in controls.receive(target, Duration::ZERO).await.unwrap() {
        controls.delete(target, &lost.receipt).await.unwrap();
    }
    running.spawn(work.run(PARTITION, Fence(1), CancellationToken::new()));
    let first = scene.until(done).await;
    assert_eq!(first.seen.found, 4);
    scene.shelf.post(5, Shelf::at(5));
    let began = Instant::now();
    asked(&scene.ports, &scene.user).await;
    let second = scene
        .until(|stored| done(stored) && stored.version > first.version)
        .await;
    assert_eq!((second.seen.found, second.seen.queued), (5, 1));
    assert!(began.elapsed() < Duration::from_secs(30), "it was told");
    assert_eq!(scene.shelf.sent(), [1, 2, 3, 4, 5]);
    running.abort_all();
}
