//! Writing and reading messages.

use grammers_client::message::InputMessage;
use grammers_client::update::Update;
use grammers_tl_types as tl;
use serde_json::{Value, json};

use crate::support::{Device, Stage, rpc_error, send, until, until_text};

const ALICE: &str = "15550001";
const BOB: &str = "15550002";

struct Room {
    stage: Stage,
    alice: i64,
    bob: i64,
    chat: i64,
}

async fn room(kind: &str) -> Room {
    let stage = Stage::start().await;
    let alice = stage.user(ALICE, "Alice").await;
    let bob = stage.user(BOB, "Bob").await;
    let chat = stage.chat(kind, alice, &[bob]).await;
    Room {
        stage,
        alice,
        bob,
        chat,
    }
}

fn message_id_of(updates: &tl::enums::Updates, random_id: i64) -> Option<i32> {
    let tl::enums::Updates::Updates(updates) = updates else {
        return None;
    };
    updates.updates.iter().find_map(|update| match update {
        tl::enums::Update::MessageId(it) if it.random_id == random_id => Some(it.id),
        _ => None,
    })
}

#[tokio::test]
async fn what_is_sent_is_in_the_chat_with_its_formatting() {
    let Room {
        stage, alice, chat, ..
    } = room("supergroup").await;
    let device = stage.signed_in(ALICE).await;
    let peer = device.dialog(chat).await;
    let bold = tl::types::MessageEntityBold {
        offset: 3,
        length: 4,
    };
    let text = InputMessage::new()
        .text("😀 bold")
        .fmt_entities(vec![bold.into()])
        .silent(true);
    let sent = device.client.send_message(peer, text).await.unwrap();
    let listed = stage.get(&format!("/chats/{chat}/messages")).await;
    let message = &listed[0];
    assert_eq!(message["id"], sent.id());
    assert_eq!(message["from"], alice);
    assert_eq!(message["text"], "😀 bold");
    assert_eq!(
        message["entities"],
        json!([{ "type": "bold", "offset": 3, "length": 4 }])
    );
    assert_eq!(message["silent"], true);
    assert!(message["random_id"].is_string());
    assert_eq!(message["edit_date"], Value::Null);
}

#[tokio::test]
async fn what_others_write_edit_and_delete_is_received() {
    for kind in ["supergroup", "group"] {
        let Room {
            stage, bob, chat, ..
        } = room(kind).await;
        let mut device = stage.signed_in(ALICE).await;
        let mut updates = device.stream().await;
        device.dialog(chat).await;
        let id = stage.say(chat, bob, "from Bob").await;
        let received = until(&mut updates, |update| match update {
            Update::NewMessage(message) if !message.text().is_empty() => Some(message.clone()),
            _ => None,
        })
        .await;
        assert_eq!(received.text(), "from Bob");
        assert_eq!(received.sender_id().unwrap().bare_id(), Some(bob));
        assert_eq!(i64::from(received.id()), id);
        let message = format!("/chats/{chat}/messages/{id}");
        stage
            .ok(
                reqwest::Method::PATCH,
                &message,
                json!({ "text": "edited" }),
            )
            .await;
        until(&mut updates, |update| match update {
            Update::MessageEdited(message) if message.text() == "edited" => Some(()),
            _ => None,
        })
        .await;
        stage.ok(reqwest::Method::DELETE, &message, json!({})).await;
        until(&mut updates, |update| match update {
            Update::MessageDeleted(deleted) => deleted
                .messages()
                .iter()
                .any(|it| i64::from(*it) == id)
                .then_some(()),
            _ => None,
        })
        .await;
        assert!(stage.texts(chat).await.is_empty());
    }
}

#[tokio::test]
async fn a_private_message_has_its_own_number_on_each_side() {
    let Room {
        stage, alice, bob, ..
    } = room("group").await;
    let carol = stage.user("15550003", "Carol").await;
    // Only Bob's box is ahead by this message.
    stage
        .post(
            &format!("/private/{carol}/{bob}/messages"),
            json!({ "text": "hi" }),
        )
        .await;
    let path = format!("/private/{alice}/{bob}/messages");
    let mut bobs = stage.signed_in(BOB).await;
    let mut updates = bobs.stream().await;
    let id = stage.post(&path, json!({ "text": "to Bob" })).await["id"]
        .as_i64()
        .unwrap();
    let received = i64::from(until_text(&mut updates, "to Bob").await);
    assert_ne!(received, id);
    let views = [
        stage.get(&path).await,
        stage.get(&format!("/private/{bob}/{alice}/messages")).await,
    ];
    assert_eq!(
        (&views[0][0]["id"], &views[1][0]["id"]),
        (&json!(id), &json!(received))
    );
    // A reply names the message by the number of the box it lies in.
    let reply = json!({ "text": "reply", "reply_to": received });
    stage
        .post(&format!("/private/{bob}/{alice}/messages"), reply)
        .await;
    assert_eq!(stage.get(&path).await[1]["reply_to"], id);
}

#[tokio::test]
async fn a_session_is_answered_and_only_the_others_are_told() {
    let Room { stage, chat, .. } = room("supergroup").await;
    let mut here = stage.signed_in(ALICE).await;
    let mut there = stage.signed_in(ALICE).await;
    let peer = here.dialog(chat).await;
    there.dialog(chat).await;
    let mut raw = here.raw();
    let mut updates = there.stream().await;
    let random_id = 4711;
    let answer = here
        .client
        .invoke(&send(peer.into(), "mine", random_id))
        .await
        .unwrap();
    let id = message_id_of(&answer, random_id).unwrap();
    assert_eq!(until_text(&mut updates, "mine").await, id);
    // The pool hands on a request's own result; nothing else may come.
    let from_result = raw.try_recv();
    assert!(
        raw.try_recv().is_err(),
        "pushed to its own session: {from_result:?}"
    );
}

