//! What waits to be delivered.

use axum::Json;
use axum::extract::State;
use patchbay_app::queues::{self, QueueStatus};
use patchbay_domain::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::Caller;
use crate::api::Api;
use crate::moment::Moment;
use crate::problem::Problem;

pub(super) fn all() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(own))
        .routes(routes!(every))
}

/// The queue of a partition. Its users share it: the counts are of all of them. They lag behind a
/// little.
#[derive(Serialize, ToSchema)]
#[schema(as = Queue)]
pub(crate) struct QueueView {
    partition: u16,
    /// Messages that nobody has taken up yet.
    depth: u64,
    /// Messages at work, or put off: by a limit of a platform, a delay, or after an error.
    in_flight: u64,
    /// Messages that were queued with a delay.
    delayed: u64,
    /// When Patchbay learned of the oldest message that the connector had taken up and not
    /// finished, as of `as_of`; null if there was none. While no connector works on the partition,
    /// `as_of` stands still.
    #[schema(value_type = Option<String>, format = DateTime)]
    oldest_at: Option<Moment>,
    /// How long ago that is.
    oldest_age_seconds: Option<u64>,
    /// When the connector said so, at most a little more than a minute ago while it works; null if
    /// none ever has.
    #[schema(value_type = Option<String>, format = DateTime)]
    as_of: Option<Moment>,
}

impl QueueView {
    fn of(status: &QueueStatus, now: Timestamp) -> Self {
        let oldest = status.backlog.and_then(|backlog| backlog.oldest);
        Self {
            partition: status.partition.0,
            depth: status.counts.waiting,
            in_flight: status.counts.in_flight,
            delayed: status.counts.delayed,
            oldest_at: oldest.map(Moment),
            oldest_age_seconds: oldest.map(|oldest| now.since(oldest).as_secs()),
            as_of: status.backlog.map(|backlog| Moment(backlog.at)),
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = OwnQueue)]
pub(crate) struct OwnQueueView {
    /// The queue on which your messages travel, beside those of others.
    queue: QueueView,
    /// How many of your own messages failed since `failed_since`.
    failed: u64,
    /// A whole hour, about a day ago.
    #[schema(value_type = String, format = DateTime)]
    failed_since: Moment,
}

/// Look at the queue
#[utoipa::path(
    get, path = "/v1/queue", tag = "analytics", operation_id = "get_queue",
    responses((status = 200, body = OwnQueueView))
)]
pub(crate) async fn own(
    State(api): State<Api>,
    caller: Caller,
) -> Result<Json<OwnQueueView>, Problem> {
    let ports = api.ports();
    let status = queues::of_partition(ports, caller.user.partition).await?;
    let (since, tally) = queues::recent(ports, &caller.user).await?;
    Ok(Json(OwnQueueView {
        queue: QueueView::of(&status, ports.clock.now()),
        failed: tally.all_failed(),
        failed_since: Moment(since.start()),
    }))
}

#[derive(Serialize, ToSchema)]
#[schema(as = Queues)]
pub(crate) struct QueuesView {
    queues: Vec<QueueView>,
    /// Tasks of all queues that were received again and again and never finished.
    dead_letters: u64,
}

/// Look at all queues
#[utoipa::path(
    get, path = "/v1/admin/queues", tag = "operation", operation_id = "list_queues",
    responses((status = 200, body = QueuesView))
)]
pub(crate) async fn every(State(api): State<Api>, _: Caller) -> Result<Json<QueuesView>, Problem> {
    let (statuses, dead_letters) = queues::all(api.ports(), api.settings().partitions).await?;
    let now = api.ports().clock.now();
    let queues = statuses.iter().map(|status| QueueView::of(status, now));
    Ok(Json(QueuesView {
        queues: queues.collect(),
        dead_letters,
    }))
}
