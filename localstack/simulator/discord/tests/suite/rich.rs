//! What messages have besides text and files.

use reqwest::Method;
use serde_json::{Value, json};
use serenity::all::{CreateMessage, CreatePoll, CreatePollAnswer, CreateWebhook, MessageId};
use std::time::Duration;

use crate::bot::{Bot, refusal, refused};
use crate::gateway;
use crate::stage::{id, text};

impl Bot {
    async fn send_raw(&self, payload: Value) -> reqwest::Response {
        let path = format!("/channels/{}/messages", self.scene.channel);
        self.stage
            .rest(&self.scene, Method::POST, &path, payload)
            .await
    }

    async fn cdn(&self, path: &str) -> reqwest::Response {
        let url = format!("http://{}{path}", self.stage.address());
        reqwest::get(url).await.unwrap()
    }
}

#[tokio::test]
async fn links_are_shown_after_the_message_unless_somebody_minds() {
    let bot = Bot::new().await;
    let mut listener = gateway::Bot::connect(&bot.stage, &bot.scene).await;
    bot.stage.set(json!({ "link_preview_delay_ms": 1 })).await;
    bot.stage.say(&bot.scene, "see https://a.example/x").await;
    let created = listener.event("MESSAGE_CREATE").await;
    assert_eq!(created["embeds"], json!([]));
    let updated = listener.event("MESSAGE_UPDATE").await;
    assert_eq!(updated["embeds"][0]["url"], "https://a.example/x");
    assert_eq!(updated["content"], "see https://a.example/x");
    assert!(updated["edited_timestamp"].is_null());

    // Hidden, in brackets, or switched off: nothing more comes.
    let hidden = json!({ "content": "https://a.example/y", "flags": 4 });
    bot.stage.post(&bot.scene, hidden).await;
    bot.stage.say(&bot.scene, "<https://a.example/z>").await;
    bot.stage.set(json!({ "link_previews": false })).await;
    bot.stage.say(&bot.scene, "https://a.example/off").await;
    bot.stage.set(json!({ "link_previews": true })).await;
    bot.stage
        .say(&bot.scene, "https://a.example/last.png")
        .await;
    let updated = listener.event("MESSAGE_UPDATE").await;
    assert_eq!(updated["embeds"][0]["type"], "image");
    assert_eq!(updated["content"], "https://a.example/last.png");
    bot.stage.stop().await;
}

#[tokio::test]
async fn stickers_and_emoji_have_pictures() {
    let bot = Bot::new().await;
    let guild = format!("/guilds/{}", bot.scene.guild);
    let made = async |path: &str, body: Value| {
        text(&bot.stage.ask(&format!("{guild}/{path}"), body).await["id"])
    };
    let wave = made("stickers", json!({ "name": "wave", "format": "lottie" })).await;
    let given = json!({ "name": "cat", "format": "png", "content": "aGVsbG8=" });
    let cat = made("stickers", given).await;
    let party = made("emojis", json!({ "name": "party", "animated": true })).await;
    let still = made("emojis", json!({ "name": "still" })).await;
    let posted = bot
        .stage
        .post(&bot.scene, json!({ "stickers": [wave, cat] }))
        .await;
    let message: MessageId = id(&text(&posted["id"]));
    let found = bot.channel.message(&bot.http, message).await.unwrap();
    assert_eq!(found.sticker_items[0].name, "wave");
    let sent = bot.send_raw(json!({ "sticker_ids": [cat] })).await;
    assert_eq!(
        sent.json::<Value>().await.unwrap()["sticker_items"][0]["format_type"],
        1
    );
    let unknown = bot.send_raw(json!({ "sticker_ids": ["1"] })).await;
    assert_eq!(refused(unknown).await, (400, 50081));
    for (path, status) in [
        (format!("/stickers/{wave}.json"), 200),
        (format!("/stickers/{wave}.png"), 404),
        (format!("/emojis/{party}.gif"), 200),
        (format!("/emojis/{still}.webp?size=96"), 200),
        (format!("/emojis/{still}.gif"), 415),
        ("/emojis/1.png".to_owned(), 404),
        (format!("/avatars/{}/abc.png", bot.scene.person), 200),
        ("/avatars/1/abc.png".to_owned(), 404),
        ("/embed/avatars/0.png".to_owned(), 200),
    ] {
        assert_eq!(bot.cdn(&path).await.status(), status, "{path}");
    }
    let cat = bot.cdn(&format!("/stickers/{cat}.png")).await;
    assert_eq!(cat.bytes().await.unwrap(), "hello");
    bot.stage.stop().await;
}

