//! Pairs of chats.
//!
//! - `options`: how a pair forwards
//! - `bodies`: pairs as they are sent and shown
//! - `many`: pausing and resuming many at once
//! - `preview`: options tried on a message
//! - `backfill`: what was said before

mod backfill;
mod bodies;
mod many;
mod options;
mod preview;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use patchbay_app::pairs::{self, NewPair, Wanted};
use patchbay_domain::ids::{AccountId, DiscordGuildId, PairId};
use patchbay_domain::{Pair, PairState, Platform};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::Caller;
use crate::api::Api;
use crate::body::{Fields, Named, PathId};
use crate::conditional::{Conditions, etag};
use crate::paging::{Listing, Page, Paging};
use crate::problem::{FieldError, Problem};
use bodies::{CreatePair, DuplicatePair, PairView, PatchPair, PlatformView, StateView};

pub(super) fn all() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(create, list))
        .routes(routes!(get, patch, delete))
        .routes(routes!(pause))
        .routes(routes!(resume))
        .routes(routes!(duplicate))
        .routes(routes!(many::pause_many))
        .routes(routes!(many::resume_many))
        .routes(routes!(preview::preview))
        .routes(routes!(backfill::request, backfill::get, backfill::cancel))
}

impl Named for PairId {
    const NAME: &str = "pair";
}

/// The characters of a name that are looked for.
const LONGEST_QUERY: usize = 64;

/// Pair two chats
///
/// From then on, what is posted in the source appears in the destination. For both directions
/// two pairs would be needed, which is refused: messages would come back for ever. How many pairs
/// there may be is up to the plan.
#[utoipa::path(
    post, path = "/v1/pairs", tag = "pairs", operation_id = "create_pair", request_body = CreatePair,
    responses(
        (
            status = 201, body = PairView,
            headers(
                ("location" = String, description = "The pair"),
                ("etag" = String, description = "Its version"),
            ),
        ),
        (status = 409, description = "The pair is there already, would make a loop, or meets others"),
        (status = 422, description = "Source or destination can't be used, or an option is wrong"),
    )
)]
pub(crate) async fn create(
    State(api): State<Api>,
    caller: Caller,
    Fields(body): Fields,
) -> Result<impl IntoResponse, Problem> {
    let new = bodies::new_pair(body)?;
    Ok(created(
        pairs::create(api.ports(), &caller.user, new).await?,
    ))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PairFilters {
    #[param(inline, value_type = Option<StateView>)]
    state: Option<PairState>,
    /// Pairs that begin or end there.
    #[param(inline, value_type = Option<PlatformView>)]
    platform: Option<Platform>,
    /// Pairs that read or post through this Telegram account.
    #[param(value_type = Option<String>, pattern = "^acc_[0-9a-f]{32}$")]
    account: Option<AccountId>,
    /// Pairs that read or post in this Discord server.
    #[param(value_type = Option<String>, pattern = "^[0-9]{1,19}$", example = "613425648685547541")]
    guild: Option<DiscordGuildId>,
    /// A part of the name, in upper or lower case.
    #[param(max_length = 64)]
    query: Option<String>,
}

impl PairFilters {
    fn wanted(&self) -> Result<Wanted, Problem> {
        let query = self.query.as_deref().unwrap_or_default();
        if query.chars().count() > LONGEST_QUERY {
            return Err(Problem::invalid_query(FieldError::of_parameter(
                "query",
                format!("has to be at most {LONGEST_QUERY} characters long"),
            )));
        }
        Ok(Wanted {
            state: self.state,
            platform: self.platform,
            account: self.account,
            guild: self.guild,
            name: (!query.is_empty()).then(|| query.to_owned()),
        })
    }
}

/// List the pairs
///
/// Those to which all of the filters apply, in the order in which they were made.
#[utoipa::path(
    get, path = "/v1/pairs", tag = "pairs", operation_id = "list_pairs",
    params(Paging, PairFilters), responses((status = 200, body = Page<PairView>))
)]
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    listing: Listing<PairFilters>,
) -> Result<Json<Page<PairView>>, Problem> {
    let (after, wanted) = (listing.after()?, listing.filters.wanted()?);
    let (pairs, next) =
        pairs::list(api.ports(), &caller.user, &wanted, after, listing.limit).await?;
    let items = pairs.into_iter().map(PairView::from).collect();
    Ok(Json(listing.page(items, next)))
}

/// Look at a pair
#[utoipa::path(
    get, path = "/v1/pairs/{id}", tag = "pairs", operation_id = "get_pair",
    params(
        ("id" = String, Path),
        ("if-none-match" = Option<String>, Header, description = "The ETag of what you have"),
    ),
    responses(
        (status = 200, body = PairView, headers(("etag" = String, description = "Its version"))),
        (status = 304, description = "It is as you have it"),
    )
)]
pub(crate) async fn get(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<PairId>,
    conditions: Conditions,
) -> Result<Response, Problem> {
    let pair = pairs::get(api.ports(), &caller.user, id).await?;
    if conditions.is_known(pair.version) {
        return Ok((StatusCode::NOT_MODIFIED, etag(pair.version)).into_response());
    }
    Ok(shown(pair))
}

