//! A simulator that was killed comes back as it was.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use grammers_tl_types as tl;
use patchbay_sim_telegram::{Config, StartError, TelegramSimulator};
use serde_json::json;

use crate::support::{Device, Stage, rpc_error, send};

const ALICE: &str = "15550001";

#[tokio::test]
async fn a_restart_keeps_keys_logins_chats_messages_files_and_random_ids() {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("telegram.journal");
    let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let stage = Stage::start_with(Some(journal.clone()), anywhere).await;
    let alice = stage.user(ALICE, "Alice").await;
    let bob = stage.user("15550002", "Bob").await;
    let chat = stage.chat("supergroup", alice, &[bob]).await;
    let path = format!("/private/{bob}/{alice}/messages");
    stage.post(&path, json!({ "text": "private" })).await;
    let media = json!({ "document": { "bytes": 70_000, "seed": 1 } });
    let file = json!({ "from": bob, "media": media });
    stage.post(&format!("/chats/{chat}/messages"), file).await;
    let device = stage.signed_in(ALICE).await;
    let peer = device.dialog(chat).await;
    device
        .client
        .invoke(&send(peer.into(), "sent", 42))
        .await
        .unwrap();
    let get = tl::functions::updates::GetState {};
    let tl::enums::updates::State::State(before) = device.client.invoke(&get).await.unwrap();
    let (users, chats) = (stage.get("/users").await, stage.get("/chats").await);
    let messages = stage.get(&format!("/chats/{chat}/messages")).await;
    let file = messages[0]["media"]["document"]["file"].clone();
    let content = async |stage: &Stage| {
        let url = format!("{}/files/{file}", stage.control);
        reqwest::get(url).await.unwrap().bytes().await.unwrap()
    };
    let bytes = content(&stage).await;
    assert_eq!(bytes.len(), 70_000);
    let address = stage.simulator.address();
    device.client.disconnect();
    stage.simulator.stop().await;

    let stage = Stage::start_with(Some(journal), address).await;
    assert_eq!(stage.get("/chats").await, chats);
    assert_eq!(content(&stage).await, bytes);
    assert_eq!(stage.get("/users").await[0]["pts"], users[0]["pts"]);
    assert_eq!(
        stage.get(&format!("/chats/{chat}/messages")).await,
        messages
    );
    let device = Device::new(Arc::clone(&device.session));
    let tl::enums::updates::State::State(after) = device.client.invoke(&get).await.unwrap();
    assert_eq!(after.pts, before.pts);
    let again = device.client.invoke(&send(peer.into(), "sent", 42)).await;
    assert_eq!(rpc_error(again).1, "RANDOM_ID_DUPLICATE");
    device
        .client
        .invoke(&send(peer.into(), "more", 43))
        .await
        .unwrap();
    assert_eq!(stage.texts(chat).await, ["", "sent", "more"]);
}

#[tokio::test]
async fn a_port_in_use_says_what_to_do() {
    let stage = Stage::start().await;
    let config = Config {
        listen: stage.simulator.address(),
        journal: None,
        advertise: None,
    };
    let error = TelegramSimulator::start(config).await.unwrap_err();
    assert!(matches!(error, StartError::AddressInUse { .. }));
    assert!(error.to_string().contains("choose another port"), "{error}");
}
