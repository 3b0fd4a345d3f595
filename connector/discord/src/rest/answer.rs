//! What an answer says about limits.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde::Deserialize;

/// The headers that come with every answer of a limited route.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BucketHeaders {
    /// Discord's name for the limit; several routes may share one.
    pub(crate) bucket: String,
    pub(crate) limit: u32,
    pub(crate) remaining: u32,
    pub(crate) reset_after: Duration,
}

impl BucketHeaders {
    pub(crate) fn read(headers: &HeaderMap) -> Option<Self> {
        Some(Self {
            bucket: text(headers, "x-ratelimit-bucket")?.to_owned(),
            limit: text(headers, "x-ratelimit-limit")?.parse().ok()?,
            remaining: text(headers, "x-ratelimit-remaining")?.parse().ok()?,
            reset_after: seconds(text(headers, "x-ratelimit-reset-after")?.parse().ok()?),
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LimitScope {
    Route,
    /// Everybody's use of the resource counts. Such a 429 is not held against the bot.
    Shared,
    Global,
}

/// A 429: how long to wait, and with what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooMany {
    pub(crate) after: Duration,
    pub(crate) scope: LimitScope,
}

#[derive(Deserialize)]
struct TooManyBody {
    retry_after: f64,
    #[serde(default)]
    global: bool,
}

impl TooMany {
    /// The body tells the wait to the millisecond, the header in whole seconds. An answer that
    /// has neither comes from in front of the API, where the address as a whole is limited.
    pub(crate) fn read(headers: &HeaderMap, body: &[u8]) -> Self {
        let body: Option<TooManyBody> = serde_json::from_slice(body).ok();
        let header = text(headers, "retry-after").and_then(|wait| wait.parse().ok());
        let after = body
            .as_ref()
            .map(|body| body.retry_after)
            .or(header)
            .map_or(Self::UNTOLD, seconds);
        let scope = match (&body, text(headers, "x-ratelimit-scope")) {
            (None, _) | (_, Some("global")) => LimitScope::Global,
            (Some(body), _) if body.global => LimitScope::Global,
            (Some(_), Some("shared")) => LimitScope::Shared,
            (Some(_), _) => LimitScope::Route,
        };
        Self { after, scope }
    }

    const UNTOLD: Duration = Duration::from_mins(1);
}

/// What the limiter learns from an answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) bucket: Option<BucketHeaders>,
    pub(crate) too_many: Option<TooMany>,
}

impl Answer {
    /// Whether Discord counts it towards the limit of invalid requests that bans an address.
    pub(crate) fn is_invalid(&self) -> bool {
        match self.too_many {
            Some(TooMany { scope, .. }) => scope != LimitScope::Shared,
            None => matches!(
                self.status,
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN
            ),
        }
    }
}

/// The platform's clock in Unix milliseconds, as an answer of a limited route tells it.
pub(crate) fn server_time(headers: &HeaderMap) -> Option<i64> {
    let reset: f64 = text(headers, "x-ratelimit-reset")?.parse().ok()?;
    let after: f64 = text(headers, "x-ratelimit-reset-after")?.parse().ok()?;
    let now = Duration::try_from_secs_f64(reset - after).ok()?;
    i64::try_from(now.as_millis()).ok()
}

/// Rounded up to the next millisecond: a wait that ends too early is answered with a 429.
fn seconds(value: f64) -> Duration {
    let exact = Duration::try_from_secs_f64(value.max(0.0)).unwrap_or(TooMany::UNTOLD);
    Duration::from_millis(u64::try_from(exact.as_micros().div_ceil(1000)).unwrap_or(u64::MAX))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn a_429_is_read_from_its_body_then_its_header_then_assumed() {
        let cases = [
            (
                vec![("retry-after", "2")],
                r#"{"retry_after":1.2341,"global":false}"#,
                1235,
                LimitScope::Route,
            ),
            (
                vec![("x-ratelimit-scope", "shared")],
                r#"{"retry_after":0.5}"#,
                500,
                LimitScope::Shared,
            ),
            (
                vec![("x-ratelimit-scope", "global")],
                r#"{"retry_after":0.25}"#,
                250,
                LimitScope::Global,
            ),
            (
                vec![],
                r#"{"retry_after":3,"global":true}"#,
                3000,
                LimitScope::Global,
            ),
            (
                vec![("retry-after", "7")],
                "<html>",
                7000,
                LimitScope::Global,
            ),
            (vec![], "<html>", 60_000, LimitScope::Global),
        ];
        for (pairs, body, millis, scope) in cases {
            let expected = TooMany {
                after: Duration::from_millis(millis),
                scope,
            };
            assert_eq!(
                TooMany::read(&headers(&pairs), body.as_bytes()),
                expected,
                "{body}"
            );
        }
    }

    #[test]
    fn bucket_headers_are_read_whole_or_not_at_all() {
        let mut all = vec![
            ("x-ratelimit-bucket", "abcd"),
            ("x-ratelimit-limit", "5"),
            ("x-ratelimit-remaining", "4"),
            ("x-ratelimit-reset", "1470173023.123"),
            ("x-ratelimit-reset-after", "0.123"),
        ];
        let read = BucketHeaders::read(&headers(&all)).unwrap();
        assert_eq!(
            (read.limit, read.remaining, read.reset_after),
            (5, 4, Duration::from_millis(123))
        );
        assert_eq!(server_time(&headers(&all)), Some(1_470_173_023_000));
        all.remove(1);
        assert_eq!(BucketHeaders::read(&headers(&all)), None);
    }
}
