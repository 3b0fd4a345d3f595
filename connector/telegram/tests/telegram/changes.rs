//! Edits and deletions, as they happen and afterwards.

use patchbay_domain::account::Account;
use patchbay_domain::ids::{MessageId, TelegramChatId};
use patchbay_domain::{
    Change, ChatId, Delivery, DeliveryKey, DeliveryState, FileRef, Recovery, Revision, SourceEvent,
    Timestamp,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::stage::{OWNER, Recorder, Running, Stage, edited_text, until};

const PHONE: &str = "+15550001";

/// Ann's account reads Bob's supergroup and group, and what he writes to her.
pub(crate) struct Scene {
    pub(crate) stage: Stage,
    pub(crate) account: Account,
    pub(crate) running: Running,
    /// Each with the path of its messages.
    pub(crate) chats: [(TelegramChatId, String); 3],
    ann: i64,
    pub(crate) bob: i64,
}

pub(crate) async fn scene() -> Scene {
    let mut stage = Stage::start().await;
    let (ann, bob) = stage.ann_and_bob(PHONE).await;
    let channel = stage.chat("supergroup", bob, &[ann]).await;
    let group = stage.chat("group", bob, &[ann]).await;
    let private = TelegramChatId(bob);
    let account = stage.link(OWNER, PHONE).await;
    for chat in [channel, group, private] {
        stage.pair_from(&account, chat).await;
    }
    let running = stage.run(&account).await;
    let path = |chat| format!("/chats/{chat}/messages");
    Scene {
        stage,
        account,
        running,
        chats: [
            (channel, path(channel)),
            (group, path(group)),
            (private, format!("/private/{bob}/{ann}/messages")),
        ],
        ann,
        bob,
    }
}

impl Scene {
    pub(crate) async fn post(&self, path: &str, mut message: Value) -> String {
        if path.starts_with("/chats") {
            message["from"] = json!(self.bob);
        }
        let id = &self.stage.post(path, message).await["id"];
        format!("{path}/{id}")
    }

    async fn edit(&self, message: &str, edit: Value) {
        self.stage.control(Method::PATCH, message, edit).await;
    }

    async fn delete(&self, message: &str) {
        self.stage.control(Method::DELETE, message, json!({})).await;
    }

    pub(crate) async fn user_does(&self, what: &str) {
        let path = format!("/users/{}/{what}", self.ann);
        self.stage.post(&path, json!({})).await;
    }
}

fn in_chat(inbox: &Recorder, chat: TelegramChatId) -> Vec<SourceEvent> {
    let mut events = inbox.events();
    events.retain(|event| event.chat == ChatId::Telegram(chat));
    events
}

async fn until_deleted(inbox: &Recorder, chat: TelegramChatId, messages: &[MessageId]) {
    until("all are deleted", async || {
        let events = in_chat(inbox, chat);
        messages.iter().all(|message| {
            let is_it = |it: &SourceEvent| it.message == *message && it.change == Change::Deleted;
            events.iter().any(is_it)
        })
    })
    .await;
}

/// The files of a message, and what it says, for each of its edits.
fn edits(inbox: &Recorder, chat: TelegramChatId) -> Vec<(Revision, String, Option<String>)> {
    let events = in_chat(inbox, chat).into_iter();
    events
        .filter_map(|event| match event.change {
            Change::Edited { post, revision } => {
                let file = post.content.attachments.first();
                let file = file.and_then(|file| file.file.as_ref().map(FileRef::identity));
                Some((revision, post.content.text.as_str().to_owned(), file))
            }
            Change::Posted { .. } | Change::Reacted { .. } | Change::Deleted => None,
        })
        .collect()
}

#[tokio::test]
async fn captions_and_files_are_edited_within_one_second() {
    let scene = scene().await;
    let inbox = &scene.running.inbox;
    for (chat, path) in &scene.chats {
        let photo = |seed| json!({ "photo": { "bytes": 100, "seed": seed } });
        let message = json!({ "text": "one", "media": photo(1) });
        let message = scene.post(path, message).await;
        scene.edit(&message, json!({ "text": "two" })).await;
        scene.edit(&message, json!({ "media": photo(2) })).await;
        scene.edit(&message, json!({ "media": photo(3) })).await;
        until("all edits came", async || edits(inbox, *chat).len() == 3).await;
        let edits = edits(inbox, *chat);
        let texts: Vec<&str> = edits.iter().map(|(_, text, _)| text.as_str()).collect();
        assert_eq!(texts, ["two"; 3], "{chat}");
        for (former, latter) in [(0, 1), (1, 2), (0, 2)] {
            assert_ne!(edits[former].0, edits[latter].0, "{chat}: {edits:?}");
            assert_ne!(edits[former].2, edits[latter].2, "{chat}: {edits:?}");
        }
    }
    scene.running.stopped().await;
}

#[tokio::test]
async fn reactions_are_no_edits() {
    let scene = scene().await;
    let (chat, path) = &scene.chats[0];
    let message = scene.post(path, json!({ "text": "one" })).await;
    let reaction = json!({ "from": scene.bob, "emoji": ["👍"] });
    let reactions = format!("{message}/reactions");
    scene.stage.control(Method::PUT, &reactions, reaction).await;
    scene.post(path, json!({ "text": "two" })).await;
    scene.running.inbox.until_posted("two").await;
    assert_eq!(edits(&scene.running.inbox, *chat), []);
    scene.running.stopped().await;
}

#[tokio::test]
async fn many_deletions_are_told_one_by_one() {
    let scene = scene().await;
    let inbox = &scene.running.inbox;
    for (chat, path) in &scene.chats {
        let (mut messages, mut ids) = (Vec::new(), Vec::new());
        for number in 0..30 {
            let text = format!("{number} in {chat}");
            messages.push(scene.post(path, json!({ "text": text })).await);
            ids.push(inbox.until_posted(&text).await.message);
        }
        for message in &messages {
            scene.delete(message).await;
        }
        until_deleted(inbox, *chat, &ids).await;
    }
    scene.running.stopped().await;
}

#[tokio::test]
async fn edits_and_deletions_while_disconnected_are_made_up_for() {
    let scene = scene().await;
    let inbox = &scene.running.inbox;
    let photo = |seed| json!({ "photo": { "bytes": 100, "seed": seed } });
    let mut expected = Vec::new();
    for (chat, path) in &scene.chats {
        let text = format!("replaced in {chat}");
        let replaced = json!({ "text": text, "media": photo(1) });
        let replaced = scene.post(path, replaced).await;
        let (mut deleted, mut ids) = (Vec::new(), Vec::new());
        for number in 0..5 {
            let text = format!("{number} in {chat}");
            deleted.push(scene.post(path, json!({ "text": text })).await);
            ids.push(inbox.until_posted(&text).await.message);
        }
        expected.push((*chat, text, replaced, deleted, ids));
    }
    scene.user_does("mute").await;
    for (_, _, replaced, deleted, _) in &expected {
        scene.edit(replaced, json!({ "media": photo(2) })).await;
        for message in deleted {
            scene.delete(message).await;
        }
    }
    scene.user_does("unmute").await;
    scene.user_does("disconnect").await;
    for (chat, text, _, _, ids) in &expected {
        let edit = inbox
            .until("the edit", |event| edited_text(event) == Some(text))
            .await;
        assert_eq!(edit.recovery, Recovery::Recovered, "{chat}");
        until_deleted(inbox, *chat, ids).await;
    }
    scene.running.stopped().await;
}

/// Groups and private chats don't say where something was deleted.
#[tokio::test]
async fn what_another_process_delivered_is_found_when_it_is_deleted() {
    let mut scene = scene().await;
    let mut posted = Vec::new();
    for (chat, path) in scene.chats.clone() {
        let text = format!("in {chat}");
        let message = scene.post(&path, json!({ "text": text })).await;
        let id = scene.running.inbox.until_posted(&text).await.message;
        let unread = scene
            .post(&path, json!({ "text": "never delivered" }))
            .await;
        let pairs = scene.stage.ports.pairs.of_user(OWNER).await.unwrap().pairs;
        let reads = |pair: &&patchbay_domain::Pair| pair.source.chat() == ChatId::Telegram(chat);
        let pair = pairs.iter().find(reads).unwrap();
        let delivery = Delivery {
            key: DeliveryKey {
                pair: pair.id,
                message: id,
                revision: Revision::POSTED,
            },
            owner: OWNER,
            chat: ChatId::Telegram(chat),
            destination: pair.destination,
            state: DeliveryState::delivered(Vec::new()),
            recovery: Recovery::Live,
            bytes: 0,
            media: 0,
            source_at: Timestamp(0),
            received_at: Timestamp(0),
            claimed_at: None,
            attempts: 0,
            retries: 0,
            updated_at: Timestamp(0),
        };
        let deliveries = &scene.stage.ports.deliveries;
        deliveries.record(&[delivery]).await.unwrap();
        posted.push((chat, message, unread, id));
    }
    until("what was posted is behind the saved position", async || {
        scene.running.inbox.events().len() == 6
    })
    .await;
    scene.running.stopped().await;
    scene.stage.restart_process();
    scene.running = scene.stage.run(&scene.account).await;
    for (chat, message, unread, id) in &posted {
        scene.delete(unread).await;
        scene.delete(message).await;
        until_deleted(&scene.running.inbox, *chat, &[*id]).await;
        let told = in_chat(&scene.running.inbox, *chat).len();
        let is_told_all = peer_tells_all(*chat);
        assert_eq!(told, if is_told_all { 2 } else { 1 }, "{chat}");
    }
    scene.running.stopped().await;
}

/// A supergroup's deletions name it, whoever was told of the messages.
fn peer_tells_all(chat: TelegramChatId) -> bool {
    chat.0 < -1_000_000_000_000
}
