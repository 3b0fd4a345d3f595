//! Reading files and messages.

use std::time::Duration;

use futures_util::StreamExt;
use patchbay_app::ports::{Excerpt, FileError, FileStream, Reader};
use patchbay_domain::account::Account;
use patchbay_domain::ids::{MessageId, TelegramChatId};
use patchbay_domain::{Endpoint, FileRef};
use patchbay_telegram::TelegramReader;
use reqwest::Method;
use serde_json::{Value, json};

use crate::stage::{OTHER_DC, OWNER, Running, Stage};

const PHONE: &str = "+15550001";
const PART: u64 = 512 * 1024;

/// Bob's supergroup and group, which Ann's account reads.
struct Scene {
    stage: Stage,
    account: Account,
    running: Running,
    reader: TelegramReader,
    channel: TelegramChatId,
    group: TelegramChatId,
    ann: i64,
    bob: i64,
}

async fn scene() -> Scene {
    let mut stage = Stage::start().await;
    let (ann, bob) = stage.ann_and_bob(PHONE).await;
    let channel = stage.chat("supergroup", bob, &[ann]).await;
    let group = stage.chat("group", bob, &[ann]).await;
    let account = stage.link(OWNER, PHONE).await;
    let running = stage.run(&account).await;
    let reader = stage.telegram.reader();
    Scene {
        stage,
        account,
        running,
        reader,
        channel,
        group,
        ann,
        bob,
    }
}

/// A file in a message.
struct Posted {
    message: String,
    file: FileRef,
    /// By which the simulator knows it.
    id: Value,
}

impl Scene {
    async fn post(&self, chat: TelegramChatId, media: Value) -> Posted {
        let path = format!("/chats/{chat}/messages");
        let message = json!({ "from": self.bob, "media": media });
        let id = self.stage.post(&path, message).await["id"].clone();
        let listed = self.stage.messages(chat).await;
        let listed = listed.iter().find(|message| message["id"] == id).unwrap();
        let media = listed["media"].as_object().unwrap();
        let media = media.values().next().unwrap();
        let bytes = media["size"].as_u64();
        let event = self
            .running
            .inbox
            .until("the file", |event| {
                let post = event.change.post();
                let mut files = post.iter().flat_map(|post| &post.content.attachments);
                files.any(|file| file.bytes == bytes)
            })
            .await;
        let post = event.change.post().unwrap();
        Posted {
            message: format!("{path}/{id}"),
            file: post.content.attachments[0].file.clone().unwrap(),
            id: media["file"].clone(),
        }
    }

    async fn expire(&self, posted: &Posted) {
        let path = format!("/files/{}/expire", posted.id);
        self.stage.post(&path, json!({})).await;
    }
}

async fn read(stream: FileStream) -> Result<Vec<u8>, FileError> {
    let (bytes, mut chunks) = (stream.bytes, stream.chunks);
    let mut read = Vec::new();
    while let Some(chunk) = chunks.next().await {
        read.extend_from_slice(&chunk?);
    }
    assert_eq!(bytes, Some(u64::try_from(read.len()).unwrap()));
    Ok(read)
}

async fn refused(reader: &TelegramReader, file: &FileRef) -> FileError {
    match reader.open(file).await {
        Ok(_) => panic!("it was opened"),
        Err(error) => error,
    }
}

#[tokio::test]
async fn files_of_every_size_are_read_whole() {
    let scene = scene().await;
    let sizes = [1, 5000, PART - 1, PART, PART + 1, 5 * PART, 7 * PART + 9];
    for (number, size) in sizes.into_iter().enumerate() {
        let chat = [scene.channel, scene.group][number % 2];
        let document = json!({ "document": { "bytes": size, "seed": number } });
        let posted = scene.post(chat, document).await;
        let stream = scene.reader.open(&posted.file).await.unwrap();
        let read = read(stream).await.unwrap();
        assert!(read == scene.stage.file(&posted.id).await, "{size}");
    }
    let photo = json!({ "photo": { "bytes": 70_000 } });
    let posted = scene.post(scene.channel, photo).await;
    let stream = scene.reader.open(&posted.file).await.unwrap();
    let read = read(stream).await.unwrap();
    assert!(
        read == scene.stage.file(&posted.id).await,
        "the largest size"
    );
    scene.running.stopped().await;
}

