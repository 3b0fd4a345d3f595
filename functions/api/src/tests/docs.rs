//! What browsers see: the page that shows the document, and what pages of other origins may do.

use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use ring::digest;
use serde_json::Value;

use super::world::{Answer, World};

/// Of the file in the package that its authors published.
const VIEWER: &str = "dcaf76612bc4a3fbcc923a8966dee2f6146a5f32e5ce1b6f02dd60cbbf89500b";

const PAGE: &str = "https://app.example.com";

#[tokio::test]
async fn the_page_loads_nothing_from_elsewhere() {
    let world = World::new();
    let page = world.call(Method::GET, "/docs", Value::Null).await;
    assert_eq!(
        page.headers[header::CONTENT_TYPE],
        "text/html; charset=utf-8"
    );
    let html = page.body.as_str().unwrap();
    assert!(
        !html.contains("//") && html.contains(r#"spec-url="/openapi.json""#),
        "{html}"
    );
    insta::assert_snapshot!(page.headers["content-security-policy"].to_str().unwrap(), @"default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");

    let script = html.split("<script src=\"").nth(1).unwrap();
    let script = script.split('"').next().unwrap();
    let viewer = world.call(Method::GET, script, Value::Null).await;
    assert_eq!(
        viewer.headers[header::CONTENT_TYPE],
        "text/javascript; charset=utf-8"
    );
    assert_eq!(
        viewer.headers[header::CACHE_CONTROL],
        "public, max-age=86400"
    );
    let digest = digest::digest(&digest::SHA256, viewer.body.as_str().unwrap().as_bytes());
    let bytes = digest.as_ref().iter();
    let hex = bytes.fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    assert_eq!(hex, VIEWER);
    for answer in [page, viewer] {
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    }
}

async fn preflight(world: &World, origin: &str) -> Answer {
    let request = Request::builder()
        .method(Method::OPTIONS)
        .uri("/v1/pairs")
        .header(header::ORIGIN, origin)
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
        .header(
            header::ACCESS_CONTROL_REQUEST_HEADERS,
            "authorization,idempotency-key",
        )
        .body(Body::empty())
        .unwrap();
    world.send(request).await
}

fn shown(headers: &HeaderMap) -> String {
    let mut lines: Vec<String> = headers
        .iter()
        .filter(|(name, _)| name.as_str().starts_with("access-control") || *name == header::VARY)
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect();
    lines.sort();
    lines.join("\n")
}

#[tokio::test]
async fn a_listed_origin_may_call() {
    let world = World::new();
    let answer = preflight(&world, PAGE).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.headers.contains_key("x-request-id"));
    insta::assert_snapshot!(shown(&answer.headers), @r"
    access-control-allow-headers: authorization,content-type,if-match,if-none-match,idempotency-key
    access-control-allow-methods: GET,POST,PUT,PATCH,DELETE
    access-control-allow-origin: https://app.example.com
    access-control-max-age: 7200
    vary: origin, access-control-request-method, access-control-request-headers
    ");
    let refused = Request::get("/v1/pairs").header(header::ORIGIN, PAGE);
    let refused = world.send(refused.body(Body::empty()).unwrap()).await;
    assert_eq!(refused.kind(), "not-authenticated");
    insta::assert_snapshot!(shown(&refused.headers), @r"
    access-control-allow-origin: https://app.example.com
    access-control-expose-headers: etag,link,location,retry-after,idempotency-replayed,ratelimit,ratelimit-policy,x-request-id
    vary: origin, access-control-request-method, access-control-request-headers
    ");
}

#[tokio::test]
async fn another_origin_may_not() {
    let world = World::new();
    let others = [
        "https://evil.example",
        "http://app.example.com",
        "null",
        "https://app.example.com.evil.example",
    ];
    for origin in others {
        let answer = preflight(&world, origin).await;
        let allowed = answer.headers.get(header::ACCESS_CONTROL_ALLOW_ORIGIN);
        assert_eq!(allowed, None, "{origin}");
        assert!(answer.headers.contains_key(header::VARY));
    }
}
