//! Albums that are several messages at their source.

use patchbay_app::ports::TASK_KEPT;
use patchbay_domain::Attachment;
use patchbay_domain::pair::options::{Draft, Options};

use super::changes::{edited, photo, posted, skipped, to_telegram, with_photos};
use super::*;

#[tokio::test(start_paused = true)]
async fn each_message_of_an_album_is_mapped_by_itself() {
    let photos = vec![photo(1, Some(1)), photo(2, Some(2)), photo(3, Some(3))];
    let mut scene = Scene::of(to_telegram(), []).await;
    scene.start();
    scene.change(1, posted(with_photos("look", photos))).await;
    let shown = "101 [1.jpg] look\n102 [2.jpg]\n103 [3.jpg]";
    assert_eq!(scene.board.shown(), shown);
    scene.change(2, Change::Deleted).await;
    scene
        .change(3, edited(5, with_photos("last", vec![photo(3, None)])))
        .await;
    scene
        .change(1, edited(5, with_photos("first", vec![photo(4, None)])))
        .await;
    let shown = "101 [4.jpg] first\n103 [3.jpg] last";
    assert_eq!(scene.board.shown(), shown);
}

/// An album whose messages say this.
fn album(first: u64, captions: &[&str]) -> Change {
    let parts = (first..).zip(captions);
    let photos = parts.map(|(message, caption)| Attachment {
        caption: Text::plain(if message == first { "" } else { caption }),
        ..photo(i64::try_from(message).unwrap(), Some(message))
    });
    posted(with_photos(captions[0], photos.collect()))
}

/// How a message of an album is edited: what it says, and which photo it shows.
fn part(text: &str, photo_id: i64) -> Change {
    edited(5, with_photos(text, vec![photo(photo_id, None)]))
}

#[tokio::test(start_paused = true)]
async fn an_album_that_is_one_message_says_what_all_of_its_messages_say() {
    let mut scene = Scene::new([]).await;
    scene.start();
    let stands = async |message, change| {
        let outcome = scene.change(message, change).await;
        assert!(
            matches!(outcome, DeliveryState::Delivered { .. }),
            "{outcome:?}"
        );
        scene.board.shown()
    };
    let shown = stands(1, album(1, &["one", "two", "three"])).await;
    assert_eq!(shown, "101 [1.jpg, 2.jpg, 3.jpg] one/two/three");
    let shown = stands(3, part("third", 3)).await;
    assert_eq!(shown, "101 [1.jpg, 2.jpg, 3.jpg] one/two/third");
    let shown = stands(1, part("first", 1)).await;
    assert_eq!(shown, "101 [1.jpg, 2.jpg, 3.jpg] first/two/third");
    let shown = stands(2, part("second", 9)).await;
    assert_eq!(shown, "101 [1.jpg, 9.jpg, 3.jpg] first/second/third");
    // What is too long goes on in messages of its own, whoever makes it so.
    let again = |text| edited(6, with_photos(text, vec![photo(3, None)]));
    let shown = stands(3, again("third|4|5")).await;
    assert_eq!(
        shown,
        "101 [1.jpg, 9.jpg, 3.jpg] first/second/third\n102 4\n103 5"
    );
    let shorter = edited(6, with_photos("first|a", vec![photo(1, None)]));
    let shown = stands(1, shorter).await;
    assert_eq!(
        shown,
        "101 [1.jpg, 9.jpg, 3.jpg] first\n102 a/second/third\n103 4\n104 5"
    );
    let shown = stands(1, Change::Deleted).await;
    assert_eq!(shown, "101 [9.jpg, 3.jpg] second/third\n102 4\n103 5");
    let shown = stands(3, Change::Deleted).await;
    assert_eq!(shown, "101 [9.jpg] second");
    assert_eq!(stands(2, Change::Deleted).await, "");
}

