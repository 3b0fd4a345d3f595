//! What was said before a pair, brought on request in every direction, though the connector dies in
//! the middle of it, and beside what is said meanwhile.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends that way"
)]

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use patchbay::{Base, Options};
use patchbay_domain::Platform::{Discord, Telegram};
use patchbay_tests::message::Message;
use patchbay_tests::running::{Running, set_task_visibility};
use patchbay_tests::stage::{Chat, Pair, Prepared, Stage, Wish, wait_until_forwarding};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_mins(2);
/// What is said in each source: more than a page, and more than two.
const SAID: usize = 9;
const LIVE: &str = "said meanwhile";

/// Pairs that show that everything posted before has been seen.
const CANARIES: usize = 2;

fn wishes() -> Vec<Wish> {
    [
        (Telegram, Telegram),
        (Discord, Discord),
        (Telegram, Telegram),
        (Telegram, Discord),
        (Discord, Telegram),
        (Discord, Discord),
    ]
    .map(|(from, to)| Wish::new(from, to))
    .into()
}

/// Texts, a chain of replies, a file and an album.
async fn converse(stage: &Stage, chat: &Chat) {
    let say = async |body: Value| stage.post(chat, body).await.unwrap().remove(0);
    let text = |text: &str, reply_to: Option<&str>| match (chat.platform, reply_to) {
        (Telegram, None) => json!({ "text": text }),
        (Telegram, Some(id)) => {
            json!({ "text": text, "reply_to": id.parse::<i64>().unwrap() })
        }
        (Discord, None) => json!({ "content": text }),
        (Discord, Some(id)) => json!({ "content": text, "reply_to": id }),
    };
    say(text("said 1", None)).await;
    let second = say(text("said 2", None)).await;
    let third = say(text("said 3", Some(&second))).await;
    say(text("said 4", Some(&third))).await;
    let (file, album) = match chat.platform {
        Telegram => (
            json!({ "text": "said 5", "media": { "document": { "bytes": 5000, "seed": 5, "name": "five.bin" } } }),
            json!({ "messages": [
                { "text": "said 6", "media": { "photo": { "bytes": 600, "seed": 6 } } },
                { "media": { "photo": { "bytes": 700, "seed": 7 } } },
            ] }),
        ),
        Discord => (
            json!({ "content": "said 5", "attachments": [{ "name": "five.bin", "bytes": 5000, "seed": 5 }] }),
            json!({ "content": "said 6", "attachments": [
                { "name": "six.png", "bytes": 600, "seed": 6, "content_type": "image/png" },
                { "name": "seven.png", "bytes": 700, "seed": 7, "content_type": "image/png" },
            ] }),
        ),
    };
    say(file).await;
    say(album).await;
    for number in 7..=SAID {
        say(text(&format!("said {number}"), None)).await;
    }
}

async fn say(stage: &Stage, chat: &Chat, words: &str) {
    let body = match chat.platform {
        Telegram => json!({ "text": words }),
        Discord => json!({ "content": words }),
    };
    stage.post(chat, body).await.unwrap();
}