/// Change a pair
///
/// A merge patch (RFC 7396): what is left out stays, null resets, lists are replaced as a whole.
/// Source and destination stay; duplicate the pair for others. Takes effect for messages that come
/// afterwards.
#[utoipa::path(
    patch, path = "/v1/pairs/{id}", tag = "pairs", operation_id = "change_pair",
    params(
        ("id" = String, Path),
        ("if-match" = String, Header, description = "The ETag of what you have read, or `*`"),
    ),
    request_body(content(
        (PatchPair = "application/merge-patch+json"), (PatchPair = "application/json"),
    )),
    responses(
        (
            status = 200, body = PairView,
            headers(("etag" = String, description = "Its new version")),
        ),
        (status = 409, description = "The pair keeps changing"),
        (status = 412, description = "The pair was changed since it was read"),
        (status = 428, description = "`if-match` is missing"),
    )
)]
pub(crate) async fn patch(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<PairId>,
    conditions: Conditions,
    Fields(patch): Fields,
) -> Result<Response, Problem> {
    // Whose pair it is comes first: others learn nothing, not even what has to be sent.
    pairs::get(api.ports(), &caller.user, id).await?;
    let expected = conditions.required()?;
    let changed = pairs::change_options(api.ports(), &caller.user, id, &expected, |pair| {
        bodies::patched(pair, patch.clone())
    });
    Ok(shown(changed.await?))
}

/// Delete a pair
///
/// What was forwarded stays where it is.
#[utoipa::path(
    delete, path = "/v1/pairs/{id}", tag = "pairs", operation_id = "delete_pair",
    params(
        ("id" = String, Path),
        ("if-match" = Option<String>, Header, description = "The ETag of what you have read"),
    ),
    responses(
        (status = 204),
        (status = 409, description = "The pair keeps changing"),
        (status = 412, description = "The pair was changed since it was read"),
    )
)]
pub(crate) async fn delete(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<PairId>,
    conditions: Conditions,
) -> Result<StatusCode, Problem> {
    pairs::delete(api.ports(), &caller.user, id, &conditions.expected()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Pause a pair
#[utoipa::path(
    post, path = "/v1/pairs/{id}/pause", tag = "pairs", operation_id = "pause_pair",
    params(
        ("id" = String, Path),
        ("if-match" = Option<String>, Header, description = "The ETag of what you have read"),
    ),
    responses(
        (status = 200, body = PairView, headers(("etag" = String, description = "Its version"))),
        (status = 409, description = "The pair keeps changing"),
        (status = 412, description = "The pair was changed since it was read"),
    )
)]
pub(crate) async fn pause(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<PairId>,
    conditions: Conditions,
) -> Result<Response, Problem> {
    set_state(&api, &caller, id, conditions, PairState::Paused).await
}

/// Resume a pair
#[utoipa::path(
    post, path = "/v1/pairs/{id}/resume", tag = "pairs", operation_id = "resume_pair",
    params(
        ("id" = String, Path),
        ("if-match" = Option<String>, Header, description = "The ETag of what you have read"),
    ),
    responses(
        (status = 200, body = PairView, headers(("etag" = String, description = "Its version"))),
        (status = 409, description = "The pair keeps changing"),
        (status = 412, description = "The pair was changed since it was read"),
    )
)]
pub(crate) async fn resume(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<PairId>,
    conditions: Conditions,
) -> Result<Response, Problem> {
    set_state(&api, &caller, id, conditions, PairState::Active).await
}

async fn set_state(
    api: &Api,
    caller: &Caller,
    pair: PairId,
    conditions: Conditions,
    state: PairState,
) -> Result<Response, Problem> {
    let expected = conditions.expected();
    let pair = pairs::set_state(api.ports(), &caller.user, pair, &expected, state).await?;
    Ok(shown(pair))
}

/// Duplicate a pair
///
/// Makes another pair with the same options, from another source or to another destination. What
/// else is sent changes the options, as in a change of the pair. The new one is active.
#[utoipa::path(
    post, path = "/v1/pairs/{id}/duplicate", tag = "pairs", operation_id = "duplicate_pair",
    params(("id" = String, Path)), request_body = DuplicatePair,
    responses(
        (
            status = 201, body = PairView,
            headers(
                ("location" = String, description = "The new pair"),
                ("etag" = String, description = "Its version"),
            ),
        ),
        (status = 409, description = "The pair is there already, would make a loop, or meets others"),
        (status = 422, description = "Source or destination can't be used, or an option is wrong"),
    )
)]
pub(crate) async fn duplicate(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<PairId>,
    Fields(body): Fields,
) -> Result<impl IntoResponse, Problem> {
    let present = pairs::get(api.ports(), &caller.user, id).await?;
    let new: NewPair = bodies::duplicated(&present, body)?;
    Ok(created(
        pairs::create(api.ports(), &caller.user, new).await?,
    ))
}

fn created(pair: Pair) -> Response {
    let location = [(header::LOCATION, format!("/v1/pairs/{}", pair.id))];
    (StatusCode::CREATED, location, shown(pair)).into_response()
}

fn shown(pair: Pair) -> Response {
    (etag(pair.version), Json(PairView::from(pair))).into_response()
}
