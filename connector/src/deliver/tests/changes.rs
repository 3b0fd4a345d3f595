//! Replies, edits and deletions.

use patchbay_app::ports::{Outgoing, Piece, Sender, TASK_KEPT};
use patchbay_domain::file::{TelegramFile, TelegramFileClass};
use patchbay_domain::ids::{AccountId, AlbumId};
use patchbay_domain::{
    Attachment, Endpoint, FileRef, LinkPreview, MediaKind, Notification, PairState,
};

use super::*;

pub(super) fn to_telegram() -> Pair {
    Pair {
        destination: Endpoint::Telegram {
            account: AccountId::from_bits(2),
            chat: TelegramChatId(-9),
            topic: None,
        },
        ..pair()
    }
}

pub(super) fn photo(id: i64, message: Option<u64>) -> Attachment {
    Attachment {
        name: Some(format!("{id}.jpg")),
        message: message.map(MessageId),
        file: Some(FileRef::Telegram(TelegramFile {
            account: AccountId::from_bits(1),
            chat: TelegramChatId(5),
            message: MessageId(message.unwrap_or_default()),
            class: TelegramFileClass::Photo {
                size: "y".to_owned(),
            },
            id,
            access_hash: 1,
            reference: vec![],
            dc: 2,
            bytes: None,
        })),
        ..Attachment::new(MediaKind::Photo)
    }
}

/// A post with these photos; an album of several messages if they name some.
pub(super) fn with_photos(text: &str, photos: Vec<Attachment>) -> Post {
    let mut post = post(text);
    let is_album = photos.iter().any(|photo| photo.message.is_some());
    post.album = is_album.then_some(AlbumId(3));
    post.content.attachments = photos;
    post
}

pub(super) fn posted(post: Post) -> Change {
    Change::Posted { post }
}

pub(super) fn edited(revision: u64, post: Post) -> Change {
    Change::Edited {
        post,
        revision: Revision(revision),
    }
}

impl Scene {
    pub(super) fn task(&self, message: u64, change: Change) -> ForwardTask {
        ForwardTask {
            destination: self.pair.destination,
            change,
            ..task(&self.memory, message, "")
        }
    }

    pub(super) async fn change(&self, message: u64, change: Change) -> DeliveryState {
        let task = self.task(message, change);
        self.carry_out(task).await
    }

    pub(super) async fn carry_out(&self, task: ForwardTask) -> DeliveryState {
        self.board.happened(task.message, &task.change);
        let key = task.delivery();
        self.memory.ports().tasks.enqueue(&[task]).await.unwrap();
        self.outcome_of(key).await
    }
}

pub(super) fn skipped(reason: SkipReason) -> DeliveryState {
    DeliveryState::Skipped { reason }
}

#[tokio::test(start_paused = true)]
async fn an_edit_changes_what_stands_there_and_a_deletion_removes_it() {
    for pair in [pair(), to_telegram()] {
        let mut scene = Scene::of(pair, []).await;
        scene.start();
        scene.change(1, posted(post("one"))).await;
        scene.change(2, posted(post("two"))).await;
        scene.change(1, edited(5, post("uno"))).await;
        assert_eq!(scene.board.shown(), "101 uno\n102 two");
        // An edit may need more messages than the post, or fewer.
        scene.change(1, edited(6, post("a|b|c"))).await;
        assert_eq!(scene.board.shown(), "101 a\n102 two\n103 b\n104 c");
        scene.change(1, edited(7, post("a|d"))).await;
        assert_eq!(scene.board.shown(), "101 a\n102 two\n103 d");
        let gone = scene.change(1, Change::Deleted).await;
        assert_eq!(gone, DeliveryState::delivered(vec![]));
        assert_eq!(scene.board.shown(), "102 two");
    }
}

