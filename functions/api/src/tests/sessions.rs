use std::time::Duration;

use axum::http::{Method, StatusCode, header};
use patchbay_domain::session::{IDLE_LIFETIME, LIFETIME};
use serde_json::{Value, json};

use super::world::{Answer, PASSWORD, Tenant, World, request};

const REFRESH: &str = "/v1/auth/refresh";
const SESSIONS: &str = "/v1/auth/sessions";

async fn refresh(world: &World, token: &str) -> Answer {
    let body = json!({ "refresh_token": token });
    world.call(Method::POST, REFRESH, body).await
}

async fn me(world: &World, token: &str) -> Answer {
    world
        .send(request(Some(token), Method::GET, "/v1/me", &Value::Null))
        .await
}

async fn sessions(world: &World, tenant: &Tenant) -> Vec<Value> {
    let answer = world.get(tenant, SESSIONS).await;
    assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.body);
    answer.body["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_login_lasts_as_long_as_it_is_renewed() {
    let world = World::new();
    world.tenant("ann").await;
    let credentials = json!({ "email": "ann@example.com", "password": PASSWORD });
    let login = world
        .call(Method::POST, "/v1/auth/login", credentials)
        .await;
    assert_eq!(login.body["refresh_expires_in"], 30 * 24 * 3600);
    let mut tokens = login;
    for _ in 0..3 {
        world.memory.clock().advance(Duration::from_mins(10));
        let late = me(&world, tokens.text("access_token")).await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(late.problem(), @"401 /problems/token-expired: Get a new one from POST /v1/auth/refresh.");
        }
        tokens = refresh(&world, tokens.text("refresh_token")).await;
        assert_eq!(tokens.status, StatusCode::OK, "{:?}", tokens.body);
        assert_eq!(tokens.body["expires_in"], 600);
        let known = me(&world, tokens.text("access_token")).await;
        assert_eq!(known.text("email"), "ann@example.com");
    }
    world.memory.clock().advance(IDLE_LIFETIME);
    let idle = refresh(&world, tokens.text("refresh_token")).await;
    insta::assert_snapshot!(idle.problem(), @"401 /problems/session-ended: Log in again with POST /v1/auth/login.");
}

#[tokio::test]
async fn no_session_outlives_ninety_days() {
    let world = World::new();
    let mut token = world.tenant("ann").await.refresh_token;
    let week = Duration::from_hours(7 * 24);
    let mut left = LIFETIME;
    loop {
        world.memory.clock().advance(week);
        left = left.saturating_sub(week);
        let answer = refresh(&world, &token).await;
        if left.is_zero() {
            assert_eq!(answer.kind(), "session-ended");
            return;
        }
        assert_eq!(answer.status, StatusCode::OK);
        let shown = answer.body["refresh_expires_in"].as_u64().unwrap();
        assert_eq!(shown, left.min(IDLE_LIFETIME).as_secs());
        answer.text("refresh_token").clone_into(&mut token);
    }
}

#[tokio::test]
async fn a_refresh_token_that_comes_again_ends_its_session_at_once() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let next = refresh(&world, &ann.refresh_token).await;
    let thief = refresh(&world, next.text("refresh_token")).await;
    me(&world, thief.text("access_token")).await;

    let again = refresh(&world, next.text("refresh_token")).await;
    assert_eq!(again.kind(), "session-ended");
    let stolen = refresh(&world, thief.text("refresh_token")).await;
    assert_eq!(stolen.kind(), "session-ended");
    let refused = me(&world, thief.text("access_token")).await;
    insta::assert_snapshot!(refused.problem(), @"401 /problems/session-ended: Log in again with POST /v1/auth/login.");
    assert!(refused.headers.contains_key(header::WWW_AUTHENTICATE));
    // Other sessions of the user are not concerned.
    let other = world.logged_in(ann.user).await;
    assert_eq!(me(&world, &other.token).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_lost_answer_is_made_up_for_until_its_tokens_are_used() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let lost = refresh(&world, &ann.refresh_token).await;
    let second = refresh(&world, &ann.refresh_token).await;
    assert_eq!(second.status, StatusCode::OK, "{:?}", second.body);
    assert_ne!(lost.text("refresh_token"), second.text("refresh_token"));
    // An access token is use enough.
    me(&world, second.text("access_token")).await;
    let third = refresh(&world, &ann.refresh_token).await;
    assert_eq!(third.kind(), "session-ended");
}

#[tokio::test]
async fn what_was_lost_and_found_ends_the_session() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let lost = refresh(&world, &ann.refresh_token).await;
    refresh(&world, &ann.refresh_token).await;
    let found = refresh(&world, lost.text("refresh_token")).await;
    assert_eq!(found.kind(), "session-ended");
    assert_eq!(world.get(&ann, "/v1/me").await.kind(), "session-ended");
}

