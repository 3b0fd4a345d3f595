//! What a bot can read, and what survives a restart.

use reqwest::Method;
use serde_json::json;
use serenity::all::{ChannelId, CreateWebhook};

use crate::bot::{Bot, keyed, refused};
use crate::stage::{ANYWHERE, Scene, Stage, id};

#[tokio::test]
async fn serenity_reads_what_there_is() {
    let Bot {
        stage,
        scene,
        http,
        channel,
    } = Bot::new().await;
    assert_eq!(
        http.get_current_user().await.unwrap().id.to_string(),
        scene.bot
    );
    let application = http.get_current_application_info().await.unwrap();
    assert_eq!(application.id.to_string(), scene.application);
    assert_eq!(http.get_bot_gateway().await.unwrap().shards, 1);
    let guilds = http.get_guilds(None, None).await.unwrap();
    assert_eq!(guilds[0].id.to_string(), scene.guild);
    let guild = http.get_guild_with_counts(guilds[0].id).await.unwrap();
    assert_eq!(guild.approximate_member_count, Some(2));
    assert_eq!(http.get_guild_roles(guild.id).await.unwrap().len(), 2);
    let channels = http.get_channels(guild.id).await.unwrap();
    assert_eq!(channels[0].id, channel);
    let own = http.get_member(guild.id, id(&scene.bot)).await.unwrap();
    assert_eq!(own.roles.len(), 1);
    assert!(
        http.get_guild_active_threads(guild.id)
            .await
            .unwrap()
            .threads
            .is_empty()
    );
    assert_eq!(
        channel
            .to_channel(&http)
            .await
            .unwrap()
            .guild()
            .unwrap()
            .name,
        "general"
    );
    stage.stop().await;
}

#[tokio::test]
async fn what_is_not_there_is_unknown() {
    let bot = Bot::new().await;
    let Bot { stage, scene, .. } = &bot;
    let there = &scene.channel;
    for (path, code) in [
        ("/channels/5".to_owned(), 10003),
        ("/channels/5/messages".to_owned(), 10003),
        (format!("/channels/{there}/messages/5"), 10008),
        ("/guilds/5".to_owned(), 10004),
        (format!("/guilds/{}/members/5", scene.guild), 10013),
        ("/webhooks/5".to_owned(), 10015),
        ("/webhooks/5/token".to_owned(), 10015),
        ("/users/5".to_owned(), 10013),
        ("/nothing".to_owned(), 0),
    ] {
        let answer = stage.rest(scene, Method::GET, &path, json!({})).await;
        assert_eq!(refused(answer).await, (404, code), "{path}");
    }
    let answer = stage
        .rest(scene, Method::GET, "/channels/letters", json!({}))
        .await;
    assert_eq!(refused(answer).await, (400, 50035));
    let answer = stage
        .rest(scene, Method::PUT, "/users/@me", json!({}))
        .await;
    assert_eq!(refused(answer).await, (405, 0));
    bot.stage.stop().await;
}

#[tokio::test]
async fn nobody_comes_in_without_a_token() {
    let stage = Stage::start().await;
    let scene = stage.scene().await;
    let impostor = Scene {
        token: "nobody.sim.nothing".to_owned(),
        ..scene
    };
    let answer = stage
        .rest(&impostor, Method::GET, "/users/@me", json!({}))
        .await;
    assert_eq!(refused(answer).await, (401, 0));
    let url = format!("http://{}/api/v10", stage.address());
    let answer = reqwest::get(format!("{url}/users/@me")).await.unwrap();
    assert_eq!(refused(answer).await, (401, 0));
    assert_eq!(
        reqwest::get(format!("{url}/gateway"))
            .await
            .unwrap()
            .status(),
        200
    );
    assert_eq!(stage.look("/calls").await["invalid_requests"], 2);
    stage.stop().await;
}

#[tokio::test]
async fn everything_is_there_again_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal");
    let stage = Stage::start_with(ANYWHERE, Some(journal.clone())).await;
    let scene = stage.scene().await;
    let channel: ChannelId = id(&scene.channel);
    let http = stage.http(&scene.token);
    let sent = channel
        .send_message(&http, keyed("kept", "key"))
        .await
        .unwrap()
        .id;
    channel
        .create_webhook(&http, CreateWebhook::new("hook"))
        .await
        .unwrap();
    stage.set(json!({ "nonce_window_s": 600 })).await;
    let before = stage.look("/state").await;
    let address = stage.address();
    stage.stop().await;

    let stage = Stage::start_with(address, Some(journal)).await;
    assert_eq!(stage.look("/state").await, before);
    assert_eq!(stage.look("/settings").await["nonce_window_s"], 600);
    let http = stage.http(&scene.token);
    let again = channel
        .send_message(&http, keyed("kept", "key"))
        .await
        .unwrap()
        .id;
    assert_eq!(again, sent);
    assert_eq!(stage.said(&scene.channel).await.len(), 1);
    stage.stop().await;
}
