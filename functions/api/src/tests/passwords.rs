use std::time::Duration;

use axum::http::{Method, StatusCode};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::world::{Answer, PASSWORD, World};

const NEW: &str = "an entirely new one";
const FORGOT: &str = "/v1/auth/password/forgot";
const RESET: &str = "/v1/auth/password/reset";

async fn log_in(world: &World, password: &str) -> Answer {
    let body = json!({ "email": "ann@example.com", "password": password });
    world.call(Method::POST, "/v1/auth/login", body).await
}

#[tokio::test]
async fn changing_the_password_needs_the_present_one_and_ends_other_sessions() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let other = world.logged_in(ann.user.clone()).await;
    let change = |password: &str| json!({ "password": password, "new_password": NEW });
    let refused = world.post(&ann, "/v1/auth/password", change(NEW)).await;
    insta::assert_snapshot!(refused.problem(), @r"
    403 /problems/wrong-password: Send your present password. POST /v1/auth/password/forgot mails a way to a new one.
      /password: is not your password
    ");
    assert_eq!(world.get(&other, "/v1/me").await.status, StatusCode::OK);
    let changed = world
        .post(&ann, "/v1/auth/password", change(PASSWORD))
        .await;
    assert_eq!(changed.status, StatusCode::NO_CONTENT, "{:?}", changed.body);
    assert_eq!(world.get(&ann, "/v1/me").await.status, StatusCode::OK);
    assert_eq!(world.get(&other, "/v1/me").await.kind(), "session-ended");
    assert_eq!(log_in(&world, PASSWORD).await.kind(), "wrong-credentials");
    assert_eq!(log_in(&world, NEW).await.status, StatusCode::OK);
    let letters = world.memory.letters();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].subject, "Your password was changed");
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_by_whoever_reads_the_mail() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let body = json!({ "email": "ann@example.com" });
    let asked = world.call(Method::POST, FORGOT, body.clone()).await;
    assert_eq!(asked.status, StatusCode::ACCEPTED);
    let token = world.mailed_token("ann@example.com");
    let reset = |token: &str| json!({ "token": token, "password": NEW });
    let done = world.call(Method::POST, RESET, reset(&token)).await;
    assert_eq!(done.status, StatusCode::NO_CONTENT, "{:?}", done.body);
    assert_eq!(world.get(&ann, "/v1/me").await.kind(), "session-ended");
    assert_eq!(log_in(&world, PASSWORD).await.kind(), "wrong-credentials");
    assert_eq!(log_in(&world, NEW).await.status, StatusCode::OK);
    let again = world.call(Method::POST, RESET, reset(&token)).await;
    assert_eq!(again.kind(), "wrong-token");
    assert_eq!(world.memory.letters().len(), 1, "a notice");

    world.call(Method::POST, FORGOT, body).await;
    let token = world.mailed_token("ann@example.com");
    world.memory.clock().advance(Duration::from_hours(1));
    let late = world.call(Method::POST, RESET, reset(&token)).await;
    assert_eq!(late.kind(), "wrong-token");
}

#[tokio::test]
async fn forgetting_reveals_nobody() {
    let world = World::new();
    world.tenant("ann").await;
    let mut answers = Vec::new();
    for email in ["ann@example.com", "nobody@example.com"] {
        let body = json!({ "email": email });
        let answer = world.call(Method::POST, FORGOT, body).await;
        answers.push((answer.status, answer.body));
    }
    assert_eq!(answers[0], answers[1]);
    let letters = world.memory.letters();
    assert!(letters[0].text.expose_secret().contains("#token=pbp_"));
    assert!(!letters[1].text.expose_secret().contains("token"));
}

#[tokio::test]
async fn a_token_is_good_for_nothing_else() {
    let world = World::new();
    world.tenant("ann").await;
    let body = json!({ "email": "ann@example.com" });
    world.call(Method::POST, FORGOT, body).await;
    let token = world.mailed_token("ann@example.com");
    for path in ["/v1/auth/verify", "/v1/auth/verify-email"] {
        let answer = world
            .call(Method::POST, path, json!({ "token": token }))
            .await;
        assert_eq!(answer.kind(), "wrong-token");
        let renamed = token.replacen("pbp_", "pbv_", 1);
        let answer = world
            .call(Method::POST, path, json!({ "token": renamed }))
            .await;
        assert_eq!(answer.kind(), "wrong-token");
    }
    let reset = json!({ "token": token, "password": NEW });
    let done = world.call(Method::POST, RESET, reset).await;
    assert_eq!(
        (done.status, done.body),
        (StatusCode::NO_CONTENT, Value::Null)
    );
}