async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds().await {
        assert!(Instant::now() < deadline, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn says(stage: &Stage, chat: &Chat, words: &str) -> bool {
    let held = stage.held(chat).await.unwrap();
    held.iter().any(|message| message.text == words)
}

/// Everything said so far was heard by the connector, which has no pair for it.
async fn settle(prepared: &Prepared, canaries: &[Pair]) {
    let stage = &prepared.stage;
    for canary in canaries {
        say(stage, &canary.source, "canary").await;
    }
    until("canaries arrive", async || {
        for canary in canaries {
            if !says(stage, &canary.destination, "canary").await {
                return false;
            }
        }
        true
    })
    .await;
}

/// The words of each message that has some, but for those said meanwhile.
fn said(held: &[Message]) -> Vec<&str> {
    let words = held.iter().map(|message| message.text.as_str());
    words
        .filter(|words| !words.is_empty() && *words != LIVE)
        .collect()
}

fn check(pair: &Pair, source: &[Message], held: &[Message]) {
    let expected: Vec<String> = (1..=SAID).map(|number| format!("said {number}")).collect();
    assert_eq!(said(held), expected, "{pair:?}");
    let live = held.iter().filter(|message| message.text == LIVE);
    assert_eq!(live.count(), 1, "{pair:?}");
    let hashes = |messages: &[Message]| {
        let files = messages.iter().flat_map(|message| &message.files);
        files.map(|file| file.sha256.clone()).collect::<Vec<_>>()
    };
    assert_eq!(hashes(held), hashes(source), "{pair:?}");
    let by_words: HashMap<_, _> = held.iter().map(|it| (it.text.as_str(), it)).collect();
    for (reply, answered) in [("said 3", "said 2"), ("said 4", "said 3")] {
        let answer = by_words[reply].reply_to.as_deref();
        assert_eq!(answer, Some(&*by_words[answered].id), "{pair:?}: {reply}");
    }
    let first = held
        .iter()
        .position(|message| message.text == "said 6")
        .unwrap();
    match pair.destination.platform {
        Discord => assert_eq!(held[first].files.len(), 2, "{pair:?}"),
        Telegram => {
            let group = &held[first].grouped;
            assert!(
                group.is_some() && held[first + 1].grouped == *group,
                "{pair:?}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn history_arrives_once_in_order_and_whole_though_the_connector_dies() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options::in_folder(folder.path().to_owned());
    let base = Arc::new(Base::start(options).await.unwrap());
    let first = Running::start(&base).await.unwrap();
    let visibility = Duration::from_secs(2);
    set_task_visibility(&first.endpoints.aws, visibility)
        .await
        .unwrap();
    let prepared = Stage::prepare(&first.endpoints, &wishes()).await.unwrap();
    let (stage, api) = (&prepared.stage, &prepared.api);
    let mut canaries = Vec::new();
    for number in 0..CANARIES {
        canaries.push(prepared.pair(number).await.unwrap());
    }
    wait_until_forwarding(&first.endpoints, &canaries)
        .await
        .unwrap();
    for (source, _) in &prepared.chats[CANARIES..] {
        converse(stage, source).await;
    }
    settle(&prepared, &canaries).await;
    // Whoever comes next finds nothing of that to make up for: the positions are saved.
    first.stop().await.unwrap();
    let second = Running::start(&base).await.unwrap();
    wait_until_forwarding(&second.endpoints, &canaries)
        .await
        .unwrap();

    let mut pairs = Vec::new();
    for number in CANARIES..prepared.chats.len() {
        pairs.push(prepared.pair(number).await.unwrap());
    }
    let path = |pair: &Pair| format!("/v1/pairs/{}/backfill", pair.id);
    for pair in &pairs {
        let asked = api.post(&path(pair), &json!({ "last": 100 })).await;
        assert_eq!(asked.unwrap()["state"], "waiting");
    }
    api.once(&path(&pairs[0]), |it| it["found"].as_u64() >= Some(3))
        .await
        .unwrap();
    second.kill();
    for pair in &pairs {
        say(stage, &pair.source, LIVE).await;
    }
    let third = Running::start(&base).await.unwrap();

    for pair in &pairs {
        let path = path(pair);
        let done = api.once(&path, |it| it["finished_at"].is_string());
        let done = done.await.unwrap();
        assert_eq!(done["state"], "done", "{done}");
        // What is said in the very seconds in which it is asked for may be found too.
        let found = done["found"].as_u64().unwrap();
        assert!((9..=10).contains(&found), "{pair:?}: {done}");
        until("what was said meanwhile", async || {
            says(stage, &pair.destination, LIVE).await
        })
        .await;
        let source = stage.held(&pair.source).await.unwrap();
        let held = stage.held(&pair.destination).await.unwrap();
        check(pair, &source, &held);
        let listed = api.get(&format!("/v1/pairs/{}/messages", pair.id)).await;
        let listed = listed.unwrap();
        let backfilled = listed["items"].as_array().unwrap().iter();
        let backfilled = backfilled.filter(|item| item["backfilled"] == true);
        assert!(backfilled.count() >= SAID, "{listed}");
    }
    third.stop().await.unwrap();
}
