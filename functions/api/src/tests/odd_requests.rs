//! What no well-meaning client sends: for every operation of the document, nothing of it fails,
//! and nothing of it is taken for something else.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};

use super::described::{self, Operation};
use super::world::{Answer, Tenant, World};
use crate::access::Access;
use crate::body::LIMIT;

/// The operations that a user may ask for, with an address whose ids are this text.
fn operations(id: &str) -> Vec<(Operation, String)> {
    let operations = described::operations().into_iter();
    operations
        .filter(|operation| ![Access::Admin, Access::ApiKey].contains(&operation.access))
        .map(|operation| {
            let segments = operation.path.split('/');
            let segments: Vec<&str> = segments
                .map(|segment| {
                    if segment.starts_with('{') {
                        id
                    } else {
                        segment
                    }
                })
                .collect();
            let path = segments.join("/");
            (operation, path)
        })
        .collect()
}

async fn send(
    world: &World,
    tenant: &Tenant,
    method: &Method,
    uri: &str,
    content_type: &str,
    body: impl Into<Body>,
) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(uri)
        .header(header::AUTHORIZATION, format!("Bearer {}", tenant.token))
        .header(header::CONTENT_TYPE, content_type)
        .body(body.into())
        .unwrap();
    world.send(request).await
}

#[tokio::test(start_paused = true)]
async fn ids_that_are_none_name_nothing() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let upper = format!("pair_{}", "A".repeat(32));
    let long = "7".repeat(4000);
    let ids = [
        "%00",
        "%ff%fe",
        "..%2f..",
        "%E2%82%AC",
        "%20",
        "-0",
        "+7",
        "1e9",
        "99999999999999999999999",
        "null",
        "%7Bid%7D",
        &upper,
        &long,
    ];
    for id in ids {
        for (operation, path) in operations(id) {
            if !operation.path.contains('{') {
                continue;
            }
            let body = operation.sample(&|kind| kind.nobodys(), 0).body;
            let answer = world
                .as_tenant(&ann, operation.method.clone(), &path, body)
                .await;
            assert_eq!(
                answer.kind(),
                "not-found",
                "{operation:?} {id}: {}",
                answer.body
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn queries_that_mean_nothing_are_refused() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let queries = [
        "=",
        "%ff=%ff",
        "unknown=1",
        "limit=1&limit=1",
        "cursor",
        "limit=%00",
        "limit=99999999999999999999",
        "%",
    ];
    for query in queries {
        for (operation, path) in operations("x") {
            let uri = format!("{path}?{query}");
            let answer = world
                .as_tenant(&ann, operation.method.clone(), &uri, Value::Null)
                .await;
            // Whose id is none may be told so first.
            let is_known = answer.kind() == "invalid-query"
                || (answer.kind() == "not-found" && operation.path.contains('{'));
            assert!(is_known, "{operation:?} {query}: {}", answer.body);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn bodies_that_are_none_are_refused() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let deep = |open: &str| open.repeat(20_000).into_bytes();
    let bodies: [Vec<u8>; 13] = [
        Vec::new(),
        b"null".to_vec(),
        b"0".to_vec(),
        b"[]".to_vec(),
        b"\"text\"".to_vec(),
        br#"{"x":1e999}"#.to_vec(),
        br#"{"x":"\ud800"}"#.to_vec(),
        br#"{"":1,"":2}"#.to_vec(),
        b"{\"\xff\":1}".to_vec(),
        b"\xef\xbb\xbf{}".to_vec(),
        b"{\"x\":\"\0\"}".to_vec(),
        deep("["),
        deep("{\"x\":"),
    ];
    for (operation, path) in operations("x") {
        if !operation.has_body() {
            continue;
        }
        for body in &bodies {
            let answer = send(
                &world,
                &ann,
                &operation.method,
                &path,
                "application/json",
                body.clone(),
            );
            let answer = answer.await;
            let shown = String::from_utf8_lossy(&body[..body.len().min(20)]).into_owned();
            let is_optional = body.is_empty() && !operation.needs_body();
            assert!(
                answer.status.is_client_error() || is_optional,
                "{operation:?} {shown}"
            );
        }
        let large = vec![b' '; LIMIT + 1];
        let large = send(
            &world,
            &ann,
            &operation.method,
            &path,
            "application/json",
            large,
        )
        .await;
        let is_known = ["body-too-large", "not-found"].contains(&large.kind());
        assert!(is_known, "{operation:?}: {}", large.body);
        for content_type in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/jsonp",
            "",
        ] {
            let other = send(&world, &ann, &operation.method, &path, content_type, "{}").await;
            let is_known = ["unsupported-media-type", "not-found"].contains(&other.kind());
            assert!(is_known, "{operation:?} {content_type}: {}", other.body);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn other_paths_and_methods_do_not_exist() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    for (operation, path) in operations("x") {
        for other in [format!("{path}/"), format!("/{path}"), path.to_uppercase()] {
            let answer = world
                .as_tenant(&ann, operation.method.clone(), &other, Value::Null)
                .await;
            let is_of_x = answer.text("detail").starts_with("You have no");
            assert!(
                answer.kind() == "not-found" && !is_of_x,
                "{operation:?} {other}: {}",
                answer.body
            );
        }
        for method in ["TRACE", "CONNECT", "PURGE", "PUT", "get"] {
            let method: Method = method.parse().unwrap();
            if described::operation_of(&method, &path).is_some() {
                continue;
            }
            let answer = world
                .as_tenant(&ann, method.clone(), &path, Value::Null)
                .await;
            assert_eq!(
                answer.status,
                StatusCode::METHOD_NOT_ALLOWED,
                "{method} {path}"
            );
            let allowed = answer.headers[header::ALLOW].to_str().unwrap();
            let is_listed = allowed
                .split(", ")
                .any(|one| one == operation.method.as_str());
            assert!(is_listed, "{path} allows {allowed}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn head_is_get_without_a_body_and_a_body_of_get_is_not_read() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    for (operation, path) in operations("x") {
        if operation.method != Method::GET {
            continue;
        }
        let get = world.get(&ann, &path).await;
        let with_body = send(
            &world,
            &ann,
            &Method::GET,
            &path,
            "text/plain",
            "\0 no JSON",
        )
        .await;
        assert_eq!(get.status, with_body.status, "{operation:?}");
        let head = world
            .as_tenant(&ann, Method::HEAD, &path, Value::Null)
            .await;
        assert_eq!(get.status, head.status, "{operation:?}");
        assert_eq!(
            get.headers.get(header::CONTENT_TYPE),
            head.headers.get(header::CONTENT_TYPE)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn unknown_fields_are_refused_at_every_level() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    for operation in described::operations() {
        if [Access::Admin, Access::ApiKey].contains(&operation.access) || !operation.has_body() {
            continue;
        }
        let sample = operation.sample(&|kind| kind.nobodys(), 0);
        for pointer in objects(&sample.body, "") {
            let mut body = sample.body.clone();
            body.pointer_mut(&pointer).unwrap()["unknown_field"] = json!(1);
            let answer = world
                .as_tenant(&ann, sample.method.clone(), &sample.uri, body)
                .await;
            let is_known = ["invalid-body", "not-found"].contains(&answer.kind());
            assert!(is_known, "{operation:?} {pointer}: {}", answer.body);
        }
    }
}

/// Where in a body objects are.
fn objects(value: &Value, pointer: &str) -> Vec<String> {
    match value {
        Value::Object(fields) => std::iter::once(pointer.to_owned())
            .chain(
                fields
                    .iter()
                    .flat_map(|(name, field)| objects(field, &format!("{pointer}/{name}"))),
            )
            .collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .flat_map(|(place, item)| objects(item, &format!("{pointer}/{place}")))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}
