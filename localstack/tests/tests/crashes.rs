//! The connector dies between every two steps of a message's way. The one that follows it finds
//! everything, sends nothing twice, and keeps the order.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends that way"
)]

mod crash;

use std::sync::Arc;
use std::time::Duration;

use crash::{Crash, Point};
use patchbay::demo::{Pace, World};
use patchbay::{Base, Options};
use patchbay_tests::hooked::{hooked_ports, hooked_sender};
use patchbay_tests::running::{Running, set_task_visibility};

/// Messages in each scenario: three in each direction.
const MESSAGES: usize = 12;

async fn survives(point: Point, occurrence: usize) {
    let folder = tempfile::tempdir().unwrap();
    let base = Arc::new(
        Base::start(Options::in_folder(folder.path().to_owned()))
            .await
            .unwrap(),
    );
    let first = Running::start(&base).await.unwrap();
    let visibility = Duration::from_secs(2);
    set_task_visibility(&first.endpoints.aws, visibility)
        .await
        .unwrap();
    let world = World::set_up(&first.endpoints, 1).await.unwrap();
    first.stop().await.unwrap();

    let crash = Crash::at(point, occurrence);
    let own = crash.clone();
    let wrap = move |sender| hooked_sender(sender, own.clone());
    let doomed = Running::wrapped(&base, hooked_ports(base.ports().clone(), &crash), wrap)
        .await
        .unwrap();
    let (tallies, ()) = tokio::join!(world.converse(MESSAGES, Pace::WithinLimits), async {
        crash.reached().await;
        doomed.kill();
        std::mem::forget(Running::start(&base).await.unwrap());
    });
    for (direction, tally) in tallies.unwrap() {
        assert!(
            tally.is_right(),
            "{direction:?} after a crash at {point:?}: {tally:?}"
        );
    }
}

macro_rules! scenarios {
    ($($name:ident: $point:ident $occurrence:literal,)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                survives(Point::$point, $occurrence).await;
            }
        )*
    };
}

scenarios! {
    after_receive_at_first: Received 1,
    after_receive_later: Received 5,
    after_enqueue_at_first: Enqueued 1,
    after_enqueue_later: Enqueued 5,
    after_claim_at_first: Claimed 1,
    after_claim_later: Claimed 5,
    after_send_at_first: Sent 1,
    after_send_later: Sent 5,
    after_record_at_first: Recorded 1,
    after_record_later: Recorded 5,
}
