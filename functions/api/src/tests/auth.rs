use std::time::Duration;

use axum::http::{Method, StatusCode, header};
use serde_json::{Value, json};

use super::world::{PASSWORD, World, request};

const LOGIN: &str = "/v1/auth/login";
const REGISTER: &str = "/v1/auth/register";

#[tokio::test]
async fn a_user_registers_logs_in_and_is_known() {
    let world = World::new();
    let credentials = json!({ "email": "Ann@Example.com", "password": PASSWORD });
    let registered = world.call(Method::POST, REGISTER, credentials).await;
    assert_eq!(registered.status, StatusCode::CREATED);
    assert_eq!(registered.headers[header::LOCATION], "/v1/me");

    let credentials = json!({ "email": "ann@example.com", "password": PASSWORD });
    let login = world.call(Method::POST, LOGIN, credentials).await;
    assert_eq!(login.status, StatusCode::OK);
    assert_eq!(login.body["token_type"], "Bearer");
    assert_eq!(login.body["expires_in"], 600);
    let token = login.text("access_token");
    let me = world
        .send(request(Some(token), Method::GET, "/v1/me", &Value::Null))
        .await;
    assert_eq!((me.status, &me.body), (StatusCode::OK, &registered.body));
    insta::assert_json_snapshot!(me.body, @r#"
    {
      "created_at": "2026-09-21T14:13:20Z",
      "email": "ann@example.com",
      "id": "usr_00000000000000000000000000000002"
    }
    "#);
    assert!(!me.body.to_string().contains("argon2"));

    let bob = world.tenant("bob").await;
    assert_eq!(
        world.get(&bob, "/v1/me").await.text("email"),
        "bob@example.com"
    );
}

#[tokio::test]
async fn an_address_registers_once() {
    let world = World::new();
    world.tenant("ann").await;
    let again = json!({ "email": "ANN@example.com", "password": "another password" });
    let refused = world.call(Method::POST, REGISTER, again.clone()).await;
    insta::assert_snapshot!(refused.problem(), @r#"
    409 /problems/email-taken: Log in with it at POST /v1/auth/login, or use another one.
      /email: is registered already
    "#);
    // Whoever registered first still has the account.
    assert_eq!(
        world.call(Method::POST, LOGIN, again).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_get_the_same_answer() {
    let world = World::new();
    world.tenant("ann").await;
    let attempts = [
        ("ann@example.com", "a wrong password"),
        ("bob@example.com", PASSWORD),
        ("no address", PASSWORD),
        ("ann@example.com", ""),
        ("ann@example.com", &"x".repeat(5000)),
    ];
    let mut answers = Vec::new();
    for (email, password) in attempts {
        let credentials = json!({ "email": email, "password": password });
        let answer = world.call(Method::POST, LOGIN, credentials).await;
        assert!(answer.headers.contains_key(header::WWW_AUTHENTICATE));
        answers.push(answer.problem());
    }
    insta::assert_snapshot!(answers[0], @"401 /problems/wrong-credentials: Check both, or register with POST /v1/auth/register.");
    assert!(
        answers.iter().all(|answer| *answer == answers[0]),
        "{answers:#?}"
    );
}

#[tokio::test]
async fn without_a_valid_token_nothing_is_told() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let (head, signature) = ann.token.rsplit_once('.').unwrap();
    let cases = [
        ("nothing", None),
        ("empty", Some(String::new())),
        ("other scheme", Some("Basic YTpi".to_owned())),
        ("no token", Some("Bearer nonsense".to_owned())),
        (
            "forged",
            Some(format!(
                "Bearer {head}.{}",
                signature.chars().rev().collect::<String>()
            )),
        ),
    ];
    let mut shown = Vec::new();
    for (case, value) in cases {
        let mut request = request(None, Method::GET, "/v1/me", &Value::Null);
        if let Some(value) = value {
            request
                .headers_mut()
                .insert(header::AUTHORIZATION, value.parse().unwrap());
        }
        let answer = world.send(request).await;
        let challenge = answer.headers[header::WWW_AUTHENTICATE].to_str().unwrap();
        shown.push(format!("{case}: {}\n  {challenge}", answer.problem()));
    }
    insta::assert_snapshot!(shown.join("\n"), @r#"
    nothing: 401 /problems/not-authenticated: Send `authorization: Bearer` and an access token from POST /v1/auth/login.
      Bearer realm="patchbay"
    empty: 401 /problems/not-authenticated: Send `authorization: Bearer` and an access token from POST /v1/auth/login.
      Bearer realm="patchbay"
    other scheme: 401 /problems/not-authenticated: Send `authorization: Bearer` and an access token from POST /v1/auth/login.
      Bearer realm="patchbay"
    no token: 401 /problems/not-authenticated: This is not an access token of ours. Get one from POST /v1/auth/login.
      Bearer realm="patchbay", error="invalid_token"
    forged: 401 /problems/not-authenticated: This is not an access token of ours. Get one from POST /v1/auth/login.
      Bearer realm="patchbay", error="invalid_token"
    "#);

    world.memory.clock().advance(Duration::from_mins(10));
    let late = world.get(&ann, "/v1/me").await;
    insta::assert_snapshot!(late.problem(), @"401 /problems/token-expired: Get a new one from POST /v1/auth/refresh.");
    assert!(
        late.headers[header::WWW_AUTHENTICATE]
            .to_str()
            .unwrap()
            .contains("expired")
    );
}

#[tokio::test]
async fn a_token_of_a_user_who_is_gone_opens_nothing() {
    let (here, elsewhere) = (World::new(), World::new());
    let ann = elsewhere.tenant("ann").await;
    assert_eq!(here.get(&ann, "/v1/me").await.kind(), "session-ended");
}
