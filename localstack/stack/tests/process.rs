//! The binary as a process: killed in the middle, and started where it can't start.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

fn patchbay(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_patchbay"));
    command
        .env_clear()
        .arg("--data")
        .arg(data)
        .stdin(Stdio::null());
    command
}

fn demo(data: &Path, json: &Path) -> Command {
    let mut command = patchbay(data);
    command
        .args(["demo", "--messages", "60", "--json"])
        .arg(json);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// How many scripted messages the simulators have taken so far, by their journals: each once from
/// its author and once from Patchbay.
fn posted(data: &Path) -> usize {
    let is_scripted = |text: &str| {
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let head = text.split(' ').next().and_then(|head| head.split_once('/'));
        head.is_some_and(|(pair, number)| is_number(pair) && is_number(number))
    };
    let count = |journal: &str| {
        let journal = std::fs::read(data.join("simulators").join(journal)).unwrap_or_default();
        let journal = String::from_utf8_lossy(&journal);
        journal.split('"').filter(|text| is_scripted(text)).count()
    };
    count("telegram.journal") + count("discord.journal")
}

fn wait(what: &str, child: &mut Child, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_mins(2);
    while !is_so() {
        assert!(
            child.try_wait().unwrap().is_none(),
            "it ended before {what}"
        );
        assert!(Instant::now() < deadline, "never {what}");
        std::thread::yield_now();
    }
}

#[test]
fn a_demo_killed_again_and_again_loses_and_doubles_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (data, json) = (
        folder.path().join("data"),
        folder.path().join("result.json"),
    );
    let milestones: [(&str, usize); 3] = [
        ("something was said", 3),
        ("more was said", 30),
        ("much was said", 60),
    ];
    for (what, count) in milestones {
        let mut child = demo(&data, &json).spawn().unwrap();
        wait(what, &mut child, || posted(&data) >= count);
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!json.exists(), "killed before its end");
    }
    let status = demo(&data, &json).status().unwrap();
    let result = std::fs::read_to_string(&json).unwrap();
    assert!(status.success(), "{result}");
    let result: serde_json::Value = serde_json::from_str(&result).unwrap();
    assert_eq!(result["ok"], true);
    for direction in [
        "telegram_to_telegram",
        "telegram_to_discord",
        "discord_to_telegram",
        "discord_to_discord",
    ] {
        let tally = &result["directions"][direction];
        assert_eq!(tally["sent"], 15, "{tally}");
        assert_eq!(tally["delivered"], 15, "{tally}");
        for wrong in ["lost", "duplicated", "out_of_order", "unexpected"] {
            assert_eq!(tally[wrong], 0, "{wrong}: {tally}");
        }
        for kind in ["media", "albums", "replies", "edits", "deletions"] {
            let count = &tally[kind];
            assert!(count["sent"].as_u64() > Some(0), "{kind}: {tally}");
            assert_eq!(count["sent"], count["delivered"], "{kind}: {tally}");
        }
    }
}

/// Starts everything and expects that it can't, within a time that a person waits for.
fn refused(mut command: Command) -> String {
    let mut child = command
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > deadline {
            child.kill().unwrap();
            panic!("it started");
        }
        std::thread::yield_now();
    }
    let Output { status, stderr, .. } = child.wait_with_output().unwrap();
    assert_eq!(status.code(), Some(2));
    String::from_utf8(stderr).unwrap()
}

fn on_free_ports(mut command: Command) -> Command {
    for port in [
        "--api",
        "--health",
        "--aws",
        "--sim-control",
        "--sim-telegram",
        "--sim-discord",
    ] {
        command.args([port, "127.0.0.1:0"]);
    }
    command
}

#[test]
fn a_port_in_use_is_named_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for option in [
        "--api",
        "--health",
        "--aws",
        "--sim-control",
        "--sim-telegram",
        "--sim-discord",
    ] {
        let mut command = patchbay(&folder.path().join(option));
        for other in [
            "--api",
            "--health",
            "--aws",
            "--sim-control",
            "--sim-telegram",
            "--sim-discord",
        ] {
            command.args([
                other,
                if other == option {
                    &*address
                } else {
                    "127.0.0.1:0"
                },
            ]);
        }
        let message = refused(command);
        assert!(message.contains(&address), "{option}: {message}");
        assert!(message.contains(option), "{option}: {message}");
    }
}

#[test]
fn a_folder_in_use_is_refused_and_free_again_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let endpoints = data.join("endpoints.json");
    let mut first = on_free_ports(patchbay(&data))
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait("it is up", &mut first, || endpoints.exists());
    let message = refused(on_free_ports(patchbay(&data)));
    assert!(
        message.contains("in use") || message.contains("locked"),
        "{message}"
    );
    assert!(message.contains(&*data.to_string_lossy()), "{message}");
    first.kill().unwrap();
    first.wait().unwrap();
    std::fs::remove_file(&endpoints).unwrap();
    let mut second = on_free_ports(patchbay(&data))
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait("it is up again", &mut second, || endpoints.exists());
    second.kill().unwrap();
    second.wait().unwrap();
}

#[test]
fn the_number_of_partitions_stays_that_of_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let endpoints = data.join("endpoints.json");
    let mut first = on_free_ports(patchbay(&data))
        .arg("--partitions=2")
        .spawn()
        .unwrap();
    wait("it is up", &mut first, || endpoints.exists());
    first.kill().unwrap();
    first.wait().unwrap();
    let mut other = on_free_ports(patchbay(&data));
    other.arg("--partitions=3");
    let message = refused(other);
    assert!(
        message.contains("2 partitions") && message.contains("--partitions"),
        "{message}"
    );
}

#[test]
fn a_damaged_folder_is_refused_and_the_file_is_named() {
    for file in [
        "aws/sqs.sqlite",
        "aws/dynamodb.sqlite",
        "simulators/telegram.journal",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let damaged = folder.path().join(file);
        std::fs::create_dir_all(damaged.parent().unwrap()).unwrap();
        std::fs::write(
            &damaged,
            "this is neither a database nor a journal\n".repeat(300),
        )
        .unwrap();
        let message = refused(on_free_ports(patchbay(folder.path())));
        assert!(
            message.contains(damaged.file_name().unwrap().to_str().unwrap()),
            "{message}"
        );
    }
}
