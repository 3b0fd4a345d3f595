//! Files that the account sees on Telegram already.

use std::sync::Mutex;

use async_trait::async_trait;
use patchbay_app::ports::{
    Attempt, FileError, FileStream, Files, Reader, Rewrite, SendError, Sender,
};
use patchbay_domain::ids::{MessageId, TelegramChatId};
use patchbay_domain::{Attachment, Change, ChatId, FileRef, LinkPreview};
use patchbay_telegram::TelegramReader;
use reqwest::Method;
use serde_json::{Value, json};

use super::changes::piece;
use super::media::shown;
use super::scene::{Scene, scene};
use super::shelf::Shelf;
use crate::outgoing::{NoFiles, endpoint, outgoing};
use crate::stage::OWNER;

const SAVED: [&str; 3] = [
    "upload.saveFilePart",
    "upload.saveBigFilePart",
    "upload.getFile",
];

struct Way {
    scene: Scene,
    source: TelegramChatId,
    bob: i64,
}

/// From a group in which Bob posts to Ann's channel.
async fn way() -> Way {
    let scene = scene().await;
    let bob = scene.stage.user("+15550002", "Bob").await;
    let source = scene.stage.chat("supergroup", bob, &[scene.ann]).await;
    scene.stage.pair_from(&scene.account, source).await;
    Way { scene, source, bob }
}

/// Reads from Telegram, as the core would.
struct OnTelegram {
    reader: TelegramReader,
    opened: Mutex<usize>,
}

#[async_trait]
impl Files for OnTelegram {
    async fn open(&self, file: &FileRef) -> Result<FileStream, FileError> {
        *self.opened.lock().unwrap() += 1;
        self.reader.open(file).await
    }
}

impl OnTelegram {
    fn opened(&self) -> usize {
        *self.opened.lock().unwrap()
    }
}

impl Way {
    fn files(&self) -> OnTelegram {
        OnTelegram {
            reader: self.scene.stage.telegram.reader(),
            opened: Mutex::new(0),
        }
    }

    /// Bob posts it, and the session sees it.
    async fn posted(&self, media: Value) -> (MessageId, Attachment) {
        let post = json!({ "from": self.bob, "media": media });
        let path = format!("/chats/{}/messages", self.source);
        let id = self.scene.stage.post(&path, post).await["id"].as_u64();
        let id = MessageId(id.unwrap());
        let chat = ChatId::Telegram(self.source);
        let inbox = &self.scene.running.inbox;
        let event = inbox
            .until("it is seen", |it| it.chat == chat && it.message == id)
            .await;
        let Change::Posted { post } = event.change else {
            panic!("{event:?}")
        };
        let mut attachments = post.content.attachments;
        assert_eq!(attachments.len(), 1);
        (id, attachments.remove(0))
    }

    async fn moved(&self) -> u64 {
        let mut moved = 0;
        for method in SAVED {
            moved += self.scene.stage.calls(method).await;
        }
        moved
    }

    async fn expire(&self) {
        let path = format!("/users/{}/expire_files", self.scene.ann);
        self.scene.stage.post(&path, json!({})).await;
    }

    /// Both messages show the same bytes.
    async fn is_alike(&self, kind: &str, source: MessageId, copy: MessageId) {
        let source = self.scene.message_in(self.source, source).await;
        let copy = self.scene.message(copy).await;
        let sum = |listed: &Value| listed["media"][kind]["sha256"].as_str().map(str::to_owned);
        assert!(sum(&source).is_some(), "{source}");
        assert_eq!(sum(&source), sum(&copy));
    }
}

#[tokio::test]
async fn no_bytes_move_where_a_reference_does() {
    let way = way().await;
    let kinds = [
        "photo",
        "video",
        "round_video",
        "audio",
        "voice",
        "animation",
        "sticker",
        "document",
    ];
    for (number, kind) in (1..).zip(kinds) {
        let (source, file) = way.posted(json!({ kind: { "bytes": 3000 } })).await;
        let one = outgoing(way.scene.channel(), number, piece("", vec![file]));
        let sent = way.scene.send(&one, &NoFiles).await[0];
        way.is_alike(kind, source, sent).await;
        way.scene.is_ours(way.scene.channel, sent).await;
    }
    assert_eq!(way.moved().await, 0);
    way.scene.running.stopped().await;
}

#[tokio::test]
async fn an_expired_reference_is_renewed() {
    let way = way().await;
    let (one, first) = way.posted(json!({ "photo": { "bytes": 3000 } })).await;
    let (two, second) = way.posted(json!({ "video": { "bytes": 4000 } })).await;
    way.expire().await;
    let album = piece("", vec![first.clone(), second.clone()]);
    let album = outgoing(way.scene.channel(), 1, album);
    let sent = way.scene.send(&album, &NoFiles).await;
    way.is_alike("photo", one, sent[0]).await;
    way.is_alike("video", two, sent[1]).await;

    way.expire().await;
    let single = outgoing(way.scene.channel(), 2, piece("", vec![first]));
    let single = way.scene.send(&single, &NoFiles).await[0];
    way.is_alike("photo", one, single).await;

    way.expire().await;
    let edit = Rewrite {
        destination: way.scene.channel(),
        message: single,
        text: "changed".into(),
        attachments: Some(vec![second]),
        preview: LinkPreview::Shown,
        persona: None,
    };
    let sender = way.scene.stage.telegram.sender();
    sender.rewrite(&edit, &NoFiles).await.unwrap();
    way.is_alike("video", two, single).await;
    assert_eq!(way.moved().await, 0);
    way.scene.running.stopped().await;
}