#[tokio::test]
async fn polls_are_posted_by_bots_and_people() {
    let bot = Bot::new().await;
    let poll = CreatePoll::new()
        .question("Tea?")
        .answers(vec![
            CreatePollAnswer::new().text("yes"),
            CreatePollAnswer::new().text("no"),
        ])
        .duration(Duration::from_hours(1));
    let message = CreateMessage::new().poll(poll);
    let sent = bot.channel.send_message(&bot.http, message).await.unwrap();
    let poll = sent.poll.unwrap();
    assert_eq!(poll.question.text.as_deref(), Some("Tea?"));
    assert_eq!(poll.answers.len(), 2);
    assert!(poll.expiry.is_some());
    let asked = json!({
        "question": { "text": "Cake?" }, "answers": [{ "poll_media": { "text": "yes" } }],
    });
    let posted = bot.stage.post(&bot.scene, json!({ "poll": asked })).await;
    assert_eq!(posted["poll"]["question"], "Cake?");
    let forward = json!({ "message_reference": {
        "type": 1, "message_id": posted["id"], "channel_id": bot.scene.channel,
    } });
    assert_eq!(refused(bot.send_raw(forward).await).await, (400, 50068));
    let none = bot
        .send_raw(json!({ "poll": { "question": { "text": "?" }, "answers": [] } }))
        .await;
    assert_eq!(refused(none).await, (400, 50035));
    bot.stage.stop().await;
}

#[tokio::test]
async fn components_alone_are_a_message() {
    let bot = Bot::new().await;
    let components = json!([{ "type": 10, "content": "only this" }]);
    let flags = 1 << 15;
    let payload = json!({ "components": components, "flags": flags });
    let sent: Value = bot.send_raw(payload).await.json().await.unwrap();
    assert_eq!(
        (&sent["flags"], &sent["components"]),
        (&json!(flags), &components)
    );
    let both = json!({ "components": components, "flags": flags, "content": "and that" });
    assert_eq!(refused(bot.send_raw(both).await).await, (400, 50035));
    let posted = json!({ "components": components, "flags": flags });
    let posted = bot.stage.post(&bot.scene, posted).await;
    assert_eq!(posted["components"], components);
    bot.stage.stop().await;
}

#[tokio::test]
async fn what_the_platform_says_itself_has_its_type() {
    let bot = Bot::new().await;
    let mut listener = gateway::Bot::connect(&bot.stage, &bot.scene).await;
    let said = bot.stage.say(&bot.scene, "pin me").await;
    listener.reads("pin me").await;
    bot.stage.post(&bot.scene, json!({ "type": 7 })).await;
    assert_eq!(listener.reads("").await["type"], 7);
    let pinned = bot
        .stage
        .post(&bot.scene, json!({ "type": 6, "reply_to": said }))
        .await;
    let event = listener.reads("").await;
    assert_eq!(
        (&event["type"], &event["message_reference"]["message_id"]),
        (&json!(6), &json!(said))
    );
    assert_eq!(event.get("referenced_message"), None);
    let gone = json!({ "type": 2 });
    let gone: MessageId = id(&text(&bot.stage.post(&bot.scene, gone).await["id"]));
    let delete = bot
        .channel
        .delete_message(&bot.http, gone)
        .await
        .unwrap_err();
    assert_eq!(refusal(&delete), (403, 50021));
    assert_eq!(pinned["type"], 6);
    bot.stage.stop().await;
}

