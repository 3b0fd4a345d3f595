//! Messages of a bot.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use serenity::all::{CreateMessage, CreateWebhook, EditMessage, GetMessages, MessageId};

use crate::bot::{Bot, keyed, refusal, refused};
use crate::stage::{Scene, Stage, id, text};

const VIEW: u64 = 1 << 10;
const SEND: u64 = 1 << 11;
const MANAGE_MESSAGES: u64 = 1 << 13;
const HISTORY: u64 = 1 << 16;
const MANAGE_WEBHOOKS: u64 = 1 << 29;

async fn overwrite(stage: &Stage, scene: &Scene, allow: u64, deny: u64) {
    let path = format!("/channels/{}/overwrites/{}", scene.channel, scene.bot);
    let body = json!({ "kind": "member", "allow": allow, "deny": deny });
    stage.control(Method::PUT, &path, body).await;
}

#[tokio::test]
async fn a_nonce_makes_one_message_within_its_window() {
    let bot = Bot::new().await;
    let first = bot.send(keyed("once", "key-1")).await.unwrap();
    assert_eq!(bot.send(keyed("once", "key-1")).await.unwrap(), first);
    assert_ne!(bot.send(keyed("other", "key-2")).await.unwrap(), first);
    assert_eq!(bot.stage.said(&bot.scene.channel).await.len(), 2);

    bot.stage.set(json!({ "nonce_window_s": 0 })).await;
    assert_ne!(bot.send(keyed("again", "key-1")).await.unwrap(), first);
    assert_eq!(bot.stage.said(&bot.scene.channel).await.len(), 3);
    bot.stage.stop().await;
}

#[tokio::test]
async fn a_nonce_comes_back_only_when_the_message_is_made() {
    let bot = Bot::new().await;
    let path = format!("/channels/{}/messages", bot.scene.channel);
    let body = json!({ "content": "x", "nonce": 7 });
    let made = bot.stage.rest(&bot.scene, Method::POST, &path, body).await;
    let made: Value = made.json().await.unwrap();
    assert_eq!(made["nonce"], 7);
    let path = format!("{path}/{}", text(&made["id"]));
    let found = bot
        .stage
        .rest(&bot.scene, Method::GET, &path, json!({}))
        .await;
    assert_eq!(found.json::<Value>().await.unwrap().get("nonce"), None);
    bot.stage.stop().await;
}

#[tokio::test]
async fn a_reply_names_the_message_it_answers() {
    let bot = Bot::new().await;
    let asked: MessageId = id(&bot.stage.say(&bot.scene, "question").await);
    let reply = CreateMessage::new()
        .content("answer")
        .reference_message((bot.channel, asked));
    let sent = bot.channel.send_message(&bot.http, reply).await.unwrap();
    assert_eq!(sent.message_reference.unwrap().message_id, Some(asked));
    assert_eq!(sent.referenced_message.unwrap().content, "question");
    assert_eq!(sent.mentions[0].id.to_string(), bot.scene.person);

    let unknown = json!({
        "content": "answer",
        "message_reference": { "message_id": "1", "fail_if_not_exists": true },
    });
    let path = format!("/channels/{}/messages", bot.scene.channel);
    let answer = bot
        .stage
        .rest(&bot.scene, Method::POST, &path, unknown.clone())
        .await;
    assert_eq!(answer.status(), 400);
    let body: Value = answer.json().await.unwrap();
    let error = &body["errors"]["message_reference"]["_errors"][0]["code"];
    assert_eq!(error, "REPLIES_UNKNOWN_MESSAGE");

    let mut tolerant = unknown;
    tolerant["message_reference"]["fail_if_not_exists"] = json!(false);
    let answer = bot
        .stage
        .rest(&bot.scene, Method::POST, &path, tolerant)
        .await;
    assert_eq!(
        answer
            .json::<Value>()
            .await
            .unwrap()
            .get("message_reference"),
        None
    );
    bot.stage.stop().await;
}

