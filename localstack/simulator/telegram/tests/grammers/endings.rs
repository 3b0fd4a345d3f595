//! Chats that end, and reactions.

use grammers_tl_types as tl;
use serde_json::{Value, json};

use crate::support::{Device, Stage, rpc_error, send, until};

const ALICE: &str = "15550001";

struct Room {
    stage: Stage,
    alice: i64,
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
        alice,
        bob,
        chat,
        device,
    }
}

async fn raw_of(
    updates: &mut grammers_client::client::UpdateStream,
    wanted: impl Fn(&tl::enums::Update) -> bool,
) -> tl::enums::Update {
    until(updates, |update| {
        let raw = update.raw();
        wanted(raw).then(|| raw.clone())
    })
    .await
}

fn action_of(message: &tl::enums::Message) -> Option<&tl::enums::MessageAction> {
    match message {
        tl::enums::Message::Service(message) => Some(&message.action),
        _ => None,
    }
}

#[tokio::test]
async fn a_group_that_became_a_supergroup_says_so_and_takes_no_more() {
    let mut room = room("group").await;
    let (stage, chat) = (&room.stage, room.chat);
    let mut updates = room.device.stream().await;
    let group = room.device.dialog(chat).await;
    let migrated = stage
        .post(&format!("/chats/{chat}/migrate"), json!({}))
        .await;
    let supergroup = migrated["id"].as_i64().unwrap();
    let bare = -1_000_000_000_000 - supergroup;
    raw_of(&mut updates, |update| match update {
        tl::enums::Update::NewMessage(it) => matches!(
            action_of(&it.message),
            Some(tl::enums::MessageAction::ChatMigrateTo(to)) if to.channel_id == bare
        ),
        _ => false,
    })
    .await;
    raw_of(&mut updates, |update| match update {
        tl::enums::Update::NewChannelMessage(it) => matches!(
            action_of(&it.message),
            Some(tl::enums::MessageAction::ChannelMigrateFrom(from)) if from.chat_id == -chat
        ),
        _ => false,
    })
    .await;
    let get = tl::functions::messages::GetChats { id: vec![-chat] };
    let chats = room.device.client.invoke(&get).await.unwrap();
    let tl::enums::messages::Chats::Chats(chats) = chats else {
        panic!("{chats:?}");
    };
    let tl::enums::Chat::Chat(old) = &chats.chats[0] else {
        panic!("{chats:?}");
    };
    let Some(tl::enums::InputChannel::Channel(to)) = &old.migrated_to else {
        panic!("{old:?}");
    };
    assert!(old.deactivated && to.channel_id == bare);
    let refused = room.device.client.invoke(&send(group.into(), "x", 1)).await;
    assert_eq!(rpc_error(refused).1, "PEER_ID_INVALID");
    let peer = room.device.dialog(supergroup).await;
    let request = send(peer.into(), "moved", 2);
    room.device.client.invoke(&request).await.unwrap();
    stage.say(supergroup, room.bob, "so did I").await;
    assert_eq!(stage.texts(supergroup).await, ["moved", "so did I"]);
    let chats = stage.get("/chats").await;
    assert_eq!(chats[0]["migrated_to"], supergroup);
}

#[tokio::test]
async fn a_deleted_chat_is_as_if_it_had_never_been() {
    for (kind, name) in [
        ("supergroup", "CHANNEL_INVALID"),
        ("group", "CHAT_ID_INVALID"),
    ] {
        let room = room(kind).await;
        let peer = room.device.dialog(room.chat).await;
        let path = format!("/chats/{}", room.chat);
        room.stage
            .ok(reqwest::Method::DELETE, &path, json!({}))
            .await;
        let refused = room.device.client.invoke(&send(peer.into(), "x", 1)).await;
        assert_eq!(rpc_error(refused).1, name);
        assert_eq!(room.stage.get("/chats").await, json!([]));
        let post = json!({ "from": room.bob, "text": "x" });
        let path = format!("{path}/messages");
        let (_, refused) = room.stage.request(reqwest::Method::POST, &path, post).await;
        assert_eq!(refused["error"], name);
        // The list of chats can still be read.
        let mut dialogs = room.device.client.iter_dialogs();
        while dialogs.next().await.unwrap().is_some() {}
    }
}

