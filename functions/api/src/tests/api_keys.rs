use std::time::Duration;

use axum::http::{Method, StatusCode, header};
use patchbay_domain::api_key::{ApiKeySecret, Scope};
use serde_json::{Value, json};

use super::world::{Answer, Tenant, World, request};
use crate::access::{Access, TABLE};

const KEYS: &str = "/v1/api-keys";
const CURRENT: &str = "/v1/api-keys/current";

async fn current(world: &World, secret: &str) -> StatusCode {
    let answer = world.with_token(secret, Method::GET, CURRENT).await;
    answer.status
}

async fn create(world: &World, tenant: &Tenant, more: Value) -> Answer {
    let mut body = json!({ "name": "nightly", "scopes": ["read"] });
    let fields = body.as_object_mut().unwrap();
    fields.extend(more.as_object().unwrap().clone());
    world.post(tenant, KEYS, body).await
}

fn id(made: &Answer) -> String {
    made.body["key"]["id"].as_str().unwrap().to_owned()
}

/// What is random in it is checked to be of its form, and left out.
fn without_secret(body: &Value) -> Value {
    let mut body = body.clone();
    let hint = body["key"]["hint"].take();
    assert_eq!(hint.as_str().unwrap().len(), 4);
    body["key"]["hint"] = json!("…");
    if let Some(secret) = body.get_mut("secret") {
        let text = secret.take();
        let text = text.as_str().unwrap();
        assert!(text.parse::<ApiKeySecret>().is_ok(), "{text}");
        assert!(text.ends_with(hint.as_str().unwrap()));
        *secret = json!("…");
    }
    body
}

