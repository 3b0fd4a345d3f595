use std::time::{Duration, Instant};

use patchbay_app::ports::{Attempt, Clock, Outgoing, Piece, SendError, Sender, Sent};
use patchbay_domain::ids::MessageId;
use patchbay_domain::ids::PairId;
use patchbay_domain::{ChatId, FailReason, LinkPreview, Notification, Revision, SendKey, Text};
use serde_json::json;

use super::bench::Bench;
use super::files::NoFiles;

pub(crate) const POST: &str = "POST /channels/{}/messages";

pub(crate) fn outgoing(bench: &Bench, number: u64, text: &str) -> Outgoing {
    let chat = ChatId::Discord(bench.channel);
    Outgoing {
        destination: bench.here(),
        piece: Piece {
            text: Text::plain(text),
            attachments: Vec::new(),
        },
        preview: LinkPreview::Shown,
        notification: Notification::Sound,
        reply_to: None,
        persona: None,
        key: SendKey::of_task(
            PairId::from_bits(1),
            chat,
            MessageId(number),
            Revision::POSTED,
        ),
    }
}

#[tokio::test]
async fn a_message_is_posted_as_it_is_meant() {
    let bench = Bench::start().await;
    let sender = bench.discord().sender();
    let silent = Outgoing {
        notification: Notification::Silent,
        ..outgoing(&bench, 1, "2*3*4 @everyone")
    };
    let sent = sender
        .send(&silent, &NoFiles, Attempt::First)
        .await
        .unwrap();
    let [
        Sent {
            message: id,
            file: None,
        },
    ] = sent.as_slice()
    else {
        panic!("{sent:?}")
    };
    let posted = &bench
        .get(&format!("/channels/{}/messages", bench.channel))
        .await[0];
    assert_eq!(posted["id"], id.to_string());
    assert_eq!(posted["author"], bench.bot());
    assert_eq!(posted["mention_everyone"], false);
    assert_eq!(posted["flags"].as_u64().unwrap() & 1 << 12, 1 << 12);
    assert_eq!(posted["nonce"], silent.key.nonce());
    assert!(
        posted["content"].as_str().unwrap().starts_with(r"2\*3\*4"),
        "{posted}"
    );
}

#[tokio::test]
async fn a_lost_answer_makes_no_second_message() {
    let bench = Bench::start().await;
    let sender = bench.discord().sender();
    let (message, since) = (outgoing(&bench, 1, "once"), bench.memory.clock().now());
    bench.fault(POST, json!("lose_response")).await;
    let lost = sender.send(&message, &NoFiles, Attempt::First).await;
    assert!(matches!(lost, Err(SendError::Retry { .. })), "{lost:?}");
    let id = sender
        .send(&message, &NoFiles, Attempt::Again { since })
        .await
        .unwrap();
    assert_eq!(bench.contents().await, ["once"]);
    assert_eq!(
        sender
            .send(&message, &NoFiles, Attempt::Again { since })
            .await,
        Ok(id)
    );
}

#[tokio::test]
async fn a_nonce_that_is_forgotten_makes_no_second_message() {
    let bench = Bench::start().await;
    bench.set(json!({"nonce_window_s": 0})).await;
    let sender = bench.discord().sender();
    let other = sender
        .send(&outgoing(&bench, 7, "other"), &NoFiles, Attempt::First)
        .await
        .unwrap();
    let (message, since) = (outgoing(&bench, 1, " *once* "), bench.memory.clock().now());
    bench.fault(POST, json!("lose_response")).await;
    assert!(
        sender
            .send(&message, &NoFiles, Attempt::First)
            .await
            .is_err()
    );
    // Newer messages than one page of history has.
    bench.say_numbers(0..150).await;
    bench.memory.clock().advance(Duration::from_mins(10));
    let again = Attempt::Again { since };
    let id = sender.send(&message, &NoFiles, again).await.unwrap();
    assert_ne!(id, other);
    assert_eq!(sender.send(&message, &NoFiles, again).await, Ok(id));
    let contents = bench.contents().await;
    assert_eq!(
        contents
            .iter()
            .filter(|content| content.contains("once"))
            .count(),
        1
    );

    // One that never arrived is sent.
    let missing = outgoing(&bench, 2, "missing");
    let id = sender.send(&missing, &NoFiles, again).await.unwrap();
    assert!(
        id[0].message > other[0].message && bench.contents().await.contains(&"missing".to_owned())
    );
}

