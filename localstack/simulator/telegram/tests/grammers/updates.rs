//! Catching up after having been away.

use grammers_client::update::Update;
use grammers_tl_types as tl;
use serde_json::json;

use crate::support::{Device, Stage, until, until_text};

const ALICE: &str = "15550001";

async fn room(kind: &str) -> (Stage, i64, i64, i64) {
    let stage = Stage::start().await;
    let alice = stage.user(ALICE, "Alice").await;
    let bob = stage.user("15550002", "Bob").await;
    let chat = stage.chat(kind, alice, &[bob]).await;
    (stage, alice, bob, chat)
}

fn channel_difference(
    channel: &tl::types::InputChannel,
    pts: i32,
    limit: i32,
) -> tl::functions::updates::GetChannelDifference {
    tl::functions::updates::GetChannelDifference {
        force: false,
        channel: channel.clone().into(),
        filter: tl::enums::ChannelMessagesFilter::Empty,
        pts,
        limit,
    }
}

async fn state(device: &Device) -> tl::types::updates::State {
    let get = tl::functions::updates::GetState {};
    let tl::enums::updates::State::State(state) = device.client.invoke(&get).await.unwrap();
    state
}

fn difference(pts: i32, date: i32) -> tl::functions::updates::GetDifference {
    tl::functions::updates::GetDifference {
        pts,
        pts_limit: None,
        pts_total_limit: None,
        date,
        qts: 0,
        qts_limit: None,
    }
}

#[tokio::test]
async fn a_client_whose_connection_broke_catches_up() {
    for kind in ["supergroup", "group"] {
        let (stage, alice, bob, chat) = room(kind).await;
        let mut device = stage.signed_in(ALICE).await;
        device.dialog(chat).await;
        let mut updates = device.stream().await;
        stage.say(chat, bob, "before").await;
        until_text(&mut updates, "before").await;
        stage.post(&format!("/users/{alice}/mute"), json!({})).await;
        stage
            .post(&format!("/users/{alice}/disconnect"), json!({}))
            .await;
        for number in 0..5 {
            stage.say(chat, bob, &format!("away {number}")).await;
        }
        stage
            .post(&format!("/users/{alice}/unmute"), json!({}))
            .await;
        // A new message shows the client that it missed others.
        stage.say(chat, bob, "back").await;
        let mut texts = Vec::new();
        until(&mut updates, |update| {
            if let Update::NewMessage(message) = update {
                texts.push(message.text().to_owned());
            }
            texts.iter().any(|text| text == "back").then_some(())
        })
        .await;
        let expected = ["away 0", "away 1", "away 2", "away 3", "away 4", "back"];
        assert_eq!(texts, expected, "{kind}");
    }
}

#[tokio::test]
async fn a_channel_difference_comes_in_slices_and_then_is_too_long() {
    let (stage, _, bob, chat) = room("supergroup").await;
    for number in 0..30 {
        stage.say(chat, bob, &format!("{number}")).await;
    }
    let device = stage.signed_in(ALICE).await;
    let channel = device.input_channel(chat).await;
    let (mut pts, mut texts, mut slices) = (2, Vec::new(), 0);
    loop {
        let request = channel_difference(&channel, pts, 12);
        match device.client.invoke(&request).await.unwrap() {
            tl::enums::updates::ChannelDifference::Difference(slice) => {
                slices += 1;
                pts = slice.pts;
                for message in slice.new_messages {
                    let tl::enums::Message::Message(message) = message else {
                        continue;
                    };
                    texts.push(message.message);
                }
                if slice.r#final {
                    break;
                }
            }
            other => panic!("{other:?}"),
        }
    }
    let expected: Vec<String> = (0..30).map(|number| number.to_string()).collect();
    assert_eq!((texts, slices), (expected, 3));
    let request = channel_difference(&channel, pts, 12);
    let nothing = device.client.invoke(&request).await.unwrap();
    assert!(matches!(nothing, tl::enums::updates::ChannelDifference::Empty(it) if it.pts == pts));

    let newest = pts;
    for (id, text) in [(3, "early"), (31, "late"), (3, "again")] {
        let message = format!("/chats/{chat}/messages/{id}");
        let edited = json!({ "text": text });
        stage.ok(reqwest::Method::PATCH, &message, edited).await;
        pts += 1;
    }
    let limit = json!({ "channel_too_long_after": 10 });
    stage.ok(reqwest::Method::PUT, "/settings", limit).await;
    let request = channel_difference(&channel, newest + 2, 100);
    device.client.invoke(&request).await.unwrap();
    let skipped = async || stage.ok(reqwest::Method::GET, "/skipped", json!({})).await;
    assert_eq!(skipped().await, json!([]), "all of it is told");
    let request = channel_difference(&channel, 2, 100);
    let tl::enums::updates::ChannelDifference::TooLong(long) =
        device.client.invoke(&request).await.unwrap()
    else {
        panic!("the difference is not too long");
    };
    let tl::enums::Dialog::Dialog(dialog) = long.dialog else {
        panic!("a folder")
    };
    assert_eq!((dialog.pts, dialog.top_message), (Some(pts), 31));
    assert!(!long.messages.is_empty());
    let left_out = json!([{"chat": chat, "messages": [3, 31]}]);
    assert_eq!(skipped().await, left_out);
}

