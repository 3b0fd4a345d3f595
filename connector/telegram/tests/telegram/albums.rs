//! Albums, which Telegram sends as several messages.

use std::time::Duration;

use patchbay_domain::account::Account;
use patchbay_domain::ids::TelegramChatId;
use patchbay_domain::{Change, ChatId, Recovery, SourceEvent};
use reqwest::Method;
use serde_json::{Value, json};

use crate::stage::{OWNER, Recorder, Running, Stage, until};

const PHONE: &str = "+15550001";

/// Bob's supergroup and group, which Ann's account reads.
struct Scene {
    stage: Stage,
    account: Account,
    running: Running,
    channel: TelegramChatId,
    group: TelegramChatId,
    ann: i64,
    bob: i64,
}

async fn scene() -> Scene {
    let mut stage = Stage::start().await;
    let (ann, bob) = stage.ann_and_bob(PHONE).await;
    let channel = stage.chat("supergroup", bob, &[ann]).await;
    let group = stage.chat("group", bob, &[ann]).await;
    let account = stage.link(OWNER, PHONE).await;
    stage.pair_from(&account, channel).await;
    stage.pair_from(&account, group).await;
    let running = stage.run(&account).await;
    Scene {
        stage,
        account,
        running,
        channel,
        group,
        ann,
        bob,
    }
}

fn photos(captions: &[&str]) -> Value {
    captions
        .iter()
        .enumerate()
        .map(|(seed, caption)| json!({ "media": { "photo": { "bytes": 100, "seed": seed } }, "text": caption }))
        .collect()
}

impl Scene {
    async fn post(&self, chat: TelegramChatId, captions: &[&str]) {
        let album = json!({ "from": self.bob, "messages": photos(captions) });
        let path = format!("/chats/{chat}/albums");
        self.stage.post(&path, album).await;
    }

    /// Posts the first half; the answer lets the rest follow.
    async fn begin(&self, chat: TelegramChatId, captions: &[&str]) -> String {
        let album = json!({ "from": self.bob, "messages": photos(captions), "hold": true });
        let path = format!("/chats/{chat}/albums");
        let begun = self.stage.post(&path, album).await;
        assert!(begun["held"].as_u64().unwrap() > 0);
        let album = &begun["grouped_id"];
        let album = album.as_str().map_or(album.to_string(), str::to_owned);
        format!("/albums/{album}/release")
    }

    async fn user_does(&self, what: &str) {
        let path = format!("/users/{}/{what}", self.ann);
        self.stage.post(&path, json!({})).await;
    }

    /// Another process, which takes over where this one was stopped.
    async fn restarted(mut self, quiet_for: Duration) -> Self {
        self.running.stopped().await;
        self.stage.restart_process_holding_albums(quiet_for);
        self.running = self.stage.run(&self.account).await;
        self
    }
}

/// The albums in a chat: the text, and the caption of each part.
fn albums(inbox: &Recorder, chat: TelegramChatId) -> Vec<(String, Vec<String>)> {
    let in_chat = |event: &SourceEvent| event.chat == ChatId::Telegram(chat);
    let events = inbox.events().into_iter().filter(in_chat);
    events
        .filter_map(|event| match event.change {
            Change::Posted { post } if post.album.is_some() => {
                let parts = post.content.attachments.iter();
                let captions = parts.map(|part| part.caption.as_str().to_owned());
                let text = post.content.text.as_str().to_owned();
                Some((text, captions.collect()))
            }
            _ => None,
        })
        .collect()
}

fn album(text: &str, captions: &[&str]) -> (String, Vec<String>) {
    let captions = captions.iter().map(|&caption| caption.to_owned());
    (text.to_owned(), captions.collect())
}

async fn until_posted_album(inbox: &Recorder, text: &str) -> SourceEvent {
    inbox
        .until("the album", |event| {
            matches!(&event.change, Change::Posted { post }
                if post.album.is_some() && post.content.text.as_str() == text)
        })
        .await
}

#[tokio::test]
async fn an_album_arrives_as_one_message() {
    let scene = scene().await;
    let inbox = &scene.running.inbox;
    for (chat, text) in [(scene.channel, "in channel"), (scene.group, "in group")] {
        scene.post(chat, &[text, "", "the third"]).await;
        let event = until_posted_album(inbox, text).await;
        assert_eq!(albums(inbox, chat), [album(text, &["", "", "the third"])]);
        assert_eq!(event.recovery, Recovery::Live);
        let post = event.change.post().unwrap();
        let messages: Vec<u64> = post
            .content
            .attachments
            .iter()
            .map(|part| part.message.unwrap().0)
            .collect();
        let first = event.message.0;
        assert_eq!(messages, [first, first + 1, first + 2]);
    }
    // What follows at once makes it whole at once, and stays behind it.
    scene.post(scene.channel, &["next", ""]).await;
    scene.stage.say(scene.channel, scene.bob, "after").await;
    inbox.until_posted("after").await;
    assert_eq!(inbox.posts(scene.channel), ["in channel", "next", "after"]);
    scene.running.stopped().await;
}

#[tokio::test]
async fn private_albums_arrive_too() {
    let scene = scene().await;
    let path = format!("/private/{}/{}/albums", scene.bob, scene.ann);
    let messages = json!({ "messages": photos(&["to you", ""]) });
    scene.stage.post(&path, messages).await;
    let event = until_posted_album(&scene.running.inbox, "to you").await;
    assert_eq!(event.chat, ChatId::Telegram(TelegramChatId(scene.bob)));
    scene.running.stopped().await;
}

