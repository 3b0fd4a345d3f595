//! How a backfill ends before everything is brought, and what does not end it.

use patchbay_app::ports::{HistoryError, HistoryPage};
use patchbay_domain::ids::TelegramChatId;
use patchbay_domain::{BackfillFailure, Endpoint, FailReason};

use super::*;

#[tokio::test(start_paused = true)]
async fn nothing_more_is_read_once_it_is_cancelled() {
    let mut scene = Scene::new(9).await;
    scene.ask_for_all().await;
    let first = scene.tasks().await;
    let (ports, user) = (&scene.ports, &scene.user);
    let cancelled = patchbay_app::backfills::cancel(ports, user, scene.pair.id);
    let cancelled = cancelled.await.unwrap();
    assert_eq!(cancelled.seen.queued, 3);
    scene.backfilling.begin(scene.pair.owner, scene.pair.id);
    scene.deliver(&first).await;
    tokio::time::sleep(Duration::from_hours(1)).await;
    assert!(scene.tasks_now().await.is_empty());
    assert_eq!(scene.shelf.reads(), 1);
    assert_eq!(scene.stored().await, cancelled);
}

#[tokio::test(start_paused = true)]
async fn a_pair_that_is_deleted_has_nothing_more_read() {
    let mut scene = Scene::new(9).await;
    scene.ask_for_all().await;
    scene.tasks().await;
    let pairs = &scene.ports.pairs;
    let (owner, id) = (scene.pair.owner, scene.pair.id);
    // As if whoever deleted it had got no further.
    assert!(pairs.delete(owner, id, None).await.unwrap());
    scene.backfilling.wake_of(owner);
    scene.backfilling.next().await;
    assert_eq!(scene.shelf.reads(), 1);
    let left = scene.ports.backfills.unfinished(PARTITION).await.unwrap();
    assert_eq!(left, []);
}

#[tokio::test(start_paused = true)]
async fn a_pair_that_is_paused_goes_on_when_it_is_resumed() {
    let mut scene = Scene::new(6).await;
    scene.ask_for_all().await;
    let first = scene.tasks().await;
    scene.deliver(&first[..1]).await;
    scene.set_state(PairState::Paused).await;
    let paused = DeliveryState::Skipped {
        reason: SkipReason::PairPaused,
    };
    for task in &first[1..] {
        scene.finish(task, &paused).await;
    }
    tokio::time::sleep(Duration::from_hours(1)).await;
    assert_eq!(scene.shelf.reads(), 1);
    assert!(!scene.stored().await.is_over());
    scene.memory.clock().advance(Duration::from_secs(1));
    scene.set_state(PairState::Active).await;
    scene.backfilling.wake_of(scene.pair.owner);
    let pages = scene.deliver_all().await;
    assert_eq!(pages, [vec![2, 3], vec![4, 5, 6]]);
    let stored = scene.stored().await;
    assert_eq!(stored.seen.found, 6);
}

