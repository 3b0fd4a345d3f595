//! Several files as one album.

use patchbay_app::ports::{Attempt, Outgoing};
use patchbay_domain::{Attachment, MediaKind, Text};
use serde_json::json;

use super::changes::piece;
use super::scene::{Scene, scene};
use super::shelf::{Shelf, sha256};
use crate::outgoing::{outgoing, saying};

fn album(shelf: &Shelf, kinds: &[MediaKind]) -> Vec<Attachment> {
    let sizes = (1000..).step_by(100);
    let files = kinds.iter().zip(sizes);
    files.map(|(kind, bytes)| shelf.put(*kind, bytes)).collect()
}

impl Scene {
    /// The sizes of the files in each album of the channel.
    async fn albums(&self) -> Vec<Vec<u64>> {
        let mut albums: Vec<(String, Vec<u64>)> = Vec::new();
        for message in self.stage.messages(self.channel).await {
            let group = message["grouped_id"].to_string();
            let file = message["media"].as_object().unwrap().values().next();
            let size = file.unwrap()["size"].as_u64().unwrap();
            match albums.last_mut() {
                Some((last, sizes)) if *last == group => sizes.push(size),
                _ => albums.push((group, vec![size])),
            }
        }
        albums.into_iter().map(|(_, sizes)| sizes).collect()
    }
}

#[tokio::test]
async fn an_album_arrives_whole_in_order_and_with_its_captions() {
    use MediaKind::{Audio, Document, Photo, Video};
    let scene = scene().await;
    let shelf = Shelf::default();
    let kinds = [
        vec![Photo, Video, Photo],
        vec![Document; 2],
        vec![Audio; 2],
        vec![Photo; 10],
    ];
    for (number, kinds) in (1..).zip(&kinds) {
        let mut files = album(&shelf, kinds);
        files[1].caption = Text::plain("of the second");
        let one = outgoing(scene.channel(), number, piece("of the first", files));
        let sent = scene.send(&one, &shelf).await;
        assert_eq!(sent.len(), kinds.len());
        let bytes = (1000..).step_by(100);
        for ((place, id), bytes) in sent.iter().enumerate().zip(bytes) {
            let listed = scene.message(*id).await;
            let kind = kinds[place].name();
            assert_eq!(listed["media"][kind]["sha256"], sha256(bytes));
            let caption = ["of the first", "of the second"].get(place).unwrap_or(&"");
            assert_eq!(listed["text"], *caption);
        }
        scene.is_ours(scene.channel, sent[0]).await;
    }
    let lengths: Vec<usize> = scene.albums().await.iter().map(Vec::len).collect();
    assert_eq!(lengths, [3, 2, 2, 10]);
    scene.running.stopped().await;
}

#[tokio::test]
async fn a_lost_answer_makes_one_album() {
    let scene = scene().await;
    let shelf = Shelf::default();
    let kinds = [MediaKind::Photo; 3];
    let first = outgoing(scene.channel(), 1, piece("", album(&shelf, &kinds)));
    let earlier = scene.send(&first, &shelf).await;
    let lost = json!("lose_response");
    scene.stage.fault("messages.sendMultiMedia", 1, lost).await;
    let second = outgoing(scene.channel(), 2, piece("", album(&shelf, &kinds)));
    let sent = scene.send_again(&second, &shelf).await;
    assert!(sent.iter().all(|id| !earlier.contains(id)), "{sent:?}");
    let whole = vec![1000, 1100, 1200];
    assert_eq!(scene.albums().await, [whole.clone(), whole]);
    scene.is_ours(scene.channel, sent[0]).await;
    scene.running.stopped().await;
}

#[tokio::test]
async fn another_process_finds_the_album_of_the_former_one() {
    let mut scene = scene().await;
    let shelf = Shelf::default();
    let since = scene.stage.ports.clock.now();
    let single = outgoing(
        scene.channel(),
        1,
        piece("", album(&shelf, &[MediaKind::Photo])),
    );
    scene.send(&single, &shelf).await;
    let kinds = [MediaKind::Photo; 2];
    let one = outgoing(scene.channel(), 2, piece("", album(&shelf, &kinds)));
    let sent = scene.send(&one, &shelf).await;
    scene.running.stopped().await;
    scene.stage.restart_process();
    scene.running = scene.stage.run(&scene.account).await;
    let again = scene.try_send(&one, &shelf, Attempt::Again { since }).await;
    assert_eq!(again, Ok(sent));
    assert_eq!(scene.albums().await, [vec![1000], vec![1000, 1100]]);
    scene.running.stopped().await;
}

/// The core says so in a text of its own when a file of an album is gone.
#[tokio::test]
async fn a_notice_after_an_album_is_another_message() {
    let scene = scene().await;
    let shelf = Shelf::default();
    let kinds = [MediaKind::Photo; 2];
    let one = outgoing(scene.channel(), 1, piece("", album(&shelf, &kinds)));
    let sent = scene.send(&one, &shelf).await;
    let notice = Outgoing {
        key: one.key.part(0),
        ..saying(scene.channel(), 1, "one is gone")
    };
    let noticed = scene.send(&notice, &shelf).await;
    assert!(!sent.contains(&noticed[0]));
    assert_eq!(scene.message(noticed[0]).await["text"], "one is gone");
    scene.running.stopped().await;
}
