use patchbay_domain::Timestamp;
use serde::{Serialize, Serializer, ser};

use crate::problem::{FieldError, Problem};

/// A moment as the API shows it: RFC 3339, in UTC.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment(pub(crate) Timestamp);

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let moment = jiff::Timestamp::from_millisecond(self.0.0).map_err(ser::Error::custom)?;
        serializer.collect_str(&moment)
    }
}

/// A moment as somebody writes it.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let moment = text.parse::<jiff::Timestamp>().ok()?;
    Some(Timestamp(moment.as_millisecond()))
}

/// A moment that was given as this parameter of the query.
pub(crate) fn parameter(name: &str, text: Option<&str>) -> Result<Option<Timestamp>, Problem> {
    let Some(text) = text else { return Ok(None) };
    match parse(text) {
        Some(moment) => Ok(Some(moment)),
        None => Err(Problem::invalid_query(FieldError::of_parameter(
            name,
            "has to be a time by RFC 3339, such as 2026-09-21T14:13:20Z; `+` is written `%2B` \
             in a query",
        ))),
    }
}
