//! Messages with files, on their way to Discord.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use patchbay_app::ports::{
    Attempt, Clock, FileError, FileStream, Files, Outgoing, Piece, Reader, SendError, Sender, Sent,
};
use patchbay_discord::DiscordReader;
use patchbay_domain::file::{DiscordAttachment, DiscordFile};
use patchbay_domain::guild::Guild;
use patchbay_domain::ids::MessageId;
use patchbay_domain::special::{Ballot, Choice, Poll};
use patchbay_domain::{Attachment, Content, Cover, FileRef, MediaKind, Special, Text};
use serde_json::{Value, json};

use super::bench::{Bench, text};
use super::files::{Made, NoFiles, Telling, attachment, bytes_of, sha256};
use super::sending::{POST, outgoing};

fn with_files(bench: &Bench, number: u64, said: &str, files: Vec<Attachment>) -> Outgoing {
    let alone = outgoing(bench, number, said);
    Outgoing {
        piece: Piece {
            text: Text::plain(said),
            attachments: files,
        },
        ..alone
    }
}

/// The hashes of the files of a message as the channel shows it.
fn hashes(message: &Value) -> Vec<String> {
    let files = message["attachments"].as_array().unwrap().iter();
    files.map(|file| text(&file["sha256"])).collect()
}

fn made(number: i64) -> String {
    sha256(&bytes_of(number))
}

fn ids(message: &Value) -> Vec<String> {
    let files = message["attachments"].as_array().unwrap().iter();
    files.map(|file| text(&file["id"])).collect()
}

fn told(sent: &[Sent]) -> Vec<String> {
    let files = sent.iter().filter_map(|sent| sent.file);
    files.map(|file| file.to_string()).collect()
}

fn document(number: i64) -> Attachment {
    attachment(number, MediaKind::Document, &format!("{number}.bin"))
}

#[tokio::test]
async fn files_arrive_as_they_are_and_none_is_held() {
    let bench = Bench::start().await;
    let sender = bench.discord().sender();
    let spoiler = Attachment {
        cover: Cover::Spoiler,
        ..attachment(1, MediaKind::Photo, "кот.png")
    };
    let all = vec![document(10_000), spoiler, document(9_000), document(0)];
    let message = with_files(&bench, 1, "*four*", all);
    let files = Made::default();
    let sent = sender.send(&message, &files, Attempt::First).await.unwrap();
    let posted = &bench.messages().await[0];
    assert_eq!(posted["content"], r"\*four\*");
    let expected = [10_000, 1, 9_000, 0].map(made);
    assert_eq!(hashes(posted), expected);
    assert_eq!(told(&sent), ids(posted));
    assert_eq!(posted["attachments"][1]["flags"], 8);
    assert!(
        sent.iter()
            .all(|sent| sent.message.to_string() == text(&posted["id"]))
    );
    // One chunk waits, one is read, and the connection takes some in between.
    assert!(files.chunks.most() <= 16, "{} chunks", files.chunks.most());
    assert_eq!(files.open.most(), 1, "one is open at a time");
}

#[tokio::test]
async fn files_of_unknown_length_arrive_as_they_are() {
    for telling in [Telling::Nothing, Telling::Length] {
        let bench = Bench::start().await;
        let sender = bench.discord().sender();
        let unknown = |number| Attachment {
            bytes: None,
            ..document(number)
        };
        let message = with_files(&bench, 1, "", vec![unknown(3_000), unknown(5)]);
        let files = Made {
            telling,
            ..Made::default()
        };
        // A limit on the way costs nothing but time.
        bench
            .fault(POST, json!({"rate_limit": {"retry_after": 0.1}}))
            .await;
        sender.send(&message, &files, Attempt::First).await.unwrap();
        assert_eq!(hashes(&bench.messages().await[0]), [3_000, 5].map(made));
        assert!(files.chunks.most() <= 16, "{} chunks", files.chunks.most());
    }
}

