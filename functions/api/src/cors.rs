//! Which pages of other origins may call from a browser: those that the configuration lists.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Method, header};
use patchbay_boot::config::Origin;
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::idempotency;
use crate::request::REQUEST_ID;

/// Browsers keep it for two hours at most.
const MAX_AGE: Duration = Duration::from_hours(2);

const METHODS: [Method; 5] = [
    Method::GET,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
];

/// None where no origin is allowed. Credentials of the browser are never asked for: tokens come in
/// a header that the page itself sets.
pub(crate) fn layer(origins: &[Origin]) -> Option<CorsLayer> {
    let origins: Vec<HeaderValue> = origins
        .iter()
        .filter_map(|origin| HeaderValue::from_str(origin.as_str()).ok())
        .collect();
    if origins.is_empty() {
        return None;
    }
    let sent = [
        header::AUTHORIZATION,
        header::CONTENT_TYPE,
        header::IF_MATCH,
        header::IF_NONE_MATCH,
        idempotency::KEY,
    ];
    let read = [
        header::ETAG,
        header::LINK,
        header::LOCATION,
        header::RETRY_AFTER,
        idempotency::REPLAYED,
        HeaderName::from_static("ratelimit"),
        HeaderName::from_static("ratelimit-policy"),
        HeaderName::from_static(REQUEST_ID),
    ];
    let layer = CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods(METHODS)
        .allow_headers(sent)
        .expose_headers(read)
        .max_age(MAX_AGE);
    Some(layer)
}