#[tokio::test]
async fn an_album_around_a_disconnect_is_whole() {
    let scene = scene().await;
    let other = scene
        .stage
        .chat("supergroup", scene.bob, &[scene.ann])
        .await;
    for chat in [scene.channel, scene.group] {
        let rest = scene.begin(chat, &["torn", "", "", ""]).await;
        // What came before this is held by now.
        let said = format!("beside {chat}");
        scene.stage.say(other, scene.bob, &said).await;
        scene.running.inbox.until_posted(&said).await;
        let refused = json!({ "refuse_connections": true });
        scene.stage.settings(refused).await;
        scene.user_does("disconnect").await;
        scene.stage.post(&rest, json!({})).await;
        let accepted = json!({ "refuse_connections": false });
        scene.stage.settings(accepted).await;
        until("the album is there", async || {
            !albums(&scene.running.inbox, chat).is_empty()
        })
        .await;
        let whole = [album("torn", &["", "", "", ""])];
        assert_eq!(albums(&scene.running.inbox, chat), whole);
    }
    scene.running.stopped().await;
}

#[tokio::test]
async fn an_album_around_a_restart_is_whole_and_holds_up_no_other_chat() {
    let scene = scene().await.restarted(Duration::from_hours(1)).await;
    let in_channel = scene.begin(scene.channel, &["in channel", "", ""]).await;
    let in_group = scene.begin(scene.group, &["in group", "", ""]).await;
    // The queue has had what came before this, so that both albums are held by now.
    let other = scene
        .stage
        .chat("supergroup", scene.bob, &[scene.ann])
        .await;
    scene.stage.say(other, scene.bob, "elsewhere").await;
    scene.running.inbox.until_posted("elsewhere").await;
    assert_eq!(albums(&scene.running.inbox, scene.channel), []);
    assert_eq!(albums(&scene.running.inbox, scene.group), []);

    // The second process is stopped as well, while it holds what it found in the difference.
    let scene = scene.restarted(Duration::from_hours(1)).await;
    scene.stage.post(&in_channel, json!({})).await;
    scene.stage.post(&in_group, json!({})).await;
    scene.stage.say(other, scene.bob, "again").await;
    scene.running.inbox.until_posted("again").await;
    assert_eq!(albums(&scene.running.inbox, scene.channel), []);

    let scene = scene.restarted(Duration::from_millis(300)).await;
    let inbox = &scene.running.inbox;
    let event = until_posted_album(inbox, "in channel").await;
    assert_eq!(event.recovery, Recovery::Recovered);
    until_posted_album(inbox, "in group").await;
    let whole = |text| [album(text, &["", "", ""])];
    assert_eq!(albums(inbox, scene.channel), whole("in channel"));
    assert_eq!(albums(inbox, scene.group), whole("in group"));

    // Once they are handed on, they do not come again.
    let scene = scene.restarted(Duration::from_millis(300)).await;
    let inbox = &scene.running.inbox;
    scene.stage.say(scene.channel, scene.bob, "last").await;
    scene.stage.say(scene.group, scene.bob, "last").await;
    until("the last came", async || {
        inbox.posts(scene.channel) == ["last"] && inbox.posts(scene.group) == ["last"]
    })
    .await;
    scene.running.stopped().await;
}

#[tokio::test]
async fn albums_in_differences_and_in_the_history_are_whole() {
    let scene = scene().await;
    scene.user_does("mute").await;
    for chat in [scene.channel, scene.group] {
        scene.post(chat, &["missed", ""]).await;
        scene.post(chat, &["missed too", "", ""]).await;
        scene.stage.say(chat, scene.bob, "after").await;
    }
    scene.user_does("unmute").await;
    scene.user_does("disconnect").await;
    let inbox = &scene.running.inbox;
    let expected = ["missed", "missed too", "after"];
    until("both are there", async || {
        inbox.posts(scene.channel) == expected && inbox.posts(scene.group) == expected
    })
    .await;
    let whole = [
        album("missed", &["", ""]),
        album("missed too", &["", "", ""]),
    ];
    assert_eq!(albums(inbox, scene.channel), whole);
    assert_eq!(albums(inbox, scene.group), whole);

    // The history is read by the hundred, so that an album lies on the border of two pages.
    let too_long = json!({ "channel_too_long_after": 20 });
    scene.stage.settings(too_long).await;
    scene.user_does("mute").await;
    for _ in 0..98 {
        scene.stage.say(scene.channel, scene.bob, "x").await;
    }
    scene
        .post(scene.channel, &["from history", "", "edited later", ""])
        .await;
    let newest = scene.stage.messages(scene.channel).await;
    let ids = newest.iter().filter_map(|message| message["id"].as_i64());
    let third = ids.max().unwrap() - 1;
    let path = format!("/chats/{}/messages/{third}", scene.channel);
    let text = json!({ "text": "edited" });
    scene.stage.control(Method::PATCH, &path, text).await;
    scene.user_does("unmute").await;
    scene.user_does("disconnect").await;
    until_posted_album(inbox, "from history").await;
    let edit = inbox
        .until("its edit", |event| {
            crate::stage::edited_text(event) == Some("edited")
        })
        .await;
    assert_eq!(i64::try_from(edit.message.0), Ok(third));
    let whole = album("from history", &["", "", "edited", ""]);
    assert_eq!(albums(inbox, scene.channel).last(), Some(&whole));
    scene.running.stopped().await;
}
