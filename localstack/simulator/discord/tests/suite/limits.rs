//! Rate limits and faults.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::bot::Bot;
use crate::stage::{Scene, text};

fn header(response: &reqwest::Response, name: &str) -> String {
    response.headers()[name].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn each_route_of_each_channel_has_a_bucket_of_its_own() {
    let bot = Bot::new().await;
    let Bot { stage, scene, .. } = &bot;
    stage
        .set(json!({ "rate_limits": {
            "POST /channels/{}/messages": { "limit": 2, "per_ms": 600_000 },
        } }))
        .await;
    let path = format!("/channels/{}/messages", scene.channel);
    let post = async || {
        stage
            .rest(scene, Method::POST, &path, json!({ "content": "x" }))
            .await
    };
    let first = post().await;
    assert_eq!(header(&first, "x-ratelimit-limit"), "2");
    assert_eq!(header(&first, "x-ratelimit-remaining"), "1");
    let second = post().await;
    assert_eq!(header(&second, "x-ratelimit-remaining"), "0");
    assert_eq!(
        header(&second, "x-ratelimit-bucket"),
        header(&first, "x-ratelimit-bucket")
    );
    let third = post().await;
    assert_eq!(third.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(header(&third, "x-ratelimit-scope"), "user");
    assert_eq!(header(&third, "retry-after"), "600");
    let reset_after: f64 = header(&third, "x-ratelimit-reset-after").parse().unwrap();
    let body: Value = third.json().await.unwrap();
    assert_eq!(body["global"], false);
    assert!((body["retry_after"].as_f64().unwrap() - reset_after).abs() < 0.001);

    let read = stage.rest(scene, Method::GET, &path, json!({})).await;
    assert_eq!(read.status(), StatusCode::OK);
    let room = format!("/guilds/{}/channels", scene.guild);
    let other = text(&stage.ask(&room, json!({ "name": "other" })).await["id"]);
    let path = format!("/channels/{other}/messages");
    let answer = stage
        .rest(scene, Method::POST, &path, json!({ "content": "x" }))
        .await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(
        stage.look("/calls").await["routes"]["POST /channels/{}/messages"]["429"],
        1
    );
    bot.stage.stop().await;
}

#[tokio::test]
async fn all_requests_of_a_bot_together_are_limited() {
    let bot = Bot::new().await;
    bot.stage
        .set(json!({ "global_limit": { "limit": 1, "per_ms": 600_000 } }))
        .await;
    let get = async || {
        bot.stage
            .rest(&bot.scene, Method::GET, "/users/@me", json!({}))
            .await
    };
    assert_eq!(get().await.status(), StatusCode::OK);
    let refused = get().await;
    assert_eq!(header(&refused, "x-ratelimit-global"), "true");
    assert_eq!(header(&refused, "x-ratelimit-scope"), "global");
    assert_eq!(refused.json::<Value>().await.unwrap()["global"], true);
    bot.stage.stop().await;
}

#[tokio::test]
async fn too_many_invalid_requests_are_answered_with_a_ban() {
    let bot = Bot::new().await;
    bot.stage
        .set(json!({ "invalid_request_limit": { "limit": 2, "per_ms": 600_000 } }))
        .await;
    let impostor = Scene {
        token: "nobody".to_owned(),
        ..bot.stage.scene().await
    };
    for _ in 0..2 {
        let answer = bot
            .stage
            .rest(&impostor, Method::GET, "/users/@me", json!({}))
            .await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    }
    let answer = bot
        .stage
        .rest(&bot.scene, Method::GET, "/users/@me", json!({}))
        .await;
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(!answer.headers().contains_key("x-ratelimit-bucket"));
    assert_eq!(bot.stage.look("/calls").await["banned"], true);
    bot.stage.stop().await;
}

#[tokio::test]
async fn faults_hit_before_or_after_the_effect() {
    let bot = Bot::new().await;
    let Bot { stage, scene, .. } = &bot;
    let route = "POST /channels/{}/messages";
    let path = format!("/channels/{}/messages", scene.channel);
    let fault = async |fault: Value| {
        stage
            .ask(
                "/faults",
                json!({ "route": route, "times": 1, "fault": fault }),
            )
            .await
    };
    let post = async |content: &str| {
        stage
            .try_rest(scene, Method::POST, &path, json!({ "content": content }))
            .await
    };
    fault(json!({ "status": 503 })).await;
    assert_eq!(
        post("a").await.unwrap().status(),
        StatusCode::SERVICE_UNAVAILABLE
    );
    fault(json!("drop_connection")).await;
    assert!(post("b").await.is_err());
    fault(json!("lose_response")).await;
    assert!(post("c").await.is_err());
    fault(json!({ "rate_limit": { "retry_after": 1.5, "global": true } })).await;
    let limited = post("d").await.unwrap();
    assert_eq!(header(&limited, "retry-after"), "2");
    fault(json!({ "delay_ms": 1 })).await;
    assert_eq!(post("e").await.unwrap().status(), StatusCode::OK);
    assert_eq!(stage.look("/faults").await, json!([]));

    let said: Vec<Value> = stage.said(&scene.channel).await;
    let contents: Vec<_> = said
        .iter()
        .map(|message| message["content"].clone())
        .collect();
    assert_eq!(contents, ["c", "e"]);
    let counted = stage.look("/calls").await["routes"][route].take();
    assert_eq!(counted, json!({ "0": 2, "200": 1, "429": 1, "503": 1 }));
    bot.stage.stop().await;
}

#[tokio::test]
async fn a_simulator_that_refuses_connections_answers_nobody() {
    let bot = Bot::new().await;
    let get = async || {
        bot.stage
            .try_rest(&bot.scene, Method::GET, "/users/@me", json!({}))
            .await
    };
    bot.stage.set(json!({ "refuse_connections": true })).await;
    assert!(get().await.is_err());
    bot.stage.set(json!({ "refuse_connections": false })).await;
    assert_eq!(get().await.unwrap().status(), StatusCode::OK);
    bot.stage.stop().await;
}
