//! A request that creates something may be sent again without fear: with the same
//! `Idempotency-Key` it has one effect, and the same answer for a day.
//!
//! Only what had an effect is kept. A refusal changed nothing, so that its key is free for
//! another attempt, with a corrected body too.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest, MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use patchbay_app::ports::{Begun, Digest, Execution, IdempotencyKey, KeptAnswer, Ports};
use ring::digest;
use secrecy::{ExposeSecret, SecretString};
use tracing::Instrument;
use utoipa::openapi::OpenApi;

use crate::access::Caller;
use crate::api::Api;
use crate::body;
use crate::openapi;
use crate::problem::{Kind, Problem};

pub(crate) const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Says that an answer was given before.
pub(crate) const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// A string as in structured fields (RFC 9651), or the same without its quotes where nothing in
/// it needs them.
pub(crate) const PATTERN: &str =
    r#"^([A-Za-z0-9._~:/+=-]{1,255}|"([ !#-\[\]-~]|\\["\\]){1,255}")$"#;

const LONGEST: usize = 255;
/// Longer than any request takes: what still holds its key after this has crashed.
const LEASE: Duration = Duration::from_mins(1);
const KEPT: Duration = Duration::from_hours(24);
/// What belongs to an answer; the rest is made anew for each request.
const HEADERS: [HeaderName; 3] = [header::CONTENT_TYPE, header::ETAG, header::LOCATION];
/// Far more than any answer of a request that creates something.
const LARGEST: usize = 256 * 1024;

/// The routes that take a key: by their description, each POST by which a user makes something.
pub(crate) struct Creating(HashSet<String>);

impl Creating {
    pub(crate) fn of(document: &mut OpenApi) -> Self {
        let mut paths = HashSet::new();
        for (path, item) in &mut document.paths.paths {
            for (method, operation) in openapi::operations(item) {
                if openapi::creates(&method, path, operation) {
                    paths.insert(path.clone());
                }
            }
        }
        Self(paths)
    }

    fn has(&self, request: &Request, path: &MatchedPath) -> bool {
        request.method() == Method::POST && self.0.contains(path.as_str())
    }
}

/// Lets a request through once, and answers its repetitions.
pub(crate) async fn guard(
    State((api, creating)): State<(Api, Arc<Creating>)>,
    path: MatchedPath,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let caller = request.extensions().get::<Caller>().cloned();
    let (true, Some(caller)) = (creating.has(&request, &path), caller) else {
        return Ok(next.run(request).await);
    };
    let Some(key) = key(request.headers())? else {
        return Ok(next.run(request).await);
    };
    let (head, body) = request.into_parts();
    let body = Bytes::from_request(Request::from_parts(head.clone(), body), &()).await;
    let body = body.map_err(body::unread)?;

    let ports = api.ports();
    let address = head.uri.path_and_query().map_or("", |uri| uri.as_str());
    let key = IdempotencyKey {
        owner: caller.user.id,
        hash: digest_of(&[path.as_str().as_bytes(), key.as_bytes()]),
    };
    let execution = Execution {
        id: ports.ids.next(),
        fingerprint: digest_of(&[address.as_bytes(), &body]),
        began_at: ports.clock.now(),
        lease: LEASE,
    };
    match ports.idempotency.begin(&key, &execution).await? {
        Begun::First => {}
        Begun::InProgress { fingerprint } | Begun::Done { fingerprint, .. }
            if fingerprint != execution.fingerprint =>
        {
            return Err(reused());
        }
        Begun::InProgress { .. } => return Err(in_progress()),
        Begun::Done { answer, .. } => return Ok(replay(answer)),
    }
    let request = Request::from_parts(head, Body::from(body));
    let ports = ports.clone();
    // In a task of its own: whoever hangs up now will send the key again, and wants to find what
    // became of it.
    let executing = async move {
        let response = next.run(request).await;
        keep(&ports, &key, &execution, response).await
    };
    let executed = api.tasks().spawn(executing.in_current_span()).await;
    executed.unwrap_or_else(|error| {
        tracing::error!(%error, "a request broke off");
        let detail = "Try again in a minute, with the same Idempotency-Key.";
        Err(Problem::new(Kind::Unavailable, detail)
            .with_header(header::RETRY_AFTER, HeaderValue::from_static("60")))
    })
}

