//! What messages carry beside their text, as it comes in.

use patchbay_domain::special::Location;
use patchbay_domain::{Attachment, Change, Cover, FileRef, MediaKind, Special};
use serde_json::{Value, json};

use crate::stage::{OWNER, Stage};

const PHONE: &str = "+15550001";

/// All that is told of a file but where it is.
fn described(attachment: &Attachment) -> Attachment {
    Attachment {
        file: None,
        ..attachment.clone()
    }
}

/// What is posted, and what comes of it.
fn files() -> Vec<(Value, Attachment)> {
    let known = |kind, mime: &str| Attachment {
        bytes: Some(5000),
        mime: Some(mime.to_owned()),
        ..Attachment::new(kind)
    };
    let playing = |kind, mime: &str, dimensions| Attachment {
        dimensions: Some(dimensions),
        millis: Some(2500),
        ..known(kind, mime)
    };
    vec![
        (
            json!({ "photo": { "bytes": 5000, "spoiler": true, "width": 900, "height": 600 } }),
            Attachment {
                cover: Cover::Spoiler,
                dimensions: Some((900, 600)),
                ..known(MediaKind::Photo, "image/jpeg")
            },
        ),
        (
            json!({ "video": { "bytes": 5000, "duration": 2.5, "name": "a.mp4" } }),
            Attachment {
                name: Some("a.mp4".to_owned()),
                ..playing(MediaKind::Video, "video/mp4", (1280, 720))
            },
        ),
        (
            json!({ "round_video": { "bytes": 5000, "duration": 2.5 } }),
            playing(MediaKind::RoundVideo, "video/mp4", (384, 384)),
        ),
        (
            json!({ "animation": { "bytes": 5000, "duration": 2.5 } }),
            playing(MediaKind::Animation, "video/mp4", (480, 270)),
        ),
        (
            json!({ "audio": { "bytes": 5000, "duration": 3, "title": "Song", "performer": "Band" } }),
            Attachment {
                millis: Some(3000),
                title: Some("Song".to_owned()),
                performer: Some("Band".to_owned()),
                ..known(MediaKind::Audio, "audio/mpeg")
            },
        ),
        (
            json!({ "voice": { "bytes": 5000, "duration": 3 } }),
            Attachment {
                millis: Some(3000),
                ..known(MediaKind::Voice, "audio/ogg")
            },
        ),
        (
            json!({ "sticker": { "bytes": 5000, "emoji": "😀", "format": "animated" } }),
            Attachment {
                emoji: Some("😀".to_owned()),
                dimensions: Some((512, 512)),
                ..known(MediaKind::Sticker, "application/x-tgsticker")
            },
        ),
        (
            json!({ "document": { "bytes": 5000, "name": "a.pdf", "mime_type": "application/pdf" } }),
            Attachment {
                name: Some("a.pdf".to_owned()),
                ..known(MediaKind::Document, "application/pdf")
            },
        ),
    ]
}

fn specials() -> Vec<(Value, Attachment)> {
    vec![
        (
            json!({ "venue": { "latitude": 1.5, "longitude": -2.5, "title": "Café", "address": "Here" } }),
            Attachment::special(Special::Location(Location {
                title: Some("Café".to_owned()),
                address: Some("Here".to_owned()),
                ..Location::from_degrees(1.5, -2.5)
            })),
        ),
        (
            json!({ "dice": { "emoji": "🎲", "value": 4 } }),
            Attachment::special(Special::Dice {
                emoji: "🎲".to_owned(),
                value: 4,
            }),
        ),
    ]
}

#[tokio::test]
async fn files_and_specials_arrive_with_all_that_is_known_of_them() {
    let mut stage = Stage::start().await;
    let (ann, bob) = stage.ann_and_bob(PHONE).await;
    let chat = stage.chat("supergroup", bob, &[ann]).await;
    let account = stage.link(OWNER, PHONE).await;
    let running = stage.run(&account).await;
    for (number, (media, expected)) in files().into_iter().chain(specials()).enumerate() {
        let text = if expected.file.is_none() && expected.special.is_some() {
            String::new()
        } else {
            format!("caption {number}")
        };
        let message = json!({ "from": bob, "text": text, "media": media });
        let path = format!("/chats/{chat}/messages");
        let id = stage.post(&path, message).await["id"].as_u64().unwrap();
        let event = running
            .inbox
            .until("the message", |event| event.message.0 == id)
            .await;
        let Change::Posted { post } = event.change else {
            panic!()
        };
        assert_eq!(post.content.text.as_str(), text, "{media}");
        let [attachment] = post.content.attachments.as_slice() else {
            panic!("{media}: {:?}", post.content)
        };
        assert_eq!(described(attachment), expected, "{media}");
        if expected.special.is_none() {
            let Some(FileRef::Telegram(file)) = &attachment.file else {
                panic!("{media}: {attachment:?}")
            };
            assert_eq!((file.account, file.chat), (account.id, chat));
            assert_eq!((file.message.0, file.bytes), (id, Some(5000)));
        }
    }
    running.stopped().await;
}
