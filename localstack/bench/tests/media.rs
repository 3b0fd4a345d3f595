//! The bench of large files, with small ones: its connector is a process of its own.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test ends that way")]

use std::process::Command;

use serde_json::{Value, json};

#[test]
fn files_go_through_a_connector_in_another_process() {
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("media.json");
    let bench = Command::new(env!("CARGO_BIN_EXE_patchbay-bench"))
        .args(["media", "--bytes", "1500000"])
        .args(["--parallel", "2", "--parallel-bytes", "300000"])
        .arg("--json")
        .arg(&json)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&bench.stderr);
    assert!(bench.status.success(), "{said}");
    let result: Value = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
    assert!(result["idle_rss_bytes"].as_u64() > Some(0), "{result}");
    let transfers = result["transfers"].as_array().unwrap().iter();
    let sizes: Vec<Value> = transfers
        .map(|it| json!([it["files"], it["bytes_each"]]))
        .collect();
    assert_eq!(sizes, [json!([1, 1_500_000]), json!([2, 300_000])]);
}
