//! Lists come in pages: `limit` items, and a `next_cursor` while there are more.
//!
//! A handler takes a [`Listing`], reads on [`Listing::after`] a place, and answers with
//! [`Listing::page`]. Cursors are bound to the user, the path and the filters by themselves.

mod cursor;

use std::fmt::Display;
use std::str::FromStr;

use axum::extract::FromRequestParts;
use axum::http::Uri;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use url::form_urlencoded;
use utoipa::{IntoParams, ToSchema};

use crate::access::Caller;
use crate::api::Api;
use crate::body;
use crate::problem::{FieldError, Problem};
use cursor::List;

pub(crate) use cursor::Cursors;

const DEFAULT_LIMIT: usize = 50;
const MAX_LIMIT: usize = 100;
const CURSOR: &str = "cursor";
const LIMIT: &str = "limit";

/// The parameters of every list, for its description.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it is read for the document alone")]
pub(crate) struct Paging {
    /// The `next_cursor` of the page before. It is good for the same list with the same filters.
    #[param(min_length = 43, max_length = 1024, pattern = "^[A-Za-z0-9_-]*$")]
    cursor: Option<String>,
    /// How many items at most.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<u32>,
}

/// A list without filters.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoFilters {}

/// The part of a list that is asked for. `F` are the parameters of the query beside `cursor` and
/// `limit`; its `Deserialize` denies unknown ones.
pub(crate) struct Listing<F = NoFilters> {
    pub(crate) filters: F,
    /// How many items at most.
    pub(crate) limit: usize,
    place: Option<String>,
    list: List,
    api: Api,
}

impl<F> Listing<F> {
    /// What the page comes after; nothing at the start of the list.
    pub(crate) fn after<T: FromStr>(&self) -> Result<Option<T>, Problem> {
        let Some(place) = self.place.as_deref() else {
            return Ok(None);
        };
        place.parse().ok().ok_or_else(wrong_cursor).map(Some)
    }

    /// The page, and `next`, which the one after it comes after.
    pub(crate) fn page<T>(&self, items: Vec<T>, next: Option<impl Display>) -> Page<T> {
        let next_cursor = next.and_then(|place| {
            let place = place.to_string();
            self.api.cursors().write(&self.list, &place)
        });
        Page { items, next_cursor }
    }
}

impl<F: DeserializeOwned> FromRequestParts<Api> for Listing<F> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, api).await?;
        let mut filters: Vec<(String, String)> = body::parameters(&parts.uri)?;
        let mut taken = |name| take(&mut filters, name);
        let (cursor, limit) = (taken(CURSOR), taken(LIMIT));
        filters.sort();
        let list = List {
            user: caller.user.id,
            path: parts.uri.path().to_owned(),
            filters,
        };
        let place = match cursor {
            None => None,
            Some(cursor) => {
                let place = api.cursors().read(&list, &cursor);
                Some(place.ok_or_else(wrong_cursor)?)
            }
        };
        Ok(Self {
            filters: body::parameters(&address_of(&list.filters))?,
            limit: limit.as_deref().map_or(Ok(DEFAULT_LIMIT), read_limit)?,
            place,
            list,
            api: api.clone(),
        })
    }
}

/// The value with this name; `query` has seen to it that there is only one.
fn take(parameters: &mut Vec<(String, String)>, name: &str) -> Option<String> {
    let place = parameters.iter().position(|(of, _)| of == name)?;
    Some(parameters.swap_remove(place).1)
}

fn read_limit(text: &str) -> Result<usize, Problem> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(limit) if is_number && (1..=MAX_LIMIT).contains(&limit) => Ok(limit),
        Ok(_) | Err(_) => Err(Problem::invalid_query(FieldError::of_parameter(
            LIMIT,
            format!("has to be a number from 1 to {MAX_LIMIT}"),
        ))),
    }
}

/// An address with the filters alone, for what reads addresses.
fn address_of(filters: &[(String, String)]) -> Uri {
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(filters)
        .finish();
    format!("/?{query}").parse().unwrap_or_default()
}

pub(crate) fn wrong_cursor() -> Problem {
    Problem::invalid_query(FieldError::of_parameter(
        CURSOR,
        "is not the next_cursor of a page of this list; leave it out to begin at the start",
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
    /// A list that is short by nature.
    pub(crate) fn whole(items: Vec<T>) -> Self {
        Self {
            items,
            next_cursor: None,
        }
    }
}
