//! Which version of a thing a caller knows: `ETag`, `If-Match` and `If-None-Match` (RFC 9110,
//! sections 8.8.3 and 13.1).

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use patchbay_app::pairs::Expected;

use crate::problem::{Kind, Problem};

/// The conditions of a request.
#[derive(Debug, Clone)]
pub(crate) struct Conditions {
    if_match: Option<Expected>,
    if_none_match: Option<Expected>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Comparison {
    /// A weak tag never matches.
    Strong,
    Weak,
}

impl Conditions {
    /// What a change may meet; anything, if the caller doesn't say.
    pub(crate) fn expected(self) -> Expected {
        self.if_match.unwrap_or(Expected::Any)
    }

    /// The same, where the caller has to say.
    pub(crate) fn required(self) -> Result<Expected, Problem> {
        self.if_match.ok_or_else(|| {
            Problem::new(
                Kind::PreconditionRequired,
                "Send `if-match` and the ETag of what you have read, so that nobody else's change \
                 is lost; or `if-match: *` to change whatever is there.",
            )
        })
    }

    /// Whether the caller has this version already.
    pub(crate) fn is_known(&self, version: u64) -> bool {
        match &self.if_none_match {
            None => false,
            Some(Expected::Any) => true,
            Some(Expected::OneOf(versions)) => versions.contains(&version),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Conditions {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self {
            if_match: tags(&parts.headers, &header::IF_MATCH, Comparison::Strong),
            if_none_match: tags(&parts.headers, &header::IF_NONE_MATCH, Comparison::Weak),
        })
    }
}

/// What is no tag of ours matches nothing.
fn tags(headers: &HeaderMap, name: &HeaderName, comparison: Comparison) -> Option<Expected> {
    if !headers.contains_key(name) {
        return None;
    }
    let values = headers.get_all(name).into_iter();
    let values = values.filter_map(|value| value.to_str().ok());
    let mut versions = Vec::new();
    for tag in values.flat_map(|value| value.split(',')).map(str::trim) {
        if tag == "*" {
            return Some(Expected::Any);
        }
        let tag = match comparison {
            Comparison::Strong => tag,
            Comparison::Weak => tag.strip_prefix("W/").unwrap_or(tag),
        };
        let version = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
        versions.extend(version.and_then(|version| version.parse::<u64>().ok()));
    }
    Some(Expected::OneOf(versions))
}

pub(crate) fn etag(version: u64) -> [(HeaderName, String); 1] {
    [(header::ETAG, format!("\"{version}\""))]
}

pub(crate) fn with_etag(problem: Problem, version: u64) -> Problem {
    match HeaderValue::from_str(&format!("\"{version}\"")) {
        Ok(tag) => problem.with_header(header::ETAG, tag),
        Err(_) => problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_read() {
        let of = |values: &[&'static str], comparison| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::IF_MATCH, HeaderValue::from_static(value));
            }
            tags(&headers, &header::IF_MATCH, comparison)
        };
        let versions = |versions: &[u64]| Some(Expected::OneOf(versions.to_vec()));
        for (values, strong, weak) in [
            (&[][..], None, None),
            (&["*"], Some(Expected::Any), Some(Expected::Any)),
            (&["\"3\""], versions(&[3]), versions(&[3])),
            (
                &["\"3\", \"4\"", "\"5\""],
                versions(&[3, 4, 5]),
                versions(&[3, 4, 5]),
            ),
            (&["W/\"3\""], versions(&[]), versions(&[3])),
            (&["3", "\"x\"", "", "\"-1\""], versions(&[]), versions(&[])),
        ] {
            assert_eq!(of(values, Comparison::Strong), strong, "{values:?}");
            assert_eq!(of(values, Comparison::Weak), weak, "{values:?}");
        }
    }
}