#[tokio::test]
async fn files_of_another_data_centre_are_read_there() {
    let scene = scene().await;
    for (size, told) in [(3 * PART + 1, OTHER_DC), (5000, OTHER_DC), (70_000, 2)] {
        let document = json!({ "document": { "bytes": size, "dc": OTHER_DC } });
        let mut posted = scene.post(scene.channel, document).await;
        let FileRef::Telegram(file) = &mut posted.file else {
            panic!("{:?}", posted.file)
        };
        assert_eq!(file.dc, OTHER_DC);
        // It may have moved since the message was read.
        file.dc = told;
        let stream = scene.reader.open(&posted.file).await.unwrap();
        let read = read(stream).await.unwrap();
        assert!(read == scene.stage.file(&posted.id).await, "{size}");
    }
    let introduced = scene.stage.calls("auth.importAuthorization").await;
    assert_eq!(introduced, 1, "once for a connection");
    let text = json!({ "from": scene.bob, "text": "still told once" });
    let path = format!("/chats/{}/messages", scene.channel);
    scene.stage.post(&path, text).await;
    scene.running.inbox.until_posted("still told once").await;
    scene.running.stopped().await;
}

#[tokio::test]
async fn an_expired_reference_is_renewed_and_the_file_goes_on() {
    let scene = scene().await;
    for (chat, method) in [
        (scene.channel, "channels.getMessages"),
        (scene.group, "messages.getMessages"),
    ] {
        let size = 9 * PART + u64::from(chat == scene.group);
        let posted = scene
            .post(chat, json!({ "video": { "bytes": size } }))
            .await;
        scene.expire(&posted).await;
        let mut stream = scene.reader.open(&posted.file).await.unwrap();
        assert_eq!(scene.stage.calls(method).await, 1);
        let first = stream.chunks.next().await.unwrap().unwrap();
        scene.expire(&posted).await;
        let mut whole = first.to_vec();
        while let Some(chunk) = stream.chunks.next().await {
            whole.extend_from_slice(&chunk.unwrap());
        }
        assert!(whole == scene.stage.file(&posted.id).await);
        assert_eq!(
            scene.stage.calls(method).await,
            2,
            "parts renew it together"
        );
    }
    scene.running.stopped().await;
}

#[tokio::test]
async fn files_that_are_not_there_any_more_are_gone() {
    let scene = scene().await;
    for chat in [scene.channel, scene.group] {
        let deleted = scene
            .post(chat, json!({ "photo": { "bytes": 4001 } }))
            .await;
        let path = &deleted.message;
        scene.stage.control(Method::DELETE, path, json!({})).await;
        scene.expire(&deleted).await;
        assert_eq!(refused(&scene.reader, &deleted.file).await, FileError::Gone);

        let replaced = scene
            .post(chat, json!({ "photo": { "bytes": 4002 } }))
            .await;
        let media = json!({ "media": { "photo": { "bytes": 4003 } } });
        let path = &replaced.message;
        scene.stage.control(Method::PATCH, path, media).await;
        scene.expire(&replaced).await;
        assert_eq!(
            refused(&scene.reader, &replaced.file).await,
            FileError::Gone
        );
        scene
            .running
            .inbox
            .until("the replacement", |event| event.change.bytes() == 4003)
            .await;
    }
    let lost = json!({ "photo": { "bytes": 4004 } });
    let lost = scene.post(scene.channel, lost).await;
    scene.expire(&lost).await;
    let member = format!("/chats/{}/members/{}", scene.channel, scene.ann);
    scene
        .stage
        .control(Method::DELETE, &member, json!({}))
        .await;
    assert_eq!(refused(&scene.reader, &lost.file).await, FileError::Gone);
    scene.running.stopped().await;
}

#[tokio::test]
async fn waits_and_broken_connections_lose_nothing() {
    let scene = scene().await;
    let document = json!({ "document": { "bytes": 6 * PART } });
    let posted = scene.post(scene.channel, document).await;
    let wait = json!({ "flood_wait": 7 });
    scene.stage.fault("upload.getFile", 1, wait.clone()).await;
    let after = Duration::from_secs(7);
    let limited = FileError::Limited { after };
    assert_eq!(refused(&scene.reader, &posted.file).await, limited);

    let mut stream = scene.reader.open(&posted.file).await.unwrap();
    assert!(stream.chunks.next().await.unwrap().is_ok());
    scene.stage.fault("upload.getFile", 3, wait).await;
    assert_eq!(stream.chunks.next().await, Some(Err(limited)));
    assert_eq!(
        stream.chunks.next().await,
        None,
        "nothing follows a part that is missing"
    );
    scene
        .stage
        .control(Method::DELETE, "/faults", json!({}))
        .await;

    let stream = scene.reader.open(&posted.file).await.unwrap();
    let broken = json!("drop_connection");
    scene.stage.fault("upload.getFile", 1, broken).await;
    let read = read(stream).await.unwrap();
    assert!(read == scene.stage.file(&posted.id).await);
    scene.running.stopped().await;
}

