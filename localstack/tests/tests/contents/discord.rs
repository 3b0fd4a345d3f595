//! What people post on Discord.

use patchbay_tests::http::text;
use patchbay_tests::stage::Stage;
use serde_json::{Value, json};

use crate::tour::Case;

pub(crate) const COUNT: usize = 17;

pub(crate) async fn cases(stage: Stage) -> Vec<Case> {
    let mut all = texts();
    all.extend(files());
    all.extend(rich(&stage).await);
    all
}

fn texts() -> Vec<Case> {
    let long = "Zwölf Boxkämpfer. ".repeat(110);
    let whole = json!({"content": long});
    vec![
        Case::new(
            "text",
            json!({"content": "**bold** and [link](https://example.com/)"}),
        )
        .edit("edit", json!({"content": "plain"}))
        .edit("grow", whole.clone()),
        Case::new("long text", whole).edit("shrink", json!({"content": "short"})),
        Case::new("silent", json!({"content": "hush", "flags": 4096})),
        Case::new(
            "link without preview",
            json!({"content": "<https://example.com/>"}),
        ),
    ]
}

fn file(name: &str, seed: u64) -> Value {
    json!({"name": name, "bytes": 2000, "seed": seed})
}

fn files() -> Vec<Case> {
    let of = |name: &'static str, file: Value| {
        Case::new(name, json!({"content": "a caption", "attachments": [file]}))
            .edit("edit", json!({"content": "another caption"}))
    };
    let voice = json!({
        "name": "voice-message.ogg", "bytes": 2000, "seed": 5,
        "voice": {"duration_secs": 3.0, "waveform": "AAAA"},
    });
    let photo_size = |mut file: Value| {
        file["width"] = json!(640);
        file["height"] = json!(480);
        file
    };
    let two = json!([
        photo_size(file("one.png", 1)),
        photo_size(file("two.png", 2))
    ]);
    let mixed = json!([
        photo_size(file("one.png", 1)),
        file("paper.pdf", 2),
        file("song.mp3", 3)
    ]);
    vec![
        of("picture", photo_size(file("cat.png", 1))).edit(
            "replace",
            json!({"keep_attachments": [], "attachments": [photo_size(file("dog.png", 9))]}),
        ),
        of("spoiler", photo_size(file("SPOILER_cat.png", 1))),
        of("video", file("clip.mp4", 2)),
        of("audio", file("song.mp3", 3)),
        of("document", file("paper.pdf", 4)),
        Case::new("voice", json!({"attachments": [voice]})),
        Case::new(
            "two pictures",
            json!({"content": "both", "attachments": two}),
        )
        .edit("edit", json!({"content": "both anew"})),
        Case::new(
            "mixed files",
            json!({"content": "all", "attachments": mixed}),
        ),
        Case::new("text, then file", json!({"content": "words"}))
            .edit("add", json!({"attachments": [file("paper.pdf", 4)]})),
    ]
}

async fn rich(stage: &Stage) -> Vec<Case> {
    let sticker = json!({"name": "wave", "format": "png", "bytes": 500, "seed": 3});
    let path = format!("/guilds/{}/stickers", stage.guild);
    let sticker = stage.discord.post(&path, &sticker).await.unwrap();
    let guilds = stage.discord.get("/guilds").await.unwrap();
    let guilds = guilds.as_array().unwrap();
    let guild = guilds.iter().find(|it| it["id"] == json!(stage.guild));
    let general = text(&guild.unwrap()["channels"][0]["id"]).unwrap();
    let said = json!({
        "author": stage.owner, "content": "said elsewhere", "attachments": [file("there.pdf", 6)],
    });
    let path = format!("/channels/{general}/messages");
    let said = stage.discord.post(&path, &said).await.unwrap();
    let poll = json!({
        "question": {"text": "Tea?"},
        "answers": [{"poll_media": {"text": "Yes"}}, {"poll_media": {"text": "No"}}],
        "allow_multiselect": true,
        "duration": 24,
    });
    let embed =
        json!({"title": "Release", "description": "It is **out**", "url": "https://example.com/"});
    vec![
        Case::new("sticker", json!({"stickers": [sticker["id"]]})),
        Case::new("poll", json!({"poll": poll})),
        Case::new("embed", json!({"embeds": [embed]})),
        Case::new(
            "forward",
            json!({"forward_of": {"channel": general, "message": said["id"]}}),
        ),
    ]
}
