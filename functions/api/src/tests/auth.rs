use std::time::Duration;

use axum::http::{Method, StatusCode, header};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::world::{PASSWORD, World, request};

const LOGIN: &str = "/v1/auth/login";
const REGISTER: &str = "/v1/auth/register";
const VERIFY: &str = "/v1/auth/verify";

#[tokio::test]
async fn a_user_registers_confirms_logs_in_and_is_known() {
    let world = World::new();
    let credentials = json!({ "email": "Ann@Example.com", "password": PASSWORD });
    let asked = world.call(Method::POST, REGISTER, credentials).await;
    assert_eq!(asked.status, StatusCode::ACCEPTED);
    let token = world.mailed_token("ann@example.com");
    let credentials = json!({ "email": "ann@example.com", "password": PASSWORD });
    let early = world.call(Method::POST, LOGIN, credentials.clone()).await;
    assert_eq!(early.kind(), "wrong-credentials");

    let body = json!({ "token": token });
    let verified = world.call(Method::POST, VERIFY, body.clone()).await;
    assert_eq!(verified.status, StatusCode::CREATED, "{:?}", verified.body);
    assert_eq!(verified.headers[header::LOCATION], "/v1/me");
    let again = world.call(Method::POST, VERIFY, body).await;
    insta::assert_snapshot!(again.problem(), @r#"
    422 /problems/wrong-token: Copy the whole token from the latest mail, or have another sent by /v1/auth/register.
      /token: is not good
    "#);

    let login = world.call(Method::POST, LOGIN, credentials).await;
    assert_eq!(login.status, StatusCode::OK);
    assert_eq!(login.body["token_type"], "Bearer");
    assert_eq!(login.body["expires_in"], 600);
    let token = login.text("access_token");
    let me = world
        .send(request(Some(token), Method::GET, "/v1/me", &Value::Null))
        .await;
    insta::assert_json_snapshot!(me.body, @r#"
    {
      "created_at": "2026-09-21T14:13:20Z",
      "email": "ann@example.com",
      "id": "usr_00000000000000000000000000000002",
      "language": null,
      "limits": {
        "api_keys": 2,
        "discord_guilds": 2,
        "pairs": 5,
        "telegram_accounts": 2
      },
      "name": null,
      "plan": "free",
      "role": "user",
      "time_zone": null,
      "used": {
        "api_keys": 0,
        "discord_guilds": 0,
        "pairs": 0,
        "telegram_accounts": 0
      }
    }
    "#);
    assert_eq!(verified.body["id"], me.body["id"]);
    assert!(!me.body.to_string().contains("argon2"));

    let bob = world.tenant("bob").await;
    assert_eq!(
        world.get(&bob, "/v1/me").await.text("email"),
        "bob@example.com"
    );
}

#[tokio::test]
async fn registering_reveals_nobody() {
    let world = World::new();
    world.tenant("ann").await;
    let mut answers = Vec::new();
    for email in ["ANN@example.com", "bob@example.com"] {
        let body = json!({ "email": email, "password": "another password" });
        let answer = world.call(Method::POST, REGISTER, body).await;
        answers.push((answer.status, answer.body));
    }
    assert_eq!(answers[0], answers[1]);
    insta::assert_json_snapshot!(answers[0].1, @r#"
    {
      "next": "Look into your mail: it has a token for POST /v1/auth/verify, good for 24 hours."
    }
    "#);
    let letters = world.memory.letters();
    let [to_ann, to_bob] = letters.as_slice() else {
        panic!("{letters:?}");
    };
    insta::assert_snapshot!(to_ann.text.expose_secret(), @r"
    Somebody, probably you, asked to register this address with Patchbay. It has an account already.

    Log in: https://patchbay.example/login
    If you forgot the password: https://patchbay.example/forgot

    If it was not you, do nothing: nothing was changed.
    ");
    assert_eq!(
        (to_ann.to.as_str(), to_bob.to.as_str()),
        ("ann@example.com", "bob@example.com")
    );
    assert!(
        to_bob
            .text
            .expose_secret()
            .contains("https://patchbay.example/verify#token=pbv_")
    );
    // Whoever registered first still has the account.
    let again = json!({ "email": "ann@example.com", "password": "another password" });
    let refused = world.call(Method::POST, LOGIN, again).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn of_two_who_confirm_one_address_the_first_has_it() {
    let world = World::new();
    let mut tokens = Vec::new();
    for password in [PASSWORD, "another password"] {
        let body = json!({ "email": "ann@example.com", "password": password });
        world.call(Method::POST, REGISTER, body).await;
        tokens.push(world.mailed_token("ann@example.com"));
    }
    let mut answers = Vec::new();
    for token in &tokens {
        let body = json!({ "token": token });
        answers.push(world.call(Method::POST, VERIFY, body).await);
    }
    assert_eq!(answers[0].status, StatusCode::CREATED);
    insta::assert_snapshot!(answers[1].problem(), @"409 /problems/email-taken: Log in with it at POST /v1/auth/login, or use another one.");
    let login = json!({ "email": "ann@example.com", "password": PASSWORD });
    let login = world.call(Method::POST, LOGIN, login).await;
    assert_eq!(login.status, StatusCode::OK);
}

#[tokio::test]
async fn a_registration_can_be_confirmed_for_a_day() {
    let world = World::new();
    let body = json!({ "email": "ann@example.com", "password": PASSWORD });
    world.call(Method::POST, REGISTER, body).await;
    let token = world.mailed_token("ann@example.com");
    world.memory.clock().advance(Duration::from_hours(24));
    let late = world
        .call(Method::POST, VERIFY, json!({ "token": token }))
        .await;
    assert_eq!(late.kind(), "wrong-token");
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
    insta::assert_snapshot!(answers[0], @"401 /problems/wrong-credentials: Check both. If you registered just now, first confirm your address with the token in your mail; otherwise register with POST /v1/auth/register.");
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
