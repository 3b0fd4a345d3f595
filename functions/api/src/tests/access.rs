use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};

use super::broken::Panicking;
use super::world::World;
use crate::access::{Access, TABLE};
use crate::body::LIMIT;

/// What shows the document is not described in it.
const OF_THE_DOCUMENT: [&str; 3] = ["/openapi.json", "/docs", "/docs/redoc.js"];

async fn document(world: &World) -> Value {
    world
        .call(Method::GET, "/openapi.json", Value::Null)
        .await
        .body
}

/// What the document describes: method, path, and the credentials that are taken there.
fn described(document: &Value) -> BTreeSet<(String, String, String)> {
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, item)| {
        item.as_object()
            .unwrap()
            .iter()
            .map(move |(method, operation)| {
                let security = operation["security"].to_string();
                (method.to_uppercase(), path.clone(), security)
            })
    });
    operations.collect()
}

fn credentials(access: Access) -> Value {
    match access {
        Access::Public => json!([]),
        Access::Session | Access::Admin => json!([{ "access_token": [] }]),
        Access::User(scope) => json!([{ "access_token": [] }, { "api_key": [scope.name()] }]),
        Access::ApiKey => json!([{ "api_key": [] }]),
    }
}

#[tokio::test]
async fn every_route_of_the_document_is_in_the_table_and_the_other_way_round() {
    let world = World::new();
    let in_table: BTreeSet<_> = TABLE
        .iter()
        .filter(|(_, path, _)| !OF_THE_DOCUMENT.contains(path))
        .map(|(method, path, access)| {
            (
                method.to_string(),
                (*path).to_owned(),
                credentials(*access).to_string(),
            )
        })
        .collect();
    assert_eq!(described(&document(&world).await), in_table);
}

#[tokio::test]
async fn every_route_exists_and_asks_for_a_token_where_the_table_says_so() {
    let world = World::new();
    for (method, path, access) in TABLE {
        let path = path.replace(['{', '}'], "");
        let answer = world.call(method.clone(), &path, Value::Null).await;
        let refused = answer.kind() == "not-authenticated";
        assert_eq!(refused, *access != Access::Public, "{method} {path}");
        assert!(
            !["not-found", "method-not-allowed"].contains(&answer.kind()),
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn the_document_is_openapi_3_1_and_says_how_every_route_refuses() {
    let document = document(&World::new()).await;
    assert_eq!(document["openapi"], "3.1.0");
    for item in document["paths"].as_object().unwrap().values() {
        for operation in item.as_object().unwrap().values() {
            let responses = operation["responses"].as_object().unwrap();
            assert!(responses.contains_key("400"));
            for (status, response) in responses {
                let schema = &response["content"]["application/problem+json"]["schema"];
                let is_problem = schema["$ref"] == "#/components/schemas/Problem";
                assert_eq!(is_problem, status.starts_with(['4', '5']), "{status}");
            }
            assert!(
                responses
                    .values()
                    .all(|response| response["description"].is_string())
            );
            assert!(operation["operationId"].is_string() && operation["summary"].is_string());
        }
    }
    let text = document.to_string();
    for name in text.split("#/components/schemas/").skip(1) {
        let name = name.split('"').next().unwrap();
        assert!(
            document["components"]["schemas"].get(name).is_some(),
            "{name} is not described"
        );
    }
    let ids: Vec<&str> = text
        .split("\"operationId\":\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert_eq!(
        ids.iter().collect::<BTreeSet<_>>().len(),
        ids.len(),
        "{ids:?}"
    );
}

#[tokio::test]
async fn every_answer_carries_an_id_and_the_security_headers() {
    let world = World::new();
    let mut ids = BTreeSet::new();
    let large = json!("x".repeat(LIMIT));
    let requests = [
        (Method::GET, "/healthz", Value::Null, 200),
        (Method::GET, "/openapi.json", Value::Null, 200),
        (Method::GET, "/nowhere", Value::Null, 404),
        (Method::GET, "/v1/me", Value::Null, 401),
        (Method::GET, "/healthz?what", Value::Null, 400),
        (Method::PUT, "/healthz", Value::Null, 405),
        (Method::POST, "/v1/auth/login", large, 413),
        (Method::POST, "/v1/auth/login", json!([]), 422),
    ];
    for (method, path, body, status) in requests {
        let answer = world.call(method, path, body).await;
        assert_eq!(answer.status, status, "{path}");
        if status >= 400 {
            answer.problem();
        }
        let header = |name: &str| answer.headers[name].to_str().unwrap().to_owned();
        assert!(ids.insert(header("x-request-id")));
        assert_eq!(header("cache-control"), "no-store");
        assert_eq!(
            header("content-security-policy"),
            "default-src 'none'; frame-ancestors 'none'"
        );
        assert_eq!(header("referrer-policy"), "no-referrer");
        assert_eq!(header("strict-transport-security"), "max-age=63072000");
        assert_eq!(header("x-content-type-options"), "nosniff");
    }
}

#[tokio::test]
async fn a_defect_of_ours_is_answered_too() {
    let world = World::with(|ports| ports.throttles = Arc::new(Panicking));
    let body = json!({ "email": "ann@example.com", "password": "a long password" });
    let answer = world.call(Method::POST, "/v1/auth/login", body).await;
    insta::assert_snapshot!(answer.problem(), @"503 /problems/unavailable: Try again in a minute.");
    assert_eq!(answer.headers[header::RETRY_AFTER], "60");
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");
}

#[tokio::test]
async fn paths_and_methods_that_do_not_exist_say_so() {
    let world = World::new();
    let nowhere = world.call(Method::GET, "/v1/nowhere", Value::Null).await;
    insta::assert_snapshot!(nowhere.problem(), @"404 /problems/not-found: No route has this path. GET /openapi.json lists those there are.");
    let put = world.call(Method::PUT, "/v1/pairs", Value::Null).await;
    insta::assert_snapshot!(put.problem(), @"405 /problems/method-not-allowed: Allowed here: POST, GET.");
    assert_eq!(put.headers[header::ALLOW], "POST, GET");
    let head = Request::head("/healthz").body(Body::empty()).unwrap();
    assert_eq!(world.send(head).await.status, StatusCode::OK);
}