#[tokio::test]
async fn reactions_are_given_told_and_taken_back() {
    for kind in ["supergroup", "group"] {
        let mut room = room(kind).await;
        let (stage, chat, bob) = (&room.stage, room.chat, room.bob);
        let mut updates = room.device.stream().await;
        let peer = room.device.dialog(chat).await;
        let id = stage.say(chat, bob, "good news").await;
        let path = format!("/chats/{chat}/messages/{id}/reactions");
        let reaction = json!({ "from": bob, "emoji": ["👍"] });
        stage.ok(reqwest::Method::PUT, &path, reaction).await;
        let count = |update: &tl::enums::Update| match update {
            tl::enums::Update::MessageReactions(it) => {
                let tl::enums::MessageReactions::Reactions(it) = &it.reactions;
                it.results.first().map(|result| {
                    let tl::enums::ReactionCount::Count(result) = result;
                    result.count
                })
            }
            _ => None,
        };
        raw_of(&mut updates, |update| count(update) == Some(1)).await;
        let emoticon = "👍".to_owned();
        let react = tl::functions::messages::SendReaction {
            big: false,
            add_to_recent: false,
            peer: peer.into(),
            msg_id: i32::try_from(id).unwrap(),
            reaction: Some(vec![tl::types::ReactionEmoji { emoticon }.into()]),
        };
        let answer = room.device.client.invoke(&react).await.unwrap();
        let tl::enums::Updates::Updates(answer) = answer else {
            panic!("{answer:?}");
        };
        assert_eq!(answer.updates.iter().find_map(count), Some(2));
        let listed = stage.get(&format!("/chats/{chat}/messages")).await;
        let expected = json!([
            { "from": room.alice, "emoji": ["👍"] },
            { "from": bob, "emoji": ["👍"] },
        ]);
        assert_eq!(listed[0]["reactions"], expected);
        let none = json!({ "from": room.alice, "emoji": [] });
        stage.ok(reqwest::Method::PUT, &path, none).await;
        let listed: Value = stage.get(&format!("/chats/{chat}/messages")).await;
        assert_eq!(listed[0]["reactions"].as_array().unwrap().len(), 1);
    }
}

/// As on the platform, where others find them by asking.
#[tokio::test]
async fn reactions_can_be_told_to_authors_alone_and_chats_take_those_they_choose() {
    let mut room = room("supergroup").await;
    let chat = room.chat;
    let mut updates = room.device.stream().await;
    let stage = &room.stage;
    let alone = json!({ "reactions_to_authors_alone": true });
    stage.ok(reqwest::Method::PUT, "/settings", alone).await;
    let peer = room.device.dialog(chat).await;
    let [of_bob, of_alice] = [
        stage.say(chat, room.bob, "bob's").await,
        stage.say(chat, room.alice, "alice's").await,
    ];
    for id in [of_bob, of_alice] {
        let path = format!("/chats/{chat}/messages/{id}/reactions");
        let reaction = json!({ "from": room.bob, "emoji": ["👍"] });
        stage.ok(reqwest::Method::PUT, &path, reaction).await;
    }
    let told = raw_of(&mut updates, |update| {
        matches!(update, tl::enums::Update::MessageReactions(_))
    })
    .await;
    let tl::enums::Update::MessageReactions(told) = told else {
        panic!("{told:?}");
    };
    assert_eq!(i64::from(told.msg_id), of_alice);
    let id = i32::try_from(of_bob).unwrap();
    let asked = tl::functions::messages::GetMessagesReactions {
        peer: peer.into(),
        id: vec![id],
    };
    let answer = room.device.client.invoke(&asked).await.unwrap();
    let tl::enums::Updates::Updates(answer) = answer else {
        panic!("{answer:?}");
    };
    assert!(answer.updates.iter().any(|update| matches!(
        update,
        tl::enums::Update::MessageReactions(it) if it.msg_id == id
    )));

    let taken = json!({ "reactions": ["👍", "🔥"] });
    let path = format!("/chats/{chat}");
    stage.ok(reqwest::Method::PATCH, &path, taken).await;
    let react = async |emoji: &[&str]| {
        let reaction = emoji.iter().map(|emoticon| {
            let emoticon = (*emoticon).to_owned();
            tl::types::ReactionEmoji { emoticon }.into()
        });
        let request = tl::functions::messages::SendReaction {
            big: false,
            add_to_recent: false,
            peer: peer.into(),
            msg_id: id,
            reaction: Some(reaction.collect()),
        };
        room.device.client.invoke(&request).await
    };
    assert_eq!(rpc_error(react(&["🎉"]).await).1, "REACTION_INVALID");
    let too_many = react(&["👍", "🔥"]).await;
    assert_eq!(rpc_error(too_many).1, "REACTIONS_TOO_MANY");
    react(&["🔥"]).await.unwrap();
}
