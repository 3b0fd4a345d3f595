//! Replies, edits and deletions.

use grammers_client::message::InputMessage;
use grammers_tl_types as tl;
use serde_json::{Value, json};

use crate::support::{Device, Stage, rpc_error, send};

const ALICE: &str = "15550001";

struct Room {
    stage: Stage,
    bob: i64,
    chat: i64,
    device: Device,
}

async fn room(kind: &str) -> Room {
    let stage = Stage::start().await;
    let alice = stage.user(ALICE, "Alice").await;
    let bob = stage.user("15550002", "Bob").await;
    let chat = stage.chat(kind, alice, &[bob]).await;
    let device = stage.signed_in(ALICE).await;
    Room {
        stage,
        bob,
        chat,
        device,
    }
}

impl Room {
    async fn last(&self) -> Value {
        let path = format!("/chats/{}/messages", self.chat);
        let listed = self.stage.get(&path).await;
        listed.as_array().unwrap().last().unwrap().clone()
    }
}

fn reply_to(id: i32, quote: Option<&str>) -> tl::enums::InputReplyTo {
    tl::types::InputReplyToMessage {
        reply_to_msg_id: id,
        top_msg_id: None,
        reply_to_peer_id: None,
        quote_text: quote.map(str::to_owned),
        quote_entities: None,
        quote_offset: quote.map(|_| 4),
        monoforum_peer_id: None,
        todo_item_id: None,
        poll_option: None,
    }
    .into()
}

#[tokio::test]
async fn a_reply_quotes_and_is_found_by_what_it_answers() {
    let room = room("supergroup").await;
    let peer = room.device.dialog(room.chat).await;
    let answered = i32::try_from(room.stage.say(room.chat, room.bob, "the question").await);
    let answered = answered.unwrap();
    let mut reply = send(peer.into(), "because", 1);
    reply.reply_to = Some(reply_to(answered, Some("question")));
    room.device.client.invoke(&reply).await.unwrap();
    let listed = room.last().await;
    assert_eq!(listed["reply_to"], answered);
    assert_eq!(listed["quote"], "question");
    assert_eq!(listed["quote_offset"], 4);
    let id = i32::try_from(listed["id"].as_i64().unwrap()).unwrap();
    let get = tl::functions::channels::GetMessages {
        channel: room.device.input_channel(room.chat).await.into(),
        id: vec![tl::types::InputMessageReplyTo { id }.into()],
    };
    let found = room.device.client.invoke(&get).await.unwrap();
    let tl::enums::messages::Messages::ChannelMessages(found) = found else {
        panic!("{found:?}");
    };
    assert_eq!(found.messages[0].id(), answered);
    reply.random_id = 2;
    reply.reply_to = Some(reply_to(answered, Some("answer")));
    let refused = room.device.client.invoke(&reply).await;
    assert_eq!(rpc_error(refused).1, "QUOTE_TEXT_INVALID");
}

#[tokio::test]
async fn an_edit_replaces_media_and_keeps_the_rest() {
    let room = room("group").await;
    let peer = room.device.dialog(room.chat).await;
    let client = &room.device.client;
    let upload = async |content: &[u8]| {
        let mut stream = std::io::Cursor::new(content);
        let size = content.len();
        let uploaded = client.upload_stream(&mut stream, size, "a.txt".to_owned());
        uploaded.await.unwrap()
    };
    let message = InputMessage::new()
        .text("kept")
        .document(upload(b"old").await);
    let sent = client.send_message(peer, message).await.unwrap();
    let message = InputMessage::new()
        .text("kept")
        .document(upload(b"newer").await);
    client.edit_message(peer, sent.id(), message).await.unwrap();
    let listed = room.last().await;
    assert_eq!(listed["text"], "kept");
    assert_eq!(listed["media"]["document"]["size"], 5);
    assert!(listed["edit_date"].is_number());
}

#[tokio::test]
async fn authors_edit_for_as_long_as_the_knob_says() {
    let room = room("supergroup").await;
    let peer = room.device.dialog(room.chat).await;
    let client = &room.device.client;
    let sent = client.send_message(peer, "old").await.unwrap();
    let setting = json!({ "edit_window_seconds": 0 });
    room.stage
        .ok(reqwest::Method::PUT, "/settings", setting)
        .await;
    let refused = client.edit_message(peer, sent.id(), "new").await;
    assert_eq!(rpc_error(refused).1, "MESSAGE_EDIT_TIME_EXPIRED");
}

#[tokio::test]
async fn edits_and_deletions_that_were_missed_are_in_the_difference() {
    let room = room("supergroup").await;
    let (stage, chat, bob) = (&room.stage, room.chat, room.bob);
    let mut ids = Vec::new();
    for text in ["first", "second", "third"] {
        ids.push(i32::try_from(stage.say(chat, bob, text).await).unwrap());
    }
    let pts = stage.get("/chats").await[0]["pts"].as_i64().unwrap();
    let path = format!("/chats/{chat}/messages/{}", ids[0]);
    let patch = json!({ "text": "edited" });
    stage.ok(reqwest::Method::PATCH, &path, patch).await;
    let bobs = stage.signed_in("15550002").await;
    let peer = bobs.dialog(chat).await;
    let gone = &ids[1..];
    assert_eq!(bobs.client.delete_messages(peer, gone).await.unwrap(), 2);
    let request = tl::functions::updates::GetChannelDifference {
        force: false,
        channel: room.device.input_channel(chat).await.into(),
        filter: tl::enums::ChannelMessagesFilter::Empty,
        pts: i32::try_from(pts).unwrap(),
        limit: 100,
    };
    let caught = room.device.client.invoke(&request).await.unwrap();
    let tl::enums::updates::ChannelDifference::Difference(caught) = caught else {
        panic!("{caught:?}");
    };
    let edited = caught.other_updates.iter().any(|update| match update {
        tl::enums::Update::EditChannelMessage(it) => it.message.id() == ids[0],
        _ => false,
    });
    let deleted = caught.other_updates.iter().any(|update| match update {
        tl::enums::Update::DeleteChannelMessages(it) => it.messages == gone,
        _ => false,
    });
    assert!(edited && deleted, "{:?}", caught.other_updates);
}

#[tokio::test]
async fn a_link_has_a_preview_unless_none_is_wanted() {
    let room = room("supergroup").await;
    let peer = room.device.dialog(room.chat).await;
    let mut request = send(peer.into(), "see https://example.com/ there", 1);
    room.device.client.invoke(&request).await.unwrap();
    assert_eq!(room.last().await["preview"], false);
    (request.no_webpage, request.random_id) = (false, 2);
    room.device.client.invoke(&request).await.unwrap();
    let listed = room.last().await;
    assert_eq!(
        (&listed["preview"], &listed["media"]),
        (&json!(true), &Value::Null)
    );
}