#[tokio::test]
async fn nonsense_and_guesses_renew_nothing_and_end_nothing() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let digits = ann.refresh_token.len();
    let guess = format!("{}{}", &ann.refresh_token[..digits - 64], "0".repeat(64));
    let family_only = format!("{}{}", &ann.refresh_token[..digits - 1], "x");
    for wrong in ["", "pbr_", &ann.token, &guess, &family_only] {
        let refused = refresh(&world, wrong).await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(refused.problem(), @"401 /problems/session-ended: Log in again with POST /v1/auth/login.");
        }
    }
    let whole = world
        .send(request(
            Some(&ann.refresh_token),
            Method::GET,
            "/v1/me",
            &Value::Null,
        ))
        .await;
    assert_eq!(whole.kind(), "not-authenticated");
    assert_eq!(
        refresh(&world, &ann.refresh_token).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn logging_out_ends_this_session_and_everywhere_means_all() {
    let world = World::new();
    let here = world.tenant("ann").await;
    let there = world.logged_in(here.user.clone()).await;
    let third = world.logged_in(here.user.clone()).await;
    let bob = world.tenant("bob").await;
    let out = world.post(&here, "/v1/auth/logout", Value::Null).await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    assert_eq!(world.get(&here, "/v1/me").await.kind(), "session-ended");
    assert_eq!(
        refresh(&world, &here.refresh_token).await.kind(),
        "session-ended"
    );
    assert_eq!(world.get(&there, "/v1/me").await.status, StatusCode::OK);
    let out = world.post(&there, "/v1/auth/logout-all", Value::Null).await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    for ended in [&there, &third] {
        assert_eq!(world.get(ended, "/v1/me").await.kind(), "session-ended");
    }
    assert_eq!(world.get(&bob, "/v1/me").await.status, StatusCode::OK);
}

#[tokio::test]
async fn sessions_are_listed_and_ended_one_by_one() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let bob = world.tenant("bob").await;
    let credentials = json!({ "email": "ann@example.com", "password": PASSWORD });
    let mut login = request(None, Method::POST, "/v1/auth/login", &credentials);
    let agent = format!("Browser\t{}", "é".repeat(200));
    let agent = header::HeaderValue::from_bytes(agent.as_bytes()).unwrap();
    login.headers_mut().insert(header::USER_AGENT, agent);
    let second = world.send(login).await;
    let shown = sessions(&world, &ann).await;
    let currents: Vec<_> = shown.iter().map(|session| &session["current"]).collect();
    assert_eq!(currents, [false, true]);
    assert_eq!(shown[1]["id"], ann.session.to_string());
    let (page, rest) = (
        world.get(&ann, &format!("{SESSIONS}?limit=1")).await,
        world.get(&ann, SESSIONS).await,
    );
    let cursor = page.text("next_cursor");
    let next = world
        .get(&ann, &format!("{SESSIONS}?limit=1&cursor={cursor}"))
        .await;
    assert_eq!(next.body["items"][0], rest.body["items"][1]);
    assert_eq!(next.body["next_cursor"], Value::Null);

    let theirs = format!("{SESSIONS}/{}", shown[0]["id"].as_str().unwrap());
    let refused = world.delete(&bob, &theirs).await;
    insta::assert_snapshot!(refused.problem(), @"404 /problems/not-found: You have no session with this id.");
    let nobodys = format!("{SESSIONS}/ses_{:032x}", 0xabc);
    assert_eq!(
        world.delete(&bob, &nobodys).await.problem(),
        refused.problem()
    );
    let token = second.text("access_token");
    assert_eq!(me(&world, token).await.status, StatusCode::OK);
    assert_eq!(
        world.delete(&ann, &theirs).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(me(&world, token).await.kind(), "session-ended");
    assert_eq!(sessions(&world, &ann).await.len(), 1);
    assert_eq!(world.delete(&ann, &theirs).await.kind(), "not-found");
}

#[tokio::test]
async fn a_session_more_than_there_may_be_ends_the_one_that_is_idle_longest() {
    let world = World::new();
    let first = world.tenant("ann").await;
    for _ in 0..patchbay_app::sessions::MOST {
        world.memory.clock().advance(Duration::from_secs(1));
        world.logged_in(first.user.clone()).await;
    }
    assert_eq!(world.get(&first, "/v1/me").await.kind(), "session-ended");
    let latest = world.logged_in(first.user.clone()).await;
    let shown = world.get(&latest, "/v1/auth/sessions?limit=100").await;
    assert_eq!(
        shown.body["items"].as_array().map(Vec::len),
        Some(patchbay_app::sessions::MOST)
    );
}

#[tokio::test]
async fn the_keys_that_sign_are_published() {
    let answer = World::new()
        .call(Method::GET, "/.well-known/jwks.json", Value::Null)
        .await;
    insta::assert_json_snapshot!(answer.body, @r#"
    {
      "keys": [
        {
          "alg": "EdDSA",
          "crv": "Ed25519",
          "kid": "28KYJRxRMhtyZueN",
          "kty": "OKP",
          "use": "sig",
          "x": "_RckOFqgx1tk-3jNYC-h2ZH96_drE8WO1wLqyDXp9hg"
        }
      ]
    }
    "#);
}
