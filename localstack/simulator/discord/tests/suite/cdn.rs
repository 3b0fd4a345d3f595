//! Downloads: links that end, parts, and what can go wrong on the way.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::bot::Bot;
use crate::stage::text;

impl Bot {
    /// The attachment of a new message with so many bytes.
    async fn attached(&self, bytes: usize) -> Value {
        let files = json!([{ "name": "a.bin", "bytes": bytes, "seed": 9 }]);
        let posted = self
            .stage
            .post(&self.scene, json!({ "attachments": files }))
            .await;
        posted["attachments"][0].clone()
    }

    async fn break_downloads(&self, fault: Value) {
        let rule = json!({ "route": "GET /attachments/{}/{}/{}", "times": 1, "fault": fault });
        self.stage.ask("/faults", rule).await;
    }
}

#[tokio::test]
async fn a_link_that_has_ended_or_is_forged_is_not_found() {
    let bot = Bot::new().await;
    let url = text(&bot.attached(10).await["url"]);
    let (path, query) = url.split_once('?').unwrap();
    for bad in [
        path.to_owned(),
        url.replace("&hm=", "&hm=0"),
        url.replace("?ex=", "?ex=f"),
        format!("{path}.png?{query}"),
    ] {
        let answer = reqwest::get(&bad).await.unwrap();
        assert_eq!(answer.status(), 404, "{bad}");
        let said = answer.text().await.unwrap();
        assert_eq!(said, "This content is no longer available.");
    }
    assert_eq!(reqwest::get(&url).await.unwrap().status(), 200);
    bot.stage.ask("/cdn/expire", json!({})).await;
    assert_eq!(reqwest::get(&url).await.unwrap().status(), 404);

    // Whoever reads the message again, or asks for new links, gets good ones.
    let said = bot.stage.said(&bot.scene.channel).await;
    let fresh = text(&said[0]["attachments"][0]["url"]);
    assert_eq!(reqwest::get(&fresh).await.unwrap().status(), 200);
    let elsewhere = "https://example.com/a.png";
    let asked = json!({ "attachment_urls": [url, path, elsewhere] });
    let path = "/attachments/refresh-urls";
    let answer = bot.stage.rest(&bot.scene, Method::POST, path, asked).await;
    let answer: Value = answer.json().await.unwrap();
    let refreshed = |index: usize| text(&answer["refreshed_urls"][index]["refreshed"]);
    assert_eq!(answer["refreshed_urls"][0]["original"], url);
    for index in 0..2 {
        assert_eq!(reqwest::get(refreshed(index)).await.unwrap().status(), 200);
    }
    assert_eq!(refreshed(2), elsewhere);

    bot.stage.set(json!({ "cdn_link_ttl_s": 0 })).await;
    let ended = text(&bot.stage.said(&bot.scene.channel).await[0]["attachments"][0]["url"]);
    assert_eq!(reqwest::get(ended).await.unwrap().status(), 404);
    bot.stage.stop().await;
}

#[tokio::test]
async fn a_part_can_be_asked_for() {
    let bot = Bot::new().await;
    let url = text(&bot.attached(100).await["url"]);
    let whole = reqwest::get(&url).await.unwrap().bytes().await.unwrap();
    let get = async |range: &str| {
        let request = reqwest::Client::new().get(&url).header("range", range);
        request.send().await.unwrap()
    };
    let part = get("bytes=10-19").await;
    assert_eq!(part.status(), 206);
    assert_eq!(part.headers()["content-range"], "bytes 10-19/100");
    assert_eq!(part.bytes().await.unwrap(), whole[10..20]);
    assert_eq!(get("bytes=100-").await.status(), 416);
    bot.stage.stop().await;
}

#[tokio::test]
async fn a_download_can_fail_be_slow_or_break_off() {
    let bot = Bot::new().await;
    let url = text(&bot.attached(200_000).await["url"]);
    bot.break_downloads(json!({ "status": 503 })).await;
    assert_eq!(reqwest::get(&url).await.unwrap().status(), 503);

    bot.break_downloads(json!({ "cut_body": { "after": 70_000 } }))
        .await;
    let mut answer = reqwest::get(&url).await.unwrap();
    assert_eq!(answer.content_length(), Some(200_000));
    let mut received = 0;
    let broken = loop {
        match answer.chunk().await {
            Ok(Some(chunk)) => received += chunk.len(),
            Ok(None) => break false,
            Err(_) => break true,
        }
    };
    assert!(broken && received <= 70_000, "{received}");

    bot.break_downloads(json!({ "trickle": { "bytes_per_s": 1_000_000 } }))
        .await;
    let began = Instant::now();
    let slow = reqwest::get(&url).await.unwrap().bytes().await.unwrap();
    assert_eq!(slow.len(), 200_000);
    assert!(began.elapsed() >= Duration::from_millis(200));
    let calls = bot.stage.look("/calls").await;
    let counted = &calls["routes"]["GET /attachments/{}/{}/{}"];
    assert_eq!(*counted, json!({ "200": 2, "503": 1 }));
    bot.stage.stop().await;
}
