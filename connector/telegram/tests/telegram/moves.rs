//! Groups that become supergroups.

use patchbay_app::ports::{Attempt, Reader, Sender, Standing};
use patchbay_domain::account::Account;
use patchbay_domain::ids::{MessageId, TelegramChatId};
use patchbay_domain::{
    Change, ChatId, Delivery, DeliveryKey, DeliveryState, Pair, Recovery, Revision, Timestamp,
};
use reqwest::Method;
use serde_json::json;

use crate::outgoing::{NoFiles, endpoint, saying};
use crate::stage::{OWNER, Running, Stage, until};

const PHONE: &str = "+15550001";

struct Scene {
    stage: Stage,
    account: Account,
    running: Running,
    group: TelegramChatId,
    ann: i64,
    bob: i64,
}

/// Ann's account reads one group of Bob's and writes into it.
async fn scene() -> Scene {
    let mut stage = Stage::start().await;
    let (ann, bob) = stage.ann_and_bob(PHONE).await;
    let group = stage.chat("group", bob, &[ann]).await;
    let account = stage.link(OWNER, PHONE).await;
    stage.pair_from(&account, group).await;
    stage.pair_to(&account, group).await;
    let running = stage.run(&account).await;
    Scene {
        stage,
        account,
        running,
        group,
        ann,
        bob,
    }
}

async fn migrate(stage: &Stage, group: TelegramChatId) -> TelegramChatId {
    let path = format!("/chats/{group}/migrate");
    let migrated = stage.post(&path, json!({})).await;
    TelegramChatId(migrated["id"].as_i64().unwrap())
}

