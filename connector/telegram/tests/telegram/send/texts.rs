use std::time::Duration;

use patchbay_app::ports::{Attempt, Outgoing, SendError, Sender};
use patchbay_domain::account::{Account, AccountState, LimitReason};
use patchbay_domain::event::Origin;
use patchbay_domain::ids::{MessageId, TelegramChatId};
use patchbay_domain::text::{Span, Style};
use patchbay_domain::{Change, ChatId, FailReason, Notification, Text};
use patchbay_telegram::Ended;
use reqwest::Method;
use serde_json::json;

use super::scene::{PHONE, Scene, scene};
use crate::outgoing::{NoFiles, endpoint, saying};
use crate::stage::{OWNER, Stage, spawn, until};

fn to(account: &Account, chat: TelegramChatId, number: u64, text: impl Into<Text>) -> Outgoing {
    saying(endpoint(account, chat), number, text)
}

impl Scene {
    async fn say(&self, number: u64, text: &str, attempt: Attempt) -> Result<MessageId, SendError> {
        let outgoing = to(&self.account, self.channel, number, text);
        self.send_it(&outgoing, attempt).await
    }

    async fn send_it(&self, outgoing: &Outgoing, attempt: Attempt) -> Result<MessageId, SendError> {
        let sent = self.try_send(outgoing, &NoFiles, attempt).await?;
        assert_eq!(sent.len(), 1);
        Ok(sent[0])
    }

    async fn texts(&self) -> Vec<String> {
        let messages = self.stage.messages(self.channel).await;
        let texts = messages
            .iter()
            .filter_map(|message| message["text"].as_str());
        texts
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
            .collect()
    }
}

#[tokio::test]
async fn a_message_appears_with_its_styles_and_is_known_for_our_own() {
    let scene = scene().await;
    let bold = Span {
        range: 0..4,
        style: Style::Bold,
    };
    let text = Text::new("bold and plain".to_owned(), vec![bold]);
    let outgoing = to(&scene.account, scene.channel, 1, text.clone());
    let id = scene.send_it(&outgoing, Attempt::First).await.unwrap();
    let event = scene.running.inbox.until_posted("bold and plain").await;
    assert_eq!(event.message, id);
    let Change::Posted { post } = event.change else {
        panic!()
    };
    assert_eq!(
        (post.origin, post.notification),
        (Origin::Patchbay, Notification::Silent)
    );
    assert_eq!(post.content.text, text);
    scene.running.stopped().await;
}

#[tokio::test]
async fn a_private_chat_and_a_group_are_written_to_as_well() {
    let mut stage = Stage::start().await;
    let (ann, bob) = stage.ann_and_bob(PHONE).await;
    let group = stage.chat("group", bob, &[ann]).await;
    stage
        .post(
            &format!("/private/{bob}/{ann}/messages"),
            json!({ "text": "hi" }),
        )
        .await;
    let account = stage.link(OWNER, PHONE).await;
    let running = stage.run(&account).await;
    for (number, chat) in [(1, group), (2, TelegramChatId(bob))] {
        let text = format!("to {chat}");
        let outgoing = to(&account, chat, number, text.as_str());
        let sender = stage.telegram.sender();
        let sent = sender
            .send(&outgoing, &NoFiles, Attempt::First)
            .await
            .unwrap();
        let id = sent[0].message;
        let event = running.inbox.until_posted(&text).await;
        assert_eq!((event.message, event.chat), (id, ChatId::Telegram(chat)));
        let Change::Posted { post } = event.change else {
            panic!()
        };
        assert_eq!(post.origin, Origin::Patchbay);
    }
    running.stopped().await;
}

#[tokio::test]
async fn a_lost_answer_makes_one_message_with_the_right_id() {
    let scene = scene().await;
    scene.say(1, "the same text", Attempt::First).await.unwrap();
    scene
        .stage
        .fault("messages.sendMessage", 1, json!("lose_response"))
        .await;
    let since = scene.stage.ports.clock.now();
    let first = scene.say(2, "the same text", Attempt::First).await;
    assert!(matches!(first, Err(SendError::Retry { .. })), "{first:?}");
    scene.stage.until_connected(scene.account.id).await;
    let id = loop {
        match scene
            .say(2, "the same text", Attempt::Again { since })
            .await
        {
            Ok(id) => break id,
            Err(SendError::Retry { .. }) => tokio::time::sleep(Duration::from_millis(50)).await,
            Err(error) => panic!("{error}"),
        }
    };
    assert_eq!(scene.texts().await, ["the same text", "the same text"]);
    let newest = scene.stage.messages(scene.channel).await;
    let newest = newest
        .iter()
        .filter_map(|message| message["id"].as_u64())
        .max();
    assert_eq!(Some(id.0), newest);
    scene.running.stopped().await;
}