#[tokio::test]
async fn what_may_not_be_referred_to_is_streamed() {
    let way = way().await;
    let files = way.files();
    let (source, photo) = way.posted(json!({ "photo": { "bytes": 3000 } })).await;
    // Telegram takes neither the reference nor a new one.
    let refused = json!({ "error": { "code": 400, "message": "FILE_REFERENCE_INVALID" } });
    way.scene
        .stage
        .fault("messages.sendMedia", 2, refused)
        .await;
    let one = outgoing(way.scene.channel(), 1, piece("", vec![photo.clone()]));
    let sent = way.scene.send(&one, &files).await[0];
    way.is_alike("photo", source, sent).await;
    assert_eq!(files.opened(), 1);

    // It is known beforehand that it would not.
    let path = format!("/chats/{}", way.source);
    let change = json!({ "protected": true });
    way.scene.stage.control(Method::PATCH, &path, change).await;
    let account = way.scene.account.id;
    way.scene
        .stage
        .telegram
        .refresh_chats(account)
        .await
        .unwrap();
    let calls = way.scene.stage.calls("messages.sendMedia").await;
    let two = outgoing(way.scene.channel(), 2, piece("", vec![photo]));
    let sent = way.scene.send(&two, &files).await[0];
    way.is_alike("photo", source, sent).await;
    assert_eq!(files.opened(), 2);
    let made = way.scene.stage.calls("messages.sendMedia").await - calls;
    assert_eq!(made, 1);
    way.scene.running.stopped().await;
}

#[tokio::test]
async fn a_file_whose_message_is_gone_is_gone_when_its_reference_is() {
    let way = way().await;
    let (source, photo) = way.posted(json!({ "photo": { "bytes": 3000 } })).await;
    let path = format!("/chats/{}/messages/{source}", way.source);
    way.scene
        .stage
        .control(Method::DELETE, &path, json!({}))
        .await;
    // The reference is as good as it was.
    let one = outgoing(way.scene.channel(), 1, piece("", vec![photo.clone()]));
    way.scene.send(&one, &NoFiles).await;
    way.expire().await;
    let two = outgoing(way.scene.channel(), 2, piece("", vec![photo]));
    let sent = way.scene.try_send(&two, &way.files(), Attempt::First).await;
    assert_eq!(sent, Err(SendError::FileGone { index: 0 }));
    way.scene.running.stopped().await;
}

#[tokio::test]
async fn an_album_takes_referred_and_uploaded_files_alike() {
    let way = way().await;
    let shelf = Shelf::default();
    let (source, photo) = way.posted(json!({ "photo": { "bytes": 3000 } })).await;
    way.expire().await;
    let uploaded = shelf.put(patchbay_domain::MediaKind::Video, 5000);
    let album = piece("", vec![uploaded, photo]);
    let album = outgoing(way.scene.channel(), 1, album);
    let sent = way.scene.send(&album, &shelf).await;
    way.is_alike("photo", source, sent[1]).await;
    let listed = way.scene.message(sent[0]).await;
    assert_eq!(listed["media"]["video"]["size"], 5000);
    // What was uploaded is not uploaded again with the new reference.
    assert_eq!(shelf.opened(), 1);
    way.scene.running.stopped().await;
}

/// All the way through this process, from one account to another.
#[tokio::test]
async fn what_another_account_sees_is_relayed_as_it_is() {
    let mut way = way().await;
    let bobs = way.scene.stage.link(OWNER, "+15550002").await;
    let bob = way.scene.stage.run(&bobs).await;
    let mine = way.scene.stage.chat("channel", way.bob, &[]).await;
    let files = way.files();
    let film = json!({
        "bytes": 5000, "name": "cat.mp4", "mime_type": "video/mp4",
        "width": 640, "height": 360, "duration": 2.5,
    });
    let spoiled = json!({ "bytes": 5000, "spoiler": true });
    let song = json!({
        "bytes": 5000, "name": "meow.mp3", "mime_type": "audio/mpeg",
        "duration": 61, "title": "Meow", "performer": "Cat",
    });
    let voice = json!({ "bytes": 5000, "mime_type": "audio/ogg", "duration": 4 });
    let sticker = json!({
        "bytes": 5000, "emoji": "😺", "format": "static", "width": 512, "height": 512,
    });
    let paper = json!({ "bytes": 5000, "name": "cat.pdf", "mime_type": "application/pdf" });
    let large = json!({ "bytes": 12 << 20, "name": "film.mp4", "mime_type": "video/mp4" });
    let rows = [
        ("photo", spoiled),
        ("video", film.clone()),
        ("round_video", film.clone()),
        ("animation", film),
        ("audio", song),
        ("voice", voice),
        ("sticker", sticker),
        ("document", paper),
        ("video", large),
    ];
    let count = rows.len();
    for (number, (kind, media)) in (1..).zip(rows) {
        let (source, file) = way.posted(json!({ kind: media })).await;
        let one = outgoing(endpoint(&bobs, mine), number, piece("", vec![file]));
        let sent = way.scene.send(&one, &files).await[0];
        let source = way.scene.message_in(way.source, source).await;
        let copy = way.scene.message_in(mine, sent).await;
        let sum = |listed: &Value| listed["media"][kind]["sha256"].clone();
        assert_eq!(sum(&copy), sum(&source), "{kind}");
        // The simulator takes what is sent as a video, whatever is in it, for one without sound.
        let sent = shown(&copy).replace(",\"silent\":true", "");
        assert_eq!(sent, shown(&source).replace(",\"silent\":true", ""));
    }
    assert_eq!(files.opened(), count);
    bob.stopped().await;
    way.scene.running.stopped().await;
}