impl Scene {
    async fn note_delivered(&self, pair: &Pair, message: MessageId) {
        let delivery = Delivery {
            key: DeliveryKey {
                pair: pair.id,
                message,
                revision: Revision::POSTED,
            },
            owner: OWNER,
            chat: pair.source.chat(),
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
        let deliveries = &self.stage.ports.deliveries;
        deliveries.record(&[delivery]).await.unwrap();
    }

    /// The chats that the pairs read and write.
    async fn ends(&self) -> Vec<ChatId> {
        let pairs = self.stage.ports.pairs.of_user(OWNER).await.unwrap().pairs;
        let ends = pairs
            .iter()
            .flat_map(|pair| [pair.source, pair.destination]);
        ends.map(|end| end.chat())
            .filter(|chat| matches!(chat, ChatId::Telegram(_)))
            .collect()
    }
}

#[tokio::test]
async fn pairs_go_after_a_group_before_anything_is_said_in_it() {
    let scene = scene().await;
    scene.stage.say(scene.group, scene.bob, "before").await;
    scene.running.inbox.until_posted("before").await;
    let photo = json!({ "from": scene.bob, "text": "", "media": { "photo": { "bytes": 5000 } } });
    let path = format!("/chats/{}/messages", scene.group);
    scene.stage.post(&path, photo).await;
    let photo = scene
        .running
        .inbox
        .until("the photo", |event| event.change.bytes() == 5000)
        .await;
    let supergroup = migrate(&scene.stage, scene.group).await;
    scene.stage.say(supergroup, scene.bob, "after").await;
    let event = scene.running.inbox.until_posted("after").await;
    assert_eq!(event.chat, ChatId::Telegram(supergroup));
    assert_eq!(scene.ends().await, [ChatId::Telegram(supergroup); 2]);
    // What waits to be delivered is still read from the group.
    let path = format!("/users/{}/expire_files", scene.ann);
    scene.stage.post(&path, json!({})).await;
    let photo = &photo.change.post().unwrap().content.attachments[0];
    let reader = scene.stage.telegram.reader();
    let opened = reader.open(photo.file.as_ref().unwrap()).await;
    assert_eq!(opened.unwrap().bytes, Some(5000));
    until(
        "the directory lists the one and not the other",
        async || {
            let chats = &scene.stage.ports.chats;
            let listed = async |chat| {
                let listed = chats.telegram(scene.account.id, chat).await.unwrap();
                listed.is_some()
            };
            listed(supergroup).await && !listed(scene.group).await
        },
    )
    .await;
    scene.running.stopped().await;
}

#[tokio::test]
async fn what_was_said_in_a_supergroup_before_it_was_known_is_read() {
    let mut scene = scene().await;
    scene.running.stopped().await;
    scene.stage.say(scene.group, scene.bob, "last words").await;
    let supergroup = migrate(&scene.stage, scene.group).await;
    for text in ["one", "two", "three"] {
        scene.stage.say(supergroup, scene.bob, text).await;
    }
    // The next process ends before it has read the history, but after the pairs were changed.
    let method = "messages.getHistory";
    let slow = json!({ "delay_ms": 600_000 });
    scene.stage.fault(method, 1, slow).await;
    scene.stage.restart_process();
    scene.running = scene.stage.run(&scene.account).await;
    until("the history is asked for", async || {
        let faults = scene.stage.control(Method::GET, "/faults", json!({}));
        faults.await == json!([])
    })
    .await;
    assert_eq!(scene.ends().await, [ChatId::Telegram(supergroup); 2]);
    scene.running.stopped().await;

    scene.stage.restart_process();
    scene.running = scene.stage.run(&scene.account).await;
    let event = scene.running.inbox.until_posted("three").await;
    assert_eq!(event.recovery, Recovery::Recovered);
    assert_eq!(
        scene.running.inbox.posts(supergroup),
        ["one", "two", "three"]
    );
    assert_eq!(scene.ends().await, [ChatId::Telegram(supergroup); 2]);
    scene.stage.say(supergroup, scene.bob, "four").await;
    scene.running.inbox.until_posted("four").await;
    scene.running.stopped().await;
}

/// Telegram tells their numbers alone, which the supergroup has for other messages by now.
#[tokio::test]
async fn what_is_deleted_in_the_group_afterwards_is_the_pairs_that_delivered_it() {
    let mut scene = scene().await;
    let mut said = Vec::new();
    for text in ["one", "two"] {
        scene.stage.say(scene.group, scene.bob, text).await;
        said.push(scene.running.inbox.until_posted(text).await.message);
    }
    let pairs = scene.stage.ports.pairs.of_user(OWNER).await.unwrap().pairs;
    let reads = |pair: &&Pair| pair.source.chat() == ChatId::Telegram(scene.group);
    let pair = pairs.iter().find(reads).unwrap().clone();
    for message in &said {
        scene.note_delivered(&pair, *message).await;
    }
    let supergroup = migrate(&scene.stage, scene.group).await;
    scene.stage.say(supergroup, scene.bob, "after").await;
    scene.running.inbox.until_posted("after").await;
    for (place, message) in said.iter().enumerate() {
        if place == 1 {
            scene.running.stopped().await;
            scene.stage.restart_process();
            scene.running = scene.stage.run(&scene.account).await;
        }
        let path = format!("/chats/{}/messages/{message}", scene.group);
        scene.stage.control(Method::DELETE, &path, json!({})).await;
        let deleted = scene
            .running
            .inbox
            .until("the deletion", |event| event.change == Change::Deleted)
            .await;
        let told = (deleted.chat, deleted.message, deleted.reader);
        let expected = ChatId::Telegram(supergroup);
        assert_eq!(told, (expected, *message, Some(pair.id)));
    }
    scene.running.stopped().await;
}

#[tokio::test]
async fn what_was_sent_into_the_group_can_be_removed_afterwards() {
    let scene = scene().await;
    let group = endpoint(&scene.account, scene.group);
    let sender = scene.stage.telegram.sender();
    let outgoing = saying(group, 1, "ours");
    let sent = sender.send(&outgoing, &NoFiles, Attempt::First).await;
    let message = sent.unwrap()[0].message;
    let supergroup = migrate(&scene.stage, scene.group).await;
    scene.stage.say(supergroup, scene.bob, "after").await;
    scene.running.inbox.until_posted("after").await;
    let standing = Standing {
        destination: group,
        messages: vec![message],
        persona: None,
    };
    assert_eq!(sender.delete(&standing).await, Ok(()));
    let left = scene.stage.messages(scene.group).await;
    assert!(left.iter().all(|it| it["id"] != message.0), "{left:?}");
    scene.running.stopped().await;
}
