//! What shows only after hours, or with very many messages.

use super::{START, attributes, create, later, message, name, receive};
use crate::clock::Timestamp;
use crate::sqs::change::Effects;
use crate::sqs::error::SqsError;
use crate::sqs::message::Message;
use crate::sqs::moves::{MoveStatus, NewMove};
use crate::sqs::name::{QueueKind, QueueName};
use crate::sqs::queue::{Counts, Polling};
use crate::sqs::settings::LONGEST_VISIBILITY;
use crate::sqs::state::State;

fn with_queue(state: &mut State, queue: &str, pairs: &[(&str, &str)]) -> QueueName {
    let queue = name(queue);
    let mut all = pairs.to_vec();
    if queue.kind() == QueueKind::Fifo {
        all.push(("FifoQueue", "true"));
    }
    create(state, &queue, &all, &mut Effects::default());
    queue
}

fn redrive(target: &QueueName, max: u32) -> String {
    format!(
        r#"{{"deadLetterTargetArn":"{}","maxReceiveCount":{max}}}"#,
        target.arn()
    )
}

fn send(state: &mut State, now: Timestamp, queue: &QueueName, number: u64) {
    let group = (queue.kind() == QueueKind::Fifo).then_some(0);
    let new = message(number, group, group.map(|_| number));
    state
        .send(now, queue, new, &mut Effects::default())
        .unwrap();
}

fn take(state: &mut State, now: Timestamp, queue: &QueueName, timeout: u32) -> Vec<Message> {
    state
        .receive(now, queue, &receive(10, timeout), &mut Effects::default())
        .unwrap()
}

fn numbers(messages: &[Message]) -> Vec<u64> {
    messages
        .iter()
        .map(|message| message.body.parse().unwrap())
        .collect()
}

fn counts(state: &mut State, now: Timestamp, queue: &QueueName) -> Counts {
    let queue = state.queue_mut(queue).unwrap();
    queue.advance(now, &mut Effects::default());
    queue.counts()
}

#[test]
fn messages_expire_with_their_retention_in_flight_or_not() {
    let mut state = State::default();
    let queue = with_queue(&mut state, "work", &[("MessageRetentionPeriod", "60")]);
    send(&mut state, START, &queue, 1);
    assert_eq!(numbers(&take(&mut state, START, &queue, 600)), [1]);
    send(&mut state, START.plus_seconds(30), &queue, 2);
    let left = counts(&mut state, START.plus_seconds(59), &queue);
    assert_eq!((left.in_flight, left.visible), (1, 1));
    let left = counts(&mut state, START.plus_seconds(60), &queue);
    assert_eq!((left.in_flight, left.visible), (0, 1));
    let left = counts(&mut state, START.plus_seconds(90), &queue);
    assert_eq!((left.in_flight, left.visible), (0, 0));
}

#[test]
fn a_message_counts_as_delayed_in_flight_or_visible_and_once() {
    let mut state = State::default();
    let queue = with_queue(&mut state, "work", &[]);
    let mut delayed = message(1, None, None);
    delayed.delay = Some(60);
    state
        .send(START, &queue, delayed, &mut Effects::default())
        .unwrap();
    for number in 2..=4 {
        send(&mut state, START, &queue, number);
    }
    state
        .receive(START, &queue, &receive(2, 30), &mut Effects::default())
        .unwrap();
    for (seconds, expected) in [(0, (1, 2, 1)), (30, (3, 0, 1)), (60, (4, 0, 0))] {
        let Counts {
            visible,
            in_flight,
            delayed,
        } = counts(&mut state, START.plus_seconds(seconds), &queue);
        assert_eq!((visible, in_flight, delayed), expected, "after {seconds} s");
    }
}

#[test]
fn a_full_flight_stops_receives_as_the_kind_of_queue_and_poll_says() {
    for (queue, polling, refused) in [
        ("work", Polling::Short, Some(SqsError::OverLimit)),
        ("work", Polling::Long, None),
        ("work.fifo", Polling::Short, None),
    ] {
        let mut state = State::with_in_flight_limit(3);
        let queue = with_queue(&mut state, queue, &[]);
        for number in 1..=5 {
            let fifo = queue.kind() == QueueKind::Fifo;
            let group = fifo.then_some(u8::try_from(number).unwrap());
            let new = message(number, group, group.map(|_| number));
            state
                .send(START, &queue, new, &mut Effects::default())
                .unwrap();
        }
        let first = take(&mut state, START, &queue, 30);
        assert_eq!(numbers(&first), [1, 2, 3]);
        let mut request = receive(10, 30);
        request.polling = polling;
        let again = state.receive(START, &queue, &request, &mut Effects::default());
        assert_eq!(
            again.map(|messages| messages.len()),
            refused.map_or(Ok(0), Err)
        );
        let receipt = first[0].receipt(&queue);
        state
            .delete(START, &queue, &receipt, &mut Effects::default())
            .unwrap();
        assert_eq!(numbers(&take(&mut state, START, &queue, 30)), [4]);
    }
}

#[test]
fn visibility_ends_twelve_hours_after_a_receive_and_starts_anew_with_the_next() {
    let mut state = State::default();
    let queue = with_queue(&mut state, "work", &[]);
    send(&mut state, START, &queue, 1);
    let change = |state: &mut State, now, message: &Message, timeout| {
        let receipt = message.receipt(&name("work"));
        state.change_visibility(
            now,
            &name("work"),
            &receipt,
            timeout,
            &mut Effects::default(),
        )
    };
    let first = take(&mut state, START, &queue, LONGEST_VISIBILITY).remove(0);
    let after_an_hour = START.plus_seconds(3_600);
    let refused = change(&mut state, after_an_hour, &first, LONGEST_VISIBILITY);
    assert!(
        matches!(refused, Err(SqsError::InvalidParameter(_))),
        "{refused:?}"
    );
    change(
        &mut state,
        after_an_hour,
        &first,
        LONGEST_VISIBILITY - 3_600,
    )
    .unwrap();
    change(&mut state, after_an_hour, &first, 0).unwrap();
    let second = take(&mut state, after_an_hour, &queue, 30).remove(0);
    change(&mut state, after_an_hour, &second, LONGEST_VISIBILITY).unwrap();
}

