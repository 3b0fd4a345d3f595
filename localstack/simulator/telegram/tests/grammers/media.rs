//! Files: uploaded, sent, received and downloaded.

use grammers_client::media::{InputMedia, Media};
use grammers_client::message::InputMessage;
use grammers_client::update::Update;
use grammers_tl_types as tl;
use serde_json::{Value, json};
use std::io::Cursor;

use crate::support::{Device, Stage, rpc_error, until};

const ALICE: &str = "15550001";
const BOB: &str = "15550002";

struct Room {
    stage: Stage,
    bob: i64,
    chat: i64,
    device: Device,
}

async fn room() -> Room {
    let stage = Stage::start().await;
    let alice = stage.user(ALICE, "Alice").await;
    let bob = stage.user(BOB, "Bob").await;
    let chat = stage.chat("supergroup", alice, &[bob]).await;
    let device = stage.signed_in(ALICE).await;
    Room {
        stage,
        bob,
        chat,
        device,
    }
}

impl Room {
    async fn listed(&self) -> Value {
        let chat = self.chat;
        let listed = self.stage.get(&format!("/chats/{chat}/messages")).await;
        listed.as_array().unwrap().last().unwrap().clone()
    }

    async fn post(&self, media: Value) -> i64 {
        let post = json!({ "from": self.bob, "text": "look", "media": media });
        let path = format!("/chats/{}/messages", self.chat);
        self.stage.post(&path, post).await["id"].as_i64().unwrap()
    }
}

async fn downloaded(device: &Device, media: &Media) -> Vec<u8> {
    let mut download = device.client.iter_download(media);
    let mut bytes = Vec::new();
    while let Some(chunk) = download.next().await.unwrap() {
        bytes.extend(chunk);
    }
    bytes
}

/// As the simulator's README describes generated content.
fn generated(bytes: usize, seed: u64) -> Vec<u8> {
    let mut content = Vec::new();
    let mut counter = 0_u64;
    while content.len() < bytes {
        let block = [seed.to_le_bytes(), counter.to_le_bytes()].concat();
        content.extend(digest(&block));
        counter += 1;
    }
    content.truncate(bytes);
    content
}

fn digest(bytes: &[u8]) -> [u8; 32] {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).into()
}