#[tokio::test]
async fn a_random_id_is_good_for_one_message() {
    let Room { stage, chat, .. } = room("supergroup").await;
    let device = stage.signed_in(ALICE).await;
    let peer = device.dialog(chat).await;
    device
        .client
        .invoke(&send(peer.into(), "once", 1))
        .await
        .unwrap();
    let again = device.client.invoke(&send(peer.into(), "once", 1)).await;
    assert_eq!(rpc_error(again).1, "RANDOM_ID_DUPLICATE");
    assert_eq!(stage.texts(chat).await, ["once"]);
}

#[tokio::test]
async fn texts_are_checked_as_the_platform_checks_them() {
    let Room { stage, chat, .. } = room("supergroup").await;
    let device = stage.signed_in(ALICE).await;
    let peer = device.dialog(chat).await;
    let long = "x".repeat(4097);
    for (at, text, name) in [(1, " ", "MESSAGE_EMPTY"), (2, &long, "MESSAGE_TOO_LONG")] {
        let refused = device.client.invoke(&send(peer.into(), text, at)).await;
        assert_eq!(rpc_error(refused).1, name);
    }
    let mut reply = send(peer.into(), "reply", 3);
    let to = tl::types::InputReplyToMessage {
        reply_to_msg_id: 999,
        top_msg_id: None,
        reply_to_peer_id: None,
        quote_text: None,
        quote_entities: None,
        quote_offset: None,
        monoforum_peer_id: None,
        todo_item_id: None,
        poll_option: None,
    };
    reply.reply_to = Some(to.into());
    let refused = device.client.invoke(&reply).await;
    assert_eq!(rpc_error(refused).1, "REPLY_MESSAGE_ID_INVALID");
}

#[tokio::test]
async fn history_pages_and_search_find_each_message_once() {
    let Room {
        stage,
        alice,
        bob,
        chat,
    } = room("supergroup").await;
    for number in 0..250 {
        let from = if number % 5 == 0 { alice } else { bob };
        stage.say(chat, from, &format!("number {number}")).await;
    }
    let device = stage.signed_in(ALICE).await;
    let peer = device.dialog(chat).await;
    let mut history = device.client.iter_messages(peer);
    let mut texts = Vec::new();
    while let Some(message) = history.next().await.unwrap() {
        texts.push(message.text().to_owned());
    }
    // The last is the note that the chat was created.
    assert_eq!(texts.pop().as_deref(), Some(""));
    let expected: Vec<String> = (0..250).rev().map(|it| format!("number {it}")).collect();
    assert_eq!(texts, expected);

    let mut own = device.client.search_messages(peer).sent_by_self();
    let mut found = 0;
    while let Some(message) = own.next().await.unwrap() {
        assert!(message.outgoing());
        found += 1;
    }
    assert_eq!(found, 50);
    let mut named = device.client.search_messages(peer).query("NUMBER 24");
    let mut found = Vec::new();
    while let Some(message) = named.next().await.unwrap() {
        found.push(message.text().to_owned());
    }
    assert_eq!(found.len(), 11, "{found:?}");
}

#[tokio::test]
async fn forwards_name_their_source_and_a_protected_chat_allows_none() {
    let Room {
        stage, bob, chat, ..
    } = room("supergroup").await;
    let device = stage.signed_in(ALICE).await;
    let (from, me) = (
        device.dialog(chat).await,
        device.client.get_me().await.unwrap(),
    );
    let to = me.to_ref().await.unwrap().unwrap();
    let id = i32::try_from(stage.say(chat, bob, "news").await).unwrap();
    let forwarded = device
        .client
        .forward_messages(to, &[id], from)
        .await
        .unwrap();
    let forwarded = forwarded[0].as_ref().unwrap();
    assert_eq!(forwarded.text(), "news");
    assert!(forwarded.forward_header().is_some());
    let path = format!("/chats/{chat}");
    stage
        .ok(reqwest::Method::PATCH, &path, json!({ "protected": true }))
        .await;
    let refused = device.client.forward_messages(to, &[id], from).await;
    assert_eq!(rpc_error(refused.map(|_| ())).1, "CHAT_FORWARDS_RESTRICTED");
}

#[tokio::test]
async fn only_authors_and_admins_change_what_is_written() {
    let Room {
        stage, alice, chat, ..
    } = room("supergroup").await;
    let id = i32::try_from(stage.say(chat, alice, "Alice's").await).unwrap();
    let device: Device = stage.signed_in(BOB).await;
    let peer = device.dialog(chat).await;
    let refused = device
        .client
        .edit_message(peer, id, InputMessage::new().text("x"))
        .await;
    assert_eq!(rpc_error(refused).1, "MESSAGE_AUTHOR_REQUIRED");
    let refused = device.client.delete_messages(peer, &[id]).await;
    assert_eq!(rpc_error(refused).1, "MESSAGE_DELETE_FORBIDDEN");
    let admins = stage.signed_in(ALICE).await;
    let peer = admins.dialog(chat).await;
    let same = admins
        .client
        .edit_message(peer, id, InputMessage::new().text("Alice's"))
        .await;
    assert_eq!(rpc_error(same).1, "MESSAGE_NOT_MODIFIED");
    admins
        .client
        .edit_message(peer, id, InputMessage::new().text("new"))
        .await
        .unwrap();
    assert_eq!(stage.texts(chat).await, ["new"]);
    assert_eq!(admins.client.delete_messages(peer, &[id]).await.unwrap(), 1);
}
