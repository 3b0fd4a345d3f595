//! Albums and forwards.

use std::io::Cursor;

use grammers_client::media::InputMedia;
use grammers_client::update::Update;
use grammers_tl_types as tl;
use serde_json::{Value, json};

use crate::support::{Device, Stage, rpc_error, until};

const ALICE: &str = "15550001";
const BOB: &str = "15550002";

struct Room {
    stage: Stage,
    alice: i64,
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
        alice,
        bob,
        chat,
        device,
    }
}

impl Room {
    async fn listed(&self, chat: i64) -> Vec<Value> {
        let listed = self.stage.get(&format!("/chats/{chat}/messages")).await;
        listed.as_array().unwrap().clone()
    }

    async fn post_album(&self, more: Value) -> Value {
        let part =
            |text: &str, kind: &str| json!({ "text": text, "media": { kind: { "bytes": 9 } } });
        let mut album = json!({
            "from": self.bob,
            "messages": [part("one", "photo"), part("two", "video"), part("three", "photo")],
        });
        album
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        self.stage
            .post(&format!("/chats/{}/albums", self.chat), album)
            .await
    }

    async fn forward(
        &self,
        ids: Vec<i32>,
        to: tl::enums::InputPeer,
        change: impl FnOnce(&mut tl::functions::messages::ForwardMessages),
    ) -> Result<tl::enums::Updates, grammers_mtsender::InvocationError> {
        let random_id = ids.iter().map(|id| i64::from(*id) + 1000).collect();
        let from_peer = self.device.dialog(self.chat).await.into();
        let mut request = forward(from_peer, to, ids, random_id);
        change(&mut request);
        self.device.client.invoke(&request).await
    }
}

fn forward(
    from_peer: tl::enums::InputPeer,
    to_peer: tl::enums::InputPeer,
    id: Vec<i32>,
    random_id: Vec<i64>,
) -> tl::functions::messages::ForwardMessages {
    tl::functions::messages::ForwardMessages {
        silent: false,
        background: false,
        with_my_score: false,
        drop_author: false,
        drop_media_captions: false,
        noforwards: false,
        allow_paid_floodskip: false,
        from_ephemeral: false,
        from_peer,
        id,
        random_id,
        to_peer,
        top_msg_id: None,
        reply_to: None,
        schedule_date: None,
        schedule_repeat_period: None,
        send_as: None,
        quick_reply_shortcut: None,
        effect: None,
        video_timestamp: None,
        allow_paid_stars: None,
        suggested_post: None,
    }
}

fn ids(answer: &Value) -> Vec<i32> {
    serde_json::from_value(answer["ids"].clone()).unwrap()
}

#[tokio::test]
async fn an_album_is_sent_as_one_and_its_parts_are_changed_one_by_one() {
    let room = room().await;
    let peer = room.device.dialog(room.chat).await;
    let mut parts = Vec::new();
    for text in ["one", "two"] {
        let client = &room.device.client;
        let uploaded = client
            .upload_stream(&mut Cursor::new(b"abc"), 3, "a.jpg".to_owned())
            .await
            .unwrap();
        parts.push(InputMedia::new().caption(text).photo(uploaded));
    }
    let sent = room.device.client.send_album(peer, parts).await.unwrap();
    assert!(sent.iter().all(Option::is_some));
    let listed = room.listed(room.chat).await;
    assert_eq!(listed.len(), 2);
    assert!(listed[0]["grouped_id"].is_string());
    assert_eq!(listed[0]["grouped_id"], listed[1]["grouped_id"]);
    let path = format!("/chats/{}/messages/{}", room.chat, listed[1]["id"]);
    let document = json!({ "media": { "document": { "bytes": 1 } } });
    let (_, refused) = room
        .stage
        .request(reqwest::Method::PATCH, &path, document)
        .await;
    assert_eq!(refused["error"], "MEDIA_GROUPED_INVALID");
    let video = json!({ "media": { "video": { "bytes": 5 } } });
    room.stage.ok(reqwest::Method::PATCH, &path, video).await;
    let changed = &room.listed(room.chat).await[1];
    assert_eq!(changed["media"]["video"]["size"], 5);
    assert_eq!(
        (&changed["text"], &changed["grouped_id"]),
        (&json!("two"), &listed[1]["grouped_id"])
    );
    let first = i32::try_from(listed[0]["id"].as_i64().unwrap()).unwrap();
    let client = &room.device.client;
    assert_eq!(client.delete_messages(peer, &[first]).await.unwrap(), 1);
    assert_eq!(room.listed(room.chat).await.len(), 1);
}

