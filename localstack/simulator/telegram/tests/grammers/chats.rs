//! Chats, their members and their rights.

use std::collections::BTreeSet;

use grammers_tl_types as tl;
use reqwest::Method;
use serde_json::json;

use crate::support::{Stage, rpc_error, send};

const ALICE: &str = "15550001";
const BOB: &str = "15550002";

#[tokio::test]
async fn the_list_of_chats_is_paged_without_gaps_or_repeats() {
    let stage = Stage::start().await;
    let alice = stage.user(ALICE, "Alice").await;
    let mut expected = BTreeSet::new();
    for number in 0..120 {
        let kind = ["channel", "supergroup", "group"][number % 3];
        expected.insert(stage.chat(kind, alice, &[]).await);
    }
    let device = stage.signed_in(ALICE).await;
    let mut dialogs = device.client.iter_dialogs();
    assert_eq!(dialogs.total().await.unwrap(), 120);
    let mut found = Vec::new();
    while let Some(dialog) = dialogs.next().await.unwrap() {
        found.push(dialog.peer().id().bot_api_dialog_id().unwrap());
    }
    assert_eq!(found.len(), 120);
    assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected);
}

#[tokio::test]
async fn rights_decide_who_may_write() {
    let stage = Stage::start().await;
    let alice = stage.user(ALICE, "Alice").await;
    let bob = stage.user(BOB, "Bob").await;
    let device = stage.signed_in(BOB).await;
    let rows = [
        ("channel", "member", Some("CHAT_ADMIN_REQUIRED")),
        ("channel", "admin", None),
        ("supergroup", "member", None),
        ("supergroup", "read_only", Some("CHAT_WRITE_FORBIDDEN")),
        ("supergroup", "banned", Some("CHANNEL_PRIVATE")),
        ("group", "member", None),
        ("group", "read_only", Some("CHAT_WRITE_FORBIDDEN")),
        ("group", "banned", Some("CHAT_WRITE_FORBIDDEN")),
    ];
    for (number, (kind, role, refused)) in rows.into_iter().enumerate() {
        let chat = stage.chat(kind, alice, &[bob]).await;
        let peer = device.dialog(chat).await;
        let member = format!("/chats/{chat}/members/{bob}");
        stage
            .ok(Method::PUT, &member, json!({ "role": role }))
            .await;
        let random_id = i64::try_from(number).unwrap();
        let sent = device
            .client
            .invoke(&send(peer.into(), "text", random_id))
            .await;
        match refused {
            Some(name) => assert_eq!(rpc_error(sent).1, name, "{kind} {role}"),
            None => assert!(sent.is_ok(), "{kind} {role}: {sent:?}"),
        }
    }
}

