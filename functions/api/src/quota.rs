//! What an API key is told about its limits (draft-ietf-httpapi-ratelimit-headers-11), and which
//! ones have reached them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use patchbay_domain::Timestamp;
use patchbay_domain::api_key::SecretHash;
use patchbay_domain::quota::{Usage, Window, seconds_until};
use utoipa::ToSchema;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{Content, Header, Object, Ref, RefOr, ResponseBuilder, Type};

use crate::problem::{Kind, Problem, ProblemDocument};

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const STATE: HeaderName = HeaderName::from_static("ratelimit");

/// How many keys are remembered. Only keys that exist get here, each after it has used up its
/// limits, so that nobody can fill this with inventions.
const REMEMBERED: usize = 10_000;

/// The keys that have used up their limits, by their secrets, until the minute ends. While one is
/// in here, its requests cost nothing but the look at it; who has used up a day is counted in vain
/// once a minute, and gets through soon after choosing a larger plan.
#[derive(Default)]
pub(crate) struct Exhausted(Mutex<HashMap<SecretHash, Usage>>);

impl Exhausted {
    pub(crate) fn get(&self, secret: SecretHash, now: Timestamp) -> Option<Usage> {
        let keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let usage = keys.get(&secret).copied();
        usage.filter(|usage| is_current(usage, now))
    }

    /// If there is no room, it is not remembered, and the next request is counted in vain again.
    pub(crate) fn put(&self, secret: SecretHash, usage: Usage, now: Timestamp) {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.len() >= REMEMBERED {
            keys.retain(|_, usage| is_current(usage, now));
        }
        if keys.len() < REMEMBERED {
            keys.insert(secret, usage);
        }
    }
}

fn is_current(usage: &Usage, now: Timestamp) -> bool {
    Window::Minute.number(usage.at) == Window::Minute.number(now)
}

/// Adds how much is left in each window.
pub(crate) fn announce(headers: &mut HeaderMap, usage: &Usage, now: Timestamp) {
    let policies = Window::ALL.map(|window| {
        let (limit, seconds) = (usage.limits.of(window), window.seconds());
        format!("\"{}\";q={limit};w={seconds}", window.name())
    });
    let states = Window::ALL.map(|window| {
        let left = usage.remaining(window);
        let until = seconds_until(window.end(usage.at), now);
        format!("\"{}\";r={left};t={until}", window.name())
    });
    for (name, items) in [(POLICY, policies), (STATE, states)] {
        if let Ok(value) = HeaderValue::from_str(&items.join(", ")) {
            headers.insert(name, value);
        }
    }
}

pub(crate) fn exceeded(usage: &Usage, now: Timestamp) -> Problem {
    let windows: Vec<&str> = usage.exhausted().map(Window::name).collect();
    let wait = seconds_until(usage.free_at(), now);
    let detail = format!(
        "This API key has made all the requests of its {}. Try again in {wait} s, or choose a \
         larger plan.",
        windows.join(" and its ")
    );
    let mut headers = HeaderMap::new();
    announce(&mut headers, usage, now);
    headers.insert(header::RETRY_AFTER, wait.into());
    let problem =
        Problem::new(Kind::QuotaExceeded, detail).with_related("violated-policies", windows);
    headers
        .into_iter()
        .filter_map(|(name, value)| Some((name?, value)))
        .fold(problem, |problem, (name, value)| {
            problem.with_header(name, value)
        })
}

/// Describes the headers of a route that takes API keys, and its refusal of those that come too
/// often.
pub(crate) fn describe(operation: &mut Operation) {
    let problem = Ref::from_schema_name(ProblemDocument::name());
    let retry_after = described(Type::Integer, "When to try again, in seconds");
    let too_many = ResponseBuilder::new()
        .description("The API key has used up a limit of its plan; `violated-policies` names which")
        .content("application/problem+json", Content::new(Some(problem)))
        .header("retry-after", retry_after)
        .build();
    let responses = &mut operation.responses.responses;
    responses.insert("429".to_owned(), RefOr::T(too_many));
    for response in responses.values_mut() {
        match response {
            RefOr::T(response) => {
                let policy =
                    "To API keys: the limit `q` of each window, and its length `w` in seconds";
                let state = "To API keys: what remains (`r`) in each window, and in how many \
                             seconds (`t`) it ends";
                for (name, text) in [(POLICY, policy), (STATE, state)] {
                    let header = described(Type::String, text);
                    response.headers.insert(name.to_string(), RefOr::T(header));
                }
            }
            RefOr::Ref(_) => {}
        }
    }
}

fn described(kind: Type, description: &str) -> Header {
    HeaderBuilder::new()
        .schema(Some(Object::with_type(kind)))
        .description(Some(description))
        .build()
}

#[cfg(test)]
mod tests {
    use patchbay_domain::api_key::ApiKeySecret;
    use patchbay_domain::quota::RequestLimits;

    use super::*;

    fn usage(at: Timestamp) -> Usage {
        let limits = RequestLimits {
            per_minute: 1,
            per_day: 1,
        };
        Usage {
            limits,
            in_minute: 1,
            in_day: 1,
            at,
        }
    }

    #[test]
    fn no_more_keys_are_remembered_than_there_is_room_for() {
        let exhausted = Exhausted::default();
        let (now, later) = (Timestamp::from_seconds(0), Timestamp::from_seconds(60));
        let secrets: Vec<SecretHash> = (0..=REMEMBERED as u128)
            .map(|bits| ApiKeySecret::from_bits([bits, 0]).hash())
            .collect();
        for secret in &secrets {
            exhausted.put(*secret, usage(now), now);
        }
        let remembered = secrets
            .iter()
            .filter(|secret| exhausted.get(**secret, now).is_some());
        assert_eq!(remembered.count(), REMEMBERED);
        exhausted.put(secrets[REMEMBERED], usage(later), later);
        assert!(exhausted.get(secrets[REMEMBERED], later).is_some());
        assert!(exhausted.get(secrets[0], later).is_none());
    }
}
