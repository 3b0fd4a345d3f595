//! Reading what a caller sends. Nothing unknown is ignored: a misspelt field would otherwise be a
//! wish that silently does not come true.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use serde_path_to_error::Segment;

use crate::problem::{FieldError, Kind, Problem};

/// The largest body that is read. The largest one of use is far smaller.
pub(crate) const LIMIT: usize = 64 * 1024;

/// A body of JSON. Its `Deserialize` denies unknown fields.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            let detail = "Send `content-type: application/json`.";
            return Err(Problem::new(Kind::UnsupportedMediaType, detail));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(unread)?;
        read(&bytes).map(Self)
    }
}

/// The fields of a body of JSON, to be read piece by piece with [`read_value`]. A change may also
/// be sent as what it is, a merge patch.
pub(crate) struct Fields(pub(crate) Map<String, Value>);

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let is_patch = request.method() == Method::PATCH;
        let is_read = is_json(request.headers())
            || (is_patch && is_of_type(request.headers(), "application/merge-patch+json"));
        if !is_read {
            let detail = if is_patch {
                "Send `content-type: application/merge-patch+json`, or `application/json`."
            } else {
                "Send `content-type: application/json`."
            };
            return Err(Problem::new(Kind::UnsupportedMediaType, detail));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(unread)?;
        read(&bytes).map(Self)
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    is_of_type(headers, "application/json")
}

fn is_of_type(headers: &HeaderMap, media_type: &str) -> bool {
    let value = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let essence = value
        .and_then(|value| value.split(';').next())
        .unwrap_or_default();
    essence.trim().eq_ignore_ascii_case(media_type)
}

#[expect(clippy::needless_pass_by_value, reason = "a function for `map_err`")]
pub(crate) fn unread(rejection: BytesRejection) -> Problem {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        Problem::new(Kind::BodyTooLarge, format!("Send at most {LIMIT} bytes."))
    } else {
        Problem::new(Kind::MalformedJson, "The body broke off before its end.")
    }
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let Object(value) = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let pointer = pointer(error.path());
        let inner = error.into_inner();
        if inner.is_data() {
            Problem::invalid_body(vec![field_error(pointer, &inner)])
        } else {
            malformed(&inner)
        }
    })?;
    deserializer.end().map_err(|error| malformed(&error))?;
    Ok(value)
}

/// A part of a body that was read before.
pub(crate) fn read_value<T: DeserializeOwned>(value: Value) -> Result<T, Problem> {
    let read = serde_path_to_error::deserialize(value);
    read.map(|Object(value)| value).map_err(|error| {
        let pointer = pointer(error.path());
        Problem::invalid_body(vec![field_error(pointer, error.inner())])
    })
}

fn malformed(error: &serde_json::Error) -> Problem {
    Problem::new(Kind::MalformedJson, format!("Correct the JSON: {error}."))
}

/// What has to be an object. The library would also take an array with the fields in their order,
/// which nobody who writes one means.
pub(crate) struct Object<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
            type Value = T;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map))
            }
        }

        deserializer.deserialize_map(Fields(PhantomData)).map(Self)
    }
}

/// The library knows of a missing field only that its parent lacks it.
fn field_error(mut pointer: String, error: &serde_json::Error) -> FieldError {
    let text = error.to_string();
    let detail = text.split(" at line ").next().unwrap_or_default();
    if let Some(name) = detail
        .strip_prefix("missing field `")
        .and_then(|rest| rest.strip_suffix('`'))
    {
        pointer.push('/');
        pointer.push_str(name);
        return FieldError::at(pointer, "is missing");
    }
    FieldError::at(pointer, detail)
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => {
                pointer.push('/');
                pointer.push_str(&index.to_string());
            }
            Segment::Map { key } => {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
            }
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}

/// For a field that may be missing, null or given, three different wishes.
pub(crate) fn given<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

/// The id in the path. What is no id names nothing, and is answered like an id that doesn't.
pub(crate) struct PathId<T>(pub(crate) T);

impl<T: FromStr + Named, S: Send + Sync> FromRequestParts<S> for PathId<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let id = Path::<String>::from_request_parts(parts, state).await;
        match id.ok().and_then(|Path(id)| id.parse().ok()) {
            Some(id) => Ok(Self(id)),
            None => Err(Problem::not_found(T::NAME)),
        }
    }
}

/// The two ids in a path, of a thing and of something within it.
pub(crate) struct PathIds<T, U>(pub(crate) T, pub(crate) U);

impl<T, U, S> FromRequestParts<S> for PathIds<T, U>
where
    T: FromStr + Named,
    U: FromStr + Named,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let ids = Path::<(String, String)>::from_request_parts(parts, state).await;
        let Ok(Path((outer, inner))) = ids else {
            return Err(Problem::not_found(T::NAME));
        };
        let outer = outer.parse().ok();
        let outer = outer.ok_or_else(|| Problem::not_found(T::NAME))?;
        let inner = inner.parse().ok();
        let inner = inner.ok_or_else(|| Problem::not_found(U::NAME))?;
        Ok(Self(outer, inner))
    }
}

/// What an id is the id of, in the words of the API.
pub(crate) trait Named {
    const NAME: &str;
}

/// Parameters of the query. Its `Deserialize` denies unknown ones.
pub(crate) struct Parameters<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Parameters<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parameters(&parts.uri).map(Self)
    }
}

/// The parameters of an address.
pub(crate) fn parameters<T: DeserializeOwned>(uri: &Uri) -> Result<T, Problem> {
    match Query::<T>::try_from_uri(uri) {
        Ok(Query(parameters)) => Ok(parameters),
        Err(rejection) => {
            let text = rejection.body_text();
            let cause = text.strip_prefix("Failed to deserialize query string: ");
            let (name, detail) = cause
                .and_then(|cause| cause.split_once(": "))
                .unwrap_or(("", &text));
            Err(Problem::invalid_query(FieldError::of_parameter(
                name, detail,
            )))
        }
    }
}
