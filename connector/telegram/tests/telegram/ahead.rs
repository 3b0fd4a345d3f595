//! How many messages came after one that was missed.

use patchbay_domain::ids::{TelegramChatId, TopicId};
use patchbay_domain::{Change, ChatId, SourceEvent};
use serde_json::json;

use crate::stage::{OWNER, Recorder, Stage};

const PHONE: &str = "+15550001";
const WANTED: u16 = 2;

/// What each post has after it, as far as a pair wants to know.
fn newer(
    inbox: &Recorder,
    chat: TelegramChatId,
    count: impl Fn(&SourceEvent) -> Option<u32>,
) -> Vec<(String, Option<u32>)> {
    let events = inbox.events().into_iter();
    let events = events.filter(|event| event.chat == ChatId::Telegram(chat));
    events
        .filter_map(|event| match &event.change {
            Change::Posted { post } => {
                let counted = count(&event).map(|newer| newer.min(u32::from(WANTED)));
                Some((post.content.text.as_str().to_owned(), counted))
            }
            Change::Edited { .. } | Change::Reacted { .. } | Change::Deleted => None,
        })
        .collect()
}

fn in_chat(event: &SourceEvent) -> Option<u32> {
    event.newer.in_chat
}

fn said(text: &str, newer: u32) -> (String, Option<u32>) {
    (text.to_owned(), Some(newer))
}

/// Ann's own message is taken for a delivery of the former process, and counts for nothing.
#[tokio::test]
async fn the_last_messages_of_a_gap_are_told_apart() {
    let too_long = json!({ "channel_too_long_after": 20, "difference_too_long_after": 20 });
    for (kind, missed, settings) in [
        ("supergroup", 3, json!({})),
        ("supergroup", 230, too_long.clone()),
        ("group", 120, json!({})),
        ("group", 120, too_long),
    ] {
        let mut stage = Stage::start().await;
        let ann = stage.user(PHONE, "Ann").await;
        let bob = stage.user("+15550002", "Bob").await;
        let chat = stage.chat(kind, bob, &[ann]).await;
        let account = stage.link(OWNER, PHONE).await;
        stage.pair_from_last(&account, chat, None, WANTED).await;
        stage.pair_to(&account, chat).await;
        let running = stage.run(&account).await;
        stage.say(chat, bob, "before").await;
        running.inbox.until_posted("before").await;
        running.stopped().await;

        stage.settings(settings).await;
        for number in 0..missed {
            stage.say(chat, bob, &format!("missed {number}")).await;
        }
        let photo = |seed| json!({ "media": { "photo": { "bytes": 100, "seed": seed } } });
        let album = json!({ "from": bob, "messages": [photo(1), photo(2), photo(3)] });
        stage.post(&format!("/chats/{chat}/albums"), album).await;
        stage.say(chat, ann, "ours").await;
        stage.say(chat, bob, "last").await;

        stage.restart_process();
        let running = stage.run(&account).await;
        running.inbox.until_posted("last").await;
        let mut expected: Vec<_> = (0..missed)
            .map(|number| said(&format!("missed {number}"), 2))
            .collect();
        expected.extend([said("", 1), said("ours", 1), said("last", 0)]);
        let mut counted = newer(&running.inbox, chat, in_chat);
        counted.retain(|(text, _)| text != "before");
        assert_eq!(counted, expected, "{kind}");

        stage.say(chat, bob, "live").await;
        let live = running.inbox.until_posted("live").await;
        assert_eq!(in_chat(&live), None);
        running.stopped().await;
    }
}

#[tokio::test]
async fn a_topic_is_counted_by_itself() {
    let mut stage = Stage::start().await;
    let ann = stage.user(PHONE, "Ann").await;
    let bob = stage.user("+15550002", "Bob").await;
    let new = json!({
        "kind": "supergroup", "title": "Forum", "creator": bob, "members": [ann], "forum": true,
    });
    let forum = TelegramChatId(stage.post("/chats", new).await["id"].as_i64().unwrap());
    let topics = format!("/chats/{forum}/topics");
    let news = stage.post(&topics, json!({ "title": "News" })).await;
    let news = i32::try_from(news["id"].as_i64().unwrap()).unwrap();
    let account = stage.link(OWNER, PHONE).await;
    let topic = Some(TopicId(news));
    stage.pair_from_last(&account, forum, topic, WANTED).await;
    stage.run(&account).await.stopped().await;

    let say = async |text: &str, topic: i32| {
        let post = json!({ "from": bob, "text": text, "topic": topic });
        stage.post(&format!("/chats/{forum}/messages"), post).await;
    };
    for number in 0..3 {
        say(&format!("news {number}"), news).await;
    }
    for number in 0..120 {
        say(&format!("talk {number}"), 1).await;
    }
    stage.restart_process();
    let running = stage.run(&account).await;
    running.inbox.until_posted("talk 119").await;
    let in_topic = |event: &SourceEvent| event.newer.in_thread;
    let mut counted = newer(&running.inbox, forum, in_topic);
    counted.retain(|(text, _)| text.starts_with("news"));
    let expected = [said("news 0", 2), said("news 1", 1), said("news 2", 0)];
    assert_eq!(counted, expected);
    running.stopped().await;
}

#[tokio::test]
async fn what_nobody_counts_is_not_asked_for() {
    let mut stage = Stage::start().await;
    let ann = stage.user(PHONE, "Ann").await;
    let bob = stage.user("+15550002", "Bob").await;
    let chat = stage.chat("supergroup", bob, &[ann]).await;
    let account = stage.link(OWNER, PHONE).await;
    stage.pair_from(&account, chat).await;
    stage.run(&account).await.stopped().await;
    stage.say(chat, bob, "missed").await;
    stage.restart_process();
    let running = stage.run(&account).await;
    let missed = running.inbox.until_posted("missed").await;
    assert_eq!(in_chat(&missed), None);
    assert_eq!(stage.calls("messages.getHistory").await, 0);
    running.stopped().await;
}
