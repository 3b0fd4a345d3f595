//! What was said before, read for whoever asks for it.

use std::time::Duration;

use patchbay_app::ports::{HistoryError, HistoryPage, HistoryStart, Reader};
use patchbay_domain::account::Account;
use patchbay_domain::backfill::PostCount;
use patchbay_domain::event::Origin;
use patchbay_domain::ids::{MessageId, TelegramChatId, TopicId};
use patchbay_domain::{Change, Endpoint, Recovery, SourceEvent};
use reqwest::Method;
use serde_json::{Value, json};

use crate::stage::{OWNER, Running, Stage, posted_text};

const PHONE: &str = "+15550001";

/// Bob's supergroup, group and forum, which Ann's account is in.
struct Scene {
    stage: Stage,
    account: Account,
    running: Running,
    channel: TelegramChatId,
    group: TelegramChatId,
    forum: TelegramChatId,
    ann: i64,
    bob: i64,
}

async fn scene() -> Scene {
    let mut stage = Stage::start().await;
    let (ann, bob) = stage.ann_and_bob(PHONE).await;
    let channel = stage.chat("supergroup", bob, &[ann]).await;
    let group = stage.chat("group", bob, &[ann]).await;
    let new = json!({
        "kind": "supergroup", "title": "Forum", "creator": bob, "members": [ann], "forum": true,
    });
    let forum = TelegramChatId(stage.post("/chats", new).await["id"].as_i64().unwrap());
    let account = stage.link(OWNER, PHONE).await;
    let running = stage.run(&account).await;
    Scene {
        stage,
        account,
        running,
        channel,
        group,
        forum,
        ann,
        bob,
    }
}

impl Scene {
    fn source(&self, chat: TelegramChatId, topic: Option<TopicId>) -> Endpoint {
        Endpoint::Telegram {
            account: self.account.id,
            chat,
            topic,
        }
    }

    async fn say(&self, chat: TelegramChatId, texts: impl IntoIterator<Item = i32>) {
        for text in texts {
            self.stage.say(chat, self.bob, &text.to_string()).await;
        }
    }

    async fn say_in(&self, topic: Option<TopicId>, text: &str) {
        let path = format!("/chats/{}/messages", self.forum);
        let topic = topic.map(|topic| topic.0);
        let post = json!({ "from": self.bob, "text": text, "topic": topic });
        self.stage.post(&path, post).await;
    }

    async fn album(&self, chat: TelegramChatId, captions: &[&str]) {
        let photo = |seed: usize| json!({ "photo": { "bytes": 100, "seed": seed } });
        let parts = captions.iter().enumerate();
        let parts: Value = parts
            .map(|(seed, text)| json!({ "media": photo(seed), "text": text }))
            .collect();
        let album = json!({ "from": self.bob, "messages": parts });
        self.stage
            .post(&format!("/chats/{chat}/albums"), album)
            .await;
    }

    /// Lets so much time pass that every album is whole.
    fn settle(&self) {
        self.stage.memory.clock().advance(Duration::from_mins(1));
    }

    async fn page(
        &self,
        source: &Endpoint,
        start: HistoryStart,
        limit: usize,
    ) -> Result<HistoryPage, HistoryError> {
        let reader = self.stage.telegram.reader();
        reader.history(source, start, limit).await
    }

    /// Page by page to the end; what each page says.
    async fn pages(
        &self,
        source: &Endpoint,
        start: HistoryStart,
        limit: usize,
    ) -> Vec<Vec<String>> {
        let mut pages = Vec::new();
        let mut start = start;
        loop {
            let page = self.page(source, start, limit).await.unwrap();
            pages.push(page.posts.iter().map(said).collect());
            match page.next {
                Some(next) => start = HistoryStart::After(next),
                None => return pages,
            }
        }
    }
}

fn said(event: &SourceEvent) -> String {
    assert_eq!(event.recovery, Recovery::Requested);
    let Change::Posted { post } = &event.change else {
        panic!("{event:?}");
    };
    let captions = post.content.attachments.iter().skip(1);
    let captions: Vec<_> = captions.map(|part| part.caption.as_str()).collect();
    let mut said = posted_text(event).unwrap().to_owned();
    if !captions.is_empty() {
        said = format!("{said} ({})", captions.join(", "));
    }
    said
}

