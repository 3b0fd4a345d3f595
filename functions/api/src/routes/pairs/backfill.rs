//! What was said in a source before, brought through its pair on request.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use patchbay_app::backfills;
use patchbay_domain::backfill::PostCount;
use patchbay_domain::ids::PairId;
use patchbay_domain::{Backfill, BackfillFailure, BackfillState, Extent};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::Caller;
use crate::api::Api;
use crate::body::{JsonBody, PathId};
use crate::moment::{self, Moment};
use crate::problem::{FieldError, Problem};

/// How far back: one of the two.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestBackfill {
    /// So many posts from the end; an album is one.
    #[schema(minimum = 1, maximum = 1000, example = 100)]
    last: Option<i64>,
    /// Everything that was posted at this time or later.
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-09-01T00:00:00Z")]
    since: Option<String>,
}

impl RequestBackfill {
    fn extent(&self) -> Result<Extent, Problem> {
        let wrong =
            |field: &str, what: &str| Err(Problem::invalid_body(vec![FieldError::at(field, what)]));
        match (self.last, self.since.as_deref()) {
            (Some(last), None) => {
                let count = u16::try_from(last).ok();
                match count.and_then(|count| PostCount::try_from(count).ok()) {
                    Some(count) => Ok(Extent::Last(count)),
                    None => wrong(
                        "/last",
                        &format!("has to be a number from 1 to {}", PostCount::MOST),
                    ),
                }
            }
            (None, Some(since)) => match moment::parse(since) {
                Some(since) => Ok(Extent::Since(since)),
                None => wrong(
                    "/since",
                    "has to be a time by RFC 3339, such as 2026-09-21T14:13:20Z",
                ),
            },
            (Some(_), Some(_)) => wrong("/since", "has to be left out where there is `last`"),
            (None, None) => wrong("/last", "is missing; `since` would do as well"),
        }
    }
}

/// What was asked for, and how far it has come.
#[derive(Serialize, ToSchema)]
#[schema(as = Backfill)]
pub(crate) struct BackfillView {
    state: StateView,
    /// How many posts were asked for.
    last: Option<u16>,
    /// From when on posts were asked for.
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Moment>,
    /// How many posts were found so far.
    found: u64,
    /// How many of these were to be sent. The others were sent already, or the pair leaves them
    /// out; `GET /v1/pairs/{id}/messages` tells of each.
    queued: u64,
    /// When the oldest post was made that was found so far.
    #[schema(value_type = Option<String>, format = DateTime)]
    from: Option<Moment>,
    /// When the latest post was made that was found so far.
    #[schema(value_type = Option<String>, format = DateTime)]
    to: Option<Moment>,
    /// Why it has failed, in words.
    reason: Option<String>,
    /// The same for programs.
    #[schema(example = "source_closed")]
    reason_code: Option<&'static str>,
    /// What can be done about it.
    advice: Option<&'static str>,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    started_at: Moment,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Moment,
    /// When it was done, cancelled, or failed.
    #[schema(value_type = Option<String>, format = DateTime)]
    finished_at: Option<Moment>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = BackfillState)]
enum StateView {
    /// Nothing was read yet.
    Waiting,
    /// Also while the pair is paused; it then goes on when the pair is resumed.
    Running,
    Done,
    Cancelled,
    Failed,
}

impl From<Backfill> for BackfillView {
    fn from(backfill: Backfill) -> Self {
        let seen = backfill.all_seen();
        let (last, since) = match backfill.extent {
            Extent::Last(count) => (Some(count.get()), None),
            Extent::Since(at) => (None, Some(Moment(at))),
        };
        let (state, finished_at, failure) = match backfill.state {
            BackfillState::Waiting => (StateView::Waiting, None, None),
            BackfillState::Running { .. } => (StateView::Running, None, None),
            BackfillState::Done { at } => (StateView::Done, Some(at), None),
            BackfillState::Cancelled { at } => (StateView::Cancelled, Some(at), None),
            BackfillState::Failed { at, reason } => (StateView::Failed, Some(at), Some(reason)),
        };
        Self {
            state,
            last,
            since,
            found: seen.found,
            queued: seen.queued,
            from: seen.from.map(Moment),
            to: seen.to.map(Moment),
            reason: failure.as_ref().map(ToString::to_string),
            reason_code: failure.as_ref().map(BackfillFailure::code),
            advice: failure.as_ref().map(BackfillFailure::advice),
            started_at: Moment(backfill.created_at),
            updated_at: Moment(backfill.updated_at),
            finished_at: finished_at.map(Moment),
        }
    }
}

/// Bring what was said before
///
/// Reads the source's history and sends it through the pair, oldest first, with its albums and
/// replies, by the pair's options. What has been delivered already does not come twice, and what
/// has failed is left to its retry. It goes slowly, about 30 messages a minute, and what is posted
/// meanwhile waits behind ten of them at most. One at a time for a pair; for the rest, ask again
/// when it is done.
#[utoipa::path(
    post, path = "/v1/pairs/{id}/backfill", tag = "pairs", operation_id = "backfill_pair",
    params(("id" = String, Path)), request_body = RequestBackfill,
    responses(
        (status = 202, body = BackfillView),
        (status = 409, description = "One is under way, or the pair is paused"),
        (status = 422, description = "It is not one of `last` and `since`, or out of bounds"),
    )
)]
pub(crate) async fn request(
    State(api): State<Api>,
    caller: Caller,
    PathId(pair): PathId<PairId>,
    JsonBody(body): JsonBody<RequestBackfill>,
) -> Result<(StatusCode, Json<BackfillView>), Problem> {
    let extent = body.extent()?;
    let backfill = backfills::request(api.ports(), &caller.user, pair, extent).await?;
    Ok((StatusCode::ACCEPTED, Json(backfill.into())))
}

/// Look at a backfill
///
/// The last one that was asked for.
#[utoipa::path(
    get, path = "/v1/pairs/{id}/backfill", tag = "pairs", operation_id = "get_backfill",
    params(("id" = String, Path)), responses((status = 200, body = BackfillView))
)]
pub(crate) async fn get(
    State(api): State<Api>,
    caller: Caller,
    PathId(pair): PathId<PairId>,
) -> Result<Json<BackfillView>, Problem> {
    let backfill = backfills::get(api.ports(), &caller.user, pair).await?;
    Ok(Json(backfill.into()))
}

/// Cancel a backfill
///
/// Nothing more is read. What is queued is still sent, ten messages at most. One that is over stays
/// as it is.
#[utoipa::path(
    delete, path = "/v1/pairs/{id}/backfill", tag = "pairs", operation_id = "cancel_backfill",
    params(("id" = String, Path)),
    responses((status = 200, body = BackfillView))
)]
pub(crate) async fn cancel(
    State(api): State<Api>,
    caller: Caller,
    PathId(pair): PathId<PairId>,
) -> Result<Json<BackfillView>, Problem> {
    let backfill = backfills::cancel(api.ports(), &caller.user, pair).await?;
    Ok(Json(backfill.into()))
}
