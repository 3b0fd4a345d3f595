//! What is sent again with the same key has one effect.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::broken::Broken;
use super::described::{self, Operation};
use super::world::{Answer, PASSWORD, Tenant, World, discord, request, telegram};

const PAIRS: &str = "/v1/pairs";

fn keyed(tenant: &Tenant, path: &str, key: &str, body: &Value) -> Request<Body> {
    let mut request = request(Some(&tenant.token), Method::POST, path, body);
    let key = key.parse().unwrap();
    request.headers_mut().insert("idempotency-key", key);
    request
}

async fn furnished() -> (World, Tenant, Value) {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let account = world.account(&ann).await;
    world.guild(&ann, 7).await;
    let body = json!({ "source": telegram(account, 1), "destination": discord(7, 11) });
    (world, ann, body)
}

fn is_replayed(answer: &Answer) -> bool {
    answer
        .headers
        .get("idempotency-replayed")
        .is_some_and(|value| value == "true")
}

async fn count(world: &World, tenant: &Tenant) -> usize {
    let pairs = world.ports.pairs.of_user(tenant.user.id).await.unwrap();
    pairs.pairs.len()
}

#[tokio::test]
async fn the_same_request_is_answered_again_for_a_day() {
    let (world, ann, body) = furnished().await;
    let first = world.send(keyed(&ann, PAIRS, "\"one\"", &body)).await;
    assert_eq!(first.status, StatusCode::CREATED, "{:?}", first.body);
    assert!(!is_replayed(&first));
    for key in ["\"one\"", "one"] {
        let again = world.send(keyed(&ann, PAIRS, key, &body)).await;
        assert!(is_replayed(&again), "{:?}", again.body);
        assert_eq!((again.status, &again.body), (first.status, &first.body));
        for name in ["location", "content-type"] {
            assert_eq!(again.headers[name], first.headers[name]);
        }
        assert_ne!(again.headers["x-request-id"], first.headers["x-request-id"]);
    }
    assert_eq!(count(&world, &ann).await, 1);

    world.memory.clock().advance(Duration::from_hours(24));
    let credentials = json!({ "email": "ann@example.com", "password": PASSWORD });
    let login = world
        .call(Method::POST, "/v1/auth/login", credentials)
        .await;
    let token = login.text("access_token").to_owned();
    let ann = Tenant { token, ..ann };
    let tomorrow = world.send(keyed(&ann, PAIRS, "one", &body)).await;
    assert_eq!(tomorrow.kind(), "pair-duplicate");
}

#[tokio::test]
async fn of_many_at_the_same_time_one_has_an_effect() {
    let (world, ann, body) = furnished().await;
    let requests = (0..16).map(|_| world.send(keyed(&ann, PAIRS, "many", &body)));
    let answers = join_all(requests).await;
    let first = |answer: &&Answer| answer.status == StatusCode::CREATED && !is_replayed(answer);
    assert_eq!(answers.iter().filter(first).count(), 1);
    for answer in answers.iter().filter(|answer| !first(answer)) {
        let is_late = is_replayed(answer) || answer.kind() == "idempotency-in-progress";
        assert!(is_late, "{:?}", answer.body);
    }
    assert_eq!(count(&world, &ann).await, 1);
}

#[tokio::test(start_paused = true)]
async fn while_the_first_is_under_way_the_others_are_told_to_wait() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let (logins, qr) = ("/v1/telegram/logins", json!({ "method": "qr" }));
    let start = || keyed(&ann, logins, "login", &qr);
    // No connector answers, so that the first waits until its patience ends.
    let (first, (second, other)) = tokio::join!(world.send(start()), async {
        tokio::task::yield_now().await;
        let phone = json!({ "method": "phone", "phone": "+442079460958" });
        let other = world.send(keyed(&ann, logins, "login", &phone)).await;
        (world.send(start()).await, other)
    });
    assert_eq!(first.status, StatusCode::ACCEPTED);
    insta::assert_snapshot!(second.problem(), @"409 /problems/idempotency-in-progress: The same request is still being worked on. Send it again soon for its answer.");
    assert_eq!(second.headers["retry-after"], "2");
    assert_eq!(other.kind(), "idempotency-key-reused");
    let third = world.send(start()).await;
    assert!(is_replayed(&third));
    assert_eq!(third.body, first.body);
}

