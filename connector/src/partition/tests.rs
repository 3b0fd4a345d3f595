use patchbay_app::forget_user;
use patchbay_app::testing::Memory;
use patchbay_domain::user::User;

use super::*;
use crate::example::{PARTITION, pair};

struct Scene {
    ports: Ports,
    health: Health,
    running: JoinSet<()>,
}

impl Scene {
    async fn start() -> Self {
        let (ports, health) = (Memory::new().ports(), Health::new());
        let work = PartitionWork {
            ports: ports.clone(),
            telegram: None,
            platforms: Reach::new(None, None),
            backfill: Pace::new(crate::BackfillPace::default()),
            health: health.clone(),
        };
        let mut running = JoinSet::new();
        running.spawn(work.run(PARTITION, Fence(1), CancellationToken::new()));
        let scene = Self {
            ports,
            health,
            running,
        };
        scene.until_pairs(0).await;
        scene
    }

    /// Answers how long it took; paused time runs on while everybody waits.
    async fn until_pairs(&self, pairs: usize) -> Duration {
        let began = Instant::now();
        while self.health.pairs(PARTITION) != Some(pairs) {
            assert!(
                began.elapsed() < Duration::from_mins(5),
                "never {pairs} pairs"
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        began.elapsed()
    }
}

#[tokio::test(start_paused = true)]
async fn a_control_message_shows_a_pair_at_once() {
    let mut scene = Scene::start().await;
    assert!(scene.ports.pairs.create(&pair(), 0).await.unwrap());
    let changed = Control::PairsChanged {
        owner: pair().owner,
        pair: pair().id,
    };
    let target = ControlTarget::Partition(PARTITION);
    scene.ports.controls.send(target, &changed).await.unwrap();
    assert!(scene.until_pairs(1).await < Duration::from_secs(1));
    scene.running.abort_all();
}

/// A user with a pair and an API key's worth of everything else, who leaves.
async fn leaver(ports: &Ports, controls: impl FnOnce(&Ports) -> Ports) -> User {
    let user = User::new(
        pair().owner,
        "ann@example.com".parse().unwrap(),
        String::new(),
        1,
        ports.clock.now(),
    );
    let user = User {
        partition: PARTITION,
        ..user
    };
    ports.users.create(&user).await.unwrap();
    forget_user::leave(&controls(ports), &user).await.unwrap();
    user
}

async fn until_gone(ports: &Ports, user: &User) -> Duration {
    let began = Instant::now();
    while ports.users.get(user.id).await.unwrap().is_some() {
        assert!(began.elapsed() < Duration::from_mins(5), "still there");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    began.elapsed()
}

#[tokio::test(start_paused = true)]
async fn a_user_who_leaves_is_forgotten_with_all_pairs() {
    let mut scene = Scene::start().await;
    assert!(scene.ports.pairs.create(&pair(), 0).await.unwrap());
    scene.until_pairs(1).await;
    let user = leaver(&scene.ports, Ports::clone).await;
    assert!(until_gone(&scene.ports, &user).await < Duration::from_secs(5));
    scene.until_pairs(0).await;
    let left = scene.ports.pairs.of_user(user.id).await.unwrap();
    assert_eq!(left.pairs, []);
    let target = ControlTarget::Partition(PARTITION);
    let controls = scene.ports.controls.receive(target, Duration::ZERO);
    assert_eq!(controls.await.unwrap(), [], "the request is done");
    scene.running.abort_all();
}

#[tokio::test(start_paused = true)]
async fn a_user_whose_message_got_lost_is_forgotten_too() {
    let mut scene = Scene::start().await;
    // The message goes to queues that nobody reads.
    let elsewhere = |ports: &Ports| Ports {
        controls: Memory::new().ports().controls,
        ..ports.clone()
    };
    let user = leaver(&scene.ports, elsewhere).await;
    until_gone(&scene.ports, &user).await;
    scene.running.abort_all();
}

#[tokio::test(start_paused = true)]
async fn nobody_is_forgotten_who_does_not_leave() {
    let mut scene = Scene::start().await;
    let ports = scene.ports.clone();
    assert!(ports.pairs.create(&pair(), 0).await.unwrap());
    scene.until_pairs(1).await;
    let email = "bob@example.com".parse().unwrap();
    let bob = User::new(pair().owner, email, String::new(), 1, ports.clock.now());
    ports.users.create(&bob).await.unwrap();
    let target = ControlTarget::Partition(PARTITION);
    let control = Control::ForgetUser { user: bob.id };
    ports.controls.send(target, &control).await.unwrap();
    tokio::time::sleep(Duration::from_mins(3)).await;
    assert_eq!(ports.users.get(bob.id).await.unwrap(), Some(bob));
    scene.until_pairs(1).await;
    scene.running.abort_all();
}

#[tokio::test(start_paused = true)]
async fn a_lost_control_message_is_made_up_for() {
    let mut scene = Scene::start().await;
    assert!(scene.ports.pairs.create(&pair(), 0).await.unwrap());
    scene.until_pairs(1).await;
    assert!(
        scene
            .ports
            .pairs
            .delete(pair().owner, pair().id, None)
            .await
            .unwrap()
    );
    scene.until_pairs(0).await;
    scene.running.abort_all();
}
