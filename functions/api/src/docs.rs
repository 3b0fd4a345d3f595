//! The description of the API for people: one page, with a viewer (Redoc 2.5.4, MIT) that is part
//! of the program. It loads nothing from elsewhere.

use axum::http::{HeaderName, header};
use axum::response::IntoResponse;

const PAGE: &str = include_str!("../assets/docs.html");
const VIEWER: &str = include_str!("../assets/redoc.standalone.js");

/// This page alone may run a script. Its origin has only the one: whatever else comes from here
/// is no script, and browsers are told not to guess. The viewer writes its styles into the page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; \
                      connect-src 'self'; img-src 'self' data:; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

pub(crate) async fn page() -> impl IntoResponse {
    let headers: [(HeaderName, &str); 2] = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ];
    (headers, PAGE)
}

pub(crate) async fn viewer() -> impl IntoResponse {
    let headers: [(HeaderName, &str); 2] = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=86400"),
    ];
    (headers, VIEWER)
}
