//! What messages carry beside their text, live and from history.

use patchbay_app::ports::Reader;
use patchbay_domain::ids::MessageId;
use patchbay_domain::text::discord::render;
use patchbay_domain::{Change, MediaKind, Post, Recovery, Special};
use serde_json::{Value, json};

use super::bench::{Bench, Listener, eventually, text};
use super::files::{sha256, whole};

fn shown(post: &Post) -> String {
    let files = post.content.attachments.iter().map(|it| {
        let special = it.special.as_ref().map(Special::to_text);
        let told = special.map(|text| text.as_str().replace('\n', " / "));
        let name = told.or_else(|| it.name.clone()).unwrap_or_default();
        format!("{:?} {name}", it.kind)
    });
    let files: Vec<String> = files.collect();
    let mut line = format!("{} [{}]", render(&post.content.text), files.join(", "));
    if let Some(from) = &post.forwarded_from {
        line = format!("{line} from {from}");
    }
    if post.reply_to.is_some() {
        line = format!("{line} as a reply");
    }
    line
}

fn posted(listener: &Listener) -> Vec<Post> {
    let events = listener.events().into_iter();
    let posts = events.filter_map(|event| match event.change {
        Change::Posted { post } => Some(post),
        Change::Edited { .. } | Change::Reacted { .. } | Change::Deleted => None,
    });
    posts.collect()
}

/// One message of each kind.
async fn post_all(bench: &Bench) {
    let guild = format!("/guilds/{}/stickers", bench.guild);
    let mut stickers = Vec::new();
    for (name, format) in [("still", "png"), ("moving", "gif"), ("drawn", "lottie")] {
        let sticker = json!({"name": name, "format": format});
        stickers.push(bench.post(&guild, sticker).await["id"].clone());
    }
    let first = bench.say("first").await;
    let hour = json!({"question": {"text": "Tea?"}, "duration": 1, "answers": [
        {"poll_media": {"text": "Yes"}}, {"poll_media": {"text": "No"}},
    ]});
    let voice = json!([{
        "name": "voice.ogg", "bytes": 10, "content_type": "audio/ogg",
        "voice": {"duration_secs": 1.5, "waveform": "CBAY"},
    }]);
    let files = json!([
        {"name": "a.png", "bytes": 3000, "spoiler": true, "width": 3, "height": 4},
        {"name": "отчёт.pdf", "bytes": 4000, "description": "the report"},
    ]);
    let components = json!([{"type": 10, "content": "**only** this"}]);
    let embed = json!([{"type": "rich", "title": "Build", "description": "ok"}]);
    let path = format!("/channels/{}/messages", bench.channel);
    let (person, bot) = (json!(bench.owner), json!(bench.other_bot().await));
    let mut last = Value::Null;
    for (author, mut said) in [
        (&person, json!({"attachments": files, "content": "see"})),
        (&person, json!({"stickers": stickers})),
        (&person, json!({"poll": hour})),
        (&person, json!({"attachments": voice})),
        (&bot, json!({"content": "done", "embeds": embed})),
        (&bot, json!({"components": components, "flags": 1 << 15})),
        (&person, json!({"content": "no", "reply_to": first})),
        (&person, json!({"type": 7})),
        (&person, json!({"type": 6, "reply_to": first})),
    ] {
        said["author"] = author.clone();
        let message = bench.post(&path, said.clone()).await;
        if said["content"] == "see" {
            last = message["id"].clone();
        }
    }
    let forward = json!({"channel": bench.channel, "message": last});
    let forward = json!({"author": person, "forward_of": forward});
    bench.post(&path, forward).await;
}

