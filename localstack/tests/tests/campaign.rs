//! A short campaign of random operations while one fault of each kind strikes.
//! `cargo run -p patchbay-tests --bin campaign -- --help` runs longer ones.

#![allow(clippy::unwrap_used, reason = "a test ends that way")]

use std::time::Duration;

use patchbay_tests::campaign::{Campaign, Ground};

const SEED: u64 = 1;

async fn is_right(campaign: Campaign) {
    let folder = tempfile::tempdir().unwrap();
    let report = Box::pin(campaign.run(folder.path())).await.unwrap();
    assert!(report.is_right(), "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_doubled_or_out_of_order_whatever_strikes() {
    is_right(Campaign {
        seed: SEED,
        operations: 300,
        faults: 31,
        pace: Duration::from_millis(400),
        fault_every: Duration::from_millis(300),
        ground: Ground::Here,
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_doubled_or_out_of_order_when_the_process_is_killed() {
    is_right(Campaign {
        seed: SEED,
        operations: 200,
        faults: 3,
        pace: Duration::from_millis(600),
        fault_every: Duration::from_secs(1),
        ground: Ground::Process(env!("CARGO_BIN_EXE_campaign").into()),
    })
    .await;
}
