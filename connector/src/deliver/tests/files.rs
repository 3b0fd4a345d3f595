//! Files that come, go, and are lost.

use patchbay_app::ports::{Outgoing, Piece, Sender};
use patchbay_domain::{Attachment, LinkPreview, MediaKind, Notification};

use super::changes::{edited, photo, posted, to_telegram, with_photos};
use super::*;

#[tokio::test(start_paused = true)]
async fn files_come_and_go_with_edits() {
    let mut scene = Scene::new([]).await;
    scene.start();
    scene.change(1, posted(post("text"))).await;
    let with = |text: &str, ids: &[i64]| {
        with_photos(text, ids.iter().map(|id| photo(*id, None)).collect())
    };
    scene.change(1, edited(5, with("text", &[1, 2]))).await;
    assert_eq!(scene.board.shown(), "101 [1.jpg, 2.jpg] text");
    scene.change(1, edited(6, with("text", &[2]))).await;
    assert_eq!(scene.board.shown(), "101 [2.jpg] text");
    scene.change(1, edited(7, post("alone"))).await;
    assert_eq!(scene.board.shown(), "101 alone");

    let mut scene = Scene::of(to_telegram(), []).await;
    scene.start();
    scene.change(1, posted(with("text", &[1, 2]))).await;
    scene.change(1, edited(6, with("less", &[2]))).await;
    assert_eq!(scene.board.shown(), "101 [2.jpg] less");
}

