//! Pairs as they are sent and shown: the two ends and the options, side by side.

use std::borrow::Cow;

use patchbay_app::pairs::NewPair;
use patchbay_domain::ids::PairId;
use patchbay_domain::pair::{Health, Options, SourceTrouble, Trouble};
use patchbay_domain::{Endpoint, Pair, PairState};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::options::OptionsBody;
use crate::body::{Object, read_value};
use crate::endpoint::{EndpointBody, EndpointView};
use crate::moment::Moment;
use crate::problem::{FieldError, Problem};
use crate::schema::{merged, patch};

const ENDS: [&str; 2] = ["source", "destination"];

#[derive(Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PairState)]
pub(crate) enum StateView {
    Active,
    /// Nothing is forwarded. What is posted meanwhile is not forwarded later.
    Paused,
}

impl From<PairState> for StateView {
    fn from(state: PairState) -> Self {
        match state {
            PairState::Active => Self::Active,
            PairState::Paused => Self::Paused,
        }
    }
}

/// For the document.
#[derive(ToSchema)]
#[schema(as = Platform, rename_all = "snake_case")]
#[expect(dead_code, reason = "it is read for the document alone")]
pub(crate) enum PlatformView {
    Telegram,
    Discord,
}

/// The two ends as they are sent. Serde's `flatten` would forget where in them something is wrong.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ends {
    #[schema(value_type = EndpointView)]
    source: Object<EndpointBody>,
    #[schema(value_type = EndpointView)]
    destination: Object<EndpointBody>,
}

/// The same, where an end may be left out.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OtherEnds {
    #[schema(value_type = Option<EndpointView>)]
    source: Option<Object<EndpointBody>>,
    #[schema(value_type = Option<EndpointView>)]
    destination: Option<Object<EndpointBody>>,
}

#[derive(Serialize)]
pub(crate) struct PairView {
    #[serde(flatten)]
    itself: PairItself,
    #[serde(flatten)]
    options: OptionsBody,
}

/// A pair without its options.
#[derive(Serialize, ToSchema)]
pub(crate) struct PairItself {
    #[schema(value_type = String, example = "pair_0190c5e2f3a47b1c8d2e3f4a5b6c7d8e")]
    id: PairId,
    source: EndpointView,
    destination: EndpointView,
    state: StateView,
    /// What keeps the pair from its source, or from delivering. The one ends when the source can
    /// be read again, the other with the first message that gets through.
    trouble: Option<TroubleView>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Moment,
}

#[derive(Serialize, ToSchema)]
#[schema(as = PairTrouble)]
pub(crate) struct TroubleView {
    /// For programs.
    #[schema(example = "not_allowed")]
    code: &'static str,
    #[schema(example = "the account or bot may not post there")]
    reason: String,
    #[schema(example = "give the account or bot the right to post there, then retry")]
    advice: &'static str,
    #[schema(value_type = String, format = DateTime)]
    since: Moment,
}

impl From<Trouble> for TroubleView {
    fn from(trouble: Trouble) -> Self {
        Self {
            code: trouble.reason.kind().code(),
            reason: trouble.reason.to_string(),
            advice: trouble.reason.advice(),
            since: Moment(trouble.since),
        }
    }
}

impl From<SourceTrouble> for TroubleView {
    fn from(trouble: SourceTrouble) -> Self {
        Self {
            code: trouble.reason.code(),
            reason: trouble.reason.to_string(),
            advice: trouble.reason.advice(),
            since: Moment(trouble.since),
        }
    }
}

/// Without its source a pair has nothing to deliver.
fn trouble(health: Health) -> Option<TroubleView> {
    let of_source = health.source.map(TroubleView::from);
    of_source.or_else(|| health.trouble.map(TroubleView::from))
}

impl From<Pair> for PairView {
    fn from(pair: Pair) -> Self {
        Self {
            itself: PairItself {
                id: pair.id,
                source: pair.source.into(),
                destination: pair.destination.into(),
                state: pair.state.into(),
                trouble: trouble(pair.health),
                created_at: Moment(pair.created_at),
            },
            options: pair.options.into_draft().into(),
        }
    }
}

