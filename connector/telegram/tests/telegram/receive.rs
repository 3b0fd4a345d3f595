use patchbay_app::ports::{Attempt, SecretName, Sender};
use patchbay_domain::account::{AccountState, TelegramChatKind};
use patchbay_domain::event::Origin;
use patchbay_domain::ids::{TelegramChatId, UserId};
use patchbay_domain::{Change, ChatId, Fence, Notification, Recovery};
use patchbay_telegram::Ended;
use serde_json::json;

use crate::outgoing::{NoFiles, endpoint, saying};
use crate::stage::{OWNER, Stage, edited_text, until};

const PHONE: &str = "+15550001";

#[tokio::test]
async fn a_new_account_gets_its_directory_and_a_position_at_once() {
    let mut stage = Stage::start().await;
    let (ann, bob) = stage.ann_and_bob(PHONE).await;
    let channel = stage.chat("channel", bob, &[ann]).await;
    let supergroup = stage.chat("supergroup", bob, &[ann]).await;
    let group = stage.chat("group", bob, &[ann]).await;
    stage
        .post(
            &format!("/private/{bob}/{ann}/messages"),
            json!({ "text": "hi" }),
        )
        .await;
    let account = stage.link(OWNER, PHONE).await;
    let running = stage.run(&account).await;

    let listed = stage
        .ports
        .chats
        .telegram_page(account.id, None, 100)
        .await
        .unwrap()
        .items;
    let mut kinds: Vec<_> = listed
        .iter()
        .map(|chat| (chat.id, chat.kind, chat.can_post))
        .collect();
    kinds.sort_by_key(|(id, ..)| *id);
    let mut expected = vec![
        (channel, TelegramChatKind::Channel, false),
        (supergroup, TelegramChatKind::Supergroup, true),
        (group, TelegramChatKind::Group, true),
        (TelegramChatId(bob), TelegramChatKind::Private, true),
    ];
    expected.sort_by_key(|(id, ..)| *id);
    assert_eq!(kinds, expected);
    let position = stage
        .ports
        .positions
        .telegram(account.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(position.channels.len(), 2);
    assert!(matches!(
        stage.stored(&account).await.state,
        AccountState::Connected { .. }
    ));
    assert_eq!(running.stopped().await, Ended::Stopped);
    assert_eq!(stage.telegram.sessions(), []);
}

#[tokio::test]
async fn messages_edits_and_deletions_arrive() {
    let mut stage = Stage::start().await;
    let (ann, bob) = stage.ann_and_bob(PHONE).await;
    let supergroup = stage.chat("supergroup", bob, &[ann]).await;
    let group = stage.chat("group", bob, &[ann]).await;
    let account = stage.link(OWNER, PHONE).await;
    let running = stage.run(&account).await;
    for chat in [supergroup, group] {
        let path = format!("/chats/{chat}/messages");
        let post = json!({ "from": bob, "text": "hello", "silent": true });
        let id = stage.post(&path, post).await["id"].as_i64().unwrap();
        let in_chat = ChatId::Telegram(chat);
        let posted = running
            .inbox
            .until("posted", |event| {
                event.chat == in_chat && crate::stage::posted_text(event) == Some("hello")
            })
            .await;
        assert_eq!(
            (posted.seen_by, posted.recovery),
            (Some(account.id), Recovery::Live)
        );
        let Change::Posted { post } = &posted.change else {
            panic!()
        };
        assert_eq!(
            (post.author.name.as_str(), post.origin),
            ("Bob", Origin::Person)
        );
        assert_eq!(post.notification, Notification::Silent);

        let message = format!("{path}/{id}");
        stage
            .control(
                reqwest::Method::PATCH,
                &message,
                json!({ "text": "changed" }),
            )
            .await;
        let edited = running
            .inbox
            .until("edited", |event| {
                event.chat == in_chat && edited_text(event) == Some("changed")
            })
            .await;
        assert_eq!(edited.message, posted.message);

        stage
            .control(reqwest::Method::DELETE, &message, json!({}))
            .await;
        let deleted = running
            .inbox
            .until("deleted", |event| {
                event.chat == in_chat && event.change == Change::Deleted
            })
            .await;
        assert_eq!(deleted.message, posted.message);
    }
    running.stopped().await;
}

#[tokio::test]
async fn a_new_private_chat_enters_the_directory_by_itself() {
    let mut stage = Stage::start().await;
    let (ann, bob) = stage.ann_and_bob(PHONE).await;
    let account = stage.link(OWNER, PHONE).await;
    let running = stage.run(&account).await;
    stage
        .post(
            &format!("/private/{bob}/{ann}/messages"),
            json!({ "text": "hi" }),
        )
        .await;
    let event = running.inbox.until_posted("hi").await;
    assert_eq!(event.chat, ChatId::Telegram(TelegramChatId(bob)));
    let listed = stage
        .ports
        .chats
        .telegram(account.id, TelegramChatId(bob))
        .await
        .unwrap();
    assert_eq!(listed.unwrap().title, "Bob");
    running.stopped().await;
}

#[tokio::test]
async fn what_the_owner_types_elsewhere_is_a_persons() {
    let mut stage = Stage::start().await;
    let ann = stage.user(PHONE, "Ann").await;
    let channel = stage.chat("channel", ann, &[]).await;
    let account = stage.link(OWNER, PHONE).await;
    let running = stage.run(&account).await;
    stage.say(channel, ann, "from my phone").await;
    let event = running.inbox.until_posted("from my phone").await;
    let Change::Posted { post } = event.change else {
        panic!()
    };
    assert_eq!(post.origin, Origin::Person);
    running.stopped().await;
}

#[tokio::test]
async fn a_burst_arrives_whole_and_in_order_though_the_queues_fail_and_updates_are_shuffled() {
    let mut stage = Stage::start().await;
    let (ann, bob) = stage.ann_and_bob(PHONE).await;
    let channel = stage.chat("supergroup", bob, &[ann]).await;
    let account = stage.link(OWNER, PHONE).await;
    let running = stage.run(&account).await;
    stage
        .settings(json!({ "duplicate_updates": true, "reorder_updates": true }))
        .await;
    running.inbox.refuse(3);
    let said: Vec<String> = (0..300).map(|number| format!("message {number}")).collect();
    for text in &said {
        stage.say(channel, bob, text).await;
    }
    stage
        .settings(json!({ "duplicate_updates": false, "reorder_updates": false }))
        .await;
    running.inbox.until_posted("message 299").await;
    until("nothing is missing", async || {
        running.inbox.posts(channel).len() == said.len()
    })
    .await;
    assert_eq!(running.inbox.posts(channel), said);
    running.stopped().await;
}

#[tokio::test]
async fn the_position_waits_for_the_queues() {
    let mut stage = Stage::start().await;
    let (ann, bob) = stage.ann_and_bob(PHONE).await;
    let channel = stage.chat("supergroup", bob, &[ann]).await;
    let account = stage.link(OWNER, PHONE).await;
    let running = stage.run(&account).await;
    let before = stage
        .ports
        .positions
        .telegram(account.id)
        .await
        .unwrap()
        .unwrap();

    running.inbox.refuse(u32::MAX);
    stage.say(channel, bob, "refused").await;
    until("it was handed on once", async || {
        running.inbox.is_refusing()
    })
    .await;
    assert_eq!(running.stopped().await, Ended::Stopped);
    let after = stage
        .ports
        .positions
        .telegram(account.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(after.channels, before.channels);

    let running = stage.run(&account).await;
    running.inbox.until_posted("refused").await;
    running.stopped().await;
    let after = stage
        .ports
        .positions
        .telegram(account.id)
        .await
        .unwrap()
        .unwrap();
    assert!(
        after.channels > before.channels,
        "a stop saves what was handed on"
    );
}

#[tokio::test]
async fn a_former_owner_stops_without_writing() {
    let mut stage = Stage::start().await;
    let (ann, bob) = stage.ann_and_bob(PHONE).await;
    let channel = stage.chat("supergroup", bob, &[ann]).await;
    let account = stage.link(OWNER, PHONE).await;
    stage.run(&account).await.stopped().await;
    let position = stage
        .ports
        .positions
        .telegram(account.id)
        .await
        .unwrap()
        .unwrap();
    let change = patchbay_app::ports::TelegramPositionChange {
        common: Some((position.pts, position.qts, position.date, position.seq)),
        ..Default::default()
    };
    let saved = stage
        .ports
        .positions
        .save_telegram(account.id, &change, Fence(7))
        .await;
    assert_eq!(saved.unwrap(), Ok(()));

    let running = stage.spawn_run(&account, Fence(1));
    stage.until_connected(account.id).await;
    stage.say(channel, bob, "hello").await;
    assert_eq!(running.ended().await, Ended::FencedOut);
    let now = stage
        .ports
        .positions
        .telegram(account.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(now, position);
}

#[tokio::test]
async fn a_session_that_was_revoked_ends() {
    let mut stage = Stage::start().await;
    let ann = stage.user(PHONE, "Ann").await;
    let account = stage.link(OWNER, PHONE).await;
    let running = stage.run(&account).await;
    // Nothing tells a session that it was revoked; it learns of it with its next request.
    stage.settings(json!({ "refuse_connections": true })).await;
    stage
        .post(&format!("/users/{ann}/disconnect"), json!({}))
        .await;
    stage.post(&format!("/users/{ann}/revoke"), json!({})).await;
    stage.settings(json!({ "refuse_connections": false })).await;
    let reason = "AUTH_KEY_UNREGISTERED".to_owned();
    let ended = running.ended().await;
    assert!(matches!(ended, Ended::LoggedOut { .. }), "{ended:?}");
    let state = stage.stored(&account).await.state;
    assert!(
        matches!(&state, AccountState::LoggedOut { reason: shown, .. } if *shown == reason),
        "{state:?}"
    );
    assert_eq!(stage.telegram.sessions().len(), 1);
}

#[tokio::test]
async fn a_removed_account_leaves_nothing() {
    let mut stage = Stage::start().await;
    let ann = stage.user(PHONE, "Ann").await;
    stage.chat("channel", ann, &[]).await;
    let account = stage.link(OWNER, PHONE).await;
    stage.run(&account).await.stopped().await;
    stage
        .telegram
        .remove_account(OWNER, account.id)
        .await
        .unwrap();
    stage
        .telegram
        .remove_account(OWNER, account.id)
        .await
        .unwrap();
    let users = stage
        .control(reqwest::Method::GET, "/users", json!({}))
        .await;
    assert_eq!(users[0]["sessions"], 0);
    assert!(
        stage
            .ports
            .accounts
            .get(OWNER, account.id)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        stage
            .ports
            .positions
            .telegram(account.id)
            .await
            .unwrap()
            .is_none()
    );
    let chats = stage
        .ports
        .chats
        .telegram_page(account.id, None, 10)
        .await
        .unwrap();
    assert_eq!(chats.items, []);
    let session = SecretName::TelegramSession(account.id);
    assert!(
        stage
            .ports
            .vault
            .get(OWNER, session)
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn chats_are_read_again_on_request() {
    let mut stage = Stage::start().await;
    let ann = stage.user(PHONE, "Ann").await;
    let channel = stage.chat("channel", ann, &[]).await;
    let account = stage.link(OWNER, PHONE).await;
    let running = stage.run(&account).await;
    stage
        .ports
        .chats
        .remove_telegram(account.id, channel)
        .await
        .unwrap();
    let other = stage.chat("supergroup", ann, &[]).await;
    stage.telegram.refresh_chats(account.id).await.unwrap();
    assert!(
        stage
            .ports
            .chats
            .telegram(account.id, other)
            .await
            .unwrap()
            .is_some()
    );
    running.stopped().await;
    assert!(stage.telegram.refresh_chats(account.id).await.is_err());
}

#[tokio::test]
async fn a_session_used_from_two_places_ends() {
    let mut stage = Stage::start().await;
    let ann = stage.user(PHONE, "Ann").await;
    let account = stage.link(OWNER, PHONE).await;
    let running = stage.run(&account).await;
    let fault = json!({ "method": "updates.getState", "fault": "duplicate_key" });
    stage.post("/faults", fault).await;
    stage
        .post(&format!("/users/{ann}/disconnect"), json!({}))
        .await;
    let reason = "AUTH_KEY_DUPLICATED".to_owned();
    assert_eq!(running.ended().await, Ended::LoggedOut { reason });
}

#[tokio::test]
async fn what_one_account_delivers_is_ours_to_every_account_in_the_chat() {
    let mut stage = Stage::start().await;
    let (ann, bob) = stage.ann_and_bob(PHONE).await;
    let other = UserId::from_bits(2);
    stage.add_owner(other).await;
    let chats = [
        stage.chat("supergroup", ann, &[bob]).await,
        stage.chat("group", ann, &[bob]).await,
    ];
    let anns = stage.link(OWNER, PHONE).await;
    let bobs = stage.link(other, "+15550002").await;
    let (sending, reading) = (stage.run(&anns).await, stage.run(&bobs).await);
    for (number, chat) in (1..).zip(chats) {
        let text = format!("delivered to {chat}");
        let outgoing = saying(endpoint(&anns, chat), number, text.as_str());
        let sender = stage.telegram.sender();
        sender
            .send(&outgoing, &NoFiles, Attempt::First)
            .await
            .unwrap();
        let event = reading.inbox.until_posted(&text).await;
        let Change::Posted { post } = event.change else {
            panic!()
        };
        assert_eq!(post.origin, Origin::Patchbay, "{chat}");
    }
    sending.stopped().await;
    reading.stopped().await;
}

/// The library drops pushed updates while a thousand wait to be read.
#[tokio::test]
async fn updates_that_were_dropped_for_want_of_room_are_fetched() {
    let mut stage = Stage::start().await;
    let (ann, bob) = stage.ann_and_bob(PHONE).await;
    let channel = stage.chat("supergroup", bob, &[ann]).await;
    let account = stage.link(OWNER, PHONE).await;
    stage.pair_from(&account, channel).await;
    let running = stage.run(&account).await;
    let gate = running.inbox.shut().await;
    let said: Vec<String> = (0..1200)
        .map(|number| format!("message {number}"))
        .collect();
    for text in &said {
        stage.say(channel, bob, text).await;
    }
    drop(gate);
    running.inbox.until_posted("message 1199").await;
    assert_eq!(running.inbox.posts(channel), said);
    running.stopped().await;
}