#[tokio::test(start_paused = true)]
async fn a_notice_stands_for_a_file_that_is_gone() {
    let mut scene = Scene::new([]).await;
    scene.start();
    scene.board.lose_file("1.jpg");
    let alone = with_photos("one", vec![photo(1, None)]);
    scene.change(1, posted(alone)).await;
    let both = with_photos("two", vec![photo(1, None), photo(2, None)]);
    scene.change(2, posted(both)).await;
    insta::assert_snapshot!(scene.board.shown(), @r"
    101 one/[photo 1.jpg: not at its source any more]
    102 [2.jpg] two
    103 [photo 1.jpg: not at its source any more]
    ");
    // Of an album, the notice goes with the message whose file it stands for.
    let photos = vec![photo(3, Some(10)), photo(1, Some(11))];
    scene.change(10, posted(with_photos("album", photos))).await;
    scene.change(11, Change::Deleted).await;
    scene.change(1, Change::Deleted).await;
    scene.change(2, Change::Deleted).await;
    assert_eq!(scene.board.shown(), "104 [3.jpg] album");
    // And so do the words of the first one.
    let photos = vec![photo(1, Some(20)), photo(4, Some(21))];
    scene.change(20, posted(with_photos("words", photos))).await;
    let notice = "106 words/[photo 1.jpg: not at its source any more]";
    let shown = format!("104 [3.jpg] album\n105 [4.jpg]\n{notice}");
    assert_eq!(scene.board.shown(), shown);
    scene.change(20, Change::Deleted).await;
    assert_eq!(scene.board.shown(), "104 [3.jpg] album\n105 [4.jpg]");
}

/// Of several pieces, the first lost a file, and the second one is sent at the second attempt.
#[tokio::test(start_paused = true)]
async fn a_notice_is_remembered_from_one_attempt_to_the_next() {
    for pair in [pair(), to_telegram()] {
        let mut scene = Scene::of(pair, []).await;
        scene.start();
        scene.board.lose_file("1.jpg");
        let after = Duration::ZERO;
        let why = "no answer".to_owned();
        scene
            .board
            .fail_once("two", SendError::Retry { after, why });
        let photos = vec![photo(1, None), photo(2, None)];
        scene
            .change(1, posted(with_photos("one|two", photos)))
            .await;
        let notice = "[photo 1.jpg: not at its source any more]";
        let shown = format!("101 [2.jpg] one\n102 {notice}\n103 two");
        assert_eq!(scene.board.shown(), shown);
        scene.change(1, Change::Deleted).await;
        assert_eq!(scene.board.shown(), "");
    }
}

#[tokio::test(start_paused = true)]
async fn a_notice_stands_for_a_file_that_turns_out_too_large() {
    let notice = "[photo 1.jpg: larger than the 10 MiB that fit here]";
    let others = vec![photo(1, None), photo(2, None)];
    for (photos, expected) in [
        (vec![photo(1, None)], format!("101 said/{notice}")),
        (others, format!("101 [2.jpg] said\n102 {notice}")),
    ] {
        let too_large = SendError::FileTooLarge {
            index: 0,
            most: 10 * 1024 * 1024,
        };
        let mut scene = Scene::new([too_large]).await;
        scene.start();
        scene.change(1, posted(with_photos("said", photos))).await;
        assert_eq!(scene.board.shown(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn what_tells_of_a_file_that_is_gone_stays_until_there_is_another() {
    for pair in [pair(), to_telegram()] {
        let mut scene = Scene::of(pair, []).await;
        scene.start();
        scene.board.lose_file("1.jpg");
        let with = |text: &str, file| with_photos(text, vec![photo(file, None)]);
        scene.change(1, posted(with("one", 1))).await;
        let notice = "[photo 1.jpg: not at its source any more]";
        assert_eq!(scene.board.shown(), format!("101 one/{notice}"));
        for (revision, text) in [(5, "two"), (6, "three")] {
            scene.change(1, edited(revision, with(text, 1))).await;
            assert_eq!(scene.board.shown(), format!("101 {text}/{notice}"));
        }
        scene.change(1, edited(7, with("four", 2))).await;
        assert_eq!(scene.board.shown(), "101 [2.jpg] four");
    }
}

#[tokio::test(start_paused = true)]
async fn a_text_that_gets_a_file_stays_before_what_it_also_says() {
    let mut scene = Scene::of(to_telegram(), []).await;
    scene.start();
    scene.change(1, posted(post("one"))).await;
    let photo = with_photos("two|three", vec![photo(1, None)]);
    scene.change(1, edited(5, photo)).await;
    assert_eq!(scene.board.shown(), "101 [1.jpg] two\n102 three");
}

/// It was sent, but nobody knows; then it is gone at its source.
#[tokio::test(start_paused = true)]
async fn what_was_sent_before_its_file_was_gone_is_found_again() {
    for pair in [pair(), to_telegram()] {
        let mut scene = Scene::of(pair, []).await;
        let sent = with_photos("one", vec![photo(1, None)]);
        let task = scene.task(1, posted(sent));
        let (deliveries, now) = (scene.memory.ports().deliveries, task.received_at);
        deliveries.claim(&task, Fence(1), now).await.unwrap();
        let outgoing = Outgoing {
            destination: task.destination,
            piece: Piece {
                text: Text::plain("one"),
                attachments: vec![photo(1, None)],
            },
            preview: LinkPreview::Shown,
            notification: Notification::Sound,
            reply_to: None,
            persona: None,
            key: task.send_key().part(0),
        };
        let files = Reach::new(None, None);
        let board = &scene.board;
        board.send(&outgoing, &files, Attempt::First).await.unwrap();
        scene.board.lose_file("1.jpg");
        scene.start();
        scene.carry_out(task).await;
        assert_eq!(scene.board.shown(), "101 [1.jpg] one");
        scene.change(1, Change::Deleted).await;
        assert_eq!(scene.board.shown(), "");
    }
}

/// The messages that tell of lost files get theirs.
#[tokio::test(start_paused = true)]
async fn an_edit_brings_files_in_the_place_of_those_that_were_gone() {
    let mut scene = Scene::of(to_telegram(), []).await;
    scene.start();
    let document = |id| Attachment {
        kind: MediaKind::Document,
        ..photo(id, None)
    };
    let with = |ids: [i64; 3]| {
        let [first, others @ ..] = ids;
        let others = others.map(document).into_iter();
        let all = std::iter::once(photo(first, None)).chain(others);
        with_photos("words", all.collect())
    };
    for lost in ["1.jpg", "2.jpg", "3.jpg", "5.jpg"] {
        scene.board.lose_file(lost);
    }
    scene.change(1, posted(with([1, 2, 3]))).await;
    insta::assert_snapshot!(scene.board.shown(), @r"
    101 words/[photo 1.jpg: not at its source any more]
    102 [document 2.jpg: not at its source any more]
    103 [document 3.jpg: not at its source any more]
    ");
    scene.change(1, edited(5, with([4, 5, 6]))).await;
    insta::assert_snapshot!(scene.board.shown(), @r"
    101 [4.jpg] words
    102 [document 5.jpg: not at its source any more]
    103 [6.jpg]
    ");
    scene.change(1, Change::Deleted).await;
    assert_eq!(scene.board.shown(), "");
}
