//! Webhooks, with and without a bot.

use reqwest::Method;
use serde_json::{Value, json};
use serenity::all::{CreateWebhook, EditWebhookMessage, ExecuteWebhook, Webhook};

use crate::bot::{Bot, refusal, refused};
use crate::stage::{id, text};

fn token_of(hook: &Webhook) -> String {
    let url = hook.url().unwrap();
    url.rsplit_once('/').unwrap().1.to_owned()
}

#[tokio::test]
async fn a_webhook_writes_edits_and_deletes_its_own() {
    let bot = Bot::new().await;
    let Bot {
        stage,
        scene,
        http,
        channel,
    } = &bot;
    let hook = channel
        .create_webhook(http, CreateWebhook::new("bridge"))
        .await
        .unwrap();
    let nobody = stage.http("");
    let message = ExecuteWebhook::new().content("over").username("Zoë");
    let sent = hook.execute(&nobody, true, message).await.unwrap().unwrap();
    assert_eq!(
        (sent.author.name.as_str(), sent.webhook_id),
        ("Zoë", Some(hook.id))
    );
    let edit = EditWebhookMessage::new().content("edited");
    hook.edit_message(&nobody, sent.id, edit).await.unwrap();
    assert_eq!(
        hook.get_message(&nobody, None, sent.id)
            .await
            .unwrap()
            .content,
        "edited"
    );
    assert_eq!(stage.said(&scene.channel).await[0]["webhook_name"], "Zoë");
    hook.delete_message(&nobody, None, sent.id).await.unwrap();
    assert!(stage.said(&scene.channel).await.is_empty());
    let hers = id(&stage.say(scene, "hers").await);
    let other = hook.delete_message(&nobody, None, hers).await.unwrap_err();
    assert_eq!(refusal(&other), (404, 10008));

    let listed = &channel.webhooks(http).await.unwrap()[0];
    assert_eq!(listed.url().unwrap(), hook.url().unwrap());
    assert_eq!(
        http.get_guild_webhooks(id(&scene.guild))
            .await
            .unwrap()
            .len(),
        1
    );
    hook.delete(&nobody).await.unwrap();
    let gone = hook
        .execute(&nobody, true, ExecuteWebhook::new().content("x"))
        .await
        .unwrap_err();
    assert_eq!(refusal(&gone), (404, 10015));
    bot.stage.stop().await;
}

#[tokio::test]
async fn a_webhook_shows_itself_and_its_token_to_those_who_may_see_them() {
    let bot = Bot::new().await;
    let hook = bot
        .channel
        .create_webhook(&bot.http, CreateWebhook::new("bridge"))
        .await
        .unwrap();
    let token = token_of(&hook);
    let nobody = bot.stage.http("");
    let message = ExecuteWebhook::new()
        .content("x")
        .username("Ann")
        .avatar_url("https://example.com/ann.png");
    let sent = hook.execute(&nobody, true, message).await.unwrap().unwrap();
    assert!(sent.author.avatar.is_some());
    let path = format!("/channels/{}/messages/{}", bot.scene.channel, sent.id);
    let found = bot
        .stage
        .rest(&bot.scene, Method::GET, &path, json!({}))
        .await;
    let found: Value = found.json().await.unwrap();
    assert_eq!(found["webhook_id"], json!(hook.id.to_string()));
    assert_eq!(found["application_id"], json!(bot.scene.application));

    // Another bot that manages webhooks sees it, but not its token.
    let other = bot
        .stage
        .ask("/applications", json!({ "name": "other" }))
        .await;
    let added = json!({ "application_id": other["application_id"] });
    bot.stage
        .ask(&format!("/guilds/{}/bots", bot.scene.guild), added)
        .await;
    let other = bot.stage.http(&text(&other["token"]));
    let seen = &bot.channel.webhooks(&other).await.unwrap()[0];
    assert_eq!((seen.id, seen.token.is_none()), (hook.id, true));

    let path = format!("/webhooks/{}/{token}x", hook.id);
    let body = json!({ "content": "x" });
    let forged = bot.stage.rest(&bot.scene, Method::POST, &path, body).await;
    assert_eq!(refused(forged).await, (401, 50027));
    bot.stage.stop().await;
}

#[tokio::test]
async fn a_webhook_has_an_allowance_of_its_own() {
    let bot = Bot::new().await;
    let create = || {
        bot.channel
            .create_webhook(&bot.http, CreateWebhook::new("hook"))
    };
    let hooks = [create().await.unwrap(), create().await.unwrap()];
    let send = async |hook: &Webhook| {
        let path = format!("/webhooks/{}/{}", hook.id, token_of(hook));
        let body = json!({ "content": "x" });
        bot.stage.rest(&bot.scene, Method::POST, &path, body).await
    };
    for left in (0..5).rev() {
        let answer = send(&hooks[0]).await;
        assert_eq!(answer.status(), 204);
        let remaining = &answer.headers()["x-ratelimit-remaining"];
        assert_eq!(remaining, &left.to_string());
    }
    let refused = send(&hooks[0]).await;
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()["x-ratelimit-limit"], "5");
    assert!(refused.headers().contains_key("retry-after"));
    assert_eq!(send(&hooks[1]).await.status(), 204);
    bot.stage.stop().await;
}

#[tokio::test]
async fn a_channel_has_fifteen_webhooks() {
    let bot = Bot::new().await;
    let unlimited = json!({ "limit": 100, "per_ms": 1000 });
    bot.stage
        .set(json!({ "default_rate_limit": unlimited }))
        .await;
    let create = async || {
        bot.channel
            .create_webhook(&bot.http, CreateWebhook::new("hook"))
            .await
    };
    for _ in 0..15 {
        create().await.unwrap();
    }
    assert_eq!(refusal(&create().await.unwrap_err()), (400, 30007));
    bot.stage.stop().await;
}