#[tokio::test]
async fn everything_that_is_posted_is_taken_live_and_from_history() {
    for recovery in [Recovery::Live, Recovery::Recovered] {
        let bench = Bench::start().await;
        let listener = bench.listen_settled().await;
        let listener = if recovery == Recovery::Live {
            post_all(&bench).await;
            listener
        } else {
            bench.say("before").await;
            listener.until_posted(1).await;
            listener.stop().await;
            bench
                .set(json!({"session_ttl_s": 0, "identify_interval_ms": 10}))
                .await;
            post_all(&bench).await;
            bench.listen(2)
        };
        let count = 9;
        listener
            .until("all of it", |it| posted(it).len() >= count)
            .await;
        let events = listener.events();
        assert!(events.iter().all(|event| event.recovery == recovery));
        let lines: Vec<String> = posted(&listener).iter().map(shown).collect();
        insta::allow_duplicates! {
            insta::assert_snapshot!(lines.join("\n"), @r"
            first []
            see [Photo a.png, Document отчёт.pdf]
             [Sticker still.png, Sticker moving.gif, Sticker [sticker: drawn]]
             [Other 📊 Poll / Tea? / ▫️ Yes / ▫️ No]
             [Voice voice.ogg]
            done
            **Build**
            ok []
            **only** this []
            no [] as a reply
            see [Photo a.png, Document отчёт.pdf] from #general
            ");
        }
    }
}

#[tokio::test]
async fn stickers_and_forwarded_files_can_be_read() {
    let bench = Bench::start().await;
    let listener = bench.listen_settled().await;
    post_all(&bench).await;
    listener
        .until("all of it", |it| posted(it).len() >= 9)
        .await;
    let posts = posted(&listener);
    let reader = listener.discord.reader();
    let all = posts.iter().flat_map(|post| &post.content.attachments);
    let mut hashes = Vec::new();
    for file in all.filter(|it| it.file.is_some()) {
        let stream = reader.open(file.file.as_ref().unwrap()).await.unwrap();
        let bytes = whole(stream).await.unwrap();
        assert!(!bytes.is_empty());
        if file.kind != MediaKind::Sticker {
            assert_eq!(file.bytes, u64::try_from(bytes.len()).ok());
            hashes.push(sha256(&bytes));
        }
    }
    // Two files, a voice message, and the two files forwarded.
    assert_eq!(hashes.len(), 5);
    assert_eq!(hashes[..2], hashes[3..]);
}

#[tokio::test]
async fn an_edit_that_takes_a_file_away_is_one_and_a_preview_is_none() {
    let bench = Bench::start().await;
    bench.set(json!({"link_preview_delay_ms": 1})).await;
    let listener = bench.listen_settled().await;
    bench.say("https://a.example/x").await;
    let files = json!([{"name": "a.bin", "bytes": 5}, {"name": "b.bin", "bytes": 6}]);
    let shared = bench.share(files).await;
    eventually("a preview", async || {
        let first = bench.messages().await.remove(0);
        !first["previews"].as_array().unwrap().is_empty()
    })
    .await;
    let id = text(&shared["id"]);
    let path = format!("/channels/{}/messages/{id}", bench.channel);
    let kept = shared["attachments"][1]["id"].clone();
    let fewer = json!({"keep_attachments": [kept]});
    bench.change("PATCH", &path, fewer).await;
    listener.until("an edit", |it| it.events().len() >= 3).await;
    let events = listener.events();
    let Change::Edited { post, .. } = &events[2].change else {
        panic!("{events:?}")
    };
    assert_eq!(events[2].message.to_string(), id);
    assert_eq!(shown(post), " [Document b.bin]");
}

#[tokio::test]
async fn what_is_deleted_at_once_is_deleted_in_order() {
    let bench = Bench::start().await;
    let listener = bench.listen_settled().await;
    let mut messages = Vec::new();
    for number in 0..5 {
        messages.push(bench.say(&number.to_string()).await);
    }
    let backwards: Vec<MessageId> = messages.iter().rev().copied().collect();
    let path = format!("/channels/{}/messages/bulk-delete", bench.channel);
    bench.post(&path, json!({"messages": backwards})).await;
    listener
        .until("deletions", |it| it.events().len() >= 10)
        .await;
    let events = listener.events();
    let gone = events.iter().filter(|it| it.change == Change::Deleted);
    let gone: Vec<MessageId> = gone.map(|event| event.message).collect();
    assert_eq!(gone, messages);
}
