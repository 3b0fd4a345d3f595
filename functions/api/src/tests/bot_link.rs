use axum::http::{Method, StatusCode};
use patchbay_app::link_bot;
use patchbay_domain::bot_link::BotPerson;
use patchbay_domain::ids::TelegramUserId;
use secrecy::SecretString;
use serde_json::{Value, json};

use super::world::World;

const LINK: &str = "/v1/telegram/bot-link";

fn token(url: &str) -> SecretString {
    let token = url.strip_prefix("https://t.me/PatchbayBot?start=").unwrap();
    let is_allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    assert!((22..=64).contains(&token.len()) && token.bytes().all(is_allowed));
    token.into()
}

fn person(id: i64) -> BotPerson {
    BotPerson {
        telegram_user: TelegramUserId(id),
        name: "Ann Lee".to_owned(),
        username: Some("ann".to_owned()),
    }
}

#[tokio::test]
async fn a_user_links_with_the_bot_and_unlinks() {
    let world = World::new();
    let (ann, bob) = (world.tenant("ann").await, world.tenant("bob").await);
    let nothing = json!({ "linked": null, "waits_until": null });
    assert_eq!(world.get(&ann, LINK).await.body, nothing);

    let spoilt = world.post(&ann, LINK, Value::Null).await;
    let made = world.post(&ann, LINK, Value::Null).await;
    assert_eq!(made.status, StatusCode::CREATED);
    assert_eq!(made.text("expires_at"), "2026-09-21T14:23:20Z");
    let waiting = json!({ "linked": null, "waits_until": made.body["expires_at"] });
    assert_eq!(world.get(&ann, LINK).await.body, waiting);
    assert_eq!(world.get(&bob, LINK).await.body, nothing);

    let early = token(spoilt.text("url"));
    let refused = link_bot::redeem(&world.ports, &early, &person(7)).await;
    assert!(refused.is_err(), "a new link spoils the old one");
    let good = token(made.text("url"));
    link_bot::redeem(&world.ports, &good, &person(7))
        .await
        .unwrap();
    insta::assert_json_snapshot!(world.get(&ann, LINK).await.body, @r#"
    {
      "linked": {
        "name": "Ann Lee",
        "since": "2026-09-21T14:13:20Z",
        "telegram_user": "7",
        "username": "ann"
      },
      "waits_until": null
    }
    "#);

    // What one tenant does leaves the other alone.
    for (tenant, left) in [(&bob, "7"), (&ann, "")] {
        for _ in 0..2 {
            let gone = world.delete(tenant, LINK).await;
            assert_eq!(gone.status, StatusCode::NO_CONTENT);
        }
        let link = world.get(&ann, LINK).await.body;
        let linked = link["linked"]["telegram_user"].as_str();
        assert_eq!(linked.unwrap_or_default(), left);
    }
}

#[tokio::test]
async fn without_a_bot_there_is_nothing_to_link_with() {
    let world = World::without_bot();
    let ann = world.tenant("ann").await;
    let refused = world.post(&ann, LINK, Value::Null).await;
    insta::assert_snapshot!(refused.problem(), @"503 /problems/telegram-bot-unavailable: Whoever runs this has set up no Telegram bot (TELEGRAM_BOT_USERNAME).");
    for method in [Method::GET, Method::DELETE] {
        let answer = world.as_tenant(&ann, method, LINK, Value::Null).await;
        assert!(answer.status.is_success());
    }
}
