use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use axum::http::Method;
use serde_json::{Value, json};
use tracing_subscriber::fmt;

use super::broken::Broken;
use super::world::{PASSWORD, World, request, token_in};

/// What is logged, in memory.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// All that this thread logs goes to `lines` until the guard is dropped.
fn log_to(lines: &Lines) -> tracing::subscriber::DefaultGuard {
    let writer = lines.clone();
    let subscriber = fmt()
        .json()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone());
    tracing::subscriber::set_default(subscriber.finish())
}

#[tokio::test(start_paused = true)]
async fn the_log_tells_the_route_and_the_outcome_and_no_secret() {
    let lines = Lines::default();
    // While there is one subscriber only, a place that logs is switched off for good if another
    // test, which has none, is the first to come by it.
    let _another = tracing::Dispatch::new(tracing::subscriber::NoSubscriber::new());
    let _logged = log_to(&lines);

    let world = World::with(|ports| ports.controls = Arc::new(Broken));
    let ann = world.tenant("ann").await;
    let account = world.account(&ann).await;
    let phone = json!({ "method": "phone", "phone": "+442079460958" });
    let failed = world.post(&ann, "/v1/telegram/logins", phone).await;
    assert_eq!(failed.kind(), "unavailable");
    let login = "/v1/telegram/logins/lgn_00000000000000000000000000000001";
    world
        .post(
            &ann,
            &format!("{login}/code"),
            json!({ "code": "c0deword" }),
        )
        .await;
    world
        .post(
            &ann,
            &format!("{login}/password"),
            json!({ "password": "Sesame!" }),
        )
        .await;
    world
        .get(
            &ann,
            &format!("/v1/telegram/accounts/{account}/chats?query=private"),
        )
        .await;
    let wrong = json!({ "email": "ann@example.com", "password": 7, "extra": "s3ntence" });
    world.call(Method::POST, "/v1/auth/login", wrong).await;
    world
        .call(Method::GET, "/v1/c0nfidential", Value::Null)
        .await;
    let key = world.api_key(&ann, &["read"]).await;
    world.with_token(&key, Method::GET, "/v1/me").await;
    world.with_token(&key, Method::GET, "/v1/pairs").await;
    let mistyped = format!("{key}x");
    world.with_token(&mistyped, Method::GET, "/v1/pairs").await;

    let register = json!({ "email": "bob@example.com", "password": PASSWORD });
    world
        .call(Method::POST, "/v1/auth/register", register)
        .await;
    let mailed = world.mailed_token("bob@example.com");
    let verify = json!({ "token": mailed });
    world.call(Method::POST, "/v1/auth/verify", verify).await;
    let refresh = json!({ "refresh_token": ann.refresh_token });
    let renewed = world.call(Method::POST, "/v1/auth/refresh", refresh).await;
    let forgot = json!({ "email": "ann@example.com" });
    world
        .call(Method::POST, "/v1/auth/password/forgot", forgot)
        .await;
    let reset_token = world.memory.letters().pop().map(|letter| token_in(&letter));
    let reset_token = reset_token.unwrap();
    let reset = json!({ "token": reset_token, "password": "An0ther password" });
    world
        .call(Method::POST, "/v1/auth/password/reset", reset)
        .await;

    let log = lines.text();
    let failure = failed.text("request_id");
    assert!(
        log.lines()
            .any(|line| line.contains("a request failed") && line.contains(failure))
    );
    assert!(
        log.contains(r#""route":"/v1/telegram/accounts/{id}/chats""#),
        "{log}"
    );
    assert!(
        log.contains(r#""status":503"#) && log.contains(r#""status":404"#),
        "{log}"
    );
    let secrets = [
        PASSWORD,
        &ann.token,
        &key,
        &ann.refresh_token,
        renewed.text("refresh_token"),
        renewed.text("access_token"),
        &mailed,
        &reset_token,
        "An0ther password",
        "bob@example.com",
        "argon2id",
        "442079460958",
        "c0deword",
        "Sesame!",
        "private",
        "s3ntence",
        "c0nfidential",
        "ann@example.com",
    ];
    for secret in secrets {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}

#[tokio::test]
async fn another_address_another_secret_and_links_are_not_in_the_log() {
    let lines = Lines::default();
    let _another = tracing::Dispatch::new(tracing::subscriber::NoSubscriber::new());
    let _logged = log_to(&lines);
    let world = World::new();
    let eve = world.tenant("eve").await;
    let email = json!({ "email": "eve@example.net", "password": PASSWORD });
    let asked = world.as_tenant(&eve, Method::PATCH, "/v1/me", email).await;
    assert_eq!(asked.status, 200, "{:?}", asked.body);
    let letters = world.memory.letters();
    let to_new = letters
        .iter()
        .find(|letter| letter.to.as_str() == "eve@example.net");
    let mut secrets = vec![token_in(to_new.unwrap())];

    let key = json!({ "name": "a program", "scopes": ["read"] });
    let made = world.post(&eve, "/v1/api-keys", key).await;
    let path = format!(
        "/v1/api-keys/{}/rotate",
        made.body["key"]["id"].as_str().unwrap()
    );
    for _ in 0..2 {
        let mut rotate = request(Some(&eve.token), Method::POST, &path, &json!({}));
        let headers = rotate.headers_mut();
        headers.insert("idempotency-key", "idemp0tent".parse().unwrap());
        headers.insert("user-agent", "an-agent/7".parse().unwrap());
        let rotated = world.send(rotate).await;
        secrets.push(rotated.text("secret").to_owned());
    }

    let bot = world.post(&eve, "/v1/telegram/bot-link", Value::Null).await;
    let (_, token) = bot.text("url").split_once('=').unwrap();
    secrets.push(token.to_owned());
    let authorize = "/v1/discord/oauth2/authorize";
    let begun = world.post(&eve, authorize, json!({})).await;
    let discord = world.memory.discord();
    discord.person(70, "eve-on-discord", &[]);
    let consent = discord.consent(begun.text("url"), 70).unwrap();
    let back = json!({ "code": consent.code, "state": consent.state });
    for _ in 0..2 {
        let callback = "/v1/discord/oauth2/callback";
        world.post(&eve, callback, back.clone()).await;
    }
    for name in ["code", "state"] {
        secrets.push(back[name].as_str().unwrap().to_owned());
    }

    let log = lines.text();
    assert!(
        log.contains(r#""route":"/v1/api-keys/{id}/rotate""#),
        "{log}"
    );
    let typed = [
        "eve@example.net",
        "eve@example.com",
        "idemp0tent",
        "an-agent/7",
        PASSWORD,
    ];
    for secret in secrets.iter().map(String::as_str).chain(typed) {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}
