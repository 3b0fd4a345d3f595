//! Pausing and resuming many pairs at once.

use std::borrow::Cow;

use axum::Json;
use axum::extract::State;
use patchbay_app::pairs::{self, Done, Which};
use patchbay_domain::PairState;
use patchbay_domain::ids::PairId;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::access::Caller;
use crate::api::Api;
use crate::body::JsonBody;
use crate::problem::{FieldError, Problem};
use crate::schema::of_json;

/// Pairs that are named in one request.
const MOST: usize = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ManyPairs {
    pairs: Option<Vec<PairId>>,
    all: Option<bool>,
}

impl PartialSchema for ManyPairs {
    fn schema() -> RefOr<Schema> {
        of_json(json!({ "oneOf": [
            {
                "type": "object", "required": ["pairs"], "additionalProperties": false,
                "properties": { "pairs": {
                    "type": "array", "minItems": 1, "maxItems": MOST,
                    "items": { "type": "string", "pattern": "^pair_[0-9a-f]{32}$" },
                } },
            },
            {
                "type": "object", "required": ["all"], "additionalProperties": false,
                "properties": { "all": { "type": "boolean", "enum": [true] } },
            },
        ] }))
    }
}

impl ToSchema for ManyPairs {
    fn name() -> Cow<'static, str> {
        "ManyPairs".into()
    }
}

impl ManyPairs {
    fn which(self) -> Result<Which, Problem> {
        let wrong =
            |place: &str, what: &str| Err(Problem::invalid_body(vec![FieldError::at(place, what)]));
        match (self.pairs, self.all) {
            (Some(pairs), None) if (1..=MOST).contains(&pairs.len()) => Ok(Which::These(pairs)),
            (Some(_), None) => wrong("/pairs", "has to be 1 to 100 long"),
            (None, Some(true)) => Ok(Which::All),
            (None, Some(false)) => wrong("/all", "has to be true, or left out"),
            (Some(_), Some(_)) => wrong("/all", "has no place beside `pairs`"),
            (None, None) => wrong("/pairs", "is missing"),
        }
    }
}

#[derive(Serialize, ToSchema)]
pub(crate) struct ManyDone {
    /// One for each pair, in the order of their ids.
    results: Vec<OneDone>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct OneDone {
    #[schema(value_type = String, example = "pair_0190c5e2f3a47b1c8d2e3f4a5b6c7d8e")]
    id: PairId,
    outcome: DoneView,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ChangeOutcome)]
pub(crate) enum DoneView {
    Changed,
    /// It was so already.
    Unchanged,
    /// You have no such pair.
    NotFound,
}

/// Pause many pairs
///
/// Those that are named, or all. Asking again is harmless.
#[utoipa::path(
    post, path = "/v1/pairs/pause", tag = "pairs", operation_id = "pause_pairs",
    request_body = ManyPairs, responses(
        (status = 200, body = ManyDone),
        (status = 409, description = "A pair keeps changing"),
    )
)]
pub(crate) async fn pause_many(
    State(api): State<Api>,
    caller: Caller,
    JsonBody(body): JsonBody<ManyPairs>,
) -> Result<Json<ManyDone>, Problem> {
    set_states(&api, &caller, body, PairState::Paused).await
}

/// Resume many pairs
///
/// Those that are named, or all. Asking again is harmless.
#[utoipa::path(
    post, path = "/v1/pairs/resume", tag = "pairs", operation_id = "resume_pairs",
    request_body = ManyPairs, responses(
        (status = 200, body = ManyDone),
        (status = 409, description = "A pair keeps changing"),
    )
)]
pub(crate) async fn resume_many(
    State(api): State<Api>,
    caller: Caller,
    JsonBody(body): JsonBody<ManyPairs>,
) -> Result<Json<ManyDone>, Problem> {
    set_states(&api, &caller, body, PairState::Active).await
}

async fn set_states(
    api: &Api,
    caller: &Caller,
    body: ManyPairs,
    state: PairState,
) -> Result<Json<ManyDone>, Problem> {
    let which = body.which()?;
    let done = pairs::set_states(api.ports(), &caller.user, &which, state).await?;
    let results = done.into_iter().map(|(id, done)| OneDone {
        id,
        outcome: match done {
            Done::Changed => DoneView::Changed,
            Done::Unchanged => DoneView::Unchanged,
            Done::NotFound => DoneView::NotFound,
        },
    });
    Ok(Json(ManyDone {
        results: results.collect(),
    }))
}
