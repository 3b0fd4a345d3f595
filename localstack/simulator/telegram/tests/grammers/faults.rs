//! The knobs, as a client feels them.

use std::time::{Duration, Instant};

use grammers_mtsender::InvocationError;
use grammers_tl_types as tl;
use serde_json::json;

use crate::support::{Device, Stage, rpc_error, send};

const ALICE: &str = "15550001";

async fn room() -> (Stage, i64, Device) {
    let stage = Stage::start().await;
    let alice = stage.user(ALICE, "Alice").await;
    let chat = stage.chat("supergroup", alice, &[]).await;
    let device = stage.signed_in(ALICE).await;
    (stage, chat, device)
}

#[tokio::test]
async fn waits_carry_their_seconds() {
    let (stage, chat, device) = room().await;
    let peer = device.dialog(chat).await;
    for (fault, name) in [
        ("flood_wait", "FLOOD_WAIT"),
        ("slow_mode_wait", "SLOWMODE_WAIT"),
    ] {
        stage
            .fault("messages.sendMessage", json!({ fault: 100 }))
            .await;
        let refused = rpc_error(device.client.invoke(&send(peer.into(), "x", 1)).await);
        assert_eq!(refused, (420, name.to_owned(), Some(100)));
    }
    stage
        .fault("messages.sendMessage", json!({ "flood_wait": 1 }))
        .await;
    let started = Instant::now();
    device
        .client
        .invoke(&send(peer.into(), "waited", 1))
        .await
        .unwrap();
    assert!(started.elapsed() >= Duration::from_secs(1));
    assert_eq!(stage.texts(chat).await, ["waited"]);
}

#[tokio::test]
async fn any_error_can_be_ordered_and_called_off() {
    let (stage, chat, device) = room().await;
    let peer = device.dialog(chat).await;
    let fault = json!({ "error": { "code": 400, "message": "PEER_FLOOD" } });
    let order = json!({ "method": "messages.sendMessage", "times": 3, "fault": fault });
    let id = stage.post("/faults", order).await["id"].as_u64().unwrap();
    let refused = device.client.invoke(&send(peer.into(), "x", 1)).await;
    assert_eq!(rpc_error(refused).1, "PEER_FLOOD");
    assert_eq!(stage.get("/faults").await[0]["times"], 2);
    stage
        .ok(reqwest::Method::DELETE, &format!("/faults/{id}"), json!({}))
        .await;
    device
        .client
        .invoke(&send(peer.into(), "x", 1))
        .await
        .unwrap();
    let calls = stage.get("/calls").await;
    assert_eq!(calls["calls"]["messages.sendMessage"], 2);
    assert_eq!(calls["unhandled"], json!({}));
}

#[tokio::test]
async fn a_lost_response_had_its_effect_and_its_repetition_is_a_duplicate() {
    let (stage, chat, device) = room().await;
    let peer = device.dialog(chat).await;
    stage
        .fault("messages.sendMessage", json!("lose_response"))
        .await;
    // The client's retry policy sends the same body again over a new connection.
    let repeated = device
        .client
        .invoke(&send(peer.into(), "exactly once", 777))
        .await;
    assert_eq!(rpc_error(repeated).1, "RANDOM_ID_DUPLICATE");
    assert_eq!(stage.texts(chat).await, ["exactly once"]);
    // The number of the message is in the difference.
    let channel = device.input_channel(chat).await;
    let request = tl::functions::updates::GetChannelDifference {
        force: false,
        channel: channel.into(),
        filter: tl::enums::ChannelMessagesFilter::Empty,
        pts: 2,
        limit: 100,
    };
    let tl::enums::updates::ChannelDifference::Difference(caught) =
        device.client.invoke(&request).await.unwrap()
    else {
        panic!("no difference");
    };
    let told = caught.other_updates.iter().any(|update| {
        matches!(update, tl::enums::Update::MessageId(it) if it.random_id == 777 && it.id == 2)
    });
    assert!(told, "{:?}", caught.other_updates);
}

#[tokio::test]
async fn a_connection_dropped_before_the_effect_is_repeated_once() {
    let (stage, chat, device) = room().await;
    let peer = device.dialog(chat).await;
    stage
        .fault("messages.sendMessage", json!("drop_connection"))
        .await;
    device
        .client
        .invoke(&send(peer.into(), "once", 1))
        .await
        .unwrap();
    assert_eq!(stage.texts(chat).await, ["once"]);
}

#[tokio::test]
async fn a_delayed_call_holds_no_other_back() {
    let (stage, chat, device) = room().await;
    let peer = device.dialog(chat).await;
    stage
        .fault("messages.sendMessage", json!({ "delay_ms": 500 }))
        .await;
    let started = Instant::now();
    let slow = send(peer.into(), "slow", 1);
    let quick = tl::functions::updates::GetState {};
    let (slow, quick) = tokio::join!(
        async {
            device.client.invoke(&slow).await.unwrap();
            started.elapsed()
        },
        async {
            device.client.invoke(&quick).await.unwrap();
            started.elapsed()
        },
    );
    assert!(
        slow >= Duration::from_millis(500) && quick < slow,
        "{slow:?} {quick:?}"
    );
}

#[tokio::test]
async fn a_duplicated_key_ends_the_session() {
    let (stage, _, device) = room().await;
    stage
        .fault("updates.getState", json!("duplicate_key"))
        .await;
    let get = tl::functions::updates::GetState {};
    let refused = rpc_error(device.client.invoke(&get).await);
    assert_eq!(
        (refused.0, refused.1.as_str()),
        (406, "AUTH_KEY_DUPLICATED")
    );
    assert_eq!(
        rpc_error(device.client.invoke(&get).await).1,
        "AUTH_KEY_UNREGISTERED"
    );
}

#[tokio::test]
async fn the_flood_limit_strikes_by_itself() {
    let (stage, chat, device) = room().await;
    let peer = device.dialog(chat).await;
    let limit = json!({ "flood_limit": { "messages": 2, "seconds": 600 } });
    stage.ok(reqwest::Method::PUT, "/settings", limit).await;
    for random_id in [1, 2] {
        device
            .client
            .invoke(&send(peer.into(), "x", random_id))
            .await
            .unwrap();
    }
    let refused = rpc_error(device.client.invoke(&send(peer.into(), "x", 3)).await);
    assert_eq!((refused.0, refused.1.as_str()), (420, "FLOOD_WAIT"));
    assert!(refused.2.is_some_and(|wait| wait > 500));
}

#[tokio::test]
async fn refused_connections_are_accepted_again() {
    let (stage, _, device) = room().await;
    let knob = |refuse: bool| json!({ "refuse_connections": refuse });
    stage
        .ok(reqwest::Method::PUT, "/settings", knob(true))
        .await;
    let users = stage.get("/users").await;
    let alice = users[0]["id"].as_i64().unwrap();
    stage
        .post(&format!("/users/{alice}/disconnect"), json!({}))
        .await;
    let get = tl::functions::updates::GetState {};
    let refused = device.client.invoke(&get).await;
    assert!(
        matches!(
            refused,
            Err(InvocationError::Io(_) | InvocationError::Dropped(_))
        ),
        "{refused:?}"
    );
    stage
        .ok(reqwest::Method::PUT, "/settings", knob(false))
        .await;
    device.client.invoke(&get).await.unwrap();
}