/// Only its source knows what an album says.
#[tokio::test(start_paused = true)]
async fn of_an_album_that_is_gone_the_words_go_with_its_files() {
    let mut scene = Scene::new([]).await;
    scene.start();
    scene.change(1, album(1, &["one", "two", "three"])).await;
    for message in 1..=3 {
        scene.board.happened(MessageId(message), &Change::Deleted);
    }
    let gone = skipped(SkipReason::Retracted);
    let task = scene.task(2, part("second", 2));
    let key = task.delivery();
    scene.memory.ports().tasks.enqueue(&[task]).await.unwrap();
    assert_eq!(scene.outcome_of(key).await, gone);
    scene.change(1, Change::Deleted).await;
    assert_eq!(scene.board.shown(), "101 [2.jpg, 3.jpg]");
    scene.change(3, Change::Deleted).await;
    scene.change(2, Change::Deleted).await;
    assert_eq!(scene.board.shown(), "");
    // At the destination it may be gone before.
    scene.change(10, album(10, &["one", "two"])).await;
    scene.board.remove(MessageId(101));
    let edit = edited(5, with_photos("uno", vec![photo(10, None)]));
    let removed = skipped(SkipReason::RemovedThere);
    assert_eq!(scene.change(10, edit).await, removed);
    let removed = DeliveryState::delivered(vec![]);
    assert_eq!(scene.change(11, Change::Deleted).await, removed);
    assert_eq!(scene.change(10, Change::Deleted).await, removed);
}

/// The pair's options are those of the whole.
#[tokio::test(start_paused = true)]
async fn an_album_is_changed_as_its_pair_wants() {
    let footed = Draft {
        footer: Some("end".to_owned()),
        ..Draft::default()
    };
    let pair = Pair {
        options: Options::parse(footed).unwrap(),
        ..pair()
    };
    let mut scene = Scene::of(pair, []).await;
    scene.start();
    scene.change(1, album(1, &["one", "two"])).await;
    scene.change(2, part("second", 2)).await;
    assert_eq!(scene.board.shown(), "101 [1.jpg, 2.jpg] one/end/second");
}

/// Of an album, the others are no part of what changes.
#[tokio::test(start_paused = true)]
async fn what_changes_in_an_album_while_it_waits_leaves_the_others() {
    let mut scene = Scene::of(to_telegram(), []).await;
    let ports = scene.memory.ports();
    let now = ports.clock.now();
    let waiting = |message, change| ForwardTask {
        due_at: now.plus(Duration::from_secs(30)),
        ..scene.task(message, change)
    };
    let album = |first: u64| {
        let mut second = photo(2, Some(first + 1));
        second.caption = Text::plain("second");
        posted(with_photos("first", vec![photo(1, Some(first)), second]))
    };
    let all = [
        waiting(1, album(1)),
        waiting(1, edited(5, with_photos("edited", vec![photo(3, None)]))),
        waiting(10, album(10)),
        waiting(10, Change::Deleted),
    ];
    for change in [&all[1], &all[3]] {
        let until = now.plus(TASK_KEPT);
        ports.kept_tasks.put(change, until).await.unwrap();
    }
    ports.tasks.enqueue(&all).await.unwrap();
    scene.start();
    for task in &all {
        scene.outcome_of(task.delivery()).await;
    }
    let shown = "101 [3.jpg] edited\n102 [2.jpg] second\n103 [2.jpg] second";
    assert_eq!(scene.board.shown(), shown);
}

#[tokio::test(start_paused = true)]
async fn of_an_album_whose_first_message_is_gone_the_others_are_forwarded() {
    let mut scene = Scene::of(to_telegram(), []).await;
    scene.start();
    scene.board.lose_message(MessageId(1));
    let album = with_photos("", vec![photo(1, Some(1)), photo(2, Some(2))]);
    let task = ForwardTask {
        manner: Manner::Forwarded,
        ..scene.task(1, posted(album))
    };
    let retracted = skipped(SkipReason::Retracted);
    assert_eq!(scene.carry_out(task).await, retracted);
    assert_eq!(scene.change(1, Change::Deleted).await, retracted);
    assert_eq!(scene.board.shown(), "101 forward of 2");
    scene.change(2, Change::Deleted).await;
    assert_eq!(scene.board.shown(), "");
}