/// What a pair is to be.
pub(super) fn new_pair(mut body: Map<String, Value>) -> Result<NewPair, Problem> {
    let ends: Ends = read_value(ends_of(&mut body))?;
    let mut errors = Vec::new();
    let source = ends.source.0.endpoint("/source", &mut errors);
    let destination = ends.destination.0.endpoint("/destination", &mut errors);
    let (Some(source), Some(destination)) = (source, destination) else {
        return Err(Problem::invalid_body(errors));
    };
    let options = read_value::<OptionsBody>(Value::Object(body))?.options("")?;
    Ok(NewPair {
        source,
        destination,
        options,
    })
}

/// What another pair like this one is to be.
pub(super) fn duplicated(pair: &Pair, mut body: Map<String, Value>) -> Result<NewPair, Problem> {
    let ends: OtherEnds = read_value(ends_of(&mut body))?;
    let mut errors = Vec::new();
    let mut end = |other: Option<Object<EndpointBody>>, place: &str, present: Endpoint| match other
    {
        Some(other) => other.0.endpoint(place, &mut errors),
        None => Some(present),
    };
    let source = end(ends.source, "/source", pair.source);
    let destination = end(ends.destination, "/destination", pair.destination);
    let (Some(source), Some(destination)) = (source, destination) else {
        return Err(Problem::invalid_body(errors));
    };
    Ok(NewPair {
        source,
        destination,
        options: merge_into(&pair.options, body)?,
    })
}

/// The options of a pair once it is patched.
pub(super) fn patched(pair: &Pair, body: Map<String, Value>) -> Result<Options, Problem> {
    const STAYS: &str = "stays as it is; POST /v1/pairs/{id}/duplicate makes a pair with another";
    const STATE: &str = "is changed with POST /v1/pairs/{id}/pause and /v1/pairs/{id}/resume";
    let fixed = [ENDS[0], ENDS[1], "state"];
    let errors: Vec<_> = fixed
        .into_iter()
        .filter(|name| body.contains_key(*name))
        .map(|name| {
            let detail = if ENDS.contains(&name) { STAYS } else { STATE };
            FieldError::at(format!("/{name}"), detail)
        })
        .collect();
    if !errors.is_empty() {
        return Err(Problem::invalid_body(errors));
    }
    merge_into(&pair.options, body)
}

fn ends_of(body: &mut Map<String, Value>) -> Value {
    let ends = ENDS.into_iter();
    let ends = ends.filter_map(|end| body.remove(end).map(|value| (end.to_owned(), value)));
    Value::Object(ends.collect())
}

fn merge_into(options: &Options, body: Map<String, Value>) -> Result<Options, Problem> {
    let present = OptionsBody::from(options.clone().into_draft());
    let mut whole = serde_json::to_value(present).unwrap_or_default();
    merge(&mut whole, Value::Object(body));
    read_value::<OptionsBody>(whole)?.options("")
}

/// RFC 7396, section 2. Null for what is not there stays, so that a misspelt field is found.
fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(fields) = target else {
        return;
    };
    for (name, value) in patch {
        if value.is_null() && fields.remove(&name).is_some() {
            continue;
        }
        merge(fields.entry(name).or_insert(Value::Null), value);
    }
}

/// A body made of a part of its own and the options, for the document.
macro_rules! with_options {
    ($name:ident as $shown:literal: $own:ty, $how:path) => {
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                merged(&<$own>::schema(), &$how(&OptionsBody::schema()))
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                $shown.into()
            }

            fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
                <$own>::schemas(schemas);
                OptionsBody::schemas(schemas);
            }
        }
    };
}

/// A new pair, for the document.
pub(crate) enum CreatePair {}

/// A duplicate of a pair, for the document.
pub(crate) enum DuplicatePair {}

with_options!(PairView as "Pair": PairItself, RefOr::clone);
with_options!(CreatePair as "CreatePair": Ends, RefOr::clone);
with_options!(DuplicatePair as "DuplicatePair": OtherEnds, patch);

/// A patch, for the document.
pub(crate) enum PatchPair {}

impl PartialSchema for PatchPair {
    fn schema() -> RefOr<Schema> {
        patch(&OptionsBody::schema())
    }
}

impl ToSchema for PatchPair {
    fn name() -> Cow<'static, str> {
        "PatchPair".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        OptionsBody::schemas(schemas);
    }
}