/// A group of Telegram went on as a supergroup, under another id.
#[tokio::test(start_paused = true)]
async fn what_waits_for_a_chat_goes_where_that_went_on() {
    let lost = || SendError::Fail(FailReason::DestinationLost);
    let mut scene = Scene::of(to_telegram(), [lost()]).await;
    let old = scene.pair.clone();
    let moved = Pair {
        destination: Endpoint::Telegram {
            account: AccountId::from_bits(2),
            chat: TelegramChatId(-1_000_000_000_009),
            topic: None,
        },
        version: old.version + 1,
        ..old.clone()
    };
    let pairs = scene.memory.ports().pairs;
    assert!(pairs.update(&moved, old.version).await.unwrap());
    let known = old.clone();
    scene.index.send_modify(|index| index.replace_all([known]));
    scene.start();
    // The index doesn't know it yet when the first one fails.
    let key = key(1);
    let first = scene.task(1, posted(post("one")));
    scene.memory.ports().tasks.enqueue(&[first]).await.unwrap();
    let (index, now) = (scene.index.clone(), moved.clone());
    let follows = async {
        while scene
            .memory
            .ports()
            .deliveries
            .get(key)
            .await
            .unwrap()
            .is_none()
        {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        index.send_modify(|index| index.replace_all([now]));
    };
    let (outcome, ()) = tokio::join!(scene.outcome_of(key), follows);
    assert_eq!(outcome, DeliveryState::delivered(vec![MessageId(101)]));
    scene.change(2, posted(post("two"))).await;
    assert_eq!(scene.board.shown(), "101 one\n102 two");
    let to = scene.board.destinations();
    assert_eq!(to, [old.destination, moved.destination, moved.destination]);
}

/// The chat that came after it numbers its messages anew.
#[tokio::test(start_paused = true)]
async fn what_stands_in_a_chat_that_went_on_is_not_taken_for_something_else() {
    let mut scene = Scene::of(to_telegram(), []).await;
    scene.start();
    scene.change(1, posted(post("one"))).await;
    let old = scene.pair.clone();
    let moved = Pair {
        destination: Endpoint::Telegram {
            account: AccountId::from_bits(2),
            chat: TelegramChatId(-1_000_000_000_009),
            topic: None,
        },
        ..old.clone()
    };
    scene.index.send_modify(|index| index.replace_all([moved]));
    let edit = edited(5, post("uno"));
    let gone = skipped(SkipReason::RemovedThere);
    assert_eq!(scene.change(1, edit).await, gone);
    let mut reply = post("two");
    reply.reply_to = Some(MessageId(1));
    scene.change(2, posted(reply)).await;
    let shown = scene.board.shown();
    assert!(!shown.contains("re 101"), "{shown}");
    scene.change(1, Change::Deleted).await;
    assert!(!scene.board.shown().contains("101"));
    assert_eq!(scene.board.destinations().last(), Some(&old.destination));
}

#[tokio::test(start_paused = true)]
async fn a_change_of_what_was_not_delivered_is_recorded_and_posts_nothing() {
    let refused = SendError::Fail(FailReason::NotAllowed);
    let mut scene = Scene::new([refused]).await;
    scene.start();
    let unmapped = skipped(SkipReason::Unmapped);
    assert_eq!(scene.change(1, edited(5, post("x"))).await, unmapped);
    assert_eq!(scene.change(2, Change::Deleted).await, unmapped);
    scene.change(3, posted(post("fails"))).await;
    assert_eq!(scene.change(3, edited(5, post("x"))).await, unmapped);
    assert_eq!(scene.change(3, Change::Deleted).await, unmapped);
    // Deleted means deleted.
    scene.change(4, posted(post("four"))).await;
    scene.change(4, Change::Deleted).await;
    assert_eq!(scene.change(4, edited(9, post("x"))).await, unmapped);
    // A later edit stands.
    scene.change(5, posted(post("five"))).await;
    scene.change(5, edited(9, post("new"))).await;
    let superseded = skipped(SkipReason::Superseded);
    assert_eq!(scene.change(5, edited(8, post("old"))).await, superseded);
    assert_eq!(scene.board.shown(), "101 new");
    scene.board.remove(MessageId(101));
    let removed = skipped(SkipReason::RemovedThere);
    assert_eq!(scene.change(5, edited(10, post("x"))).await, removed);
    assert_eq!(scene.board.shown(), "");
}

#[tokio::test(start_paused = true)]
async fn a_reply_answers_what_stands_for_the_message_or_quotes_it() {
    let mut scene = Scene::new([]).await;
    scene.start();
    let answer = |to: u64, text: &str| Post {
        reply_to: Some(MessageId(to)),
        ..post(text)
    };
    scene.change(2, posted(post("two|more"))).await;
    scene.change(3, posted(answer(2, "yes"))).await;
    // From before the pair.
    scene.change(4, posted(answer(1, "no"))).await;
    let task = ForwardTask {
        manner: Manner::Attributed,
        ..scene.task(5, posted(answer(1, "why")))
    };
    scene.carry_out(task).await;
    // What it answers was removed at the destination meanwhile.
    scene.board.remove(MessageId(101));
    scene.change(6, posted(answer(2, "late"))).await;
    insta::assert_snapshot!(scene.board.shown(), @r"
    102 more
    103 re 101 yes
    104 old 1/no
    105 Bob: old 1/why
    106 late
    ");
}

#[tokio::test(start_paused = true)]
async fn what_changes_while_a_message_waits_takes_effect_with_it() {
    let mut scene = Scene::new([]).await;
    let ports = scene.memory.ports();
    let now = ports.clock.now();
    let late = now.plus(Duration::from_secs(30));
    let waiting = |message, change| ForwardTask {
        due_at: late,
        ..scene.task(message, change)
    };
    let all = [
        waiting(1, posted(post("one"))),
        waiting(2, posted(post("two"))),
        waiting(3, posted(post("three"))),
        waiting(1, edited(5, post("first edit"))),
        waiting(1, edited(6, post("second edit"))),
        waiting(2, Change::Deleted),
    ];
    for change in &all[3..] {
        ports
            .kept_tasks
            .put(change, now.plus(TASK_KEPT))
            .await
            .unwrap();
    }
    ports.tasks.enqueue(&all).await.unwrap();
    scene.start();
    for task in &all {
        scene.outcome_of(task.delivery()).await;
    }
    assert_eq!(scene.board.shown(), "101 second edit\n102 three");
    assert_eq!(scene.sent(), ["second edit", "three"]);
    let outcome = async |task: &ForwardTask| scene.outcome_of(task.delivery()).await;
    assert_eq!(outcome(&all[1]).await, skipped(SkipReason::Retracted));
    assert_eq!(outcome(&all[5]).await, skipped(SkipReason::Retracted));
    assert_eq!(outcome(&all[3]).await, skipped(SkipReason::Superseded));
    let parts = vec![MessageId(101)];
    assert_eq!(outcome(&all[4]).await, DeliveryState::delivered(parts));
}

/// What was sent before it says nothing of a change that came meanwhile.
#[tokio::test(start_paused = true)]
async fn what_changes_after_a_first_attempt_comes_after_the_message() {
    let mut scene = Scene::new([]).await;
    let ports = scene.memory.ports();
    let now = ports.clock.now();
    let waiting = |message, change| ForwardTask {
        received_at: now,
        due_at: now.plus(Duration::from_secs(30)),
        ..scene.task(message, change)
    };
    let later = |task: ForwardTask| ForwardTask {
        received_at: now.plus(Duration::from_secs(31)),
        ..task
    };
    let all = [
        waiting(1, posted(post("one"))),
        later(waiting(1, edited(5, post("edited")))),
        waiting(2, posted(post("two"))),
        later(waiting(2, Change::Deleted)),
    ];
    // Sent, and then nobody heard of it.
    for (task, text) in [(&all[0], "one"), (&all[2], "two")] {
        let at = now.plus(Duration::from_secs(30));
        ports.deliveries.claim(task, FENCE, at).await.unwrap();
        let outgoing = Outgoing {
            destination: task.destination,
            piece: Piece {
                text: Text::plain(text),
                attachments: Vec::new(),
            },
            preview: LinkPreview::Shown,
            notification: Notification::Sound,
            reply_to: None,
            persona: None,
            key: task.send_key().part(0),
        };
        let nowhere = Reach::new(None, None);
        let sent = scene.board.send(&outgoing, &nowhere, Attempt::First).await;
        assert!(sent.is_ok());
    }
    for change in [&all[1], &all[3]] {
        let until = now.plus(TASK_KEPT);
        ports.kept_tasks.put(change, until).await.unwrap();
    }
    ports.tasks.enqueue(&all).await.unwrap();
    scene.start();
    for task in &all {
        scene.outcome_of(task.delivery()).await;
    }
    assert_eq!(scene.board.shown(), "101 edited");
}

#[tokio::test(start_paused = true)]
async fn a_pair_that_is_paused_sends_nothing_that_waits() {
    let mut scene = Scene::new([]).await;
    let paused = Pair {
        state: PairState::Paused,
        ..pair()
    };
    scene
        .index
        .send_modify(|index| index.replace_all([paused.clone()]));
    scene.start();
    let outcome = scene.change(1, posted(post("one"))).await;
    assert_eq!(outcome, skipped(SkipReason::PairPaused));
    assert_eq!(scene.board.shown(), "");
}

#[tokio::test(start_paused = true)]
async fn a_forward_is_made_by_the_platform_and_stands() {
    let mut scene = Scene::of(to_telegram(), []).await;
    scene.start();
    let forward = |task: ForwardTask| ForwardTask {
        manner: Manner::Forwarded,
        ..task
    };
    let album = with_photos("", vec![photo(1, Some(1)), photo(2, Some(2))]);
    scene.carry_out(forward(scene.task(1, posted(album)))).await;
    scene
        .carry_out(forward(scene.task(3, posted(post("x")))))
        .await;
    let edit = forward(scene.task(3, edited(5, post("y"))));
    let stands = skipped(SkipReason::ForwardStands);
    assert_eq!(scene.carry_out(edit).await, stands);
    scene.change(2, Change::Deleted).await;
    assert_eq!(scene.board.shown(), "101 forward of 1\n103 forward of 3");
}

#[tokio::test(start_paused = true)]
async fn a_pair_that_cannot_deliver_says_so_until_it_can() {
    let refused = || SendError::Fail(FailReason::NotAllowed);
    let mut scene = Scene::new([refused(), refused()]).await;
    let ports = scene.memory.ports();
    let user = owner(ports.clock.now());
    ports.users.create(&user).await.unwrap();
    scene.start();
    let trouble = async || {
        let pair = ports.pairs.get(user.id, pair().id).await.unwrap().unwrap();
        scene
            .index
            .send_modify(|index| index.replace_all([pair.clone()]));
        pair.health.trouble.map(|trouble| trouble.reason)
    };
    for message in 1..=2 {
        scene.change(message, posted(post("one"))).await;
        assert_eq!(trouble().await, Some(FailReason::NotAllowed));
    }
    let letters = scene.memory.letters();
    assert_eq!(letters.len(), 1, "its owner is told once");
    assert_eq!(letters[0].to, user.email);
    scene.change(3, posted(post("two"))).await;
    assert_eq!(trouble().await, None);
}

#[tokio::test(start_paused = true)]
async fn of_two_pairs_that_want_no_duplicates_one_brings_a_message() {
    let mut scene = Scene::new([]).await;
    scene.start();
    let other = Pair {
        id: patchbay_domain::ids::PairId::from_bits(2),
        ..pair()
    };
    let ports = scene.memory.ports();
    assert!(ports.pairs.create(&other, 1).await.unwrap());
    let by = |pair: &Pair, duplicates, message| ForwardTask {
        pair: pair.id,
        duplicates,
        ..scene.task(message, posted(post(&format!("{message}"))))
    };
    let duplicate = skipped(SkipReason::Duplicate);
    let first = scene.carry_out(by(&pair(), Duplicates::Suppress, 1)).await;
    assert_eq!(first, DeliveryState::delivered(vec![MessageId(101)]));
    let second = scene.carry_out(by(&other, Duplicates::Suppress, 1)).await;
    assert_eq!(second, duplicate);
    for pair in [&pair(), &other] {
        scene.carry_out(by(pair, Duplicates::Forward, 2)).await;
    }
    assert_eq!(scene.board.shown(), "101 1\n102 2\n103 2");
}

#[tokio::test(start_paused = true)]
async fn a_deletion_in_another_topic_is_none_of_a_topics_pair() {
    let topic = Some(patchbay_domain::ids::TopicId(8));
    let of_topic = Endpoint::Telegram {
        account: AccountId::from_bits(1),
        chat: TelegramChatId(5),
        topic,
    };
    let mut scene = Scene::new([]).await;
    scene.start();
    let in_topic = |message, change| ForwardTask {
        source: of_topic,
        ..scene.task(message, change)
    };
    scene.carry_out(in_topic(1, posted(post("one")))).await;
    let elsewhere = in_topic(7, Change::Deleted);
    let here = in_topic(1, Change::Deleted);
    let ports = scene.memory.ports();
    let tasks = [elsewhere.clone(), here.clone()];
    ports.tasks.enqueue(&tasks).await.unwrap();
    let removed = scene.outcome_of(here.delivery()).await;
    assert_eq!(removed, DeliveryState::delivered(vec![]));
    let known = ports.deliveries.get(elsewhere.delivery()).await.unwrap();
    assert_eq!(known, None);
}