#[tokio::test]
async fn content_is_limited_and_needed() {
    let bot = Bot::new().await;
    let path = format!("/channels/{}/messages", bot.scene.channel);
    let long = json!({ "content": "x".repeat(2001) });
    let answer = bot.stage.rest(&bot.scene, Method::POST, &path, long).await;
    let expected = json!({
        "message": "Invalid Form Body",
        "code": 50035,
        "errors": { "content": { "_errors": [
            { "code": "BASE_TYPE_MAX_LENGTH", "message": "Must be 2000 or fewer in length." },
        ] } },
    });
    assert_eq!(answer.json::<Value>().await.unwrap(), expected);
    let empty = bot
        .send(CreateMessage::new().content(""))
        .await
        .unwrap_err();
    assert_eq!(refusal(&empty), (400, 50006));
    bot.stage.stop().await;
}

#[tokio::test]
async fn permissions_decide_what_a_bot_may_do() {
    let bot = Bot::new().await;
    let hers: MessageId = id(&bot.stage.say(&bot.scene, "hers").await);
    let own = bot
        .send(CreateMessage::new().content("mine"))
        .await
        .unwrap();
    let edit = |message: MessageId| {
        bot.channel
            .edit_message(&bot.http, message, EditMessage::new().content("new"))
    };
    assert_eq!(refusal(&edit(hers).await.unwrap_err()), (403, 50005));
    assert_eq!(edit(own).await.unwrap().content, "new");
    let delete = async |message: MessageId| bot.channel.delete_message(&bot.http, message).await;
    assert_eq!(refusal(&delete(hers).await.unwrap_err()), (403, 50013));

    overwrite(&bot.stage, &bot.scene, 0, SEND).await;
    let post = async || bot.send(CreateMessage::new().content("x")).await;
    assert_eq!(refusal(&post().await.unwrap_err()), (403, 50013));
    overwrite(&bot.stage, &bot.scene, 0, VIEW).await;
    assert_eq!(refusal(&post().await.unwrap_err()), (403, 50001));
    let read = async || bot.channel.messages(&bot.http, GetMessages::new()).await;
    assert_eq!(refusal(&read().await.unwrap_err()), (403, 50001));
    overwrite(&bot.stage, &bot.scene, 0, HISTORY).await;
    assert!(read().await.unwrap().is_empty());
    assert_eq!(
        refusal(&bot.channel.message(&bot.http, own).await.unwrap_err()),
        (403, 50013)
    );
    overwrite(&bot.stage, &bot.scene, 0, MANAGE_WEBHOOKS).await;
    let hook = bot
        .channel
        .create_webhook(&bot.http, CreateWebhook::new("hook"))
        .await;
    assert_eq!(refusal(&hook.unwrap_err()), (403, 50013));
    overwrite(&bot.stage, &bot.scene, MANAGE_MESSAGES, 0).await;
    delete(hers).await.unwrap();
    bot.stage.stop().await;
}

#[tokio::test]
async fn messages_are_listed_newest_first_around_a_place() {
    let bot = Bot::new().await;
    let mut sent: Vec<MessageId> = Vec::new();
    for number in 0..5 {
        sent.push(id(&bot.stage.say(&bot.scene, &number.to_string()).await));
    }
    let list = async |wanted: GetMessages| -> Vec<String> {
        let messages = bot.channel.messages(&bot.http, wanted).await.unwrap();
        messages
            .into_iter()
            .map(|message| message.content)
            .collect()
    };
    assert_eq!(list(GetMessages::new()).await, ["4", "3", "2", "1", "0"]);
    assert_eq!(list(GetMessages::new().limit(2)).await, ["4", "3"]);
    assert_eq!(
        list(GetMessages::new().after(sent[0]).limit(2)).await,
        ["2", "1"]
    );
    assert_eq!(list(GetMessages::new().before(sent[2])).await, ["1", "0"]);
    assert_eq!(
        list(GetMessages::new().around(sent[2]).limit(3)).await,
        ["3", "2", "1"]
    );
    let path = format!("/channels/{}/messages?limit=101", bot.scene.channel);
    let answer = bot
        .stage
        .rest(&bot.scene, Method::GET, &path, json!({}))
        .await;
    assert_eq!(refused(answer).await, (400, 50035));
    bot.stage.stop().await;
}

