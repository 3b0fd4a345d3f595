//! The topics of forums: read, kept up, read from and written to.

use patchbay_app::ports::{Attempt, SendError, Sender};
use patchbay_domain::account::{Account, TelegramTopic};
use patchbay_domain::event::Thread;
use patchbay_domain::ids::{MessageId, TelegramChatId, TopicId};
use patchbay_domain::{Endpoint, FailReason};
use reqwest::Method;
use serde_json::{Value, json};

use crate::outgoing::{NoFiles, saying};
use crate::stage::{OWNER, Running, Stage, until};

const PHONE: &str = "+15550001";

struct Scene {
    stage: Stage,
    account: Account,
    running: Running,
    forum: TelegramChatId,
    bob: i64,
}

/// Bob's forum with the topic News, and Ann's account in it, connected.
async fn scene() -> (Scene, TopicId) {
    let mut stage = Stage::start().await;
    let ann = stage.user(PHONE, "Ann").await;
    let bob = stage.user("+15550002", "Bob").await;
    let new = json!({
        "kind": "supergroup", "title": "Forum", "creator": bob, "members": [ann], "forum": true,
    });
    let forum = TelegramChatId(stage.post("/chats", new).await["id"].as_i64().unwrap());
    let news = make_topic(&stage, forum, "News").await;
    let account = stage.link(OWNER, PHONE).await;
    let running = stage.run(&account).await;
    let scene = Scene {
        stage,
        account,
        running,
        forum,
        bob,
    };
    scene.until_listed(&["General", "News"]).await;
    (scene, news)
}

async fn make_topic(stage: &Stage, forum: TelegramChatId, title: &str) -> TopicId {
    let path = format!("/chats/{forum}/topics");
    let made = stage.post(&path, json!({ "title": title })).await;
    TopicId(i32::try_from(made["id"].as_i64().unwrap()).unwrap())
}

impl Scene {
    async fn stored(&self) -> Vec<TelegramTopic> {
        let chats = &self.stage.ports.chats;
        let page = chats.topics_page(self.account.id, self.forum, None, 1000);
        page.await.unwrap().items
    }

    async fn until_listed(&self, titles: &[&str]) {
        until(&format!("{titles:?} are listed"), async || {
            let stored = self.stored().await;
            let listed: Vec<&str> = stored.iter().map(|topic| &*topic.title).collect();
            listed == titles
        })
        .await;
    }

    async fn change(&self, topic: TopicId, change: Value) {
        let path = format!("/chats/{}/topics/{topic}", self.forum);
        self.stage.control(Method::PATCH, &path, change).await;
    }

    async fn delete(&self, topic: TopicId) {
        let path = format!("/chats/{}/topics/{topic}", self.forum);
        self.stage.control(Method::DELETE, &path, json!({})).await;
    }

    async fn send(&self, number: u64, topic: Option<TopicId>) -> Result<MessageId, SendError> {
        let destination = Endpoint::Telegram {
            account: self.account.id,
            chat: self.forum,
            topic,
        };
        let outgoing = saying(destination, number, format!("number {number}"));
        let sender = self.stage.telegram.sender();
        let sent = sender.send(&outgoing, &NoFiles, Attempt::First).await?;
        Ok(sent[0].message)
    }
}

#[tokio::test]
async fn topics_are_read_once_and_kept_up() {
    let (scene, news) = scene().await;
    let chats = &scene.stage.ports.chats;
    let known = chats
        .telegram(scene.account.id, scene.forum)
        .await
        .unwrap()
        .unwrap();
    assert!(known.is_forum && known.topics_read_at.is_some() && known.members == Some(2));
    assert!(
        scene
            .stage
            .stored(&scene.account)
            .await
            .chats_read_at
            .is_some()
    );
    let calls = scene.stage.calls("messages.getForumTopics").await;

    let talk = make_topic(&scene.stage, scene.forum, "Talk").await;
    scene.until_listed(&["General", "News", "Talk"]).await;
    scene
        .change(news, json!({ "title": "Old news", "closed": true }))
        .await;
    scene
        .change(TopicId::GENERAL, json!({ "hidden": true }))
        .await;
    scene.until_listed(&["General", "Old news", "Talk"]).await;
    until("the first topic is hidden", async || {
        scene.stored().await[0].is_hidden
    })
    .await;
    scene.delete(talk).await;
    scene.until_listed(&["General", "Old news"]).await;
    let stored = scene.stored().await;
    assert_eq!((stored[1].id, stored[1].is_closed), (news, true));
    let asked = scene.stage.calls("messages.getForumTopics").await;
    assert_eq!(asked, calls, "what a forum tells is enough");
    scene.running.stopped().await;
}

