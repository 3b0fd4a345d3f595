//! Errors of the verbs as problems: what the caller may read, and what the log keeps.

mod api_keys;
mod auth;
mod backfills;
mod discord;
mod messages;
mod pairs;
mod telegram;

use axum::http::{HeaderValue, header};
use patchbay_app::ports::PortError;
use patchbay_domain::ids::PairId;

use crate::passwords::HashingError;
use crate::problem::{Kind, Problem};

pub(crate) use telegram::{awaits, rejection};

impl From<PortError> for Problem {
    fn from(error: PortError) -> Self {
        unavailable(&error)
    }
}

impl From<HashingError> for Problem {
    fn from(error: HashingError) -> Self {
        unavailable(&error)
    }
}

impl From<jsonwebtoken::errors::Error> for Problem {
    fn from(error: jsonwebtoken::errors::Error) -> Self {
        unavailable(&error)
    }
}

/// The log keeps the causes, the caller learns nothing of what is behind the API.
fn unavailable(error: &dyn std::error::Error) -> Problem {
    log(error);
    Problem::new(Kind::Unavailable, "Try again in a few seconds.")
        .with_header(header::RETRY_AFTER, HeaderValue::from_static("3"))
}

fn log(error: &dyn std::error::Error) {
    let causes: Vec<String> = std::iter::successors(error.source(), |cause| cause.source())
        .map(ToString::to_string)
        .collect();
    tracing::error!(%error, ?causes, "a request failed");
}

const PAIRS_CHANGING: &str =
    "Others of your pairs are being made or deleted at this moment. Try again.";

fn in_use(kind: Kind, pairs: &[PairId]) -> Problem {
    let pairs: Vec<String> = pairs.iter().map(ToString::to_string).collect();
    Problem::new(
        kind,
        "Delete the pairs named in `pairs` first, each with DELETE /v1/pairs/{id}.",
    )
    .with_related("pairs", pairs)
}