/// What a reply quotes may be edited between two attempts; Telegram has the first one's.
#[tokio::test]
async fn what_was_sent_with_other_words_is_found_all_the_same() {
    let mut scene = scene().await;
    let quoting = |quoted: &str| format!("| {quoted}\nyes");
    let first = scene.say(1, &quoting("tea at five"), Attempt::First).await;
    let first = first.unwrap();
    let gone = scene.say(2, "gone", Attempt::First).await.unwrap();
    let path = format!("/chats/{}/messages/{gone}", scene.channel);
    scene.stage.control(Method::DELETE, &path, json!({})).await;
    scene.running.stopped().await;
    scene.stage.restart_process();
    scene.running = scene.stage.run(&scene.account).await;
    // Somebody writes the same account's messages on a phone.
    scene.stage.say(scene.channel, scene.ann, "no").await;
    let again = async |number, text: &str, after: Duration| {
        let since = scene.stage.ports.clock.now();
        let since = patchbay_domain::Timestamp(since.0 - i64::try_from(after.as_millis()).unwrap());
        scene.say(number, text, Attempt::Again { since }).await
    };
    let edited = quoting("tea at six");
    let early = again(1, &edited, Duration::ZERO).await;
    assert!(matches!(early, Err(SendError::Retry { .. })), "{early:?}");
    let late = again(1, &edited, Duration::from_secs(40)).await;
    assert_eq!(late, Ok(first));
    let early = again(2, "gone", Duration::from_secs(40)).await;
    assert!(matches!(early, Err(SendError::Retry { .. })), "{early:?}");
    let code = "RANDOM_ID_DUPLICATE".to_owned();
    let refused = SendError::Fail(FailReason::Refused { code });
    let late = again(2, "gone", Duration::from_mins(11)).await;
    assert_eq!(late, Err(refused));
    assert_eq!(
        scene.texts().await,
        [quoting("tea at five"), "no".to_owned()]
    );
    scene.running.stopped().await;
}

#[tokio::test]
async fn another_process_finds_what_the_former_one_sent() {
    let mut scene = scene().await;
    let since = scene.stage.ports.clock.now();
    let first = scene.say(1, "once", Attempt::First).await.unwrap();
    scene.running.stopped().await;
    scene.stage.restart_process();
    scene.running = scene.stage.run(&scene.account).await;
    let again = scene
        .say(1, "once", Attempt::Again { since })
        .await
        .unwrap();
    assert_eq!(again, first);
    assert_eq!(scene.texts().await, ["once"]);
    scene.running.stopped().await;
}

#[tokio::test]
async fn a_flood_wait_holds_the_whole_account_until_it_is_over() {
    let scene = scene().await;
    let method = "messages.sendMessage";
    scene
        .stage
        .fault(method, 1, json!({ "flood_wait": 40 }))
        .await;
    let limited = |seconds| {
        Err(SendError::Limited {
            after: Duration::from_secs(seconds),
        })
    };
    assert_eq!(scene.say(1, "one", Attempt::First).await, limited(40));
    let calls = scene.stage.calls(method).await;
    scene.stage.memory.clock().advance(Duration::from_secs(30));
    assert_eq!(scene.say(2, "two", Attempt::First).await, limited(10));
    assert_eq!(
        scene.stage.calls(method).await,
        calls,
        "nothing was asked meanwhile"
    );
    until("the wait is shown", async || {
        matches!(
            scene.stage.stored(&scene.account).await.state,
            AccountState::FloodWaiting { .. }
        )
    })
    .await;

    scene.stage.memory.clock().advance(Duration::from_secs(10));
    scene.say(1, "one", Attempt::First).await.unwrap();
    until("the wait is over", async || {
        matches!(
            scene.stage.stored(&scene.account).await.state,
            AccountState::Connected { .. }
        )
    })
    .await;
    scene.running.stopped().await;
}

#[tokio::test]
async fn slow_mode_holds_one_chat_alone() {
    let scene = scene().await;
    let other = scene.stage.chat("supergroup", scene.ann, &[]).await;
    scene
        .stage
        .fault("messages.sendMessage", 1, json!({ "slow_mode_wait": 7 }))
        .await;
    let limited = Err(SendError::Limited {
        after: Duration::from_secs(7),
    });
    assert_eq!(scene.say(1, "one", Attempt::First).await, limited);
    let elsewhere = to(&scene.account, other, 2, "two");
    scene.send_it(&elsewhere, Attempt::First).await.unwrap();
    scene.running.stopped().await;
}