#[tokio::test]
async fn limits_are_kept_before_discord_says_so() {
    let bench = Bench::start().await;
    bench
        .set(json!({"rate_limits": {POST: {"limit": 5, "per_ms": 400}}}))
        .await;
    let sender = bench.discord().sender();
    let messages: Vec<Outgoing> = (0..12)
        .map(|number| outgoing(&bench, number, &format!("{number}")))
        .collect();
    let sends = messages
        .iter()
        .map(|message| sender.send(message, &NoFiles, Attempt::First));
    let sent = futures_util::future::join_all(sends).await;
    assert!(sent.iter().all(Result::is_ok), "{sent:?}");
    assert_eq!(bench.contents().await.len(), 12);
    let calls = bench.get("/calls").await.to_string();
    assert!(!calls.contains("429"), "{calls}");
}

#[tokio::test]
async fn a_429_is_waited_out_if_it_is_short() {
    let bench = Bench::start().await;
    let sender = bench.discord().sender();
    bench
        .fault(POST, json!({"rate_limit": {"retry_after": 0.7}}))
        .await;
    let began = Instant::now();
    sender
        .send(&outgoing(&bench, 1, "late"), &NoFiles, Attempt::First)
        .await
        .unwrap();
    assert!(began.elapsed() >= Duration::from_millis(700));

    bench
        .fault(
            POST,
            json!({"rate_limit": {"retry_after": 30.5, "global": true}}),
        )
        .await;
    let told = sender
        .send(&outgoing(&bench, 2, "later"), &NoFiles, Attempt::First)
        .await;
    let Err(SendError::Limited { after }) = told else {
        panic!("{told:?}")
    };
    assert!((29..=31).contains(&after.as_secs()), "{after:?}");
    assert_eq!(bench.contents().await, ["late"]);
}

#[tokio::test]
async fn a_destination_that_is_closed_or_gone_fails_for_good() {
    let bench = Bench::start().await;
    let sender = bench.discord().sender();
    let message = outgoing(&bench, 1, "hello");
    let overwrite = format!("/channels/{}/overwrites/{}", bench.channel, bench.bot());
    let no_posting = json!({"kind": "member", "deny": (1 << 11).to_string()});
    bench.change("PUT", &overwrite, no_posting).await;
    let closed = sender.send(&message, &NoFiles, Attempt::First).await;
    assert_eq!(closed, Err(SendError::Fail(FailReason::NotAllowed)));
    bench
        .change(
            "DELETE",
            &format!("/channels/{}", bench.channel),
            json!(null),
        )
        .await;
    let gone = sender.send(&message, &NoFiles, Attempt::First).await;
    assert_eq!(gone, Err(SendError::Fail(FailReason::DestinationLost)));
}

#[tokio::test]
async fn what_may_have_arrived_is_to_be_tried_again() {
    let bench = Bench::start().await;
    let sender = bench.discord().sender();
    for broken in [
        json!({"status": 500}),
        json!({"status": 503}),
        json!("drop_connection"),
    ] {
        bench.fault(POST, broken).await;
        let told = sender
            .send(&outgoing(&bench, 1, "hello"), &NoFiles, Attempt::First)
            .await;
        let Err(SendError::Retry { why, .. }) = told else {
            panic!("{told:?}")
        };
        assert!(!why.contains("http"), "an address: {why}");
    }
}

#[tokio::test]
async fn what_says_the_same_is_not_taken_for_another() {
    let bench = Bench::start().await;
    bench.set(json!({"nonce_window_s": 0})).await;
    let sender = bench.discord().sender();
    let since = bench.memory.clock().now();
    let first = sender
        .send(&outgoing(&bench, 1, "same"), &NoFiles, Attempt::First)
        .await
        .unwrap();
    let second = outgoing(&bench, 2, "same");
    bench.fault(POST, json!("drop_connection")).await;
    assert!(
        sender
            .send(&second, &NoFiles, Attempt::First)
            .await
            .is_err()
    );
    bench.memory.clock().advance(Duration::from_mins(10));
    let again = sender
        .send(&second, &NoFiles, Attempt::Again { since })
        .await
        .unwrap();
    assert_ne!(again, first);
    assert_eq!(bench.contents().await, ["same", "same"]);
}