fn sha256(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    digest(bytes).iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

#[tokio::test]
async fn what_is_uploaded_is_sent_listed_and_downloaded_again() {
    let room = room().await;
    let peer = room.device.dialog(room.chat).await;
    // The second is a big file, which comes in parts over several calls at once.
    for (size, kind) in [(100_000, "photo"), ((10 << 20) + 4321, "document")] {
        let content = generated(size, 7);
        let uploaded = room
            .device
            .client
            .upload_stream(&mut Cursor::new(&content), size, "picture.jpg".to_owned())
            .await
            .unwrap();
        let message = InputMessage::new().text("caption");
        let message = if kind == "photo" {
            message.photo(uploaded)
        } else {
            message.document(uploaded)
        };
        let sent = room
            .device
            .client
            .send_message(peer, message)
            .await
            .unwrap();
        let listed = room.listed().await;
        assert_eq!(listed["text"], "caption");
        let shown = &listed["media"][kind];
        assert_eq!(shown["size"], size);
        assert_eq!(shown["sha256"], sha256(&content));
        let media = sent.media().unwrap();
        assert!(downloaded(&room.device, &media).await == content, "{kind}");
        let url = format!("{}/files/{}", room.stage.control, shown["file"]);
        let bytes = reqwest::get(url).await.unwrap().bytes().await.unwrap();
        assert!(bytes == content, "{kind}");
    }
}

#[tokio::test]
async fn every_kind_of_file_is_received_as_what_it_is() {
    let mut room = room().await;
    let mut updates = room.device.stream().await;
    room.device.dialog(room.chat).await;
    for kind in [
        "photo",
        "video",
        "round_video",
        "audio",
        "voice",
        "animation",
        "sticker",
        "document",
    ] {
        let file = json!({
            "bytes": 5000,
            "seed": 3,
            "name": "name.bin",
            "spoiler": true,
            "duration": 4,
            "width": 640,
            "height": 480,
            "emoji": "🐧",
        });
        let id = room.post(json!({ kind: file })).await;
        let media = until(&mut updates, |update| match update {
            Update::NewMessage(message) if i64::from(message.id()) == id => message.media(),
            _ => None,
        })
        .await;
        assert_eq!(downloaded(&room.device, &media).await, generated(5000, 3));
        let shown = room.listed().await["media"][kind].clone();
        assert_eq!(shown["spoiler"], true, "{kind} {shown}");
        match (&media, kind) {
            (Media::Photo(photo), "photo") => assert!(photo.is_spoiler()),
            (Media::Sticker(sticker), "sticker") => assert_eq!(sticker.emoji(), "🐧"),
            (Media::Document(document), _) => {
                assert_eq!(document.name(), Some("name.bin"));
                assert_eq!(document.size(), Some(5000));
            }
            other => panic!("{kind} came as {other:?}"),
        }
    }
}

#[tokio::test]
async fn polls_places_contacts_and_dice_are_received() {
    let room = room().await;
    let kinds = [
        json!({ "poll": { "question": "When?", "answers": ["now", "later"] } }),
        json!({ "location": { "latitude": 1.5, "longitude": 2.5 } }),
        json!({ "venue": {
            "latitude": 1.5, "longitude": 2.5, "title": "Hall", "address": "Street 1",
        } }),
        json!({ "contact": { "phone_number": "123", "first_name": "C", "last_name": "" } }),
        json!({ "dice": { "emoji": "🎲", "value": 6 } }),
    ];
    let peer = room.device.dialog(room.chat).await;
    for media in kinds {
        let id = i32::try_from(room.post(media.clone()).await).unwrap();
        let messages = room.device.client.get_messages_by_id(peer, &[id]).await;
        let received = messages.unwrap()[0].as_ref().unwrap().media().unwrap();
        let fits = match &received {
            Media::Poll(poll) => poll.iter_answers().count() == 2,
            Media::Geo(geo) => geo.latitue() > 1.4,
            Media::Venue(venue) => venue.title() == "Hall",
            Media::Contact(contact) => contact.first_name() == "C",
            Media::Dice(dice) => dice.value() == 6,
            _ => false,
        };
        assert!(fits, "{media} came as {received:?}");
        let (kind, ordered) = media.as_object().unwrap().iter().next().unwrap();
        for (name, value) in ordered.as_object().unwrap() {
            assert_eq!(&room.listed().await["media"][kind][name], value);
        }
    }
}

#[tokio::test]
async fn an_expired_reference_is_refused_until_the_message_is_fetched_again() {
    let room = room().await;
    let peer = room.device.dialog(room.chat).await;
    let id = i32::try_from(room.post(json!({ "document": { "bytes": 9 } })).await).unwrap();
    let media = async || {
        let messages = room.device.client.get_messages_by_id(peer, &[id]).await;
        messages.unwrap()[0].as_ref().unwrap().media().unwrap()
    };
    let bob = room.bob;
    let file = room.listed().await["media"]["document"]["file"].clone();
    let users = room.stage.get("/users").await;
    let alice = &users[0]["id"];
    for path in [
        format!("/files/{file}/expire"),
        format!("/chats/{}/messages/{id}/expire_files", room.chat),
        format!("/users/{alice}/expire_files"),
    ] {
        let before = media().await;
        room.stage.post(&path, json!({})).await;
        let refused = room.device.client.iter_download(&before).next().await;
        assert_eq!(rpc_error(refused).1, "FILE_REFERENCE_EXPIRED");
        let again = InputMessage::new().copy_media(&before);
        let refused = room.device.client.send_message(peer, again).await;
        assert_eq!(rpc_error(refused).1, "FILE_REFERENCE_EXPIRED");
        assert_eq!(downloaded(&room.device, &media().await).await.len(), 9);
    }
    // Others keep theirs.
    let path = format!("/users/{bob}/expire_files");
    let before = media().await;
    room.stage.post(&path, json!({})).await;
    assert_eq!(downloaded(&room.device, &before).await.len(), 9);
}

#[tokio::test]
async fn files_and_captions_have_their_limits() {
    let room = room().await;
    let peer = room.device.dialog(room.chat).await;
    let setting = json!({ "largest_file": 1_000_000 });
    room.stage
        .ok(reqwest::Method::PUT, "/settings", setting)
        .await;
    let part = tl::functions::upload::SaveBigFilePart {
        file_id: 1,
        file_part: 0,
        file_total_parts: 3,
        bytes: vec![0; 512 << 10],
    };
    let refused = room.device.client.invoke(&part).await;
    assert_eq!(rpc_error(refused).1, "FILE_PARTS_INVALID");
    let upload = async |name: &str| {
        room.device
            .client
            .upload_stream(&mut Cursor::new(b"abc"), 3, name.to_owned())
            .await
            .unwrap()
    };
    let long = InputMessage::new()
        .text("x".repeat(1025))
        .document(upload("a.txt").await);
    let refused = room.device.client.send_message(peer, long).await;
    assert_eq!(rpc_error(refused).1, "MEDIA_CAPTION_TOO_LONG");
    let no_photo = InputMessage::new().photo(upload("a.txt").await);
    let refused = room.device.client.send_message(peer, no_photo).await;
    assert_eq!(rpc_error(refused).1, "PHOTO_EXT_INVALID");
}

#[tokio::test]
async fn a_lost_answer_had_its_effect_once() {
    let room = room().await;
    let peer = room.device.dialog(room.chat).await;
    let client = &room.device.client;
    let upload = async || {
        let mut stream = Cursor::new(b"abc");
        let uploaded = client.upload_stream(&mut stream, 3, "a.jpg".to_owned());
        uploaded.await.unwrap()
    };
    let lose = async |method: &str| room.stage.fault(method, json!("lose_response")).await;
    lose("messages.sendMedia").await;
    let message = InputMessage::new().text("x").document(upload().await);
    let repeated = client.send_message(peer, message).await;
    assert_eq!(rpc_error(repeated).1, "RANDOM_ID_DUPLICATE");
    lose("messages.sendMultiMedia").await;
    let mut parts = Vec::new();
    for _part in 0..2 {
        parts.push(InputMedia::new().photo(upload().await));
    }
    let repeated = client.send_album(peer, parts).await;
    assert_eq!(rpc_error(repeated).1, "RANDOM_ID_DUPLICATE");
    assert_eq!(room.stage.texts(room.chat).await, ["x", "", ""]);
    lose("messages.editMessage").await;
    let id = room
        .stage
        .get(&format!("/chats/{}/messages", room.chat))
        .await;
    let id = i32::try_from(id[0]["id"].as_i64().unwrap()).unwrap();
    let repeated = client.edit_message(peer, id, "y").await;
    assert_eq!(rpc_error(repeated).1, "MESSAGE_NOT_MODIFIED");
    assert_eq!(room.stage.texts(room.chat).await, ["y", "", ""]);
}
