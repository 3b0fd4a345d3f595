//! The figures of the API agree with what the destinations hold.

#![allow(clippy::unwrap_used, reason = "a test ends that way")]

use patchbay::demo::{Pace, World};
use patchbay::{Options, Stack};
use serde_json::Value;

const MESSAGES: usize = 9;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_summary_counts_what_arrived() {
    let folder = tempfile::tempdir().unwrap();
    let stack = Stack::start(Options::in_folder(folder.path().to_owned()))
        .await
        .unwrap();
    let world = World::set_up(stack.endpoints(), 1).await.unwrap();
    let tallies = world.converse(MESSAGES, Pace::WithinLimits).await.unwrap();
    let held: usize = tallies.values().map(|tally| tally.delivered).sum();
    assert_eq!(held, MESSAGES, "{tallies:?}");

    // An outcome is recorded after its message has arrived, and the index follows.
    let is_whole = |figures: &Value| figures["delivered"].as_u64() >= Some(MESSAGES as u64);
    let path = "/v1/analytics/summary";
    let summary = world.figures(stack.endpoints(), path, is_whole).await;
    let summary = summary.unwrap();
    assert_eq!(summary["delivered"], held, "{summary}");
    assert_eq!(summary["failed"], 0, "{summary}");
    assert!(summary["bytes"].as_u64() > Some(0), "{summary}");
    assert!(summary["latency_ms"]["p99"].is_u64(), "{summary}");
    let path = "/v1/analytics/series?interval=hour";
    let series = world.figures(stack.endpoints(), path, |_| true).await;
    let series = series.unwrap();
    let buckets = series["buckets"].as_array().unwrap();
    let sum = |name: &str| -> u64 {
        let counts = buckets.iter().map(|bucket| bucket[name].as_u64());
        counts.map(Option::unwrap).sum()
    };
    assert_eq!(Value::from(sum("delivered")), summary["delivered"]);
    assert_eq!(Value::from(sum("volume")), summary["volume"]);
    stack.stop().await;
}