fn last(count: u16) -> HistoryStart {
    HistoryStart::Last(PostCount::try_from(count).unwrap())
}

const ALL: HistoryStart = HistoryStart::After(MessageId(0));

#[tokio::test]
async fn posts_come_page_by_page_oldest_first() {
    let scene = scene().await;
    for chat in [scene.channel, scene.group] {
        scene.say(chat, 1..=7).await;
        // What Telegram notes by itself, and what is deleted, is left out.
        let rename = json!({ "title": "another" });
        let path = format!("/chats/{chat}");
        scene.stage.control(Method::PATCH, &path, rename).await;
        let gone = scene.stage.say(chat, scene.bob, "gone").await;
        let path = format!("/chats/{chat}/messages/{gone}");
        scene.stage.control(Method::DELETE, &path, json!({})).await;
        let source = scene.source(chat, None);
        let pages = scene.pages(&source, ALL, 3).await;
        let shown: Vec<_> = pages.iter().map(|page| page.join(" ")).collect();
        assert_eq!(shown, ["1 2 3", "4 5 6", "7", ""]);
        for (count, expected) in [(2, "6 7"), (7, "1 2 3 4 5 6 7"), (50, "1 2 3 4 5 6 7")] {
            let pages = scene.pages(&source, last(count), 50).await;
            assert_eq!(pages.concat().join(" "), expected, "{count}");
        }
    }
    scene.running.stopped().await;
}

#[tokio::test]
async fn an_album_is_one_post_and_never_cut() {
    for number in 0..2 {
        let scene = scene().await;
        let chat = [scene.channel, scene.group][number];
        scene.say(chat, [1]).await;
        scene.album(chat, &["a", "b", "c"]).await;
        scene.say(chat, [2]).await;
        scene.album(chat, &["d", "e"]).await;
        let source = scene.source(chat, None);
        let young = scene.page(&source, ALL, 10).await.unwrap();
        let shown: Vec<_> = young.posts.iter().map(said).collect();
        assert_eq!(
            shown,
            ["1", "a (b, c)", "2"],
            "the last one may not be whole"
        );
        let rest = HistoryStart::After(young.next.unwrap());
        scene.settle();
        assert_eq!(scene.pages(&source, rest, 10).await[0], ["d (e)"]);
        for limit in 1..=4 {
            let pages = scene.pages(&source, ALL, limit).await;
            assert!(pages.iter().all(|page| page.len() <= limit), "{pages:?}");
            assert_eq!(pages.concat(), ["1", "a (b, c)", "2", "d (e)"], "{limit}");
        }
        for (count, expected) in [(1, vec!["d (e)"]), (3, vec!["a (b, c)", "2", "d (e)"])] {
            assert_eq!(
                scene.pages(&source, last(count), 10).await.concat(),
                expected
            );
        }
        let page = scene.page(&source, ALL, 2).await.unwrap();
        let Change::Posted { post } = &page.posts[1].change else {
            panic!("{page:?}");
        };
        let first = page.posts[1].message.0;
        let parts: Vec<_> = post
            .content
            .attachments
            .iter()
            .map(|it| it.message)
            .collect();
        assert_eq!(
            parts,
            [first, first + 1, first + 2].map(|id| Some(MessageId(id)))
        );
        scene.running.stopped().await;
    }
}

#[tokio::test]
async fn it_begins_at_a_time() {
    let scene = scene().await;
    scene.say(scene.channel, [1]).await;
    let source = scene.source(scene.channel, None);
    let at = scene.page(&source, ALL, 1).await.unwrap().posts[0].at;
    let pages = scene.pages(&source, HistoryStart::Since(at), 5).await;
    assert_eq!(pages.concat(), ["1"]);
    let later = HistoryStart::Since(at.plus(Duration::from_mins(1)));
    assert_eq!(
        scene.pages(&source, later, 5).await.concat(),
        Vec::<String>::new()
    );
    scene.running.stopped().await;
}

