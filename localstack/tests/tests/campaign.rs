//! A short campaign of random operations while one fault of each kind strikes.
//! `cargo run -p patchbay-tests --bin campaign -- --help` runs longer ones.

#![allow(clippy::unwrap_used, reason = "a test ends that way")]

use std::time::Duration;

use patchbay_tests::campaign::Campaign;

const SEED: u64 = 1;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_doubled_or_out_of_order_whatever_strikes() {
    let folder = tempfile::tempdir().unwrap();
    let campaign = Campaign {
        seed: SEED,
        operations: 300,
        faults: 29,
        pace: Duration::from_millis(400),
        fault_every: Duration::from_millis(300),
    };
    let report = Box::pin(campaign.run(folder.path())).await.unwrap();
    assert!(report.is_right(), "{report}");
}
