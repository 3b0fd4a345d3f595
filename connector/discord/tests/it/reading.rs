//! Files on the CDN, and messages that are quoted.

use std::time::Duration;

use patchbay_app::ports::{FileError, Reader};
use patchbay_discord::Discord;
use patchbay_domain::file::DiscordFile;
use patchbay_domain::ids::MessageId;
use patchbay_domain::{Attachment, Change, FileRef};
use serde_json::{Value, json};

use super::bench::{Bench, text};
use super::files::{sha256, whole};

const FILE: &str = "GET /attachments/{}/{}/{}";

/// A file that somebody posted, as the gateway told of it, and its hash.
async fn shared(bench: &Bench, bytes: usize) -> (Attachment, String) {
    let listener = bench.listen_settled().await;
    let file = json!([{"name": "a.bin", "bytes": bytes, "seed": 7}]);
    let posted = bench.share(file).await;
    listener
        .until("a post", |listener| !listener.events().is_empty())
        .await;
    let Change::Posted { post } = &listener.events()[0].change else {
        panic!("not posted")
    };
    let hash = text(&posted["attachments"][0]["sha256"]);
    (post.content.attachments[0].clone(), hash)
}

async fn read(bench: &Bench, file: &Attachment) -> Result<String, FileError> {
    read_by(&bench.discord(), file).await
}

async fn read_by(discord: &Discord, file: &Attachment) -> Result<String, FileError> {
    let reader = discord.reader();
    let stream = reader.open(file.file.as_ref().unwrap()).await?;
    assert_eq!(stream.bytes, file.bytes);
    whole(stream).await.map(|bytes| sha256(&bytes))
}

#[tokio::test]
async fn a_file_comes_as_it_is_though_the_line_breaks() {
    let bench = Bench::start().await;
    let (file, hash) = shared(&bench, 3_000_000).await;
    assert_eq!(read(&bench, &file).await, Ok(hash.clone()));
    for after in [0, 1, 1_000_000] {
        bench
            .fault(FILE, json!({"cut_body": {"after": after}}))
            .await;
        bench
            .fault(FILE, json!({"cut_body": {"after": 500_000}}))
            .await;
        assert_eq!(read(&bench, &file).await, Ok(hash.clone()), "{after}");
    }
    bench.fault(FILE, json!({"status": 503})).await;
    let failed = read(&bench, &file).await;
    assert!(matches!(failed, Err(FileError::Retry { .. })), "{failed:?}");
    bench
        .fault(FILE, json!({"rate_limit": {"retry_after": 3}}))
        .await;
    let limited = read(&bench, &file).await;
    assert!(
        matches!(limited, Err(FileError::Limited { .. })),
        "{limited:?}"
    );
}

#[tokio::test]
async fn a_file_may_come_slowly_but_not_stop() {
    let bench = Bench::start().await;
    let (file, hash) = shared(&bench, 30_000).await;
    let discord = bench.impatient(Duration::from_millis(600));
    bench
        .fault(FILE, json!({"trickle": {"bytes_per_s": 20_000}}))
        .await;
    assert_eq!(read_by(&discord, &file).await, Ok(hash));
    bench.fault(FILE, json!({"delay_ms": 5000})).await;
    let stopped = read_by(&discord, &file).await;
    assert!(
        matches!(stopped, Err(FileError::Retry { .. })),
        "{stopped:?}"
    );
}

#[tokio::test]
async fn an_address_that_has_ended_is_renewed() {
    let bench = Bench::start().await;
    let (file, hash) = shared(&bench, 100_000).await;
    bench.post("/cdn/expire", Value::Null).await;
    assert_eq!(read(&bench, &file).await, Ok(hash.clone()));
    // Where Discord doesn't renew addresses, the message shows the present one.
    bench.post("/cdn/expire", Value::Null).await;
    bench
        .fault("POST /attachments/refresh-urls", json!({"status": 400}))
        .await;
    assert_eq!(read(&bench, &file).await, Ok(hash.clone()));
    // In the middle of a transfer too.
    bench
        .fault(FILE, json!({"cut_body": {"after": 50_000}}))
        .await;
    let reader = bench.discord().reader();
    let stream = reader.open(file.file.as_ref().unwrap()).await.unwrap();
    bench.post("/cdn/expire", Value::Null).await;
    assert_eq!(sha256(&whole(stream).await.unwrap()), hash);
}

#[tokio::test]
async fn a_file_that_is_deleted_is_gone() {
    let bench = Bench::start().await;
    let (file, _) = shared(&bench, 1000).await;
    let message = text(&bench.messages().await[0]["id"]);
    let path = format!("/channels/{}/messages/{message}", bench.channel);
    bench.change("DELETE", &path, Value::Null).await;
    assert_eq!(read(&bench, &file).await, Err(FileError::Gone));
}

#[tokio::test]
async fn files_elsewhere_are_not_read() {
    let bench = Bench::start().await;
    let reader = bench.discord().reader();
    for url in ["http://127.0.0.1:9/a.png", "https://example.org/a.png", "a"] {
        let file = FileRef::Discord(DiscordFile {
            url: url.to_owned(),
            attachment: None,
        });
        let opened = reader.open(&file).await.map(|stream| stream.bytes);
        assert_eq!(opened, Err(FileError::Gone), "{url}");
    }
}

#[tokio::test]
async fn a_message_is_quoted_by_its_beginning() {
    let bench = Bench::start().await;
    let reader = bench.discord().reader();
    let quoted = async |id: MessageId| {
        let excerpt = reader.excerpt(&bench.here(), id).await.unwrap();
        excerpt.map(|it| format!("{}: {}", it.author, it.text.as_str()))
    };
    let long = bench.say(&format!("**hello** {}", "x".repeat(100))).await;
    let expected = format!("owner: hello {}…", "x".repeat(74));
    assert_eq!(quoted(long).await, Some(expected));
    let file = json!([{"name": "a.png", "bytes": 5, "seed": 1, "content_type": "image/png"}]);
    let picture = text(&bench.share(file).await["id"]).parse().unwrap();
    assert_eq!(
        quoted(picture).await.as_deref(),
        Some("owner: [photo: a.png]")
    );
    assert_eq!(quoted(MessageId(1)).await, None);
}