#[tokio::test]
async fn a_topic_is_read_alone() {
    let scene = scene().await;
    let path = format!("/chats/{}/topics", scene.forum);
    let made = scene.stage.post(&path, json!({ "title": "News" })).await;
    let news = TopicId(i32::try_from(made["id"].as_i64().unwrap()).unwrap());
    for number in 1..=3 {
        scene.say_in(Some(news), &format!("news {number}")).await;
        scene.say_in(None, &format!("general {number}")).await;
    }
    let of = |topic| scene.source(scene.forum, topic);
    for (topic, name) in [(news, "news"), (TopicId::GENERAL, "general")] {
        let source = of(Some(topic));
        let all: Vec<_> = (1..=3).map(|number| format!("{name} {number}")).collect();
        assert_eq!(scene.pages(&source, ALL, 2).await.concat(), all);
        assert_eq!(scene.pages(&source, last(2), 2).await.concat(), all[1..]);
        let page = scene.page(&source, ALL, 1).await.unwrap();
        let of_topic = page.posts[0].thread;
        assert_eq!(of_topic.is_some(), topic == news);
    }
    assert_eq!(scene.pages(&of(None), ALL, 9).await.concat().len(), 6);
    let closed = scene.page(&of(Some(TopicId(999))), ALL, 9).await;
    assert_eq!(closed, Err(HistoryError::Closed));
    scene.running.stopped().await;
}

#[tokio::test]
async fn replies_and_edits_are_as_they_are_now() {
    let scene = scene().await;
    let first = scene.stage.say(scene.channel, scene.bob, "one").await;
    let path = format!("/chats/{}/messages", scene.channel);
    let reply = json!({ "from": scene.bob, "text": "two", "reply_to": first });
    scene.stage.post(&path, reply).await;
    let edit = json!({ "text": "won" });
    let edited = format!("{path}/{first}");
    scene.stage.control(Method::PATCH, &edited, edit).await;
    let source = scene.source(scene.channel, None);
    let page = scene.page(&source, ALL, 9).await.unwrap();
    assert_eq!(
        page.posts.iter().map(said).collect::<Vec<_>>(),
        ["won", "two"]
    );
    let reply = page.posts[1].change.post().unwrap();
    assert_eq!(reply.reply_to, Some(page.posts[0].message));
    assert_eq!(reply.author.name, "Bob");
    scene.running.stopped().await;
}

#[tokio::test]
async fn what_the_account_said_where_it_delivers_is_taken_for_a_delivery() {
    let scene = scene().await;
    let source = scene.source(scene.channel, None);
    let origins = async || {
        let page = scene.page(&source, ALL, 9).await.unwrap();
        let posts = page.posts.iter().filter_map(|event| event.change.post());
        posts.map(|post| post.origin).collect::<Vec<_>>()
    };
    for from in [scene.ann, scene.bob] {
        scene.stage.say(scene.channel, from, "hello").await;
    }
    assert_eq!(origins().await, [Origin::Person, Origin::Person]);
    scene.stage.pair_to(&scene.account, scene.channel).await;
    assert_eq!(origins().await, [Origin::Patchbay, Origin::Person]);
    scene.running.stopped().await;
}

#[tokio::test]
async fn why_nothing_is_read_is_told() {
    let scene = scene().await;
    let source = scene.source(scene.channel, None);
    let unknown = scene.source(TelegramChatId(-1_000_000_999_999), None);
    let closed = scene.page(&unknown, ALL, 9).await;
    assert_eq!(closed, Err(HistoryError::Closed));
    let flood = json!({ "flood_wait": 33 });
    scene.stage.fault("messages.getHistory", 1, flood).await;
    let limited = scene.page(&source, ALL, 9).await;
    let after = Duration::from_secs(33);
    assert_eq!(limited, Err(HistoryError::Limited { after }));
    assert!(scene.page(&source, ALL, 9).await.is_ok());
    let telegram = scene.stage.telegram.reader();
    scene.running.stopped().await;
    let later = telegram.history(&source, ALL, 9).await;
    assert!(
        matches!(later, Err(HistoryError::Retry { .. })),
        "{later:?}"
    );
}