#[tokio::test]
async fn a_lost_answer_makes_no_second_message_with_files() {
    for remembered in [300, 0] {
        let bench = Bench::start().await;
        bench.set(json!({"nonce_window_s": remembered})).await;
        let sender = bench.discord().sender();
        let since = bench.memory.clock().now();
        let files = vec![document(300), attachment(2, MediaKind::Photo, "my cat.png")];
        let message = with_files(&bench, 1, "twice?", files);
        let other = with_files(&bench, 2, "twice?", vec![document(300), document(2)]);
        let made = Made::default();
        sender.send(&other, &made, Attempt::First).await.unwrap();
        bench.fault(POST, json!("lose_response")).await;
        let lost = sender.send(&message, &made, Attempt::First).await;
        assert!(matches!(lost, Err(SendError::Retry { .. })), "{lost:?}");
        if remembered == 0 {
            bench.memory.clock().advance(Duration::from_mins(10));
        }
        // A process that knows nothing of the first attempt.
        let sender = bench.discord().sender();
        let again = Attempt::Again { since };
        let found = sender.find(&message, since).await.unwrap();
        let sent = sender.send(&message, &made, again).await.unwrap();
        assert_eq!(found.as_ref(), Some(&sent), "{remembered}");
        let never = with_files(&bench, 3, "never", vec![document(300)]);
        assert_eq!(sender.find(&never, since).await, Ok(None));
        let messages = bench.messages().await;
        assert_eq!(messages.len(), 2, "{remembered}");
        assert_eq!(told(&sent), ids(&messages[1]), "{remembered}");
        assert_eq!(sender.send(&message, &made, again).await, Ok(sent));
    }
}

#[tokio::test]
async fn a_file_that_fails_takes_no_half_message_along() {
    let bench = Bench::start().await;
    let sender = bench.discord().sender();
    let message = with_files(&bench, 1, "", vec![document(5), document(800)]);
    let files = Made {
        breaks: Some((800, AtomicUsize::new(1))),
        ..Made::default()
    };
    let broken = sender.send(&message, &files, Attempt::First).await;
    assert!(matches!(broken, Err(SendError::Retry { .. })), "{broken:?}");
    assert!(bench.messages().await.is_empty());
    let gone = Made {
        gone: Some(800),
        ..Made::default()
    };
    let gone = sender.send(&message, &gone, Attempt::First).await;
    assert_eq!(gone, Err(SendError::FileGone { index: 1 }));
    sender.send(&message, &files, Attempt::First).await.unwrap();
    assert_eq!(hashes(&bench.messages().await[0]), [5, 800].map(made));
    assert!(files.opened.load(Ordering::SeqCst) >= 4);
}

#[tokio::test]
async fn a_voice_message_is_one_on_discord() {
    let bench = Bench::start().await;
    let sender = bench.discord().sender();
    let voice = Attachment {
        mime: Some("audio/ogg".to_owned()),
        millis: Some(2500),
        waveform: vec![0b0100_0001, 0b0000_1100],
        ..attachment(3, MediaKind::Voice, "voice.ogg")
    };
    let files = Made::default();
    let alone = with_files(&bench, 1, "", vec![voice.clone()]);
    sender.send(&alone, &files, Attempt::First).await.unwrap();
    let said = with_files(&bench, 2, "listen", vec![voice]);
    sender.send(&said, &files, Attempt::First).await.unwrap();
    let messages = bench.messages().await;
    assert_eq!(messages[0]["flags"], 1 << 13);
    let file = &messages[0]["attachments"][0];
    assert_eq!(file["duration_secs"], 2.5, "{file}");
    assert_eq!(file["waveform"], "CBAY", "{file}");
    // With words it is a file.
    assert_eq!(messages[1]["flags"], 0);
    assert_eq!(hashes(&messages[1]), [made(3)]);
}

#[tokio::test]
async fn a_boosted_server_takes_larger_files() {
    let bench = Bench::start().await;
    bench
        .set(json!({"file_size_limit": 50 * 1024 * 1024}))
        .await;
    let sender = bench.discord().sender();
    let large = Content {
        text: Text::plain("look"),
        attachments: vec![document(11_000)],
        ..Content::default()
    };
    let plan = async || sender.plan(&large, &bench.here()).await.unwrap();
    assert_eq!(plan().await[0].attachments, []);
    let boosted = Guild {
        id: bench.guild,
        name: "Harbour".to_owned(),
        premium_tier: 2,
    };
    let chats = bench.memory.ports().chats;
    chats.put_guild(&boosted, &[]).await.unwrap();
    let piece = plan().await.remove(0);
    assert_eq!(piece.attachments, large.attachments);
    let message = with_files(&bench, 1, "look", piece.attachments);
    let files = Made::default();
    sender.send(&message, &files, Attempt::First).await.unwrap();
    assert_eq!(hashes(&bench.messages().await[0]), [made(11_000)]);
}