#[test]
fn a_given_up_message_lets_its_group_go_on() {
    let mut state = State::default();
    let dead = with_queue(&mut state, "dead.fifo", &[]);
    let policy = redrive(&dead, 2);
    let queue = with_queue(&mut state, "work.fifo", &[("RedrivePolicy", &policy)]);
    for number in 1..=3 {
        send(&mut state, START, &queue, number);
    }
    let mut now = START;
    for _ in 0..2 {
        let taken = state
            .receive(now, &queue, &receive(1, 1), &mut Effects::default())
            .unwrap();
        assert_eq!(numbers(&taken), [1]);
        now = now.plus_seconds(1);
    }
    let mut effects = Effects::default();
    let taken = state
        .receive(now, &queue, &receive(10, 30), &mut effects)
        .unwrap();
    assert_eq!(numbers(&taken), [2, 3]);
    assert!(
        effects.stirred.contains(&dead),
        "who polls the dead-letter queue is woken"
    );
    let letter = take(&mut state, now, &dead, 30).remove(0);
    assert_eq!((&*letter.body, letter.delivery.receive_count), ("1", 1));
    assert_eq!(
        (letter.dead_letter_source, letter.enqueued_at),
        (Some(queue), now)
    );
}

#[test]
fn a_standard_dead_letter_keeps_its_age() {
    let mut state = State::default();
    let dead = with_queue(&mut state, "dead", &[("MessageRetentionPeriod", "100")]);
    let policy = redrive(&dead, 1);
    let queue = with_queue(&mut state, "work", &[("RedrivePolicy", &policy)]);
    send(&mut state, START, &queue, 1);
    take(&mut state, START, &queue, 30);
    let now = START.plus_seconds(60);
    assert!(take(&mut state, now, &queue, 30).is_empty());
    assert_eq!(counts(&mut state, now, &dead).visible, 1);
    assert_eq!(
        counts(&mut state, START.plus_seconds(100), &dead).visible,
        0
    );
}

#[test]
fn without_its_dead_letter_queue_a_message_stays() {
    let mut state = State::default();
    let dead = with_queue(&mut state, "dead", &[]);
    let policy = redrive(&dead, 1);
    let queue = with_queue(&mut state, "work", &[("RedrivePolicy", &policy)]);
    send(&mut state, START, &queue, 1);
    state.delete_queue(&dead, &mut Effects::default()).unwrap();
    for n in 0..4 {
        let taken = take(&mut state, START.plus_seconds(n * 30), &queue, 30);
        assert_eq!(numbers(&taken), [1]);
    }
}

#[test]
fn a_redrive_policy_needs_a_queue_that_allows_it() {
    let mut state = State::default();
    let dead = with_queue(&mut state, "dead", &[]);
    let fifo = with_queue(&mut state, "dead.fifo", &[]);
    let deny = r#"{"redrivePermission":"denyAll"}"#;
    let closed = with_queue(&mut state, "closed", &[("RedriveAllowPolicy", deny)]);
    let queue = with_queue(&mut state, "work", &[]);
    for (target, allowed) in [
        (&dead, true),
        (&fifo, false),
        (&closed, false),
        (&name("missing"), false),
    ] {
        let change = attributes(&[("RedrivePolicy", &redrive(target, 3))]);
        let set = state.set_attributes(START, &queue, change, &mut Effects::default());
        assert_eq!(set.is_ok(), allowed, "{target}: {set:?}");
    }
}

#[test]
fn a_move_with_a_pace_moves_what_the_time_allows() {
    let mut state = State::default();
    let dead = with_queue(&mut state, "dead", &[]);
    let policy = redrive(&dead, 1);
    let queue = with_queue(&mut state, "work", &[("RedrivePolicy", &policy)]);
    for number in 1..=10 {
        send(&mut state, START, &dead, number);
    }
    let new = |destination: Option<&QueueName>| NewMove {
        handle: "move".into(),
        source_arn: name("dead").arn(),
        destination_arn: destination.map(QueueName::arn),
        pace: Some(4),
    };
    let effects = &mut Effects::default();
    state.start_move(START, new(Some(&queue)), effects).unwrap();
    let second = state.start_move(START, new(Some(&queue)), effects);
    assert!(
        matches!(second, Err(SqsError::UnsupportedOperation(_))),
        "{second:?}"
    );
    for (millis, moved) in [(250, 1), (1_000, 4), (2_499, 9), (2_500, 10)] {
        let now = later(START, millis);
        state.advance_moves(now, effects);
        assert_eq!(
            counts(&mut state, now, &queue).visible,
            moved,
            "after {millis} ms"
        );
    }
    assert_eq!(
        state.moves_of(&dead.arn()).next().unwrap().status,
        MoveStatus::Completed
    );

    send(&mut state, START, &dead, 11);
    state.start_move(START, new(None), effects).unwrap();
    state.advance_moves(START.plus_seconds(1), effects);
    // A message that was sent here has no source to go back to.
    assert_eq!(
        state.moves_of(&dead.arn()).next().unwrap().status,
        MoveStatus::Failed
    );
}
