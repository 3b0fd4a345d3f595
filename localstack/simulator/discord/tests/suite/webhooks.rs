//! Webhooks, with and without a bot.

use serde_json::json;
use serenity::all::{CreateWebhook, EditWebhookMessage, ExecuteWebhook};

use crate::bot::{Bot, refusal};
use crate::stage::id;

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