#[tokio::test]
async fn what_can_not_be_sent() {
    let mut stage = Stage::start().await;
    let (ann, bob) = stage.ann_and_bob(PHONE).await;
    let channel = stage.chat("channel", bob, &[ann]).await;
    let account = stage.link(OWNER, PHONE).await;
    let sender = stage.telegram.sender();
    let early = to(&account, channel, 1, "x");
    let early = sender.send(&early, &NoFiles, Attempt::First).await;
    assert!(matches!(early, Err(SendError::Retry { .. })), "{early:?}");

    let running = stage.run(&account).await;
    let fails = async |chat, text: &str| match sender
        .send(&to(&account, chat, 2, text), &NoFiles, Attempt::First)
        .await
    {
        Err(SendError::Fail(reason)) => reason,
        other => panic!("{other:?}"),
    };
    assert_eq!(fails(channel, "not an admin").await, FailReason::NotAllowed);
    let unknown = TelegramChatId(-1_009_999_999_999);
    assert_eq!(fails(unknown, "nowhere").await, FailReason::DestinationLost);
    let group = stage.chat("supergroup", bob, &[ann]).await;
    let refused = FailReason::Refused {
        code: "MESSAGE_EMPTY".to_owned(),
    };
    assert_eq!(fails(group, "").await, refused);

    let path = format!("/chats/{group}/members/{ann}");
    stage.control(Method::DELETE, &path, json!({})).await;
    assert_eq!(fails(group, "gone").await, FailReason::DestinationLost);

    stage.post(&format!("/users/{ann}/revoke"), json!({})).await;
    assert_eq!(fails(channel, "revoked").await, FailReason::LoggedOut);
    running.ended().await;
    assert_eq!(fails(channel, "still revoked").await, FailReason::LoggedOut);
}

#[tokio::test]
async fn a_stop_breaks_off_a_send_that_waits_for_its_answer() {
    let Scene {
        stage,
        account,
        running,
        channel,
        ann,
    } = scene().await;
    let method = "messages.sendMessage";
    stage.fault(method, 1, json!({ "delay_ms": 600_000 })).await;
    let sender = stage.telegram.sender();
    let outgoing = to(&account, channel, 1, "slow");
    let send = spawn(async move { sender.send(&outgoing, &NoFiles, Attempt::First).await });
    until("the send is under way", async || {
        stage.control(Method::GET, "/faults", json!({})).await == json!([])
    })
    .await;
    assert_eq!(running.stopped().await, Ended::Stopped);
    let sent = tokio::time::timeout(Duration::from_secs(5), send).await;
    let sent = sent.expect("the send ends with the session").unwrap();
    assert!(matches!(sent, Err(SendError::Retry { .. })), "{sent:?}");
    until("no connection is left", async || {
        let users = stage.control(Method::GET, "/users", json!({})).await;
        assert_eq!(users[0]["id"], ann);
        users[0]["connections"] == 0
    })
    .await;
}

#[tokio::test]
async fn an_account_that_telegram_limits_rests_and_says_so_until_a_send_succeeds() {
    let mut scene = scene().await;
    let method = "messages.sendMessage";
    let flood = json!({ "error": { "code": 400, "message": "PEER_FLOOD" } });
    scene.stage.fault(method, 2, flood).await;
    let rest = Duration::from_hours(6);
    let limited = || Err(SendError::Limited { after: rest });
    let since = scene.stage.ports.clock.now();
    assert_eq!(scene.say(1, "one", Attempt::First).await, limited());
    let state = |until| AccountState::Limited {
        since,
        until,
        reason: LimitReason::Spam,
    };
    let shows = async |scene: &Scene, expected: AccountState| {
        until("the limitation is shown", async || {
            scene.stage.stored(&scene.account).await.state == expected
        })
        .await;
    };
    shows(&scene, state(since.plus(rest))).await;

    // A new process knows of it, and asks for nothing meanwhile.
    scene.running.stopped().await;
    scene.stage.restart_process();
    let account = scene.stage.stored(&scene.account).await;
    scene.running = scene.stage.spawn_run(&account, patchbay_domain::Fence(1));
    until("the session is known", async || {
        !scene.stage.telegram.sessions().is_empty()
    })
    .await;
    let calls = scene.stage.calls(method).await;
    assert_eq!(scene.say(1, "one", Attempt::First).await, limited());
    assert_eq!(scene.stage.calls(method).await, calls);

    scene.stage.memory.clock().advance(rest);
    let still = loop {
        match scene.say(1, "one", Attempt::First).await {
            // It is not connected yet.
            Err(SendError::Retry { .. }) => tokio::time::sleep(Duration::from_millis(10)).await,
            other => break other,
        }
    };
    assert_eq!(still, limited());
    shows(&scene, state(since.plus(rest).plus(rest))).await;
    scene.stage.memory.clock().advance(rest);
    scene.say(1, "one", Attempt::First).await.unwrap();
    until("nothing limits it", async || {
        let stored = scene.stage.stored(&scene.account).await;
        matches!(stored.state, AccountState::Connected { .. })
    })
    .await;
    scene.running.stopped().await;
}