#[tokio::test]
async fn many_messages_are_deleted_at_once() {
    let bot = Bot::new().await;
    let mut sent: Vec<MessageId> = Vec::new();
    for number in 0..3 {
        sent.push(id(&bot.stage.say(&bot.scene, &number.to_string()).await));
    }
    let refused = bot
        .channel
        .delete_messages(&bot.http, &sent[..2])
        .await
        .unwrap_err();
    assert_eq!(refusal(&refused), (403, 50013));
    overwrite(&bot.stage, &bot.scene, MANAGE_MESSAGES, 0).await;
    bot.channel
        .delete_messages(&bot.http, &sent[..2])
        .await
        .unwrap();
    let left = bot.stage.said(&bot.scene.channel).await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0]["content"], "2");
    let path = format!("/channels/{}/messages/bulk-delete", bot.scene.channel);
    let old = json!({ "messages": ["1", "2"] });
    let answer = bot.stage.rest(&bot.scene, Method::POST, &path, old).await;
    assert_eq!(self::refused(answer).await, (400, 50034));
    bot.stage.stop().await;
}

#[tokio::test]
async fn a_message_may_come_in_parts() {
    let bot = Bot::new().await;
    let post = async |parts: reqwest::multipart::Form| {
        let path = format!("/api/v10/channels/{}/messages", bot.scene.channel);
        reqwest::Client::new()
            .post(format!("http://{}{path}", bot.stage.address()))
            .header("authorization", format!("Bot {}", bot.scene.token))
            .multipart(parts)
            .send()
            .await
            .unwrap()
    };
    let payload = json!({ "content": "in parts" }).to_string();
    let parts = reqwest::multipart::Form::new().text("payload_json", payload);
    assert_eq!(post(parts).await.status(), StatusCode::OK);
    assert_eq!(
        bot.stage.said(&bot.scene.channel).await[0]["content"],
        "in parts"
    );
    bot.stage.stop().await;
}

#[tokio::test]
async fn a_bot_forwards_what_it_can_read() {
    let bot = Bot::new().await;
    let said = bot.stage.say(&bot.scene, "news").await;
    let path = format!("/channels/{}/messages", bot.scene.channel);
    let reference = json!({
        "type": 1, "message_id": said, "channel_id": bot.scene.channel,
    });
    let forward = json!({ "message_reference": reference });
    let answer = bot
        .stage
        .rest(&bot.scene, Method::POST, &path, forward.clone())
        .await;
    let forwarded: Value = answer.json().await.unwrap();
    assert_eq!(forwarded["message_reference"]["type"], 1);
    assert_eq!(forwarded["type"], 0);
    let snapshot = &forwarded["message_snapshots"][0]["message"];
    assert_eq!(snapshot["content"], "news");

    // What is forwarded on is the message itself.
    let reference = json!({ "channel": bot.scene.channel, "message": forwarded["id"] });
    let on = bot
        .stage
        .post(&bot.scene, json!({ "forward_of": reference }))
        .await;
    assert_eq!(on["message_reference"]["snapshot"]["content"], "news");

    let blind = json!({ "name": "blind", "intents": { "message_content": false } });
    let blind = bot.stage.ask("/applications", blind).await;
    let application = json!({ "application_id": blind["application_id"] });
    let guild = format!("/guilds/{}/bots", bot.scene.guild);
    bot.stage.ask(&guild, application).await;
    let scene = Scene {
        token: text(&blind["token"]),
        ..bot.scene.clone()
    };
    let answer = bot.stage.rest(&scene, Method::POST, &path, forward).await;
    assert_eq!(refused(answer).await, (400, 160_014));
    bot.stage.stop().await;
}

#[tokio::test]
async fn embeds_are_hidden_and_shown_again() {
    let bot = Bot::new().await;
    let embed = json!({ "title": "hello" });
    let path = format!("/channels/{}/messages", bot.scene.channel);
    let hidden = json!({ "embeds": [embed], "flags": 4 });
    let answer = bot
        .stage
        .rest(&bot.scene, Method::POST, &path, hidden)
        .await;
    let sent: Value = answer.json().await.unwrap();
    assert_eq!(sent["embeds"], json!([]));
    let path = format!("{path}/{}", text(&sent["id"]));
    let shown = json!({ "flags": 0 });
    let answer = bot
        .stage
        .rest(&bot.scene, Method::PATCH, &path, shown)
        .await;
    let edited: Value = answer.json().await.unwrap();
    assert_eq!(edited["embeds"][0]["title"], "hello");
    assert!(edited["edited_timestamp"].is_null());
    bot.stage.stop().await;
}