#[tokio::test]
async fn a_key_shows_its_secret_once_and_acts_for_its_user() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let body =
        json!({ "name": " nightly report ", "scopes": ["pairs", "read"], "expires_in_days": 30 });
    let made = world.post(&ann, KEYS, body).await;
    assert_eq!(made.status, StatusCode::CREATED);
    let path = format!("{KEYS}/{}", id(&made));
    assert_eq!(made.headers[header::LOCATION], path.as_str());
    insta::assert_json_snapshot!(without_secret(&made.body), @r#"
    {
      "key": {
        "created_at": "2026-09-21T14:13:20Z",
        "expires_at": "2026-10-21T14:13:20Z",
        "hint": "…",
        "id": "key_00000000000000000000000000000005",
        "last_used_at": null,
        "name": "nightly report",
        "previous_secret_until": null,
        "scopes": [
          "read",
          "pairs"
        ],
        "state": "active"
      },
      "secret": "…"
    }
    "#);
    let secret = made.text("secret");

    let listed = world.get(&ann, KEYS).await.body;
    assert_eq!(
        listed,
        json!({ "items": [made.body["key"]], "next_cursor": null })
    );
    assert_eq!(world.get(&ann, &path).await.body, made.body["key"]);
    assert!(!listed.to_string().contains(secret));

    world.memory.clock().advance(Duration::from_mins(5));
    let pairs = world.with_token(secret, Method::GET, "/v1/pairs").await;
    assert_eq!(pairs.status, StatusCode::OK);
    let itself = world.with_token(secret, Method::GET, CURRENT).await;
    insta::assert_json_snapshot!(without_secret(&itself.body), @r#"
    {
      "key": {
        "created_at": "2026-09-21T14:13:20Z",
        "expires_at": "2026-10-21T14:13:20Z",
        "hint": "…",
        "id": "key_00000000000000000000000000000005",
        "last_used_at": "2026-09-21T14:18:20Z",
        "name": "nightly report",
        "previous_secret_until": null,
        "scopes": [
          "read",
          "pairs"
        ],
        "state": "active"
      },
      "limits": [
        {
          "limit": 60,
          "name": "minute",
          "remaining": 58,
          "resets_at": "2026-09-21T14:19:00Z",
          "window_seconds": 60
        },
        {
          "limit": 5000,
          "name": "day",
          "remaining": 4998,
          "resets_at": "2026-09-22T00:00:00Z",
          "window_seconds": 86400
        }
      ]
    }
    "#);
    assert_eq!(world.get(&ann, &path).await.body, itself.body["key"]);
}

#[tokio::test]
async fn each_scope_opens_its_routes_and_no_key_opens_those_of_people() {
    let world = World::new();
    for (name, scope) in ["ann", "bob", "cid", "dan"].into_iter().zip(Scope::ALL) {
        let tenant = world.tenant(name).await;
        let secret = world.api_key(&tenant, &[scope.name()]).await;
        for (method, path, access) in TABLE {
            // Each minute a few: this is not about limits.
            world.memory.clock().advance(Duration::from_mins(1));
            let path = path.replace("{id}", "any");
            let answer = world.with_token(&secret, method.clone(), &path).await;
            let refusal = ["forbidden", "scope-missing"]
                .into_iter()
                .find(|kind| answer.kind() == *kind);
            let expected = match access {
                Access::Public | Access::ApiKey => None,
                Access::User(needed) => (*needed != scope).then_some("scope-missing"),
                Access::Session | Access::Admin => Some("forbidden"),
            };
            assert_eq!(refusal, expected, "{method} {path} with {}", scope.name());
            assert_ne!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn what_a_key_may_not_do_is_said_with_what_it_lacks() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let secret = world.api_key(&ann, &["read"]).await;
    let pair = "/v1/pairs/pair_00000000000000000000000000000001";
    let refused = world.with_token(&secret, Method::DELETE, pair).await;
    insta::assert_snapshot!(refused.problem(), @"403 /problems/scope-missing: This API key lacks the scope pairs. Make one that has it: POST /v1/api-keys.");
    assert_eq!(refused.body["scope"], "pairs");
    assert_eq!(
        refused.headers[header::WWW_AUTHENTICATE],
        "Bearer realm=\"patchbay\", error=\"insufficient_scope\", scope=\"pairs\""
    );
    assert!(refused.headers.contains_key("ratelimit"));
    let me = world.with_token(&secret, Method::GET, "/v1/me").await;
    insta::assert_snapshot!(me.problem(), @"403 /problems/forbidden: Log in to do this; an API key may not.");
    let not_a_key = world.get(&ann, CURRENT).await;
    insta::assert_snapshot!(not_a_key.problem(), @"403 /problems/forbidden: This tells an API key about itself. Send one instead of an access token.");
}

#[tokio::test]
async fn a_key_that_does_not_work_says_so_and_not_why() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let revoked = create(&world, &ann, json!({})).await;
    world
        .delete(&ann, &format!("{KEYS}/{}", id(&revoked)))
        .await;
    let expired = create(&world, &ann, json!({ "expires_in_days": 1 })).await;
    assert_eq!(
        current(&world, expired.text("secret")).await,
        StatusCode::OK
    );
    world.memory.clock().advance(Duration::from_hours(24));
    let unknown = ApiKeySecret::from_bits([7, 7]);
    let mut shown = Vec::new();
    for secret in [
        revoked.text("secret"),
        expired.text("secret"),
        unknown.expose(),
    ] {
        let answer = world.with_token(secret, Method::GET, CURRENT).await;
        let challenge = answer.headers[header::WWW_AUTHENTICATE].to_str().unwrap();
        assert!(!answer.headers.contains_key("ratelimit"));
        shown.push(format!("{}\n  {challenge}", answer.problem()));
    }
    insta::assert_snapshot!(shown[0], @r#"
    401 /problems/invalid-api-key: This API key is unknown, revoked or expired. Its owner sees those that work with GET /v1/api-keys.
      Bearer realm="patchbay", error="invalid_token"
    "#);
    assert!(shown.iter().all(|answer| *answer == shown[0]), "{shown:#?}");
    let mistyped = format!("{}0", revoked.text("secret"));
    let answer = world.with_token(&mistyped, Method::GET, CURRENT).await;
    insta::assert_snapshot!(answer.problem(), @"401 /problems/invalid-api-key: This is no API key: its checksum is wrong. See that it was copied whole.");
}

#[tokio::test]
async fn a_rotated_key_works_by_both_secrets_until_the_overlap_ends() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let first = create(&world, &ann, json!({})).await;
    let rotate = format!("{KEYS}/{}/rotate", id(&first));
    let second = world.post(&ann, &rotate, json!({})).await;
    assert_eq!(second.status, StatusCode::OK);
    assert_eq!(second.body["key"]["state"], "rotating");
    assert_eq!(second.body["key"]["id"], first.body["key"]["id"]);
    assert_eq!(
        second.body["key"]["previous_secret_until"],
        "2026-09-22T14:13:20Z"
    );
    let works = async |made: &Answer| current(&world, made.text("secret")).await == StatusCode::OK;
    assert!(works(&first).await && works(&second).await);
    world.memory.clock().advance(Duration::from_secs(86_399));
    assert!(works(&first).await && works(&second).await);
    world.memory.clock().advance(Duration::from_secs(1));
    // Logged in anew: access tokens are short.
    let ann = world.logged_in(ann.user.clone()).await;
    assert!(!works(&first).await && works(&second).await);
    let path = format!("{KEYS}/{}", id(&first));
    assert_eq!(world.get(&ann, &path).await.body["state"], "active");

    let at_once = world
        .post(&ann, &rotate, json!({ "overlap_seconds": 0 }))
        .await;
    assert!(!works(&second).await && works(&at_once).await);
    let third = world
        .post(&ann, &rotate, json!({ "overlap_seconds": 604_800 }))
        .await;
    let fourth = world
        .post(&ann, &rotate, json!({ "overlap_seconds": 60 }))
        .await;
    assert!(!works(&at_once).await, "two at most");
    assert!(works(&third).await && works(&fourth).await);
    assert_eq!(
        world.delete(&ann, &path).await.status,
        StatusCode::NO_CONTENT
    );
    assert!(!works(&third).await && !works(&fourth).await);
    assert_eq!(
        world.post(&ann, &rotate, json!({})).await.kind(),
        "not-found"
    );
}

#[tokio::test]
async fn an_expired_key_is_not_rotated() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let made = create(&world, &ann, json!({ "expires_in_days": 1 })).await;
    world.memory.clock().advance(Duration::from_hours(24));
    let ann = world.logged_in(ann.user.clone()).await;
    let path = format!("{KEYS}/{}", id(&made));
    let refused = world.post(&ann, &format!("{path}/rotate"), json!({})).await;
    insta::assert_snapshot!(refused.problem(), @"409 /problems/api-key-expired: A new secret would not work either. Make another key with POST /v1/api-keys.");
    assert_eq!(world.get(&ann, &path).await.body["state"], "expired");
    assert_eq!(
        world.delete(&ann, &path).await.status,
        StatusCode::NO_CONTENT
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_many_are_made_at_once_the_plan_limits_the_keys() {
    let world = std::sync::Arc::new(World::new());
    let ann = world.tenant("ann").await;
    let mut requests = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let (world, token) = (world.clone(), ann.token.clone());
        let body = json!({ "name": "nightly", "scopes": ["read"] });
        requests.spawn(async move {
            let request = request(Some(&token), Method::POST, KEYS, &body);
            world.send(request).await
        });
    }
    let mut answers = requests.join_all().await;
    answers.sort_by_key(|answer| answer.status);
    let made = answers
        .iter()
        .filter(|answer| answer.status == StatusCode::CREATED);
    assert_eq!(made.count(), 2);
    let refused = answers.last().unwrap();
    insta::assert_snapshot!(refused.problem(), @"403 /problems/plan-limit: Your plan allows 2 API keys. Remove one, or choose a larger plan.");
    assert_eq!(refused.body["limit"], 2);
    world
        .delete(&ann, &format!("{KEYS}/{}", id(&answers[0])))
        .await;
    assert_eq!(
        create(&world, &ann, json!({})).await.status,
        StatusCode::CREATED
    );
}

#[tokio::test]
async fn a_key_is_renamed_and_listed_in_pages() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let (first, second) = (
        create(&world, &ann, json!({})).await,
        create(&world, &ann, json!({})).await,
    );
    let path = format!("{KEYS}/{}", id(&first));
    let body = json!({ "name": "weekly" });
    let renamed = world.as_tenant(&ann, Method::PATCH, &path, body).await;
    assert_eq!(renamed.status, StatusCode::OK);
    assert_eq!(renamed.text("name"), "weekly");
    assert_eq!(current(&world, first.text("secret")).await, StatusCode::OK);

    let page = world.get(&ann, &format!("{KEYS}?limit=1")).await.body;
    assert_eq!(page["items"][0]["name"], "weekly");
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = world
        .get(&ann, &format!("{KEYS}?limit=1&cursor={cursor}"))
        .await
        .body;
    assert_eq!(
        rest,
        json!({ "items": [second.body["key"]], "next_cursor": null })
    );
    let wrong = world.get(&ann, &format!("{KEYS}?cursor=bm9uc2Vuc2U")).await;
    assert_eq!(wrong.kind(), "invalid-query");
}

#[tokio::test]
async fn wrong_wishes_name_the_field() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let made = create(&world, &ann, json!({})).await;
    let path = format!("{KEYS}/{}", id(&made));
    let cases = [
        (
            Method::POST,
            KEYS,
            json!({ "name": "\n", "scopes": [], "expires_in_days": 0 }),
        ),
        (
            Method::POST,
            KEYS,
            json!({ "name": "x".repeat(65), "scopes": ["read", "read"], "expires_in_days": 3651 }),
        ),
        (
            Method::POST,
            KEYS,
            json!({ "name": "x", "scopes": ["admin"] }),
        ),
        (Method::POST, KEYS, json!({ "name": "x" })),
        (
            Method::POST,
            KEYS,
            json!({ "name": "x", "scopes": ["read"], "secret": "mine" }),
        ),
        (Method::PATCH, &path, json!({ "name": "a\u{7}b" })),
        (Method::PATCH, &path, json!({ "scopes": ["pairs"] })),
        (
            Method::POST,
            &format!("{path}/rotate"),
            json!({ "overlap_seconds": 604_801 }),
        ),
        (
            Method::POST,
            &format!("{path}/rotate"),
            json!({ "overlap_seconds": -1 }),
        ),
    ];
    let mut shown = Vec::new();
    for (method, path, body) in cases {
        let answer = world.as_tenant(&ann, method, path, body).await;
        shown.push(
            answer
                .problem()
                .lines()
                .skip(1)
                .collect::<Vec<_>>()
                .join("\n"),
        );
    }
    insta::assert_snapshot!(shown.join("\n"), @r#"
    /name: has to be 1 to 64 characters long, none of them a control character
    /scopes: has to name what the key may do
    /expires_in_days: has to be 1 to 3650, or left out
    /name: has to be 1 to 64 characters long, none of them a control character
    /scopes/1: is there twice
    /expires_in_days: has to be 1 to 3650, or left out
    /scopes/0: unknown variant `admin`, expected one of `read`, `pairs`, `messages`, `analytics`
    /scopes: is missing
    /secret: unknown field `secret`, expected one of `name`, `scopes`, `expires_in_days`
    /name: has to be 1 to 64 characters long, none of them a control character
    /scopes: unknown field `scopes`, expected `name`
    /overlap_seconds: has to be 0 to 604800
    /overlap_seconds: invalid value: integer `-1`, expected u32
    "#);
}

#[tokio::test]
async fn anothers_key_can_be_neither_seen_nor_changed() {
    let world = World::new();
    let (ann, bob) = (world.tenant("ann").await, world.tenant("bob").await);
    let made = create(&world, &ann, json!({})).await;
    let path = format!("{KEYS}/{}", id(&made));
    let attempts = [
        (Method::GET, path.clone(), Value::Null),
        (Method::PATCH, path.clone(), json!({ "name": "mine" })),
        (Method::DELETE, path.clone(), Value::Null),
        (Method::POST, format!("{path}/rotate"), json!({})),
    ];
    let nobodys = "key_000000000000000000000000000000ff";
    for (method, path, body) in attempts {
        let theirs = world
            .as_tenant(&bob, method.clone(), &path, body.clone())
            .await;
        let other = path.replace(&id(&made), nobodys);
        let unknown = world.as_tenant(&bob, method, &other, body).await;
        assert_eq!(theirs.kind(), "not-found");
        assert_eq!(theirs.problem(), unknown.problem(), "{path}");
    }
    assert_eq!(world.get(&bob, KEYS).await.body["items"], json!([]));
    assert_eq!(world.get(&ann, &path).await.body, made.body["key"]);

    // What the key reaches is its owner's alone.
    let account = world.account(&bob).await;
    let secret = made.text("secret");
    let accounts = "/v1/telegram/accounts";
    let listed = world.with_token(secret, Method::GET, accounts).await;
    assert_eq!(listed.body["items"], json!([]));
    let theirs = world
        .with_token(secret, Method::GET, &format!("{accounts}/{account}"))
        .await;
    assert_eq!(theirs.kind(), "not-found");
}

#[tokio::test]
async fn a_key_of_a_user_who_is_gone_opens_nothing() {
    let (here, elsewhere) = (World::new(), World::new());
    let ann = elsewhere.tenant("ann").await;
    let secret = elsewhere.api_key(&ann, &["read"]).await;
    let keys = elsewhere
        .ports
        .api_keys
        .of_user(ann.user.id)
        .await
        .unwrap()
        .keys;
    assert!(here.ports.api_keys.create(&keys[0], 0).await.unwrap());
    assert_eq!(current(&here, &secret).await, StatusCode::UNAUTHORIZED);
    assert_eq!(current(&elsewhere, &secret).await, StatusCode::OK);
}

#[tokio::test]
async fn a_key_is_sent_as_a_bearer_token_and_in_no_other_way() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let secret = world.api_key(&ann, &["read"]).await;
    let mut other = request(None, Method::GET, CURRENT, &Value::Null);
    other
        .headers_mut()
        .insert("x-api-key", secret.parse().unwrap());
    assert_eq!(world.send(other).await.kind(), "not-authenticated");
}