/// The others may be repeated, or need what is good once, or have no user yet who could own a key.
#[test]
fn every_request_that_makes_something_takes_a_key() {
    let posts = described::operations().into_iter();
    let posts = posts.filter(|operation| operation.method == Method::POST);
    let (takes, others): (Vec<_>, Vec<_>) =
        posts.partition(|operation| operation.has_header("Idempotency-Key"));
    let lines = |operations: Vec<Operation>| {
        let paths = operations.into_iter().map(|operation| operation.path);
        paths.collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(lines(takes), @r"
    /v1/api-keys
    /v1/api-keys/{id}/rotate
    /v1/discord/guilds
    /v1/discord/guilds/{id}/refresh
    /v1/discord/oauth2/callback
    /v1/pairs
    /v1/pairs/{id}/backfill
    /v1/pairs/{id}/duplicate
    /v1/pairs/{id}/messages/{message}/retry
    /v1/telegram/accounts/{id}/chats/refresh
    /v1/telegram/accounts/{id}/chats/{chat}/topics/refresh
    /v1/telegram/accounts/{id}/reconnect
    /v1/telegram/bot-link
    /v1/telegram/logins
    /v1/telegram/logins/{id}/code
    /v1/telegram/logins/{id}/password
    ");
    insta::assert_snapshot!(lines(others), @r"
    /v1/auth/login
    /v1/auth/logout
    /v1/auth/logout-all
    /v1/auth/password
    /v1/auth/password/forgot
    /v1/auth/password/reset
    /v1/auth/refresh
    /v1/auth/register
    /v1/auth/verify
    /v1/auth/verify-email
    /v1/discord/oauth2/authorize
    /v1/pairs/pause
    /v1/pairs/preview
    /v1/pairs/resume
    /v1/pairs/{id}/pause
    /v1/pairs/{id}/resume
    ");
}

#[tokio::test]
async fn a_rotation_that_is_repeated_ends_no_secret() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let key = json!({ "name": "a program", "scopes": ["read"] });
    let made = world.post(&ann, "/v1/api-keys", key).await;
    let rotate = format!(
        "/v1/api-keys/{}/rotate",
        made.body["key"]["id"].as_str().unwrap()
    );
    let first = world.send(keyed(&ann, &rotate, "one", &json!({}))).await;
    let again = world.send(keyed(&ann, &rotate, "one", &json!({}))).await;
    assert!(!is_replayed(&first) && is_replayed(&again));
    assert_eq!(first.text("secret"), again.text("secret"));
    for secret in [made.text("secret"), first.text("secret")] {
        let opened = world.with_token(secret, Method::GET, PAIRS).await;
        assert_eq!(opened.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_before_its_key_is_taken() {
    let (world, ann, body) = furnished().await;
    let large = json!({ "name": "x".repeat(crate::body::LIMIT) });
    let refused = world.send(keyed(&ann, PAIRS, "one", &large)).await;
    assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
    insta::assert_snapshot!(refused.problem(), @"413 /problems/body-too-large: Send at most 65536 bytes.");
    let made = world.send(keyed(&ann, PAIRS, "one", &body)).await;
    assert_eq!(made.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_key_of_another_request_is_refused() {
    let (world, ann, body) = furnished().await;
    let first = world.send(keyed(&ann, PAIRS, "one", &body)).await;
    let mut other = body.clone();
    other["destination"] = discord(7, 12);
    let reused = world.send(keyed(&ann, PAIRS, "one", &other)).await;
    insta::assert_snapshot!(reused.problem(), @"422 /problems/idempotency-key-reused: Another request was sent with this Idempotency-Key. Choose a new key for a new request.");
    assert_eq!(count(&world, &ann).await, 1);

    // Keys of another route or of another user are others.
    let guild = json!({ "guild_id": "7" });
    let linking = world
        .send(keyed(&ann, "/v1/discord/guilds", "one", &guild))
        .await;
    assert!(!is_replayed(&linking) && linking.kind() != "idempotency-key-reused");
    let bob = world.tenant("bob").await;
    let stranger = world.send(keyed(&bob, PAIRS, "one", &body)).await;
    assert!(!is_replayed(&stranger));
    assert_ne!(stranger.body, first.body);
}

#[tokio::test]
async fn a_refusal_leaves_the_key_free() {
    let (world, ann, body) = furnished().await;
    let mut wrong = body.clone();
    wrong["destination"] = discord(8, 11);
    let refused = world.send(keyed(&ann, PAIRS, "one", &wrong)).await;
    assert_eq!(refused.kind(), "discord-guild-not-linked");
    let made = world.send(keyed(&ann, PAIRS, "one", &body)).await;
    assert_eq!(made.status, StatusCode::CREATED);
    assert!(!is_replayed(&made));
}

#[tokio::test]
async fn what_is_no_key_is_refused() {
    let (world, ann, body) = furnished().await;
    let mut twice = keyed(&ann, PAIRS, "one", &body);
    twice
        .headers_mut()
        .append("idempotency-key", "two".parse().unwrap());
    let long = "k".repeat(256);
    let requests = ["", "two words", "\"open", &long]
        .map(|key| keyed(&ann, PAIRS, key, &body))
        .into_iter()
        .chain([twice]);
    for request in requests {
        let answer = world.send(request).await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(answer.problem(), @r#"400 /problems/idempotency-key-invalid: Send one Idempotency-Key: 1 to 255 printable ASCII characters in double quotes, such as "8e03978e-40d5-43dd-bc93-6894a57f9324"."#);
        }
    }
    assert_eq!(count(&world, &ann).await, 0);
}

#[tokio::test]
async fn a_failure_leaves_the_key_free() {
    let world = World::with(|ports| ports.controls = Arc::new(Broken));
    let ann = world.tenant("ann").await;
    let qr = json!({ "method": "qr" });
    for _ in 0..2 {
        let failed = world
            .send(keyed(&ann, "/v1/telegram/logins", "one", &qr))
            .await;
        assert_eq!(failed.kind(), "unavailable");
        assert!(!is_replayed(&failed));
    }
}
