//! Files of messages: sent by bots and webhooks, kept, limited, edited.

use reqwest::Method;
use reqwest::multipart::Part;
use serde_json::{Value, json};
use serenity::all::{
    CreateAttachment, CreateMessage, CreateWebhook, EditAttachments, EditMessage, ExecuteWebhook,
};

use crate::bot::{Bot, refusal, refused};
use crate::stage::{ANYWHERE, Stage, text};

const ATTACH_FILES: u64 = 1 << 15;
const IS_VOICE_MESSAGE: u64 = 1 << 13;

fn part(bytes: impl Into<Vec<u8>>, name: &str) -> Part {
    Part::bytes(bytes.into()).file_name(name.to_owned())
}

async fn get(url: &str) -> Vec<u8> {
    let answer = reqwest::get(url).await.unwrap();
    assert_eq!(answer.status(), 200, "{url}");
    answer.bytes().await.unwrap().to_vec()
}

impl Bot {
    fn path(&self) -> String {
        format!("/channels/{}/messages", self.scene.channel)
    }

    async fn upload(&self, payload: Value, files: Vec<(&'static str, Part)>) -> reqwest::Response {
        let (stage, path) = (&self.stage, self.path());
        stage
            .upload(&self.scene, Method::POST, &path, payload, files)
            .await
    }
}

#[tokio::test]
async fn a_bot_sends_files_and_anybody_with_the_link_gets_their_bytes() {
    let bot = Bot::new().await;
    let files = [
        CreateAttachment::bytes(&b"first"[..], "first.txt").description("the first"),
        CreateAttachment::bytes(
            &b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x07\0\0\0\x09"[..],
            "SPOILER_a.png",
        ),
    ];
    let message = CreateMessage::new().content("two").add_files(files);
    let sent = bot.channel.send_message(&bot.http, message).await.unwrap();
    let [first, second] = sent.attachments.as_slice() else {
        panic!("{:?}", sent.attachments)
    };
    assert_eq!((first.filename.as_str(), first.size), ("first.txt", 5));
    assert_eq!(first.description.as_deref(), Some("the first"));
    assert_eq!(first.content_type.as_deref(), Some("text/plain"));
    assert_eq!(first.download().await.unwrap(), b"first");
    assert_eq!((second.width, second.height), (Some(7), Some(9)));
    let said = &bot.stage.said(&bot.scene.channel).await[0]["attachments"];
    assert_eq!(said[1]["flags"], 1 << 3);
    let hash = "a7937b64b8caa58f03721bb6bacf5c78cb235febe0e70b1b84cd99541461a08e";
    assert_eq!(said[0]["sha256"], hash);
    bot.stage.stop().await;
}

#[tokio::test]
async fn people_send_files_of_any_size_and_kind() {
    let bot = Bot::new().await;
    let posted = bot
        .stage
        .post(
            &bot.scene,
            json!({ "attachments": [
                { "name": "мой файл.bin", "bytes": 100_000, "seed": 7, "spoiler": true },
                { "name": "a.txt", "content": "aGVsbG8=", "description": "greeting" },
            ] }),
        )
        .await;
    let [made, given] = posted["attachments"].as_array().unwrap().as_slice() else {
        panic!("{posted}")
    };
    assert_eq!(
        (&made["size"], &made["flags"]),
        (&json!(100_000), &json!(8))
    );
    assert_eq!(
        (&made["filename"], &made["title"]),
        (&json!("_.bin"), &json!("мой файл"))
    );
    let bytes = get(&text(&made["url"])).await;
    assert_eq!(bytes.len(), 100_000);
    assert_eq!(get(&text(&given["url"])).await, b"hello");
    // The control API has them too, by the message.
    let path = format!(
        "{}/{}/attachments/{}",
        bot.path(),
        text(&posted["id"]),
        text(&given["id"])
    );
    let answer = bot.stage.raw(&path).await;
    assert_eq!(answer.bytes().await.unwrap(), "hello");
    bot.stage.stop().await;
}

#[tokio::test]
async fn limits_are_those_of_the_settings() {
    let bot = Bot::new().await;
    let hundred = json!({ "limit": 100, "per_ms": 1000 });
    let limits = json!({ "POST /channels/{}/messages": hundred });
    bot.stage
        .set(json!({
            "file_size_limit": 1000, "request_size_limit": 3000, "attachment_limit": 2,
            "rate_limits": limits,
        }))
        .await;
    let send = async |files| refused(bot.upload(json!({}), files).await).await;
    let file = |size: usize| part(vec![0; size], "a.bin");
    assert_eq!(send(vec![("files[0]", file(1001))]).await, (413, 40005));
    let three = ["files[0]", "files[1]", "files[2]"];
    let files = three.map(|name| (name, file(10))).into();
    assert_eq!(send(files).await, (400, 30015));
    let files = three.map(|name| (name, file(1000))).into();
    assert_eq!(send(files).await, (413, 40005));
    assert!(bot.stage.said(&bot.scene.channel).await.is_empty());
    let sent = bot.upload(json!({}), vec![("files[0]", file(1000))]).await;
    assert_eq!(sent.status(), 200);
    bot.stage.stop().await;
}

#[tokio::test]
async fn files_need_a_permission_and_descriptions_need_files() {
    let bot = Bot::new().await;
    let path = format!(
        "/channels/{}/overwrites/{}",
        bot.scene.channel, bot.scene.bot
    );
    let deny = json!({ "kind": "member", "deny": ATTACH_FILES });
    let files = || vec![("files[0]", part("x", "x.txt"))];
    let unknown = json!({ "attachments": [{ "id": 5 }] });
    let answer = bot.upload(unknown, files()).await;
    assert_eq!(refused(answer).await, (400, 50035));
    bot.stage.control(Method::PUT, &path, deny).await;
    let answer = bot.upload(json!({}), files()).await;
    assert_eq!(refused(answer).await, (403, 50013));
    bot.stage.stop().await;
}

#[tokio::test]
async fn an_edit_keeps_adds_and_removes_files() {
    let bot = Bot::new().await;
    let file = |name: &str| CreateAttachment::bytes(name.as_bytes(), name);
    let message = CreateMessage::new().add_files([file("a.txt"), file("b.txt")]);
    let mut sent = bot.channel.send_message(&bot.http, message).await.unwrap();
    let gone = sent.attachments[0].url.clone();
    let kept = EditAttachments::new()
        .keep(sent.attachments[1].id)
        .add(file("c.txt"));
    let edit = EditMessage::new().attachments(kept);
    sent.edit(&bot.http, edit).await.unwrap();
    let names = |message: &serenity::all::Message| -> Vec<String> {
        let names = message.attachments.iter().map(|one| one.filename.clone());
        names.collect()
    };
    assert_eq!(names(&sent), ["b.txt", "c.txt"]);
    assert_eq!(sent.attachments[1].download().await.unwrap(), b"c.txt");
    assert_eq!(reqwest::get(gone).await.unwrap().status(), 404);
    // Without a list everything stays, and files are added.
    sent.edit(&bot.http, EditMessage::new().new_attachment(file("d.txt")))
        .await
        .unwrap();
    assert_eq!(sent.attachments.last().unwrap().filename, "d.txt");
    let path = format!("{}/{}", bot.path(), sent.id);
    let none = json!({ "content": "text", "attachments": [] });
    let answer = bot.stage.rest(&bot.scene, Method::PATCH, &path, none).await;
    let edited: Value = answer.json().await.unwrap();
    assert_eq!(edited["attachments"], json!([]));
    bot.stage.stop().await;
}

#[tokio::test]
async fn a_webhook_sends_files_and_an_embed_shows_one() {
    let bot = Bot::new().await;
    let hook = bot
        .channel
        .create_webhook(&bot.http, CreateWebhook::new("bridge"))
        .await
        .unwrap();
    let message = ExecuteWebhook::new()
        .content("x")
        .add_file(CreateAttachment::bytes(&b"bytes"[..], "a.bin"));
    let sent = hook
        .execute(&bot.http, true, message)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(sent.attachments[0].download().await.unwrap(), b"bytes");

    let embed = json!({ "image": { "url": "attachment://a.png" } });
    let files = vec![("files[0]", part("picture", "a.png"))];
    let sent = bot.upload(json!({ "embeds": [embed] }), files).await;
    let sent: Value = sent.json().await.unwrap();
    assert_eq!(sent["attachments"], json!([]));
    let picture = text(&sent["embeds"][0]["image"]["url"]);
    assert_eq!(get(&picture).await, b"picture");
    bot.stage.stop().await;
}

#[tokio::test]
async fn a_voice_message_is_one_recording_and_nothing_else() {
    let bot = Bot::new().await;
    let voice = json!([{ "id": 0, "duration_secs": 1.5, "waveform": "AAAA" }]);
    let audio = || {
        part("sound", "voice-message.ogg")
            .mime_str("audio/ogg")
            .unwrap()
    };
    let flags = IS_VOICE_MESSAGE;
    let files = || vec![("files[0]", audio())];
    let whole = json!({ "flags": flags, "attachments": voice });
    let sent: Value = bot.upload(whole, files()).await.json().await.unwrap();
    assert_eq!(sent["attachments"][0]["duration_secs"], 1.5);
    assert_eq!(sent["flags"], flags);
    let refusals = [
        (
            json!({ "flags": flags, "attachments": voice, "content": "x" }),
            files(),
            50159,
        ),
        (
            json!({ "flags": flags }),
            vec![("files[0]", part("x", "x.txt"))],
            50160,
        ),
        (json!({ "flags": flags }), files(), 50161),
    ];
    for (payload, files, code) in refusals {
        assert_eq!(refused(bot.upload(payload, files).await).await, (400, code));
    }
    let edit = EditMessage::new().content("x");
    let edited = bot
        .channel
        .edit_message(
            &bot.http,
            crate::stage::id::<serenity::all::MessageId>(&text(&sent["id"])),
            edit,
        )
        .await;
    assert_eq!(refusal(&edited.unwrap_err()), (400, 50162));

    let voice = json!({ "duration_secs": 2.0 });
    let files = json!([{ "name": "v.ogg", "bytes": 10, "seed": 1, "voice": voice }]);
    let posted = bot
        .stage
        .post(&bot.scene, json!({ "attachments": files }))
        .await;
    assert_eq!(posted["flags"], flags);
    bot.stage.stop().await;
}

#[tokio::test]
async fn a_forward_keeps_the_files_of_a_message_that_is_gone() {
    let bot = Bot::new().await;
    let files = json!([{ "name": "a.bin", "content": "aGVsbG8=" }]);
    let posted = bot
        .stage
        .post(&bot.scene, json!({ "attachments": files }))
        .await;
    let (message, url) = (text(&posted["id"]), text(&posted["attachments"][0]["url"]));
    let of = json!({ "channel": bot.scene.channel, "message": message });
    let forward = bot
        .stage
        .post(&bot.scene, json!({ "forward_of": of }))
        .await;
    let delete = async |message: &Value| {
        let path = format!("{}/{}", bot.path(), text(message));
        bot.stage.control(Method::DELETE, &path, json!({})).await;
    };
    delete(&posted["id"]).await;
    let path = format!("{}/{}", bot.path(), text(&forward["id"]));
    let found = bot
        .stage
        .rest(&bot.scene, Method::GET, &path, json!({}))
        .await;
    let found: Value = found.json().await.unwrap();
    let carried = &found["message_snapshots"][0]["message"]["attachments"][0]["url"];
    assert_eq!(get(&text(carried)).await, b"hello");
    delete(&forward["id"]).await;
    assert_eq!(reqwest::get(url).await.unwrap().status(), 404);
    bot.stage.stop().await;
}

#[tokio::test]
async fn files_survive_a_restart_and_are_kept_once() {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("discord.journal");
    let stage = Stage::start_with(ANYWHERE, Some(journal.clone())).await;
    let address = stage.address();
    let scene = stage.scene().await;
    let files = json!([
        { "name": "a.bin", "bytes": 70_000, "seed": 3 },
        { "name": "b.bin", "bytes": 70_000, "seed": 3 },
    ]);
    let posted = stage.post(&scene, json!({ "attachments": files })).await;
    let url = text(&posted["attachments"][0]["url"]);
    let before = get(&url).await;
    stage.stop().await;
    let contents = folder.path().join("discord.files").join("contents");
    assert_eq!(std::fs::read_dir(contents).unwrap().count(), 1);
    assert!(std::fs::metadata(&journal).unwrap().len() < 20_000);

    // Where it listened before, the links are the same.
    let stage = Stage::start_with(address, Some(journal)).await;
    assert_eq!(get(&url).await, before);
    let said = &stage.said(&scene.channel).await[0]["attachments"][1];
    assert_eq!(get(&text(&said["url"])).await, before);
    stage.stop().await;
}

/// The most memory this process ever had, in bytes.
#[cfg(target_os = "linux")]
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kilobytes = line.unwrap().split_whitespace().nth(1).unwrap();
    kilobytes.parse::<u64>().unwrap() * 1024
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_large_file_goes_through_without_being_held() {
    const SIZE: u64 = 192 * 1024 * 1024;
    let bot = Bot::new().await;
    bot.stage
        .set(json!({ "file_size_limit": SIZE, "request_size_limit": 2 * SIZE }))
        .await;
    let before = peak_memory();
    let files = json!([{ "name": "a.mp4", "bytes": SIZE, "seed": 5 }]);
    let posted = bot
        .stage
        .post(&bot.scene, json!({ "attachments": files }))
        .await;
    // What comes down goes up again, as it comes.
    let url = text(&posted["attachments"][0]["url"]);
    let download = reqwest::get(&url).await.unwrap();
    let body = reqwest::Body::wrap_stream(download.bytes_stream());
    let file = Part::stream_with_length(body, SIZE).file_name("b.mp4");
    let sent = bot.upload(json!({}), vec![("files[0]", file)]).await;
    assert_eq!(sent.status(), 200);
    let said = bot.stage.said(&bot.scene.channel).await;
    let hash = |index: usize| &said[index]["attachments"][0]["sha256"];
    assert_eq!(hash(0), hash(1));
    let grown = peak_memory().saturating_sub(before);
    assert!(grown < SIZE / 2, "{grown} bytes more");
    bot.stage.stop().await;
}
