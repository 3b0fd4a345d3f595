//! Pairs of chats.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use patchbay_app::pairs::{self, Expected, NewPair, Wanted};
use patchbay_domain::ids::PairId;
use patchbay_domain::pair::Options;
use patchbay_domain::{Pair, PairState};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::Caller;
use crate::api::Api;
use crate::body::{JsonBody, Named, Object, PathId};
use crate::endpoint::{EndpointBody, EndpointView};
use crate::moment::Moment;
use crate::paging::{Listing, Page, Paging};
use crate::problem::Problem;

pub(super) fn all() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(create, list))
        .routes(routes!(get, delete))
        .routes(routes!(pause))
        .routes(routes!(resume))
}

impl Named for PairId {
    const NAME: &str = "pair";
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreatePair {
    #[schema(value_type = EndpointView)]
    source: Object<EndpointBody>,
    #[schema(value_type = EndpointView)]
    destination: Object<EndpointBody>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Pair)]
pub(crate) struct PairView {
    #[schema(value_type = String, example = "pair_0190c5e2f3a47b1c8d2e3f4a5b6c7d8e")]
    id: PairId,
    source: EndpointView,
    destination: EndpointView,
    state: StateView,
    #[schema(value_type = String, format = DateTime)]
    created_at: Moment,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PairState)]
pub(crate) enum StateView {
    Active,
    /// Nothing is forwarded. What is posted meanwhile is not forwarded later.
    Paused,
}

impl From<Pair> for PairView {
    fn from(pair: Pair) -> Self {
        Self {
            id: pair.id,
            source: pair.source.into(),
            destination: pair.destination.into(),
            state: match pair.state {
                PairState::Active => StateView::Active,
                PairState::Paused => StateView::Paused,
            },
            created_at: Moment(pair.created_at),
        }
    }
}

/// Pair two chats
///
/// From then on, what is posted in the source appears in the destination. For both directions
/// two pairs would be needed, which is refused: messages would come back for ever.
#[utoipa::path(
    post, path = "/v1/pairs", tag = "pairs", operation_id = "create_pair", request_body = CreatePair,
    responses(
        (
            status = 201, body = PairView,
            headers(("location" = String, description = "The pair")),
        ),
        (status = 409, description = "The pair is there already, would make a loop, or meets others"),
        (status = 422, description = "Source or destination can't be used"),
    )
)]
pub(crate) async fn create(
    State(api): State<Api>,
    caller: Caller,
    JsonBody(body): JsonBody<CreatePair>,
) -> Result<impl IntoResponse, Problem> {
    let mut errors = Vec::new();
    let source = body.source.0.endpoint("/source", &mut errors);
    let destination = body.destination.0.endpoint("/destination", &mut errors);
    let (Some(source), Some(destination)) = (source, destination) else {
        return Err(Problem::invalid_body(errors));
    };
    let pair = pairs::create(
        api.ports(),
        &caller.user,
        NewPair {
            source,
            destination,
            options: Options::default(),
        },
    )
    .await?;
    let location = [(header::LOCATION, format!("/v1/pairs/{}", pair.id))];
    Ok((StatusCode::CREATED, location, Json(PairView::from(pair))))
}

/// List the pairs
#[utoipa::path(
    get, path = "/v1/pairs", tag = "pairs", operation_id = "list_pairs", params(Paging),
    responses((status = 200, body = Page<PairView>))
)]
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    listing: Listing,
) -> Result<Json<Page<PairView>>, Problem> {
    let after = listing.after()?;
    let (pairs, next) = pairs::list(
        api.ports(),
        &caller.user,
        &Wanted::default(),
        after,
        listing.limit,
    )
    .await?;
    let items = pairs.into_iter().map(PairView::from).collect();
    Ok(Json(listing.page(items, next)))
}

/// Look at a pair
#[utoipa::path(
    get, path = "/v1/pairs/{id}", tag = "pairs", operation_id = "get_pair",
    params(("id" = String, Path)), responses((status = 200, body = PairView))
)]
pub(crate) async fn get(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<PairId>,
) -> Result<Json<PairView>, Problem> {
    Ok(Json(
        pairs::get(api.ports(), &caller.user, id).await?.into(),
    ))
}

/// Delete a pair
///
/// What was forwarded stays where it is.
#[utoipa::path(
    delete, path = "/v1/pairs/{id}", tag = "pairs", operation_id = "delete_pair",
    params(("id" = String, Path)), responses((status = 204))
)]
pub(crate) async fn delete(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<PairId>,
) -> Result<StatusCode, Problem> {
    pairs::delete(api.ports(), &caller.user, id, &Expected::Any).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Pause a pair
#[utoipa::path(
    post, path = "/v1/pairs/{id}/pause", tag = "pairs", operation_id = "pause_pair",
    params(("id" = String, Path)), responses((status = 200, body = PairView))
)]
pub(crate) async fn pause(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<PairId>,
) -> Result<Json<PairView>, Problem> {
    let pair = pairs::set_state(
        api.ports(),
        &caller.user,
        id,
        &Expected::Any,
        PairState::Paused,
    )
    .await?;
    Ok(Json(pair.into()))
}

/// Resume a pair
#[utoipa::path(
    post, path = "/v1/pairs/{id}/resume", tag = "pairs", operation_id = "resume_pair",
    params(("id" = String, Path)), responses((status = 200, body = PairView))
)]
pub(crate) async fn resume(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<PairId>,
) -> Result<Json<PairView>, Problem> {
    let pair = pairs::set_state(
        api.ports(),
        &caller.user,
        id,
        &Expected::Any,
        PairState::Active,
    )
    .await?;
    Ok(Json(pair.into()))
}