#[tokio::test]
async fn a_file_that_the_server_does_not_take_is_told_of() {
    let bench = Bench::start().await;
    bench.set(json!({"file_size_limit": 100_000})).await;
    let sender = bench.discord().sender();
    let most = 10 * 1024 * 1024;
    let files = vec![document(5), document(101)];
    let message = with_files(&bench, 1, "", files);
    let refused = sender
        .send(&message, &Made::default(), Attempt::First)
        .await;
    assert_eq!(refused, Err(SendError::FileTooLarge { index: 1, most }));
    // Whose length nobody tells turns out to be too long.
    let unknown = Attachment {
        bytes: None,
        ..document(10_500)
    };
    let message = with_files(&bench, 2, "", vec![unknown]);
    for telling in [Telling::Nothing, Telling::Length] {
        let files = Made {
            telling,
            ..Made::default()
        };
        let refused = sender.send(&message, &files, Attempt::First).await;
        assert_eq!(refused, Err(SendError::FileTooLarge { index: 0, most }));
    }
}

#[tokio::test]
async fn a_poll_is_asked_or_told() {
    let bench = Bench::start().await;
    let sender = bench.discord().sender();
    let poll = Attachment::special(Special::Poll(Poll {
        question: "Tea?".to_owned(),
        options: vec!["Yes".to_owned(), "No".to_owned()],
        choice: Choice::Several,
        ballot: Ballot::Secret,
    }));
    let asked = with_files(&bench, 1, "", vec![poll.clone()]);
    let sent = sender.send(&asked, &NoFiles, Attempt::First).await;
    assert_eq!(sent.unwrap().len(), 1);
    bench.fault(POST, json!({"status": 403})).await;
    let told = with_files(&bench, 2, "", vec![poll]);
    sender.send(&told, &NoFiles, Attempt::First).await.unwrap();
    let messages = bench.messages().await;
    assert!(messages[1]["content"].as_str().unwrap().contains("Tea?"));
    assert_eq!(messages[0]["content"], "", "{}", messages[0]);
    assert_eq!(messages[0]["poll"]["question"], "Tea?", "{}", messages[0]);
}

/// Reads files from where they are, as the connector does.
struct Through(DiscordReader);

#[async_trait::async_trait]
impl Files for Through {
    async fn open(&self, file: &FileRef) -> Result<FileStream, FileError> {
        self.0.open(file).await
    }
}

#[tokio::test]
async fn a_file_flows_from_one_message_to_another() {
    let bench = Bench::start().await;
    let file = json!([{"name": "large.bin", "bytes": 10_000_000, "seed": 3}]);
    let shared = bench.share(file).await;
    let message: MessageId = text(&shared["id"]).parse().unwrap();
    let sent = &shared["attachments"][0];
    let url = text(&sent["url"]);
    let flowing = Attachment {
        name: Some("large.bin".to_owned()),
        bytes: Some(10_000_000),
        file: Some(FileRef::Discord(DiscordFile {
            url,
            attachment: Some(DiscordAttachment {
                channel: bench.channel,
                message,
                id: text(&sent["id"]).parse().unwrap(),
            }),
        })),
        ..Attachment::new(MediaKind::Document)
    };
    let (discord, outgoing) = (bench.discord(), with_files(&bench, 1, "", vec![flowing]));
    let download = "GET /attachments/{}/{}/{}";
    bench
        .fault(download, json!({"cut_body": {"after": 4_000_000}}))
        .await;
    bench.post("/cdn/expire", Value::Null).await;
    let files = Through(discord.reader());
    let sending = discord.sender();
    sending
        .send(&outgoing, &files, Attempt::First)
        .await
        .unwrap();
    let arrived = &bench.messages().await[1];
    assert_eq!(hashes(arrived), hashes(&shared));
}