async fn keep(
    ports: &Ports,
    key: &IdempotencyKey,
    execution: &Execution,
    response: Response,
) -> Result<Response, Problem> {
    if !response.status().is_success() {
        if let Err(error) = ports.idempotency.abandon(key, execution).await {
            tracing::warn!(%error, "an idempotency key stays taken for a minute");
        }
        return Ok(response);
    }
    let (head, body) = response.into_parts();
    let body = to_bytes(body, LARGEST).await.map_err(|error| {
        tracing::error!(%error, "an answer can't be kept");
        Problem::new(Kind::Unavailable, "What was asked for is done.")
    })?;
    let kept = HEADERS.iter().filter_map(|name| {
        let value = head.headers.get(name)?.to_str().ok()?;
        Some((name.to_string(), value.to_owned()))
    });
    let answer = KeptAnswer {
        status: head.status.as_u16(),
        headers: kept.collect(),
        body: SecretString::from(String::from_utf8_lossy(&body).into_owned()),
    };
    let until = ports.clock.now().plus(KEPT);
    // The effect is there, whether or not its answer can be kept.
    match ports
        .idempotency
        .complete(key, execution, &answer, until)
        .await
    {
        Ok(true) => {}
        Ok(false) => tracing::error!("a request took longer than its lease"),
        Err(error) => tracing::error!(%error, "an answer is not kept"),
    }
    Ok(Response::from_parts(head, Body::from(body)))
}

fn replay(answer: KeptAnswer) -> Response {
    let KeptAnswer {
        status,
        headers,
        body,
    } = answer;
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let mut response = (status, Body::from(body.expose_secret().to_owned())).into_response();
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse()) {
            response.headers_mut().insert(name, value);
        }
    }
    response
        .headers_mut()
        .insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

/// SHA-256 over parts, none of which can take bytes of its neighbour.
fn digest_of(parts: &[&[u8]]) -> Digest {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    let mut digest = [0; 32];
    digest.copy_from_slice(context.finish().as_ref());
    Digest(digest)
}

fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut values = headers.get_all(KEY).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let read = value.to_str().ok().and_then(read_key);
    match (read, values.next()) {
        (Some(key), None) => Ok(Some(key)),
        (Some(_) | None, _) => Err(wrong_key()),
    }
}

/// What [`PATTERN`] describes.
fn read_key(text: &str) -> Option<String> {
    let quoted = text
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    let key = if let Some(quoted) = quoted {
        unescaped(quoted)?
    } else {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._~:/+=-".contains(&byte);
        text.bytes().all(is_plain).then(|| text.to_owned())?
    };
    (1..=LONGEST).contains(&key.len()).then_some(key)
}

fn unescaped(quoted: &str) -> Option<String> {
    let mut characters = quoted.chars();
    let mut key = String::new();
    while let Some(character) = characters.next() {
        key.push(match character {
            '\\' => characters
                .next()
                .filter(|next| ['"', '\\'].contains(next))?,
            ' ' | '!' | '#'..='~' => character,
            _ => return None,
        });
    }
    Some(key)
}

fn wrong_key() -> Problem {
    Problem::new(
        Kind::IdempotencyKeyInvalid,
        format!(
            "Send one Idempotency-Key: 1 to {LONGEST} printable ASCII characters in double \
             quotes, such as \"8e03978e-40d5-43dd-bc93-6894a57f9324\"."
        ),
    )
}

fn reused() -> Problem {
    Problem::new(
        Kind::IdempotencyKeyReused,
        "Another request was sent with this Idempotency-Key. Choose a new key for a new request.",
    )
}

fn in_progress() -> Problem {
    Problem::new(
        Kind::IdempotencyInProgress,
        "The same request is still being worked on. Send it again soon for its answer.",
    )
    .with_header(header::RETRY_AFTER, HeaderValue::from_static("2"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_strings_with_or_without_quotes() {
        let longest = "k".repeat(LONGEST);
        let good = [
            (
                "8e03978e-40d5-43dd-bc93-6894a57f9324",
                "8e03978e-40d5-43dd-bc93-6894a57f9324",
            ),
            ("\"8e03978e\"", "8e03978e"),
            (r#""a \"b\" \\c, ;d""#, r#"a "b" \c, ;d"#),
            (&longest, &longest),
        ];
        for (text, key) in good {
            assert_eq!(read_key(text).as_deref(), Some(key), "{text}");
        }
        let quoted = format!("\"{longest}\"");
        assert_eq!(read_key(&quoted).as_deref(), Some(&*longest));
        let long = format!("{longest}k");
        let wrong = [
            "",
            "\"\"",
            "\"",
            "a b",
            "a,b",
            "\"a",
            "a\"",
            r#""a"b""#,
            r#""a\b""#,
            r#""a\""#,
            "\"a\";b=1",
            "\"a\", \"b\"",
            "é",
            "\"é\"",
            "\"\t\"",
            &long,
        ];
        for text in wrong {
            assert_eq!(read_key(text), None, "{text}");
        }
    }
}