#[tokio::test]
async fn more_topics_than_fit_into_one_answer_are_read() {
    let (scene, _) = scene().await;
    let mut titles = vec!["General".to_owned(), "News".to_owned()];
    scene
        .stage
        .post(
            &format!("/users/{}/mute", scene.account.telegram_user),
            json!({}),
        )
        .await;
    for number in 0..130 {
        titles.push(format!("Topic {number}"));
        make_topic(&scene.stage, scene.forum, &titles[titles.len() - 1]).await;
    }
    let telegram = &scene.stage.telegram;
    telegram
        .refresh_topics(scene.account.id, scene.forum)
        .await
        .unwrap();
    let expected: Vec<&str> = titles.iter().map(String::as_str).collect();
    scene.until_listed(&expected).await;
    scene.running.stopped().await;
}

#[tokio::test]
async fn a_refresh_finds_what_was_not_told() {
    let (scene, news) = scene().await;
    let me = scene.account.telegram_user;
    scene
        .stage
        .post(&format!("/users/{me}/mute"), json!({}))
        .await;
    scene.delete(news).await;
    make_topic(&scene.stage, scene.forum, "Talk").await;
    let telegram = &scene.stage.telegram;
    telegram
        .refresh_topics(scene.account.id, scene.forum)
        .await
        .unwrap();
    scene.until_listed(&["General", "Talk"]).await;
    scene.running.stopped().await;
}

#[tokio::test]
async fn a_group_that_becomes_a_forum_has_topics() {
    let mut stage = Stage::start().await;
    let ann = stage.user(PHONE, "Ann").await;
    let forum = stage.chat("supergroup", ann, &[]).await;
    let account = stage.link(OWNER, PHONE).await;
    let running = stage.run(&account).await;
    let path = format!("/chats/{forum}");
    stage
        .control(Method::PATCH, &path, json!({ "forum": true }))
        .await;
    until("its topics are read", async || {
        let chats = &stage.ports.chats;
        let topic = chats.telegram_topic(account.id, forum, TopicId::GENERAL);
        topic.await.unwrap().is_some()
    })
    .await;
    running.stopped().await;
}

#[tokio::test]
async fn messages_are_in_the_topic_they_were_posted_in() {
    let (scene, news) = scene().await;
    let path = format!("/chats/{}/messages", scene.forum);
    let first = json!({ "from": scene.bob, "text": "first", "topic": news.0 });
    let first = scene.stage.post(&path, first).await["id"].as_u64().unwrap();
    let answer = json!({ "from": scene.bob, "text": "answer", "reply_to": first });
    scene.stage.post(&path, answer).await;
    let outside = json!({ "from": scene.bob, "text": "outside" });
    scene.stage.post(&path, outside).await;
    let topic = Some(Thread::Topic(news));
    for (text, thread, answers) in [
        ("first", topic, None),
        ("answer", topic, Some(MessageId(first))),
        ("outside", None, None),
    ] {
        let event = scene.running.inbox.until_posted(text).await;
        assert_eq!(event.thread, thread, "{text}");
        let patchbay_domain::Change::Posted { post } = event.change else {
            panic!("{text}")
        };
        assert_eq!(post.reply_to, answers, "{text}");
    }
    scene.running.stopped().await;
}

#[tokio::test]
async fn what_is_sent_to_a_topic_lies_in_it() {
    let (scene, news) = scene().await;
    for (number, topic) in [(1, Some(news)), (2, Some(TopicId::GENERAL)), (3, None)] {
        scene.send(number, topic).await.unwrap();
    }
    let messages = scene.stage.messages(scene.forum).await;
    let topics: Vec<&Value> = messages.iter().map(|message| &message["topic"]).collect();
    assert_eq!(topics, [&json!(news.0), &Value::Null, &Value::Null]);

    scene.change(news, json!({ "closed": true })).await;
    let closed = scene.send(4, Some(news)).await;
    assert_eq!(closed, Err(SendError::Fail(FailReason::NotAllowed)));
    scene.delete(news).await;
    let gone = scene.send(5, Some(news)).await;
    assert_eq!(gone, Err(SendError::Fail(FailReason::DestinationLost)));
    scene.running.stopped().await;
}
