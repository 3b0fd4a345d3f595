//! What was said while no connector ran, for pairs that want all of it and for such that want no
//! more than the last messages.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use patchbay::{Base, Options};
use patchbay_domain::Platform;
use patchbay_tests::http::{Http, text};
use patchbay_tests::running::Running;
use patchbay_tests::stage::{Chat, Pair, Stage, Wish, wait_until_forwarding};
use serde_json::json;

const MISSED: usize = 5;
const PATIENCE: Duration = Duration::from_mins(1);

/// Another pair that reads what the first one reads, and brings all of it elsewhere.
async fn of_same_source(api: &Http, first: &Pair, other: &Pair) -> Result<Pair> {
    let source = api.get(&format!("/v1/pairs/{}", first.id)).await?;
    let destination = api.get(&format!("/v1/pairs/{}", other.id)).await?;
    let wanted = json!({
        "source": source["source"],
        "destination": destination["destination"],
    });
    Ok(Pair {
        id: text(&api.post("/v1/pairs", &wanted).await?["id"])?,
        source: first.source.clone(),
        destination: other.destination.clone(),
    })
}

async fn until_held(stage: &Stage, chat: &Chat, expected: &[String]) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let held = stage.held(chat).await?;
        let held: Vec<&str> = held.iter().map(|message| message.text.as_str()).collect();
        if held == expected {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "{held:?}, not {expected:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// How many messages of a pair ended in each state, and why.
async fn states(api: &Http, pair: &Pair) -> Result<BTreeMap<String, usize>> {
    let path = format!("/v1/pairs/{}/messages", pair.id);
    let messages = api.get(&path).await?;
    let mut states = BTreeMap::new();
    for message in messages["items"].as_array().context("a list")? {
        let reason = message["reason_code"].as_str().unwrap_or_default();
        let state = format!("{} {reason}", text(&message["state"])?);
        *states.entry(state.trim().to_owned()).or_default() += 1;
    }
    Ok(states)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pair_gets_as_many_of_the_last_messages_as_it_wants() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let base = Arc::new(Base::start(Options::in_folder(folder.path().to_owned())).await?);
    let running = Running::start(&base).await?;
    let last = |platform| Wish {
        options: json!({ "gap_policy": { "last": 2 } }),
        ..Wish::new(platform, platform)
    };
    let all = |platform| Wish::new(platform, platform);
    let (telegram, discord) = (Platform::Telegram, Platform::Discord);
    let wishes = [last(telegram), last(discord), all(telegram), all(discord)];
    let (stage, mut pairs) = Stage::set_up(&running.endpoints, &wishes).await?;
    let api = Stage::api(&running.endpoints).await?;
    for place in 0..2 {
        let second = of_same_source(&api, &pairs[place], &pairs[place + 2]).await?;
        pairs.push(second);
    }
    wait_until_forwarding(&running.endpoints, &pairs).await?;
    running.stop().await?;

    let mut said: Vec<String> = Vec::new();
    for number in 0..MISSED {
        said.push(format!("missed {number}"));
        for pair in &pairs[..2] {
            stage.post(&pair.source, one(pair, &said[number])).await?;
        }
    }
    let running = Running::start(&base).await?;
    for place in 0..2 {
        let (few, whole) = (&pairs[place], &pairs[place + 4]);
        until_held(&stage, &whole.destination, &said).await?;
        until_held(&stage, &few.destination, &said[MISSED - 2..]).await?;
    }
    said.push("live".to_owned());
    for place in 0..2 {
        let (few, whole) = (&pairs[place], &pairs[place + 4]);
        stage.post(&few.source, one(few, "live")).await?;
        until_held(&stage, &whole.destination, &said).await?;
        until_held(&stage, &few.destination, &said[MISSED - 2..]).await?;
        let api = Stage::api(&running.endpoints).await?;
        let skipped = BTreeMap::from([
            ("delivered".to_owned(), 3),
            ("skipped gap".to_owned(), MISSED - 2),
        ]);
        assert_eq!(states(&api, few).await?, skipped);
        let delivered = BTreeMap::from([("delivered".to_owned(), MISSED + 1)]);
        assert_eq!(states(&api, whole).await?, delivered);
    }
    running.stop().await
}

fn one(pair: &Pair, words: &str) -> serde_json::Value {
    match pair.source.platform {
        Platform::Telegram => json!({ "text": words }),
        Platform::Discord => json!({ "content": words }),
    }
}
