//! Reactions: under what stands for the message, and in a message of their own where there are more
//! than the destination takes.

use patchbay_app::ports::{Outgoing, Piece, Reacting, Sender};
use patchbay_domain::ids::{AccountId, TopicId};
use patchbay_domain::{Emoji, Endpoint, LinkPreview, Notification, Reaction, reaction};

use super::changes::{edited, photo, posted, skipped, to_telegram, with_photos};
use super::*;

/// Each with how many people put it there; a word stands for a custom one.
fn state(counts: &[(&str, u32)]) -> Vec<Reaction> {
    reaction::state(counts.iter().map(|(emoji, count)| Reaction {
        emoji: if emoji.is_ascii() {
            Emoji::Custom {
                name: (*emoji).to_owned(),
            }
        } else {
            Emoji::unicode(emoji)
        },
        count: *count,
    }))
}

fn reacted(at: i64, counts: &[(&str, u32)]) -> Change {
    Change::Reacted {
        reactions: state(counts),
        revision: Revision::reacted(Timestamp(at)),
    }
}

/// Reactions, which messages tell of them, and what stands there then.
type Step<'a> = (&'a [(&'a str, u32)], &'a [u64], &'a str);

fn delivered(parts: &[u64]) -> DeliveryState {
    DeliveryState::delivered(parts.iter().copied().map(MessageId).collect())
}

#[tokio::test(start_paused = true)]
async fn reactions_stand_under_the_message_and_the_others_in_one_that_answers_it() {
    for pair in [pair(), to_telegram()] {
        let mut scene = Scene::of(pair, []).await;
        scene.start();
        // The first of several messages gets them.
        scene.change(1, posted(post("one|more"))).await;
        let steps: [Step<'_>; 7] = [
            (&[("👍", 1)], &[], "101 one 👍\n102 more"),
            (
                &[("👍", 2), ("🔥", 7), ("🎉", 1), ("party", 5)],
                &[103],
                "101 one 🔥👍\n102 more\n103 re 101 :party: 5 · 🎉 1",
            ),
            // It is rewritten, and removed when nothing is left over.
            (
                &[("party", 6)],
                &[103],
                "101 one\n102 more\n103 re 101 :party: 6",
            ),
            (&[("👍", 3)], &[], "101 one 👍\n102 more"),
            // The same state again is another one.
            (
                &[("party", 6)],
                &[103],
                "101 one\n102 more\n103 re 101 :party: 6",
            ),
            (&[], &[], "101 one\n102 more"),
            (
                &[("party", 1)],
                &[103],
                "101 one\n102 more\n103 re 101 :party: 1",
            ),
        ];
        for (at, (counts, parts, shown)) in (1..).zip(steps) {
            let outcome = scene.change(1, reacted(at, counts)).await;
            assert_eq!(outcome, delivered(parts), "{at}");
            assert_eq!(scene.board.shown(), shown, "{at}");
        }
        // Edits know the message as before, and leave the reactions.
        let after_edit = scene.change(1, edited(5, post("uno|more"))).await;
        assert_eq!(after_edit, delivered(&[101, 102]));
        assert_eq!(
            scene.board.shown(),
            "101 uno\n102 more\n103 re 101 :party: 1"
        );
        // What tells of them goes with the message.
        scene.change(1, Change::Deleted).await;
        assert_eq!(scene.board.shown(), "");
        let late = scene.change(1, reacted(9, &[("👍", 1)])).await;
        assert_eq!(late, skipped(SkipReason::Unmapped));
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_removed_there_is_not_reacted_to_and_what_told_of_it_comes_again() {
    let mut scene = Scene::new([]).await;
    scene.start();
    scene.change(1, posted(post("one"))).await;
    scene.change(1, reacted(1, &[("party", 1)])).await;
    scene.board.remove(MessageId(102));
    scene.change(1, reacted(2, &[("party", 2)])).await;
    assert_eq!(scene.board.shown(), "101 one\n102 re 101 :party: 2");
    scene.board.remove(MessageId(101));
    let outcome = scene.change(1, reacted(3, &[("👍", 2)])).await;
    assert_eq!(outcome, skipped(SkipReason::RemovedThere));
    assert_eq!(scene.board.shown(), "");
}

#[tokio::test(start_paused = true)]
async fn reactions_to_what_was_not_delivered_are_recorded_and_post_nothing() {
    let refused = SendError::Fail(FailReason::NotAllowed);
    let mut scene = Scene::new([refused]).await;
    scene.start();
    let party = reacted(1, &[("party", 1)]);
    let unmapped = skipped(SkipReason::Unmapped);
    scene.change(1, posted(post("fails"))).await;
    assert_eq!(scene.change(1, party.clone()).await, unmapped);
    assert_eq!(scene.change(2, party).await, unmapped);
    assert_eq!(scene.board.shown(), "");
}

#[tokio::test(start_paused = true)]
async fn an_older_state_does_not_win() {
    let mut scene = Scene::new([]).await;
    scene.start();
    scene.change(1, posted(post("one"))).await;
    scene
        .change(1, reacted(9, &[("👍", 1), ("party", 9)]))
        .await;
    let older = scene.change(1, reacted(8, &[("🔥", 8)])).await;
    assert_eq!(older, skipped(SkipReason::Superseded));
    assert_eq!(scene.board.shown(), "101 one 👍\n102 re 101 :party: 9");
}

/// The process ended after it had sent what tells of reactions, before anything was recorded.
#[tokio::test(start_paused = true)]
async fn a_repeated_task_finds_what_it_has_sent() {
    let mut scene = Scene::new([]).await;
    let ports = scene.memory.ports();
    let task = scene.task(1, reacted(5, &[("👍", 2), ("party", 1)]));
    let post = scene.task(1, posted(post("one")));
    ports.tasks.enqueue(&[post]).await.unwrap();
    scene.start();
    scene.outcome(1).await;
    let now = ports.clock.now();
    ports.deliveries.claim(&task, FENCE, now).await.unwrap();
    let reacting = Reacting {
        destination: task.destination,
        message: MessageId(101),
        reactions: state(&[("👍", 2), ("party", 1)]),
    };
    let left = scene.board.react(&reacting).await.unwrap();
    let outgoing = Outgoing {
        destination: task.destination,
        piece: Piece {
            text: reaction::told(&left),
            attachments: Vec::new(),
        },
        preview: LinkPreview::Hidden,
        notification: Notification::Silent,
        reply_to: Some(MessageId(101)),
        persona: None,
        key: task.send_key().part(0),
    };
    let nowhere = Reach::new(None, None);
    let sent = scene.board.send(&outgoing, &nowhere, Attempt::First).await;
    assert_eq!(sent.unwrap()[0].message, MessageId(102));
    assert_eq!(scene.carry_out(task).await, delivered(&[102]));
    assert_eq!(scene.board.shown(), "101 one 👍\n102 re 101 :party: 1");
}

#[tokio::test(start_paused = true)]
async fn reactions_wait_as_long_as_the_message() {
    let mut scene = Scene::new([]).await;
    let ports = scene.memory.ports();
    let now = ports.clock.now();
    let waiting = |message, change| ForwardTask {
        due_at: now.plus(Duration::from_secs(30)),
        ..scene.task(message, change)
    };
    let all = [
        waiting(1, posted(post("one"))),
        waiting(1, reacted(5, &[("👍", 1)])),
        waiting(2, posted(post("two"))),
        waiting(2, reacted(5, &[("👍", 1)])),
        waiting(2, Change::Deleted),
    ];
    let until = now.plus(patchbay_app::ports::TASK_KEPT);
    ports.kept_tasks.put(&all[4], until).await.unwrap();
    ports.tasks.enqueue(&all).await.unwrap();
    scene.start();
    for task in &all {
        scene.outcome_of(task.delivery()).await;
    }
    assert_eq!(scene.board.shown(), "101 one 👍");
    let outcome = scene.outcome_of(all[3].delivery()).await;
    assert_eq!(outcome, skipped(SkipReason::Retracted));
}

#[tokio::test(start_paused = true)]
async fn of_an_album_that_became_one_message_the_first_one_has_the_reactions() {
    let album = || {
        let photos = vec![photo(1, Some(1)), photo(2, Some(2))];
        posted(with_photos("look", photos))
    };
    let thumb: &[(&str, u32)] = &[("👍", 1)];
    let mut scene = Scene::new([]).await;
    scene.start();
    scene.change(1, album()).await;
    let of_later = scene.change(2, reacted(1, &[("🔥", 1)])).await;
    assert_eq!(of_later, skipped(SkipReason::PartOfMessage));
    scene.change(1, reacted(1, thumb)).await;
    assert_eq!(scene.board.shown(), "101 [1.jpg, 2.jpg] look 👍");

    let mut scene = Scene::of(to_telegram(), []).await;
    scene.start();
    scene.change(1, album()).await;
    scene.change(2, reacted(1, thumb)).await;
    assert_eq!(scene.board.shown(), "101 [1.jpg] look\n102 [2.jpg] 👍");
}

#[tokio::test(start_paused = true)]
async fn reactions_are_counted_in_no_figures_and_in_another_topic_are_none_of_a_topics_pair() {
    let mut scene = Scene::new([]).await;
    scene.start();
    let ports = scene.memory.ports();
    let in_topic = |message, change| ForwardTask {
        source: Endpoint::Telegram {
            account: AccountId::from_bits(1),
            chat: TelegramChatId(5),
            topic: Some(TopicId(8)),
        },
        ..scene.task(message, change)
    };
    scene.carry_out(in_topic(1, posted(post("one")))).await;
    let elsewhere = in_topic(7, reacted(1, &[("👍", 1)]));
    let here = in_topic(1, reacted(1, &[("👍", 1)]));
    let tasks = [elsewhere.clone(), here.clone()];
    ports.tasks.enqueue(&tasks).await.unwrap();
    assert_eq!(scene.outcome_of(here.delivery()).await, delivered(&[]));
    let known = ports.deliveries.get(elsewhere.delivery()).await.unwrap();
    assert_eq!(known, None);
    let now = ports.clock.now();
    let hours = Hour::of(now)..Hour::of(now).next();
    let counted = analytics::by_hour(&ports, &owner(now), Of::Everything, hours).await;
    let counted = analytics::sum(counted.unwrap().values());
    assert_eq!(counted.volume(), 1);
}
