use axum::http::{HeaderValue, header};
use patchbay_app::analytics::{AnalyticsError, MAX_PAIRS};
use patchbay_app::trace::{RetryError, TraceError};

use crate::problem::{Kind, Problem};

impl From<TraceError> for Problem {
    fn from(error: TraceError) -> Self {
        match error {
            TraceError::NoPair => Self::not_found("pair"),
            TraceError::NoMessage => Self::not_found("message"),
            TraceError::Port(error) => error.into(),
        }
    }
}

impl From<RetryError> for Problem {
    fn from(error: RetryError) -> Self {
        match error {
            RetryError::Trace(error) => error.into(),
            RetryError::NotFailed => Self::new(
                Kind::MessageNotFailed,
                "Only what has failed can be retried. GET the message to see what became of it.",
            ),
            RetryError::TooOld => Self::new(
                Kind::RetryTooLate,
                "A message can be retried for 14 days. Post it again at its source.",
            ),
            RetryError::Port(error) => error.into(),
        }
    }
}

impl From<AnalyticsError> for Problem {
    fn from(error: AnalyticsError) -> Self {
        match error {
            AnalyticsError::NoPair => Self::not_found("pair"),
            AnalyticsError::NoAccount => Self::not_found("Telegram account"),
            AnalyticsError::TooManyPairs => Self::new(
                Kind::TooManyPairs,
                format!(
                    "At most {MAX_PAIRS} pairs, deleted ones included, are counted at once. Ask \
                     for one pair or account, or for a shorter time."
                ),
            ),
            AnalyticsError::Counting => Self::new(
                Kind::FiguresCounting,
                "There is much to count in this time for the first time. Part of it is done: ask \
                 again, and it goes on from there.",
            )
            .with_header(header::RETRY_AFTER, HeaderValue::from_static("1")),
            AnalyticsError::Port(error) => error.into(),
        }
    }
}
