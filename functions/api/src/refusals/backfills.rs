use axum::http::{HeaderValue, header};
use patchbay_app::backfills::BackfillError;

use crate::problem::{FieldError, Kind, Problem};

impl From<BackfillError> for Problem {
    fn from(error: BackfillError) -> Self {
        match error {
            BackfillError::NoPair => Self::not_found("pair"),
            BackfillError::NoBackfill => Self::new(
                Kind::NotFound,
                "Nothing was asked for yet. POST /v1/pairs/{id}/backfill does so.",
            ),
            BackfillError::UnderWay => Self::new(
                Kind::BackfillUnderWay,
                "Wait until it is done, or DELETE /v1/pairs/{id}/backfill first.",
            ),
            BackfillError::Paused => Self::new(
                Kind::PairPaused,
                "Resume it first, with POST /v1/pairs/{id}/resume.",
            ),
            BackfillError::NotYet => {
                Self::invalid_body(vec![FieldError::at("/since", "has to be in the past")])
            }
            BackfillError::Contended => Self::new(Kind::Unavailable, "Try again in a few seconds.")
                .with_header(header::RETRY_AFTER, HeaderValue::from_static("3")),
            BackfillError::Port(error) => error.into(),
        }
    }
}