#[tokio::test(start_paused = true)]
async fn a_closed_source_ends_it_and_says_why() {
    for (error, reason) in [
        (HistoryError::Closed, BackfillFailure::SourceClosed),
        (HistoryError::LoggedOut, BackfillFailure::LoggedOut),
    ] {
        let mut scene = Scene::new(6).await;
        scene.ask_for_all().await;
        let first = scene.tasks().await;
        scene.shelf.fail(error, 1);
        scene.deliver(&first).await;
        let failed = scene.until(Backfill::is_over).await;
        let BackfillState::Failed { reason: why, .. } = &failed.state else {
            panic!("{failed:?}");
        };
        assert_eq!((why, failed.seen.queued), (&reason, 3));
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_that_numbers_its_messages_anew_ends_it() {
    let mut scene = Scene::new(6).await;
    scene.ask_for_all().await;
    let first = scene.tasks().await;
    let Endpoint::Telegram { account, topic, .. } = scene.pair.source else {
        panic!("{:?}", scene.pair);
    };
    let moved = Pair {
        source: Endpoint::Telegram {
            account,
            chat: TelegramChatId(-1_000_000_000_005),
            topic,
        },
        version: scene.pair.version + 1,
        ..scene.pair.clone()
    };
    let pairs = &scene.ports.pairs;
    assert!(pairs.update(&moved, scene.pair.version).await.unwrap());
    scene.deliver(&first).await;
    let failed = scene.until(Backfill::is_over).await;
    let BackfillState::Failed { reason, .. } = failed.state else {
        panic!("{failed:?}");
    };
    assert_eq!(reason, BackfillFailure::SourceMoved);
    assert_eq!(scene.shelf.reads(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_whole_yet_is_read_again() {
    let mut scene = Scene::new(0).await;
    let nothing = HistoryPage {
        posts: Vec::new(),
        next: Some(MessageId(0)),
    };
    scene.shelf.answer(nothing, 5);
    let began = Instant::now();
    scene.ask_for_all().await;
    let done = scene.until(done).await;
    assert_eq!(done.version, 3, "nothing is noted in between");
    assert!(began.elapsed() >= PACE.between_reads * 5);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_answers_later_is_read_later() {
    let mut scene = Scene::new(2).await;
    let after = Duration::from_mins(20);
    scene.shelf.fail(HistoryError::Limited { after }, 1);
    let why = "no answer".to_owned();
    let again = HistoryError::Retry {
        after: Duration::ZERO,
        why,
    };
    scene.shelf.fail(again, 5);
    let began = Instant::now();
    scene.ask_for_all().await;
    assert_eq!(messages(&scene.tasks().await), [1, 2]);
    assert!(began.elapsed() >= after);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_never_answers_is_given_up() {
    let mut scene = Scene::new(2).await;
    let why = "no answer".to_owned();
    let again = HistoryError::Retry {
        after: Duration::ZERO,
        why: why.clone(),
    };
    scene.shelf.fail(again, 1_000_000);
    scene.ask_for_all().await;
    let failed = scene.until(Backfill::is_over).await;
    let BackfillState::Failed { reason, .. } = failed.state else {
        panic!("{failed:?}");
    };
    assert_eq!(reason, BackfillFailure::GaveUp { last: why });
}

#[tokio::test(start_paused = true)]
async fn a_destination_that_takes_nothing_ends_it_after_a_page() {
    let mut scene = Scene::new(9).await;
    scene.ask_for_all().await;
    let refused = DeliveryState::Failed {
        reason: FailReason::NotAllowed,
        parts: Vec::new(),
    };
    for task in scene.tasks().await {
        scene.finish(&task, &refused).await;
    }
    let failed = scene.until(Backfill::is_over).await;
    let BackfillState::Failed { reason, .. } = failed.state else {
        panic!("{failed:?}");
    };
    let expected = BackfillFailure::Undeliverable {
        reason: FailReason::NotAllowed,
    };
    assert_eq!(reason, expected);
    assert_eq!(scene.shelf.reads(), 1);
}

#[tokio::test(start_paused = true)]
async fn one_message_that_fails_for_itself_holds_up_nothing() {
    let mut scene = Scene::new(6).await;
    scene.ask_for_all().await;
    let code = "MEDIA_INVALID".to_owned();
    let refused = DeliveryState::Failed {
        reason: FailReason::Refused { code },
        parts: Vec::new(),
    };
    for task in scene.tasks().await {
        scene.finish(&task, &refused).await;
    }
    assert_eq!(scene.deliver_all().await, [[4, 5, 6]]);
    assert!(done(&scene.stored().await));
}

#[tokio::test(start_paused = true)]
async fn a_lost_task_does_not_hold_up_the_others_for_ever() {
    let mut scene = Scene::new(4).await;
    scene.ask_for_all().await;
    let lost = scene.tasks().await;
    let receipts: Vec<_> = lost.into_iter().map(|task| task.receipt).collect();
    scene.ports.tasks.delete(&receipts).await.unwrap();
    let began = Instant::now();
    scene.until(|stored| stored.seen.found == 3).await;
    assert!(began.elapsed() > Duration::from_hours(48));
}