#[tokio::test]
async fn an_announcement_is_published_once() {
    let bot = Bot::new().await;
    let body = json!({ "name": "news", "type": "announcement" });
    let path = format!("/guilds/{}/channels", bot.scene.guild);
    let news = text(&bot.stage.ask(&path, body).await["id"]);
    let path = format!("/channels/{news}/messages");
    let payload = json!({ "content": "x" });
    let sent = bot
        .stage
        .rest(&bot.scene, Method::POST, &path, payload)
        .await;
    let sent = text(&sent.json::<Value>().await.unwrap()["id"]);
    let publish = format!("{path}/{sent}/crosspost");
    let answer = bot
        .stage
        .rest(&bot.scene, Method::POST, &publish, json!({}))
        .await;
    assert_eq!(answer.json::<Value>().await.unwrap()["flags"], 1);
    let answer = bot
        .stage
        .rest(&bot.scene, Method::POST, &publish, json!({}))
        .await;
    assert_eq!(refused(answer).await, (400, 40033));
    let elsewhere = bot.stage.say(&bot.scene, "x").await;
    let path = format!(
        "/channels/{}/messages/{elsewhere}/crosspost",
        bot.scene.channel
    );
    let answer = bot
        .stage
        .rest(&bot.scene, Method::POST, &path, json!({}))
        .await;
    assert_eq!(refused(answer).await, (403, 50013));
    bot.stage.stop().await;
}

#[tokio::test]
async fn slow_mode_holds_bots_only_if_asked_to() {
    let bot = Bot::new().await;
    let path = format!("/channels/{}", bot.scene.channel);
    let slow = json!({ "rate_limit_per_user": 600 });
    bot.stage.control(Method::PATCH, &path, slow).await;
    let send = async || bot.send_raw(json!({ "content": "x" })).await;
    assert_eq!(send().await.status(), 200);
    assert_eq!(send().await.status(), 200);
    bot.stage.set(json!({ "slow_mode_for_bots": true })).await;
    let answer = send().await;
    assert_eq!(answer.status(), 429);
    assert_eq!(answer.headers()["retry-after"], "600");
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["code"], 20016);
    assert!(body["retry_after"].as_f64().unwrap() > 500.0, "{body}");
    let bypass: u64 = 1 << 52;
    let allow = json!({ "kind": "member", "allow": bypass.to_string() });
    let path = format!(
        "/channels/{}/overwrites/{}",
        bot.scene.channel, bot.scene.bot
    );
    bot.stage.control(Method::PUT, &path, allow).await;
    assert_eq!(send().await.status(), 200);
    bot.stage.stop().await;
}

#[tokio::test]
async fn a_webhook_has_a_picture_until_it_is_taken_away() {
    let bot = Bot::new().await;
    let hook = bot
        .channel
        .create_webhook(&bot.http, CreateWebhook::new("bridge"))
        .await
        .unwrap();
    let path = format!("/webhooks/{}", hook.id);
    let edit = async |body: Value| {
        let answer = bot.stage.rest(&bot.scene, Method::PATCH, &path, body).await;
        answer.json::<Value>().await.unwrap()
    };
    let picture = json!({ "avatar": "data:image/png;base64,aGVsbG8=" });
    let hash = text(&edit(picture).await["avatar"]);
    let shown = bot.cdn(&format!("/avatars/{}/{hash}.png", hook.id)).await;
    assert_eq!(shown.headers()["content-type"], "image/png");
    assert_eq!(
        edit(json!({ "name": "other" })).await["avatar"],
        json!(hash)
    );
    assert!(edit(json!({ "avatar": null })).await["avatar"].is_null());
    bot.stage.stop().await;
}