#[tokio::test]
async fn slow_mode_holds_members_back_but_not_admins() {
    let stage = Stage::start().await;
    let alice = stage.user(ALICE, "Alice").await;
    let bob = stage.user(BOB, "Bob").await;
    let chat = stage.chat("supergroup", alice, &[bob]).await;
    let change = json!({ "slow_mode_seconds": 60 });
    stage
        .ok(Method::PATCH, &format!("/chats/{chat}"), change)
        .await;
    let device = stage.signed_in(BOB).await;
    let peer = device.dialog(chat).await;
    device
        .client
        .invoke(&send(peer.into(), "first", 1))
        .await
        .unwrap();
    let (code, name, wait) = rpc_error(device.client.invoke(&send(peer.into(), "second", 2)).await);
    assert_eq!((code, name.as_str()), (420, "SLOWMODE_WAIT"));
    assert!(
        wait.is_some_and(|wait| (55..=60).contains(&wait)),
        "{wait:?}"
    );
    let admins = stage.signed_in(ALICE).await;
    let peer = admins.dialog(chat).await;
    for random_id in [1, 2] {
        admins
            .client
            .invoke(&send(peer.into(), "admin", random_id))
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_public_channel_is_found_joined_and_left() {
    let stage = Stage::start().await;
    let alice = stage.user(ALICE, "Alice").await;
    let bob = stage.user(BOB, "Bob").await;
    let new = json!({
        "kind": "supergroup", "title": "Open", "username": "open_room", "creator": alice,
    });
    let chat = stage.post("/chats", new).await["id"].as_i64().unwrap();
    let device = stage.signed_in(BOB).await;
    let found = device
        .client
        .resolve_username("Open_Room")
        .await
        .unwrap()
        .unwrap();
    let peer = found.to_ref().await.unwrap().unwrap();
    assert!(
        device
            .client
            .resolve_username("nobody_here")
            .await
            .unwrap()
            .is_none()
    );
    let refused = device.client.invoke(&send(peer.into(), "outside", 1)).await;
    assert_eq!(rpc_error(refused).1, "CHAT_WRITE_FORBIDDEN");
    device.client.join_chat(peer).await.unwrap();
    device
        .client
        .invoke(&send(peer.into(), "inside", 2))
        .await
        .unwrap();
    let mut members = device.client.iter_participants(peer);
    let mut names = Vec::new();
    while let Some(member) = members.next().await.unwrap() {
        names.push(member.user.first_name().unwrap().to_owned());
    }
    assert_eq!(names, ["Alice", "Bob"]);
    device
        .client
        .kick_participant(peer, peer)
        .await
        .unwrap_err();
    let id = device.input_channel(chat).await;
    device
        .client
        .invoke(&tl::functions::channels::LeaveChannel { channel: id.into() })
        .await
        .unwrap();
    let refused = device.client.invoke(&send(peer.into(), "outside", 3)).await;
    assert_eq!(rpc_error(refused).1, "CHAT_WRITE_FORBIDDEN");
    let banned = format!("/chats/{chat}/members/{bob}");
    stage
        .ok(Method::PUT, &banned, json!({ "role": "banned" }))
        .await;
    let refused = device.client.join_chat(peer).await;
    assert_eq!(rpc_error(refused.map(|_| ())).1, "CHANNEL_PRIVATE");
}

#[tokio::test]
async fn joining_and_leaving_is_noted_in_the_chat() {
    let stage = Stage::start().await;
    let alice = stage.user(ALICE, "Alice").await;
    let bob = stage.user(BOB, "Bob").await;
    for (kind, noted) in [("supergroup", 3), ("group", 3), ("channel", 1)] {
        let chat = stage.chat(kind, alice, &[]).await;
        let device = stage.signed_in(ALICE).await;
        let peer = device.dialog(chat).await;
        let member = format!("/chats/{chat}/members/{bob}");
        stage
            .ok(Method::PUT, &member, json!({ "role": "member" }))
            .await;
        stage.ok(Method::DELETE, &member, json!({})).await;
        let gone = stage.request(Method::DELETE, &member, json!({})).await;
        assert_eq!(gone.1["error"], "USER_NOT_PARTICIPANT");
        let mut history = device.client.iter_messages(peer);
        let mut actions = 0;
        while let Some(message) = history.next().await.unwrap() {
            actions += usize::from(message.action().is_some());
        }
        assert_eq!(actions, noted, "{kind}");
        assert!(stage.texts(chat).await.is_empty());
    }
}

#[tokio::test]
async fn control_requests_that_make_no_sense_are_answered_clearly() {
    let stage = Stage::start().await;
    let alice = stage.user(ALICE, "Alice").await;
    let rows = [
        (
            Method::POST,
            "/users",
            json!({ "phone": "1" }),
            400,
            "MALFORMED",
        ),
        (
            Method::POST,
            "/users",
            json!({ "phone": ALICE, "first_name": "A" }),
            400,
            "PHONE_NUMBER_OCCUPIED",
        ),
        (Method::GET, "/codes/15559999", json!({}), 404, "NOT_FOUND"),
        (Method::GET, "/nothing", json!({}), 404, "NOT_FOUND"),
        (
            Method::POST,
            "/chats/-1000000000009/messages",
            json!({ "from": alice, "text": "x" }),
            400,
            "CHANNEL_INVALID",
        ),
        (
            Method::POST,
            "/faults",
            json!({ "method": "a.b", "fault": "nonsense" }),
            400,
            "MALFORMED",
        ),
        (Method::DELETE, "/faults/7", json!({}), 404, "NOT_FOUND"),
        (
            Method::POST,
            "/users/1/disconnect",
            json!({}),
            400,
            "USER_ID_INVALID",
        ),
        (
            Method::GET,
            "/chats/0/messages",
            json!({}),
            400,
            "MALFORMED",
        ),
    ];
    for (method, path, body, status, error) in rows {
        let (answered, problem) = stage.request(method, path, body).await;
        assert_eq!(
            (answered.as_u16(), problem["error"].as_str()),
            (status, Some(error)),
            "{path}"
        );
        assert!(problem["detail"].is_string());
    }
}
