//! Large files on their way.

use std::sync::atomic::Ordering;

use patchbay_app::ports::{Attempt, SendError, Sender};
use patchbay_domain::MediaKind;
use reqwest::Method;
use serde_json::json;

use super::changes::piece;
use super::scene::scene;
use super::shelf::{Shelf, sha256};
use crate::outgoing::outgoing;
use crate::stage::{spawn, until};

const MIB: usize = 1 << 20;
const SMALL: &str = "upload.saveFilePart";
const BIG: &str = "upload.saveBigFilePart";

#[tokio::test]
async fn files_of_every_size_arrive_unchanged() {
    let scene = scene().await;
    let shelf = Shelf::default();
    let half = MIB / 2;
    let rows = [
        (1, Some(()), 1, 0),
        (half, Some(()), 1, 0),
        (half + 1, Some(()), 2, 0),
        (10 * MIB, Some(()), 20, 0),
        (10 * MIB + 1, Some(()), 0, 21),
        // Nobody tells how long these are.
        (1000, None, 1, 0),
        (half, None, 1, 0),
        (half + 1, None, 0, 2),
        (3 * MIB, None, 0, 6),
    ];
    for (number, (bytes, told, small, big)) in (1..).zip(rows) {
        let before = (scene.stage.calls(SMALL).await, scene.stage.calls(BIG).await);
        let file = match told {
            Some(()) => shelf.put(MediaKind::Document, bytes),
            None => shelf.put_untold(MediaKind::Document, bytes),
        };
        let one = outgoing(scene.channel(), number, piece("", vec![file]));
        let sent = scene.send(&one, &shelf).await;
        let listed = scene.message(sent[0]).await;
        let document = &listed["media"]["document"];
        assert_eq!(document["size"], bytes);
        assert_eq!(document["sha256"], sha256(bytes));
        let after = (scene.stage.calls(SMALL).await, scene.stage.calls(BIG).await);
        assert_eq!(
            after,
            (before.0 + small, before.1 + big),
            "{bytes} {told:?}"
        );
    }
    scene.running.stopped().await;
}

/// While the platform takes no more, nothing more is read.
#[tokio::test]
async fn a_transfer_holds_little_however_large_its_file() {
    let scene = scene().await;
    let shelf = Shelf::default();
    let bytes = 64 * MIB;
    let film = shelf.put(MediaKind::Video, bytes);
    let one = outgoing(scene.channel(), 1, piece("", vec![film]));
    let sent = scene.send(&one, &shelf).await;
    let listed = scene.message(sent[0]).await;
    assert_eq!(listed["media"]["video"]["sha256"], sha256(bytes));
    let most_held = shelf.counts.most_held.load(Ordering::SeqCst);
    assert!(most_held < 1 << 20, "{most_held}");

    let held_back = json!({ "delay_ms": 600_000 });
    scene.stage.fault(BIG, 100, held_back).await;
    let given = shelf.counts.given.load(Ordering::SeqCst);
    let film = shelf.put(MediaKind::Video, bytes);
    let two = outgoing(scene.channel(), 2, piece("", vec![film]));
    let sender = scene.stage.telegram.sender();
    let counts = shelf.counts.clone();
    let send = spawn(async move { sender.send(&two, &shelf, Attempt::First).await });
    until("parts are on their way", async || {
        let faults = scene.stage.control(Method::GET, "/faults", json!({})).await;
        faults[0]["times"].as_u64().is_some_and(|left| left <= 98)
    })
    .await;
    scene.running.stopped().await;
    let sent = send.await.unwrap();
    assert!(matches!(sent, Err(SendError::Retry { .. })), "{sent:?}");
    let given = counts.given.load(Ordering::SeqCst) - given;
    assert!(given <= 4 * MIB as u64, "{given}");
}

#[tokio::test]
async fn a_part_that_fails_is_sent_again_by_itself() {
    let scene = scene().await;
    let shelf = Shelf::default();
    let faults = [
        json!({ "error": { "code": 500, "message": "WORKER_BUSY" } }),
        json!({ "error": { "code": 420, "message": "FLOOD_PREMIUM_WAIT_1" } }),
        json!("drop_connection"),
    ];
    for (number, fault) in (1..).zip(faults) {
        scene.stage.fault(BIG, 1, fault).await;
        let film = shelf.put(MediaKind::Video, 12 * MIB);
        let one = outgoing(scene.channel(), number, piece("", vec![film]));
        let sent = scene.send(&one, &shelf).await;
        let listed = scene.message(sent[0]).await;
        assert_eq!(listed["media"]["video"]["sha256"], sha256(12 * MIB));
    }
    assert_eq!(shelf.opened(), 3);
    scene.running.stopped().await;
}
