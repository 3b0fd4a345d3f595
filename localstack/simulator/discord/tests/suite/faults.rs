//! What goes wrong: lost answers, refusals before and after the fact, things taken away.

use reqwest::Method;
use reqwest::multipart::Part;
use serde_json::{Value, json};
use serenity::all::{CreateMessage, CreateWebhook, ExecuteWebhook};

use crate::bot::{Bot, refusal, refused};
use crate::gateway;
use crate::stage::text;

impl Bot {
    async fn fault(&self, route: &str, fault: Value) {
        let rule = json!({ "route": route, "times": 1, "fault": fault });
        self.stage.ask("/faults", rule).await;
    }
}

#[tokio::test]
async fn an_upload_whose_answer_was_lost_is_made_once() {
    let bot = Bot::new().await;
    let route = "POST /channels/{}/messages";
    bot.fault(route, json!("lose_response")).await;
    let path = format!("/channels/{}/messages", bot.scene.channel);
    let payload = json!({ "nonce": "key", "enforce_nonce": true });
    let url = format!("http://{}/api/v10{path}", bot.stage.address());
    let send = || {
        let form = reqwest::multipart::Form::new()
            .text("payload_json", payload.to_string())
            .part("files[0]", Part::bytes(vec![7; 100_000]).file_name("a.bin"));
        let token = format!("Bot {}", bot.scene.token);
        let request = reqwest::Client::new()
            .post(&url)
            .header("authorization", token);
        request.multipart(form).send()
    };
    assert!(send().await.is_err());
    let again: Value = send().await.unwrap().json().await.unwrap();
    let said = bot.stage.said(&bot.scene.channel).await;
    assert_eq!((said.len(), &said[0]["id"]), (1, &again["id"]));
    assert_eq!(said[0]["attachments"][0]["size"], 100_000);
    bot.stage.stop().await;
}

#[tokio::test]
async fn a_refusal_before_the_fact_changes_nothing_on_any_route() {
    let bot = Bot::new().await;
    let said = bot.stage.say(&bot.scene, "x").await;
    let messages = format!("/channels/{}/messages", bot.scene.channel);
    let before = bot.stage.said(&bot.scene.channel).await;
    for (method, path, route) in [
        (Method::POST, messages.clone(), "POST /channels/{}/messages"),
        (
            Method::PUT,
            format!("{messages}/{said}/reactions/🔥/@me"),
            "PUT /channels/{}/messages/{}/reactions/{}/@me",
        ),
        (
            Method::POST,
            format!("{messages}/{said}/crosspost"),
            "POST /channels/{}/messages/{}/crosspost",
        ),
        (
            Method::POST,
            "/attachments/refresh-urls".to_owned(),
            "POST /attachments/refresh-urls",
        ),
    ] {
        bot.fault(route, json!({ "status": 502 })).await;
        let body = json!({ "content": "y" });
        let answer = bot.stage.rest(&bot.scene, method, &path, body).await;
        assert_eq!(answer.status(), 502, "{route}");
    }
    assert_eq!(bot.stage.said(&bot.scene.channel).await.len(), before.len());
    bot.stage.stop().await;
}

#[tokio::test]
async fn neighbouring_messages_change_places_when_asked_to() {
    let bot = Bot::new().await;
    let mut listener = gateway::Bot::connect(&bot.stage, &bot.scene).await;
    bot.stage.set(json!({ "reorder_events": true })).await;
    bot.stage.say(&bot.scene, "one").await;
    bot.stage.say(&bot.scene, "two").await;
    listener.reads("two").await;
    listener.reads("one").await;
    // One that stays alone comes all the same.
    bot.stage.say(&bot.scene, "three").await;
    listener.reads("three").await;
    bot.stage.stop().await;
}

#[tokio::test]
async fn a_deleted_channel_takes_everything_in_it_away() {
    let bot = Bot::new().await;
    let mut listener = gateway::Bot::connect(&bot.stage, &bot.scene).await;
    let hook = bot
        .channel
        .create_webhook(&bot.http, CreateWebhook::new("hook"))
        .await
        .unwrap();
    let files = json!([{ "name": "a.bin", "bytes": 10, "seed": 1 }]);
    let posted = bot
        .stage
        .post(&bot.scene, json!({ "attachments": files }))
        .await;
    let url = text(&posted["attachments"][0]["url"]);
    let path = format!("/channels/{}", bot.scene.channel);
    bot.stage.control(Method::DELETE, &path, json!({})).await;
    assert_eq!(
        listener.event("CHANNEL_DELETE").await["id"],
        json!(bot.scene.channel)
    );
    let sent = bot.send(CreateMessage::new().content("x")).await;
    assert_eq!(refusal(&sent.unwrap_err()), (404, 10003));
    let message = ExecuteWebhook::new().content("x");
    let executed = hook.execute(&bot.http, true, message).await;
    assert_eq!(refusal(&executed.unwrap_err()), (404, 10015));
    assert_eq!(reqwest::get(url).await.unwrap().status(), 404);
    bot.stage.stop().await;
}

#[tokio::test]
async fn a_bot_that_was_thrown_out_gets_nowhere() {
    let bot = Bot::new().await;
    let mut listener = gateway::Bot::connect(&bot.stage, &bot.scene).await;
    let path = format!("/guilds/{}/bots", bot.scene.guild);
    let application = json!({ "application_id": bot.scene.application });
    bot.stage.control(Method::DELETE, &path, application).await;
    let gone = listener.event("GUILD_DELETE").await;
    assert_eq!(gone, json!({ "id": bot.scene.guild }));
    let sent = bot.send(CreateMessage::new().content("x")).await;
    assert_eq!(refusal(&sent.unwrap_err()), (403, 50001));
    let path = format!("/guilds/{}", bot.scene.guild);
    let guild = bot
        .stage
        .rest(&bot.scene, Method::GET, &path, json!({}))
        .await;
    assert_eq!(refused(guild).await, (404, 10004));
    bot.stage.stop().await;
}