#[tokio::test]
async fn an_album_may_stay_away_by_half() {
    let mut room = room().await;
    let mut updates = room.device.stream().await;
    room.device.dialog(room.chat).await;
    let posted = room.post_album(json!({ "hold": true })).await;
    assert_eq!((ids(&posted).len(), &posted["held"]), (2, &json!(1)));
    let album = posted["grouped_id"].as_str().unwrap();
    let path = format!("/albums/{album}/release");
    let released = room.stage.post(&path, json!({})).await;
    assert_eq!(ids(&released).len(), 1);
    let mut seen = Vec::new();
    while seen.len() < 3 {
        seen.push(
            until(&mut updates, |update| match update {
                Update::NewMessage(message) => message.grouped_id(),
                _ => None,
            })
            .await,
        );
    }
    assert!(seen.iter().all(|id| id.to_string() == album), "{seen:?}");
    let (status, _) = room
        .stage
        .request(reqwest::Method::POST, &path, json!({}))
        .await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn what_does_not_go_together_is_no_album() {
    let room = room().await;
    let part = |kind: &str| json!({ "media": { kind: { "bytes": 9 } } });
    let rows = [
        (vec![part("photo"), part("document")], "MEDIA_INVALID"),
        (vec![part("voice"), part("voice")], "MEDIA_INVALID"),
        (vec![part("photo"); 11], "MULTI_MEDIA_TOO_LONG"),
    ];
    let path = format!("/chats/{}/albums", room.chat);
    for (messages, name) in rows {
        let album = json!({ "from": room.bob, "messages": messages });
        let (_, refused) = room
            .stage
            .request(reqwest::Method::POST, &path, album)
            .await;
        assert_eq!(refused["error"], name);
    }
    assert!(room.listed(room.chat).await.is_empty());
}

#[tokio::test]
async fn a_forwarded_album_stays_one_and_keeps_its_first_source() {
    let room = room().await;
    let posted = room.post_album(json!({})).await;
    let copy = room.stage.chat("supergroup", room.alice, &[]).await;
    let to: tl::enums::InputPeer = room.device.dialog(copy).await.into();
    room.forward(ids(&posted), to.clone(), |it| it.silent = true)
        .await
        .unwrap();
    let forwarded = room.listed(copy).await;
    assert_eq!(forwarded.len(), 3);
    for message in &forwarded {
        assert_eq!(message["forward"]["from"], room.bob);
        assert_eq!(message["silent"], true);
        assert_eq!(message["grouped_id"], forwarded[0]["grouped_id"]);
    }
    assert_ne!(forwarded[0]["grouped_id"], posted["grouped_id"]);
    // Out of the copy, it still comes from Bob.
    let again = forwarded[0]["id"].as_i64().unwrap();
    let request = forward(
        to.clone(),
        to.clone(),
        vec![i32::try_from(again).unwrap()],
        vec![7],
    );
    room.device.client.invoke(&request).await.unwrap();
    let last = room.listed(copy).await.pop().unwrap();
    assert_eq!(last["forward"], forwarded[0]["forward"]);
    assert_eq!(last["grouped_id"], Value::Null);
}

#[tokio::test]
async fn authors_and_captions_can_be_dropped() {
    let room = room().await;
    let posted = room.post_album(json!({})).await;
    let to: tl::enums::InputPeer = room.device.dialog(room.chat).await.into();
    let first = vec![ids(&posted)[0]];
    room.forward(first.clone(), to.clone(), |it| it.drop_author = true)
        .await
        .unwrap();
    let last = room.listed(room.chat).await.pop().unwrap();
    assert_eq!(
        (&last["forward"], &last["text"]),
        (&Value::Null, &json!("one"))
    );
    room.forward(first, to, |it| {
        it.drop_media_captions = true;
        it.random_id = vec![9];
    })
    .await
    .unwrap();
    let last = room.listed(room.chat).await.pop().unwrap();
    assert_eq!(last["text"], "");
    assert_eq!(last["media"], room.listed(room.chat).await[0]["media"]);
}

#[tokio::test]
async fn who_hides_forwards_is_told_by_name_alone() {
    let room = room().await;
    let carol = json!({ "phone": "15550003", "first_name": "Carol", "hides_forwards": true });
    let carol = room.stage.post("/users", carol).await["id"]
        .as_i64()
        .unwrap();
    let member = format!("/chats/{}/members/{carol}", room.chat);
    room.stage
        .ok(reqwest::Method::PUT, &member, json!({ "role": "member" }))
        .await;
    let id = room.stage.say(room.chat, carol, "secret").await;
    let to: tl::enums::InputPeer = room.device.dialog(room.chat).await.into();
    let updates = room
        .forward(vec![i32::try_from(id).unwrap()], to, |_| ())
        .await;
    let tl::enums::Updates::Updates(updates) = updates.unwrap() else {
        panic!("no updates");
    };
    let header = updates.updates.iter().find_map(|update| match update {
        tl::enums::Update::NewChannelMessage(it) => match &it.message {
            tl::enums::Message::Message(message) => message.fwd_from.clone(),
            _ => None,
        },
        _ => None,
    });
    let tl::enums::MessageFwdHeader::Header(header) = header.unwrap();
    assert_eq!(
        (header.from_id, header.from_name.as_deref()),
        (None, Some("Carol"))
    );
}

#[tokio::test]
async fn a_repeated_forward_is_a_duplicate() {
    let room = room().await;
    let id = i32::try_from(room.stage.say(room.chat, room.bob, "news").await).unwrap();
    let to: tl::enums::InputPeer = room.device.dialog(room.chat).await.into();
    room.stage
        .fault("messages.forwardMessages", json!("lose_response"))
        .await;
    let repeated = room.forward(vec![id], to, |_| ()).await;
    assert_eq!(rpc_error(repeated).1, "RANDOM_ID_DUPLICATE");
    assert_eq!(room.stage.texts(room.chat).await, ["news", "news"]);
}

#[tokio::test]
async fn albums_and_forwards_go_into_topics() {
    let room = room().await;
    let forum = json!({
        "kind": "supergroup", "title": "forum", "creator": room.alice, "forum": true,
        "members": [room.bob],
    });
    let forum = room.stage.post("/chats", forum).await["id"]
        .as_i64()
        .unwrap();
    let topics = format!("/chats/{forum}/topics");
    let topic = room.stage.post(&topics, json!({ "title": "news" })).await;
    let topic = i32::try_from(topic["id"].as_i64().unwrap()).unwrap();
    let posted = room.post_album(json!({})).await;
    let to: tl::enums::InputPeer = room.device.dialog(forum).await.into();
    room.forward(ids(&posted), to, |it| it.top_msg_id = Some(topic))
        .await
        .unwrap();
    let part = json!({ "media": { "photo": { "bytes": 1 } } });
    let album = json!({ "from": room.bob, "messages": [part, part], "topic": topic });
    let path = format!("/chats/{forum}/albums");
    room.stage.post(&path, album).await;
    let listed = room.listed(forum).await;
    assert_eq!(listed.len(), 5);
    assert!(listed.iter().all(|it| it["topic"] == topic), "{listed:?}");
}

#[tokio::test]
async fn the_parts_of_an_album_are_named_by_reference() {
    let room = room().await;
    let client = &room.device.client;
    let peer: tl::enums::InputPeer = room.device.dialog(room.chat).await.into();
    let part = tl::functions::upload::SaveFilePart {
        file_id: 1,
        file_part: 0,
        bytes: b"abc".to_vec(),
    };
    client.invoke(&part).await.unwrap();
    let file = tl::types::InputFile {
        id: 1,
        parts: 1,
        name: "a.jpg".to_owned(),
        md5_checksum: String::new(),
    };
    let uploaded = tl::types::InputMediaUploadedPhoto {
        spoiler: false,
        live_photo: false,
        file: file.into(),
        stickers: None,
        ttl_seconds: None,
        video: None,
    };
    let album = |media: tl::enums::InputMedia, parts: i64| {
        let single = |random_id| {
            tl::types::InputSingleMedia {
                media: media.clone(),
                random_id,
                message: String::new(),
                entities: None,
            }
            .into()
        };
        tl::functions::messages::SendMultiMedia {
            silent: false,
            background: false,
            clear_draft: false,
            noforwards: false,
            update_stickersets_order: false,
            invert_media: false,
            allow_paid_floodskip: false,
            peer: peer.clone(),
            reply_to: None,
            multi_media: (1..=parts).map(single).collect(),
            schedule_date: None,
            send_as: None,
            quick_reply_shortcut: None,
            effect: None,
            allow_paid_stars: None,
        }
    };
    let refused = client.invoke(&album(uploaded.clone().into(), 2)).await;
    assert_eq!(rpc_error(refused).1, "MEDIA_INVALID");
    let upload = tl::functions::messages::UploadMedia {
        business_connection_id: None,
        peer: peer.clone(),
        media: uploaded.into(),
    };
    let media = client.invoke(&upload).await.unwrap();
    let tl::enums::MessageMedia::Photo(media) = media else {
        panic!("{media:?}");
    };
    let Some(tl::enums::Photo::Photo(photo)) = media.photo else {
        panic!("no photo");
    };
    let named = |access_hash| tl::types::InputMediaPhoto {
        spoiler: true,
        live_photo: false,
        id: tl::types::InputPhoto {
            id: photo.id,
            access_hash,
            file_reference: photo.file_reference.clone(),
        }
        .into(),
        ttl_seconds: None,
        video: None,
    };
    let refused = client.invoke(&album(named(1).into(), 2)).await;
    assert_eq!(rpc_error(refused).1, "MEDIA_EMPTY");
    let refused = client
        .invoke(&album(named(photo.access_hash).into(), 11))
        .await;
    assert_eq!(rpc_error(refused).1, "MULTI_MEDIA_TOO_LONG");
    let request = album(named(photo.access_hash).into(), 2);
    client.invoke(&request).await.unwrap();
    let listed = room.listed(room.chat).await;
    assert_eq!(listed[1]["random_id"], "2");
    assert_eq!(listed[1]["media"]["photo"]["spoiler"], true);
}

#[tokio::test]
async fn private_albums_are_seen_and_reacted_to_on_both_sides() {
    let room = room().await;
    let (alice, bob) = (room.alice, room.bob);
    // Only Bob's box is ahead by this message.
    let carol = room.stage.user("15550003", "Carol").await;
    let hello = json!({ "text": "hi" });
    room.stage
        .post(&format!("/private/{carol}/{bob}/messages"), hello)
        .await;
    let part = json!({ "media": { "photo": { "bytes": 1 } } });
    let album = json!({ "messages": [part, part] });
    let sides = [
        format!("/private/{alice}/{bob}"),
        format!("/private/{bob}/{alice}"),
    ];
    let posted = room
        .stage
        .post(&format!("{}/albums", sides[0]), album)
        .await;
    let path = format!("{}/messages/{}/reactions", sides[0], posted["ids"][1]);
    let reaction = json!({ "from": bob, "emoji": ["🔥"] });
    room.stage.ok(reqwest::Method::PUT, &path, reaction).await;
    let mut views = Vec::new();
    for side in sides {
        views.push(room.stage.get(&format!("{side}/messages")).await);
    }
    let numbers = [&views[0][0]["id"], &views[0][1]["id"]];
    assert_eq!(posted["ids"], json!(numbers));
    assert_ne!(views[0][0]["id"], views[1][0]["id"]);
    for view in &views {
        assert_eq!(view[0]["grouped_id"], posted["grouped_id"]);
        assert_eq!(view[1]["reactions"][0]["emoji"], json!(["🔥"]));
    }
    let carols = json!({ "from": carol, "emoji": ["🔥"] });
    let (status, _) = room
        .stage
        .request(reqwest::Method::PUT, &path, carols)
        .await;
    assert_eq!(status, 400);
}
