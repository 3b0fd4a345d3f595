//! What every request gets, whichever route it takes: an id, a span, a line in the log, the
//! security headers, and its problem written out.

use std::fmt;
use std::panic::AssertUnwindSafe;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use tracing::Instrument;

use crate::api::Api;
use crate::problem::{Kind, Problem};

pub(crate) const REQUEST_ID: &str = "x-request-id";

/// For what is no page: no answer is to be kept, framed, sniffed or run.
const SECURITY_HEADERS: [(header::HeaderName, &str); 5] = [
    (header::CACHE_CONTROL, "no-store"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'",
    ),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::STRICT_TRANSPORT_SECURITY, "max-age=63072000"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
];

/// Names one request, in answers and in the log.
struct RequestId(u128);

impl fmt::Display for RequestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "req_{:032x}", self.0)
    }
}

pub(crate) async fn frame(State(api): State<Api>, request: Request, next: Next) -> Response {
    let started = api.ports().clock.now();
    let id = RequestId(api.ports().ids.next()).to_string();
    let path = request.uri().path().to_owned();
    // The pattern, not the path, nor the query: they hold what users type.
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("", MatchedPath::as_str);
    let span = tracing::info_span!("request", id, method = %request.method(), route);
    let logged = span.clone();
    let answered = AssertUnwindSafe(next.run(request)).catch_unwind();
    let answered = answered.instrument(span).await;
    let mut response = answered.unwrap_or_else(|_panic| {
        logged.in_scope(|| tracing::error!("a request broke off"));
        broken_off().into_response()
    });

    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        write_problem(&mut response, &problem, &path, &id);
    }
    for (name, value) in SECURITY_HEADERS {
        let headers = response.headers_mut();
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    let took = api.ports().clock.now().since(started);
    let status = response.status().as_u16();
    logged.in_scope(|| tracing::info!(status, took_ms = took.as_millis(), "answered"));
    response
}

/// What a panic answers, so that whoever asked learns that there is no use in waiting. What it
/// says is not logged here: it may quote what the request held.
fn broken_off() -> Problem {
    Problem::new(Kind::Unavailable, "Try again in a minute.")
        .with_header(header::RETRY_AFTER, HeaderValue::from_static("60"))
}

fn write_problem(response: &mut Response, problem: &Problem, path: &str, id: &str) {
    match serde_json::to_vec(&problem.document(path, id)) {
        Ok(document) => {
            // Whatever stood there described the empty body.
            response.headers_mut().remove(header::CONTENT_LENGTH);
            response.headers_mut().insert(
                header::CONTENT_TYPE,
                HeaderValue::from_static("application/problem+json"),
            );
            *response.body_mut() = Body::from(document);
        }
        Err(error) => tracing::error!(%error, "a problem can't be written"),
    }
}

/// Where no route is.
pub(crate) async fn no_such_route() -> Problem {
    Problem::new(
        Kind::NotFound,
        "No route has this path. GET /openapi.json lists those there are.",
    )
}
