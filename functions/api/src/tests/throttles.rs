use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderValue, Method, StatusCode, header};
use serde_json::{Value, json};

use super::world::{Answer, PASSWORD, World, request};

const LOGIN: &str = "/v1/auth/login";

/// Asks from an address, as the proxy before the API tells it.
async fn from(world: &World, address: &str, path: &str, body: &Value) -> Answer {
    let mut request = request(None, Method::POST, path, body);
    let address = HeaderValue::from_str(address).unwrap();
    request.headers_mut().insert("x-forwarded-for", address);
    world.send(request).await
}

async fn log_in(world: &World, address: &str, email: &str, password: &str) -> Answer {
    let body = json!({ "email": email, "password": password });
    from(world, address, LOGIN, &body).await
}

fn retry_after(answer: &Answer) -> u64 {
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    let value = answer.headers[header::RETRY_AFTER].to_str().unwrap();
    value.parse().unwrap()
}

#[tokio::test]
async fn ten_wrong_passwords_close_an_account_for_a_while_whether_it_exists_or_not() {
    let world = World::new();
    world.tenant("ann").await;
    let mut refusals = Vec::new();
    for email in ["ann@example.com", "nobody@example.com"] {
        for attempt in 0..10 {
            // From everywhere, so that only the account counts.
            let address = format!("192.0.2.{attempt}");
            let wrong = log_in(&world, &address, email, "wrong password").await;
            assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
        }
        refusals.push(log_in(&world, "198.51.100.1", email, PASSWORD).await);
    }
    assert_eq!(refusals[0].problem(), refusals[1].problem());
    assert_eq!(refusals[0].kind(), "too-many-attempts");
    let seconds = retry_after(&refusals[0]);
    assert!((1..=900).contains(&seconds), "{seconds}");
    world.memory.clock().advance(Duration::from_secs(seconds));
    let open = log_in(&world, "198.51.100.1", "ann@example.com", PASSWORD).await;
    assert_eq!(open.status, StatusCode::OK);
}

#[tokio::test]
async fn right_passwords_are_not_counted() {
    let world = World::new();
    world.tenant("ann").await;
    for _ in 0..12 {
        let right = log_in(&world, "192.0.2.1", "ann@example.com", PASSWORD).await;
        assert_eq!(right.status, StatusCode::OK);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_guesses_at_once_are_no_more_than_one_after_another() {
    let world = Arc::new(World::new());
    world.tenant("ann").await;
    let mut guesses = tokio::task::JoinSet::new();
    for guess in 0..16 {
        let world = world.clone();
        guesses.spawn(async move {
            let address = format!("192.0.2.{guess}");
            log_in(&world, &address, "ann@example.com", "wrong password").await
        });
    }
    let answers = guesses.join_all().await;
    let checked = answers
        .iter()
        .filter(|answer| answer.status == StatusCode::UNAUTHORIZED);
    assert_eq!(checked.count(), 10);
}

#[tokio::test]
async fn an_address_registers_five_times_an_hour() {
    let world = World::new();
    let register = async |address: &str, name: &str| {
        let body = json!({ "email": format!("{name}@example.com"), "password": PASSWORD });
        from(&world, address, "/v1/auth/register", &body).await
    };
    for name in ["a", "b", "c", "d", "e"] {
        let answer = register("192.0.2.1", name).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED);
    }
    let sixth = register("192.0.2.1", "f").await;
    assert!(retry_after(&sixth) <= 3600);
    assert_eq!(world.memory.letters().len(), 5);
    let elsewhere = register("192.0.2.2", "f").await;
    assert_eq!(elsewhere.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn forgetting_is_slowed_down_by_account_and_address() {
    let world = World::new();
    world.tenant("ann").await;
    let forgot = async |address: &str, email: &str| {
        let body = json!({ "email": email });
        from(&world, address, "/v1/auth/password/forgot", &body).await
    };
    for email in ["ann@example.com", "nobody@example.com"] {
        for attempt in 0..3 {
            let address = format!("192.0.2.{attempt}");
            let answer = forgot(&address, email).await;
            assert_eq!(answer.status, StatusCode::ACCEPTED);
        }
        retry_after(&forgot("192.0.2.9", email).await);
    }
    for name in 0..5 {
        let email = format!("{name}@example.com");
        forgot("198.51.100.1", &email).await;
    }
    retry_after(&forgot("198.51.100.1", "last@example.com").await);
}

#[tokio::test]
async fn guessing_tokens_is_slowed_down() {
    let world = World::new();
    let token = format!("pbv_{:032x}", 7);
    for _ in 0..10 {
        let body = json!({ "token": token });
        let answer = from(&world, "192.0.2.1", "/v1/auth/verify", &body).await;
        assert_eq!(answer.kind(), "wrong-token");
    }
    let reset = json!({ "token": token, "password": PASSWORD });
    retry_after(&from(&world, "192.0.2.1", "/v1/auth/password/reset", &reset).await);
}
