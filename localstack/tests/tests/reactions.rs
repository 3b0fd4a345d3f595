//! Reactions in every direction: they appear, change and vanish with those at the source.

#![allow(clippy::unwrap_used, reason = "a test ends that way")]

use std::collections::HashSet;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use patchbay::{Options, Stack};
use patchbay_domain::Platform::{self, Discord, Telegram};
use patchbay_tests::stage::{Pair, Stage, Wish};
use serde_json::json;

const PATIENCE: Duration = Duration::from_mins(1);

/// How somebody reacts at the source, and what Telegram and Discord hold then. Both stand under a
/// message of Discord, and of Telegram one does: the account that puts it there isn't premium.
const STEPS: [(&[&str], &[&str], &[&str]); 4] = [
    (
        &["👍", "🔥"],
        &[r#""hello" | 👍 1"#, r#""🔥 1" | re #1 | silent"#],
        &[r#""hello" | 👍 1 | 🔥 1"#],
    ),
    (&["🔥"], &[r#""hello" | 🔥 1"#], &[r#""hello" | 🔥 1"#]),
    (&["👍"], &[r#""hello" | 👍 1"#], &[r#""hello" | 👍 1"#]),
    (&[], &[r#""hello""#], &[r#""hello""#]),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reactions_appear_change_and_vanish() {
    let folder = tempfile::tempdir().unwrap();
    let stack = Stack::start(Options::in_folder(folder.path().to_owned()))
        .await
        .unwrap();
    let directions = [
        (Telegram, Telegram),
        (Telegram, Discord),
        (Discord, Telegram),
        (Discord, Discord),
    ];
    let wish = |(from, to): (Platform, Platform)| Wish {
        options: json!({ "events": { "reactions": true } }),
        ..Wish::new(from, to)
    };
    let wishes = directions.map(wish);
    let (stage, pairs) = Stage::set_up(stack.endpoints(), &wishes).await.unwrap();
    join_all(pairs.iter().map(|pair| walk(&stage, pair))).await;
    stack.stop().await;
}

async fn walk(stage: &Stage, pair: &Pair) {
    let (from, to) = (&pair.source, &pair.destination);
    let text = match from.platform {
        Telegram => json!({ "text": "hello" }),
        Discord => json!({ "content": "hello" }),
    };
    let posted = stage.post(from, text).await.unwrap();
    until_held(stage, pair, &[r#""hello""#]).await;
    for (emoji, on_telegram, on_discord) in STEPS {
        stage.react(from, &posted[0], emoji).await.unwrap();
        let expected = match to.platform {
            Telegram => on_telegram,
            Discord => on_discord,
        };
        until_held(stage, pair, expected).await;
    }
    // What tells of reactions goes with the message.
    stage.react(from, &posted[0], &["👍", "🔥"]).await.unwrap();
    let count = match to.platform {
        Telegram => STEPS[0].1,
        Discord => STEPS[0].2,
    };
    until_held(stage, pair, count).await;
    stage.delete(from, &posted[0]).await.unwrap();
    until_held(stage, pair, &[]).await;
}

async fn until_held(stage: &Stage, pair: &Pair, expected: &[&str]) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let held = stage.held(&pair.destination).await.unwrap();
        let lines: Vec<_> = held
            .iter()
            .map(|it| it.line(&HashSet::new(), &held))
            .collect();
        if lines == expected {
            return;
        }
        assert!(Instant::now() < deadline, "{pair:?}: {lines:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