#[tokio::test]
async fn edits_and_deletions_come_with_a_channel_difference() {
    let (stage, _, bob, chat) = room("supergroup").await;
    let device = stage.signed_in(ALICE).await;
    let channel = device.input_channel(chat).await;
    let mut ids = Vec::new();
    for number in 0..3 {
        ids.push(stage.say(chat, bob, &format!("{number}")).await);
    }
    let message = |id: i64| format!("/chats/{chat}/messages/{id}");
    let edited = json!({ "text": "edited" });
    stage
        .ok(reqwest::Method::PATCH, &message(ids[0]), edited)
        .await;
    stage
        .ok(reqwest::Method::DELETE, &message(ids[1]), json!({}))
        .await;
    let request = channel_difference(&channel, 2, 100);
    let tl::enums::updates::ChannelDifference::Difference(caught) =
        device.client.invoke(&request).await.unwrap()
    else {
        panic!("no difference");
    };
    let new: Vec<i32> = caught
        .new_messages
        .iter()
        .map(tl::enums::Message::id)
        .collect();
    assert_eq!(new, [2, 4]);
    let [
        tl::enums::Update::EditChannelMessage(edit),
        tl::enums::Update::DeleteChannelMessages(delete),
    ] = caught.other_updates.as_slice()
    else {
        panic!("{:?}", caught.other_updates);
    };
    assert_eq!((edit.message.id(), edit.pts, edit.pts_count), (2, 6, 1));
    assert_eq!(
        (delete.messages.as_slice(), delete.pts, delete.pts_count),
        (&[3][..], 7, 1)
    );
}

#[tokio::test]
async fn an_accounts_difference_comes_in_slices_and_names_changed_channels() {
    let (stage, alice, bob, chat) = room("supergroup").await;
    let device = stage.signed_in(ALICE).await;
    let before = state(&device).await;
    let path = format!("/private/{bob}/{alice}/messages");
    for number in 0..120 {
        stage
            .post(&path, json!({ "text": format!("{number}") }))
            .await;
    }
    stage.say(chat, bob, "in the channel").await;
    let request = difference(before.pts, before.date);
    let tl::enums::updates::Difference::Slice(slice) =
        device.client.invoke(&request).await.unwrap()
    else {
        panic!("no slice");
    };
    assert_eq!(slice.new_messages.len(), 100);
    let tl::enums::updates::State::State(middle) = slice.intermediate_state;
    let request = difference(middle.pts, before.date);
    let tl::enums::updates::Difference::Difference(rest) =
        device.client.invoke(&request).await.unwrap()
    else {
        panic!("no end");
    };
    assert_eq!(rest.new_messages.len(), 20);
    let channel = rest.other_updates.iter().find_map(|update| match update {
        tl::enums::Update::ChannelTooLong(it) => Some((it.channel_id, it.pts)),
        _ => None,
    });
    let (id, pts) = channel.unwrap();
    assert_eq!((-1_000_000_000_000 - id, pts), (chat, None));
    stage
        .ok(
            reqwest::Method::PUT,
            "/settings",
            json!({ "tell_channel_pts": true }),
        )
        .await;
    let tl::enums::updates::Difference::Difference(rest) =
        device.client.invoke(&request).await.unwrap()
    else {
        panic!("no end");
    };
    let told = rest
        .other_updates
        .iter()
        .any(|update| matches!(update, tl::enums::Update::ChannelTooLong(it) if it.pts == Some(3)));
    assert!(told, "{:?}", rest.other_updates);
    let limit = json!({ "difference_too_long_after": 100 });
    stage.ok(reqwest::Method::PUT, "/settings", limit).await;
    let request = difference(before.pts, before.date);
    let long = device.client.invoke(&request).await.unwrap();
    assert!(matches!(long, tl::enums::updates::Difference::TooLong(it) if it.pts == 121));
}

#[tokio::test]
async fn duplicated_and_reordered_updates_are_put_right_by_the_client() {
    let (stage, _, bob, chat) = room("supergroup").await;
    let mut device = stage.signed_in(ALICE).await;
    device.dialog(chat).await;
    let mut updates = device.stream().await;
    stage.say(chat, bob, "first").await;
    until_text(&mut updates, "first").await;
    for knob in ["duplicate_updates", "reorder_updates"] {
        stage
            .ok(reqwest::Method::PUT, "/settings", json!({ knob: true }))
            .await;
        let expected: Vec<String> = (0..6).map(|number| format!("{knob} {number}")).collect();
        for text in &expected {
            stage.say(chat, bob, text).await;
        }
        let mut texts = Vec::new();
        until(&mut updates, |update| {
            if let Update::NewMessage(message) = update {
                texts.push(message.text().to_owned());
            }
            (texts.len() == expected.len()).then_some(())
        })
        .await;
        assert_eq!(texts, expected);
        stage
            .ok(reqwest::Method::PUT, "/settings", json!({ knob: false }))
            .await;
    }
}