#[tokio::test]
async fn a_file_that_ends_early_is_no_file() {
    let scene = scene().await;
    let document = json!({ "document": { "bytes": PART + 100 } });
    let FileRef::Telegram(mut file) = scene.post(scene.channel, document).await.file else {
        panic!()
    };
    file.bytes = Some(PART + 101);
    let stream = scene.reader.open(&FileRef::Telegram(file.clone())).await;
    let outcome = read(stream.unwrap()).await;
    assert!(
        matches!(outcome, Err(FileError::Retry { .. })),
        "{outcome:?}"
    );

    // Where the size was not noted, the message tells it.
    file.bytes = None;
    let stream = scene.reader.open(&FileRef::Telegram(file.clone())).await;
    let read = read(stream.unwrap()).await.unwrap();
    assert_eq!(u64::try_from(read.len()), Ok(PART + 100));
    scene.running.stopped().await;

    let refused = refused(&scene.reader, &FileRef::Telegram(file)).await;
    assert!(matches!(refused, FileError::Retry { .. }), "{refused:?}");
}

#[tokio::test]
async fn messages_are_quoted() {
    let scene = scene().await;
    let quoted = async |chat, id: u64| {
        let source = Endpoint::Telegram {
            account: scene.account.id,
            chat,
            topic: None,
        };
        let excerpt = scene.reader.excerpt(&source, MessageId(id)).await.unwrap();
        excerpt.map(|Excerpt { author, text }| (author, text.as_str().to_owned()))
    };
    let said = |author: &str, text: &str| Some((author.to_owned(), text.to_owned()));
    let private = TelegramChatId(scene.bob);
    let path = format!("/private/{}/{}/messages", scene.bob, scene.ann);
    for chat in [scene.channel, scene.group, private] {
        let text = format!("said in {chat}");
        if chat == private {
            scene.stage.post(&path, json!({ "text": text })).await;
        } else {
            scene.stage.say(chat, scene.bob, &text).await;
        }
        let id = scene.running.inbox.until_posted(&text).await.message.0;
        assert_eq!(quoted(chat, id).await, said("Bob", &text));
        assert_eq!(quoted(chat, id + 1000).await, None);
    }
    let posted = scene
        .post(scene.channel, json!({ "voice": { "bytes": 999 } }))
        .await;
    let FileRef::Telegram(file) = &posted.file else {
        panic!()
    };
    let voice = file.message.0;
    assert_eq!(quoted(scene.channel, voice).await, said("Bob", "[voice]"));
    let (path, nothing) = (&posted.message, json!({}));
    scene.stage.control(Method::DELETE, path, nothing).await;
    assert_eq!(quoted(scene.channel, voice).await, None);
    scene.running.stopped().await;
}

#[tokio::test]
async fn an_album_is_read_as_it_is_now() {
    let scene = scene().await;
    let source = Endpoint::Telegram {
        account: scene.account.id,
        chat: scene.channel,
        topic: None,
    };
    let part = |text: &str| json!({ "text": text, "media": { "photo": { "bytes": 99 } } });
    let album = json!({ "from": scene.bob, "messages": [part("one"), part(""), part("three")] });
    let path = format!("/chats/{}", scene.channel);
    let posted = scene.stage.post(&format!("{path}/albums"), album).await;
    let ids = posted["ids"].as_array().unwrap().iter();
    let ids: Vec<_> = ids.map(|id| MessageId(id.as_u64().unwrap())).collect();
    let read = async || {
        let post = scene.reader.album(&source, &ids).await.unwrap()?;
        let parts = post.content.attachments.iter();
        let parts = parts.map(|it| (it.message, it.caption.as_str().to_owned()));
        let parts: Vec<_> = parts.collect();
        Some((post.content.text.as_str().to_owned(), parts))
    };
    let captioned = |place: usize, caption: &str| (Some(ids[place]), caption.to_owned());
    let whole = vec![captioned(0, ""), captioned(1, ""), captioned(2, "three")];
    scene.running.inbox.until_posted("one").await;
    assert_eq!(read().await, Some(("one".to_owned(), whole)));
    let delete = async |place: usize| {
        let message = format!("{path}/messages/{}", ids[place]);
        scene
            .stage
            .control(Method::DELETE, &message, json!({}))
            .await
    };
    delete(0).await;
    let left = vec![captioned(1, ""), captioned(2, "three")];
    assert_eq!(read().await, Some((String::new(), left)));
    delete(1).await;
    delete(2).await;
    assert_eq!(read().await, None);
    scene.running.stopped().await;
}
