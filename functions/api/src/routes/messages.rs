//! What became of messages.

mod view;

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use patchbay_app::ports::PortResult;
use patchbay_app::trace::{self, StateKind, Wanted};
use patchbay_domain::ids::{MessageId, PairId};
use patchbay_domain::{Delivery, Endpoint, OutcomePlace, Revision, Timestamp};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::Caller;
use crate::api::Api;
use crate::body::{Named, Parameters, PathId, PathIds};
use crate::moment;
use crate::paging::{Listing, Page, Paging};
use crate::problem::{FieldError, Problem};
use view::MessageView;

pub(super) fn all() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list))
        .routes(routes!(changes))
        .routes(routes!(retry))
}

impl Named for MessageId {
    const NAME: &str = "message";
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filters {
    /// Those alone that are in this state.
    #[param(inline)]
    state: Option<StateFilter>,
    /// Those alone whose outcome is of this time or later.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<String>,
    /// Those alone whose outcome is of before this time.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<String>,
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum StateFilter {
    Pending,
    Delivered,
    Filtered,
    Skipped,
    Failed,
}

impl From<StateFilter> for StateKind {
    fn from(filter: StateFilter) -> Self {
        match filter {
            StateFilter::Pending => Self::Pending,
            StateFilter::Delivered => Self::Delivered,
            StateFilter::Filtered => Self::Filtered,
            StateFilter::Skipped => Self::Skipped,
            StateFilter::Failed => Self::Failed,
        }
    }
}

impl Filters {
    fn wanted(&self) -> Result<Wanted, Problem> {
        let from = moment::parameter("from", self.from.as_deref())?;
        let to = moment::parameter("to", self.to.as_deref())?;
        let time = from.unwrap_or(Timestamp(0))..to.unwrap_or(Timestamp(i64::MAX));
        if time.start >= time.end {
            let detail = "has to be later than `from`, and than 1970";
            let error = FieldError::of_parameter("to", detail);
            return Err(Problem::invalid_query(error));
        }
        let state = self.state.map(StateKind::from);
        Ok(Wanted { state, time })
    }
}

/// List what became of a pair's messages
///
/// Every change of a message that the pair matched and that has an outcome, the newest outcome
/// first; one whose retry is under way stands where it failed. An outcome can take a second to
/// appear. With filters, a page can have fewer items than asked for, even none, though there are
/// more: `next_cursor` says so. What a message says is not kept. Also for a pair that was deleted.
#[utoipa::path(
    get, path = "/v1/pairs/{id}/messages", tag = "messages", operation_id = "list_messages",
    params(("id" = String, Path), Paging, Filters),
    responses((status = 200, body = Page<MessageView>))
)]
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    PathId(pair): PathId<PairId>,
    listing: Listing<Filters>,
) -> Result<Json<Page<MessageView>>, Problem> {
    let wanted = listing.filters.wanted()?;
    let after = listing.after::<OutcomePlace>()?;
    let (ports, user) = (api.ports(), &caller.user);
    let (found, next) = trace::list(ports, user, pair, &wanted, after, listing.limit).await?;
    let items = views(&api, found).await?;
    Ok(Json(listing.page(items, next)))
}

/// Look at what became of a message
///
/// Its post, its edits, its reactions and its deletion, in their order. Also for a pair that was deleted.
#[utoipa::path(
    get, path = "/v1/pairs/{id}/messages/{message}", tag = "messages",
    operation_id = "get_message",
    params(
        ("id" = String, Path),
        ("message" = String, Path, description = "The message's id at the source"),
        Paging,
    ),
    responses((status = 200, body = Page<MessageView>))
)]
pub(crate) async fn changes(
    State(api): State<Api>,
    caller: Caller,
    PathIds(pair, message): PathIds<PairId, MessageId>,
    listing: Listing,
) -> Result<Json<Page<MessageView>>, Problem> {
    let after = listing.after::<u64>()?.map(Revision);
    let (ports, user) = (api.ports(), &caller.user);
    let found = trace::changes(ports, user, pair, message, after, listing.limit).await?;
    let items = views(&api, found.items).await?;
    Ok(Json(listing.page(items, found.next)))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// The `revision` of the change to retry; without it, the last one that failed.
    #[param(value_type = Option<String>, pattern = "^[0-9]{1,20}$")]
    revision: Option<String>,
}

/// Retry a message that failed
///
/// It is sent as it was when it failed, after what was sent meanwhile, and never twice: what of it
/// has arrived is not sent again. Possible for 14 days after it failed. Asking again while the
/// retry is under way changes nothing.
#[utoipa::path(
    post, path = "/v1/pairs/{id}/messages/{message}/retry", tag = "messages",
    operation_id = "retry_message",
    params(
        ("id" = String, Path),
        ("message" = String, Path, description = "The message's id at the source"),
        Which,
    ),
    responses(
        (status = 202, body = MessageView),
        (status = 409, description = "The message has not failed, or too long ago"),
    )
)]
pub(crate) async fn retry(
    State(api): State<Api>,
    caller: Caller,
    PathIds(pair, message): PathIds<PairId, MessageId>,
    Parameters(which): Parameters<Which>,
) -> Result<(StatusCode, Json<MessageView>), Problem> {
    let revision = which.revision.as_deref().map(str::parse).transpose();
    let Ok(revision) = revision else {
        let error = FieldError::of_parameter("revision", "is not the revision of a change");
        return Err(Problem::invalid_query(error));
    };
    let revision = revision.map(Revision);
    let queued = trace::retry(api.ports(), &caller.user, pair, message, revision).await?;
    let username = username(&api, &queued.destination).await?;
    let view = MessageView::of(queued, username.as_deref(), api.ports().clock.now());
    Ok((StatusCode::ACCEPTED, Json(view)))
}

async fn views(api: &Api, deliveries: Vec<Delivery>) -> PortResult<Vec<MessageView>> {
    let now = api.ports().clock.now();
    let mut usernames: HashMap<Endpoint, Option<String>> = HashMap::new();
    let mut views = Vec::with_capacity(deliveries.len());
    for delivery in deliveries {
        let to = delivery.destination;
        let username = match usernames.entry(to) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(username(api, &to).await?),
        };
        views.push(MessageView::of(delivery, username.as_deref(), now));
    }
    Ok(views)
}

/// The public name of a destination, if it has one. The delivery, and so the account, is the
/// caller's.
async fn username(api: &Api, destination: &Endpoint) -> PortResult<Option<String>> {
    match destination {
        Endpoint::Telegram { account, chat, .. } => {
            let known = api.ports().chats.telegram(*account, *chat).await?;
            Ok(known.and_then(|chat| chat.username))
        }
        Endpoint::Discord { .. } => Ok(None),
    }
}
