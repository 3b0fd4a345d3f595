//! Lists come in pages: `limit` items, and a `next_cursor` while there are more.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::problem::{FieldError, Problem};

const DEFAULT_LIMIT: usize = 50;
const MAX_LIMIT: usize = 100;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Paging {
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// How many items at most: 1 to 100, or 50 if it isn't given.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    limit: Option<String>,
}

impl Paging {
    pub(crate) fn limit(&self) -> Result<usize, Problem> {
        limit(self.limit.as_deref())
    }

    pub(crate) fn after(&self) -> Result<Option<String>, Problem> {
        after(self.cursor.as_deref())
    }
}

pub(crate) fn limit(text: Option<&str>) -> Result<usize, Problem> {
    let limit = text.map_or(Ok(DEFAULT_LIMIT), str::parse);
    match limit {
        Ok(limit) if (1..=MAX_LIMIT).contains(&limit) => Ok(limit),
        Ok(_) | Err(_) => Err(Problem::invalid_query(FieldError::of_parameter(
            "limit",
            format!("has to be a number from 1 to {MAX_LIMIT}"),
        ))),
    }
}

/// What a cursor stands for. Cursors are wrapped so that nobody builds one.
pub(crate) fn after(cursor: Option<&str>) -> Result<Option<String>, Problem> {
    let Some(cursor) = cursor else {
        return Ok(None);
    };
    let place = URL_SAFE_NO_PAD
        .decode(cursor)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    place.map_or_else(|| Err(wrong_cursor()), |place| Ok(Some(place)))
}

pub(crate) fn wrong_cursor() -> Problem {
    Problem::invalid_query(FieldError::of_parameter(
        "cursor",
        "is not the next_cursor of a page; leave it out to begin at the start",
    ))
}

/// A part of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    items: Vec<T>,
    /// Where the next page begins; null at the end of the list.
    next_cursor: Option<String>,
}

impl<T> Page<T> {
    pub(crate) fn new(items: Vec<T>, next: Option<String>) -> Self {
        Self {
            items,
            next_cursor: next.map(|place| URL_SAFE_NO_PAD.encode(place)),
        }
    }

    /// A list that is short by nature.
    pub(crate) fn whole(items: Vec<T>) -> Self {
        Self::new(items, None)
    }
}
