//! Files and other media, one at a time.

use std::time::Duration;

use patchbay_app::ports::{Attempt, FileError, SendError, Sender};
use patchbay_domain::special::{Ballot, Choice, Contact, Location, Poll};
use patchbay_domain::{Attachment, Cover, FailReason, MediaKind, Special};
use serde_json::{Value, json};

use super::changes::piece;
use super::scene::{ids, scene};
use super::shelf::{Shelf, sha256};
use crate::outgoing::{endpoint, outgoing};

/// The media that was listed, without what is not there and what is the same for all.
pub(crate) fn shown(listed: &Value) -> String {
    let mut media = listed["media"].clone();
    let media = media.as_object_mut().unwrap();
    for (_, it) in media.iter_mut() {
        let it = it.as_object_mut().unwrap();
        it.retain(|name, value| {
            let is_alike = ["file", "sha256", "size"].contains(&name.as_str());
            !is_alike && !value.is_null() && *value != false && *value != json!([])
        });
    }
    json!(media).to_string()
}

#[tokio::test]
async fn every_kind_of_file_arrives_as_it_is() {
    let scene = scene().await;
    let shelf = Shelf::default();
    let named = |kind, name: &str, mime: &str| Attachment {
        name: Some(name.to_owned()),
        mime: Some(mime.to_owned()),
        ..shelf.put(kind, 3000)
    };
    let film = |kind, name: &str, mime: &str| Attachment {
        dimensions: Some((640, 360)),
        millis: Some(2500),
        ..named(kind, name, mime)
    };
    let rows = [
        ("photo", named(MediaKind::Photo, "cat.png", "image/png")),
        ("photo", shelf.put(MediaKind::Photo, 3000)),
        (
            "photo",
            Attachment {
                cover: Cover::Spoiler,
                ..shelf.put(MediaKind::Photo, 3000)
            },
        ),
        ("video", film(MediaKind::Video, "cat.mp4", "video/mp4")),
        (
            "round_video",
            film(MediaKind::RoundVideo, "cat.mp4", "video/mp4"),
        ),
        (
            "animation",
            film(MediaKind::Animation, "cat.mp4", "video/mp4"),
        ),
        (
            "animation",
            named(MediaKind::Animation, "cat.gif", "image/gif"),
        ),
        (
            "audio",
            Attachment {
                millis: Some(61_000),
                title: Some("Meow".to_owned()),
                performer: Some("Cat".to_owned()),
                ..named(MediaKind::Audio, "meow.mp3", "audio/mpeg")
            },
        ),
        (
            "voice",
            Attachment {
                millis: Some(4200),
                waveform: vec![1, 2, 3],
                ..named(MediaKind::Voice, "voice.ogg", "audio/ogg")
            },
        ),
        (
            "document",
            named(MediaKind::Document, "cat.pdf", "application/pdf"),
        ),
        ("document", shelf.put(MediaKind::Document, 3000)),
        ("photo", named(MediaKind::Sticker, "cat.png", "image/png")),
    ];
    let mut all = Vec::new();
    for (number, (kind, attachment)) in (1..).zip(rows) {
        let waveform = attachment.waveform.clone();
        let sent = outgoing(scene.channel(), number, piece("", vec![attachment]));
        let sent = scene.send(&sent, &shelf).await;
        let listed = scene.message(sent[0]).await;
        assert_eq!(listed["media"][kind]["sha256"], sha256(3000), "{listed}");
        let seen = scene.is_ours(scene.channel, sent[0]).await;
        assert_eq!(seen.content.attachments[0].waveform, waveform);
        all.push(shown(&listed));
    }
    insta::assert_snapshot!(all.join("\n"), @r#"
    {"photo":{"height":960,"mime_type":"image/jpeg","width":1280}}
    {"photo":{"height":960,"mime_type":"image/jpeg","width":1280}}
    {"photo":{"height":960,"mime_type":"image/jpeg","spoiler":true,"width":1280}}
    {"video":{"duration":2.5,"height":360,"mime_type":"video/mp4","name":"cat.mp4","silent":true,"width":640}}
    {"round_video":{"duration":2.5,"height":360,"mime_type":"video/mp4","name":"cat.mp4","silent":true,"width":640}}
    {"animation":{"duration":2.5,"height":360,"mime_type":"video/mp4","name":"cat.mp4","silent":true,"width":640}}
    {"animation":{"mime_type":"image/gif","name":"cat.gif"}}
    {"audio":{"duration":61.0,"mime_type":"audio/mpeg","name":"meow.mp3","performer":"Cat","title":"Meow"}}
    {"voice":{"duration":4.0,"mime_type":"audio/ogg","name":"voice.ogg"}}
    {"document":{"mime_type":"application/pdf","name":"cat.pdf"}}
    {"document":{"mime_type":"application/octet-stream"}}
    {"photo":{"height":960,"mime_type":"image/jpeg","width":1280}}
    "#);
    scene.running.stopped().await;
}

#[tokio::test]
async fn what_is_no_file_is_shown_as_what_it_is() {
    let scene = scene().await;
    let shelf = Shelf::default();
    let place = Location::from_degrees(48.858_222_2, 2.2945);
    let poll = Poll {
        question: "Tea?".to_owned(),
        options: vec!["Yes".to_owned(), "No".to_owned()],
        choice: Choice::Several,
        ballot: Ballot::Open,
    };
    let rows = [
        Special::Poll(poll),
        Special::Location(place.clone()),
        Special::Location(Location {
            title: Some("Tower".to_owned()),
            address: Some("Paris".to_owned()),
            ..place
        }),
        Special::Contact(Contact {
            phone: "+15550100".to_owned(),
            first_name: "Ann".to_owned(),
            last_name: "Lee".to_owned(),
        }),
    ];
    let mut all = Vec::new();
    for (number, special) in (1..).zip(rows) {
        let attachment = Attachment::special(special);
        let sent = outgoing(scene.channel(), number, piece("", vec![attachment]));
        let sent = scene.send(&sent, &shelf).await;
        scene.is_ours(scene.channel, sent[0]).await;
        all.push(shown(&scene.message(sent[0]).await));
    }
    insta::assert_snapshot!(all.join("\n"), @r#"
    {"poll":{"answers":["Yes","No"],"multiple":true,"question":"Tea?"}}
    {"location":{"latitude":48.8582222,"longitude":2.2945}}
    {"venue":{"address":"Paris","latitude":48.8582222,"longitude":2.2945,"title":"Tower"}}
    {"contact":{"first_name":"Ann","last_name":"Lee","phone_number":"+15550100"}}
    "#);
    scene.running.stopped().await;
}

#[tokio::test]
async fn a_lost_answer_makes_one_message() {
    let scene = scene().await;
    let shelf = Shelf::default();
    let photos = [4000, 5000].map(|bytes| shelf.put(MediaKind::Photo, bytes));
    let [first, second] = photos.map(|it| vec![it]);
    let first = outgoing(scene.channel(), 1, piece("", first));
    let earlier = scene.send(&first, &shelf).await;
    let lost = json!("lose_response");
    scene.stage.fault("messages.sendMedia", 1, lost).await;
    let second = outgoing(scene.channel(), 2, piece("", second));
    let sent = scene.send_again(&second, &shelf).await;
    assert_ne!(sent, earlier);
    let listed = scene.message(sent[0]).await;
    assert_eq!(listed["media"]["photo"]["sha256"], sha256(5000));
    assert_eq!(scene.stage.messages(scene.channel).await.len(), 2);
    scene.is_ours(scene.channel, sent[0]).await;
    scene.running.stopped().await;
}

/// The first answer got lost with the process.
#[tokio::test]
async fn another_process_finds_what_the_former_one_sent() {
    let mut scene = scene().await;
    let shelf = Shelf::default();
    let since = scene.stage.ports.clock.now();
    let mut all = Vec::new();
    let files = [
        (MediaKind::Photo, 4000),
        (MediaKind::Document, 4000),
        (MediaKind::Document, 5000),
    ];
    for (number, (kind, bytes)) in (1..).zip(files) {
        let file = shelf.put(kind, bytes);
        let one = outgoing(scene.channel(), number, piece("", vec![file]));
        let sent = scene.send(&one, &shelf).await;
        all.push((one, sent));
    }
    scene.running.stopped().await;
    scene.stage.restart_process();
    scene.running = scene.stage.run(&scene.account).await;
    // The last one first, when nothing is known of the others.
    for (one, sent) in all.into_iter().rev() {
        let again = scene.try_send(&one, &shelf, Attempt::Again { since }).await;
        assert_eq!(again, Ok(sent));
    }
    assert_eq!(scene.stage.messages(scene.channel).await.len(), 3);
    scene.running.stopped().await;
}

/// What was sent is found by its words, or by a file that is as large, and by nothing less.
#[tokio::test]
async fn what_is_gone_at_its_source_is_found_if_it_was_sent() {
    let mut scene = scene().await;
    let shelf = Shelf::default();
    let since = scene.stage.ports.clock.now();
    let photo = shelf.put(MediaKind::Photo, 4000);
    let documents = [5000, 6000].map(|bytes| shelf.put(MediaKind::Document, bytes));
    let [sent, not_sent] = documents.map(|it| vec![it]);
    let cases = [
        (piece("", vec![photo.clone()]), true, false),
        (piece("words", vec![photo]), true, true),
        (piece("", sent), true, true),
        (piece("", not_sent), false, false),
    ];
    let mut expected = Vec::new();
    for (number, (piece, is_sent, is_found)) in (1..).zip(cases) {
        let one = outgoing(scene.channel(), number, piece);
        let mut there = None;
        if is_sent {
            there = Some(scene.send(&one, &shelf).await);
        }
        expected.push((one, there.filter(|_| is_found)));
    }
    scene.running.stopped().await;
    scene.stage.restart_process();
    scene.running = scene.stage.run(&scene.account).await;
    let sender = scene.stage.telegram.sender();
    for (one, there) in expected {
        let found = sender.find(&one, since).await.unwrap();
        assert_eq!(found.as_deref().map(ids), there, "{:?}", one.piece);
    }
    scene.running.stopped().await;
}

#[tokio::test]
async fn what_becomes_of_a_file_that_can_not_be_read() {
    let scene = scene().await;
    let shelf = Shelf::default();
    let after = Duration::from_secs(9);
    let why = "broken".to_owned();
    let rows = [
        (FileError::Gone, SendError::FileGone { index: 1 }),
        (FileError::Limited { after }, SendError::Limited { after }),
        (
            FileError::Retry { why: why.clone() },
            SendError::Retry {
                after: Duration::ZERO,
                why,
            },
        ),
    ];
    for (number, (error, expected)) in (1..).zip(rows) {
        let files = vec![
            shelf.put(MediaKind::Photo, 10),
            shelf.put_failing(MediaKind::Photo, error),
        ];
        let one = outgoing(scene.channel(), number, piece("", files));
        let sent = scene.try_send(&one, &shelf, Attempt::First).await;
        assert_eq!(sent, Err(expected));
    }
    for told in [99, 101] {
        let file = shelf.put_mistold(MediaKind::Document, 100, told);
        let one = outgoing(scene.channel(), 9, piece("", vec![file]));
        let sent = scene.try_send(&one, &shelf, Attempt::First).await;
        assert!(matches!(sent, Err(SendError::Retry { .. })), "{sent:?}");
    }
    let empty = shelf.put(MediaKind::Document, 0);
    let one = outgoing(scene.channel(), 10, piece("", vec![empty]));
    let sent = scene.try_send(&one, &shelf, Attempt::First).await;
    let code = "FILE_PART_EMPTY".to_owned();
    let refused = SendError::Fail(FailReason::Refused { code });
    assert_eq!(sent, Err(refused));
    assert_eq!(
        scene.stage.messages(scene.channel).await,
        Vec::<Value>::new()
    );
    scene.running.stopped().await;
}

#[tokio::test]
async fn limits_and_refusals_of_media() {
    let scene = scene().await;
    let shelf = Shelf::default();
    let other = scene.stage.chat("supergroup", scene.ann, &[]).await;
    let rows = [
        (
            json!({ "slow_mode_wait": 7 }),
            SendError::Limited {
                after: Duration::from_secs(7),
            },
        ),
        (
            json!({ "error": { "code": 403, "message": "CHAT_SEND_PHOTOS_FORBIDDEN" } }),
            SendError::Fail(FailReason::NotAllowed),
        ),
        (
            json!({ "error": { "code": 403, "message": "CHAT_SEND_MEDIA_FORBIDDEN" } }),
            SendError::Fail(FailReason::NotAllowed),
        ),
        (
            json!({ "flood_wait": 40 }),
            SendError::Limited {
                after: Duration::from_secs(40),
            },
        ),
    ];
    for (number, (fault, expected)) in (1..).zip(rows) {
        scene.stage.fault("messages.sendMedia", 1, fault).await;
        let photo = shelf.put(MediaKind::Photo, 1000);
        let one = outgoing(
            endpoint(&scene.account, other),
            number,
            piece("", vec![photo]),
        );
        let sent = scene.try_send(&one, &shelf, Attempt::First).await;
        assert_eq!(sent, Err(expected));
    }
    scene.running.stopped().await;
}
