use patchbay_app::ports::{HistoryPage, PortResult, Ports};
use patchbay_app::trace;
use patchbay_domain::backfill::Seen;
use patchbay_domain::ids::MessageId;
use patchbay_domain::route::CLOCK_SKEW;
use patchbay_domain::{
    Backfill, Delivery, DeliveryKey, ForwardTask, Pair, PairIndex, Routed, SourceEvent, Timestamp,
    route,
};

/// What a page of history comes to.
pub(super) struct Sorted {
    pub(super) tasks: Vec<ForwardTask>,
    /// After which message the next page begins.
    pub(super) next: Option<MessageId>,
    pub(super) seen: Seen,
}

/// Routes what was found, and records what the pair leaves out. The tasks are to be queued.
pub(super) async fn sort(
    ports: &Ports,
    pair: &Pair,
    backfill: &Backfill,
    page: HistoryPage,
) -> PortResult<Sorted> {
    // What is posted in between is brought by both, and arrives once.
    let last_moment = backfill.created_at.plus(CLOCK_SKEW);
    let (posts, next) = until(page, last_moment);
    let mut seen = Seen::default();
    for post in &posts {
        seen.find(post.at);
    }
    let (mut tasks, skipped) = routed(pair, &posts, ports.clock.now());
    if !skipped.is_empty() {
        ports.deliveries.record(&skipped).await?;
    }
    let mut open = Vec::with_capacity(tasks.len());
    for task in tasks.drain(..) {
        if is_to_be_sent(ports, &task).await? {
            open.push(task);
        }
    }
    seen.queued = u64::try_from(open.len()).unwrap_or(u64::MAX);
    Ok(Sorted {
        tasks: open,
        next,
        seen,
    })
}

/// What was posted after it was asked for comes by itself.
fn until(page: HistoryPage, last: Timestamp) -> (Vec<SourceEvent>, Option<MessageId>) {
    let HistoryPage { mut posts, next } = page;
    let found = posts.len();
    posts.retain(|post| post.at <= last);
    let next = next.filter(|_| posts.len() == found);
    (posts, next)
}

fn routed(pair: &Pair, posts: &[SourceEvent], now: Timestamp) -> (Vec<ForwardTask>, Vec<Delivery>) {
    let mut index = PairIndex::default();
    index.replace_all([pair.clone()]);
    let (mut tasks, mut skipped) = (Vec::new(), Vec::new());
    for routed in posts.iter().flat_map(|post| route(post, &index, now)) {
        match routed {
            Routed::Forward(task) => tasks.push(*task),
            Routed::Skip(delivery) => skipped.push(*delivery),
        }
    }
    (tasks, skipped)
}

/// Whether it has no outcome yet, or was left out by options that the pair had before, or while it
/// did not listen.
async fn is_to_be_sent(ports: &Ports, task: &ForwardTask) -> PortResult<bool> {
    let known = ports.deliveries.get(task.delivery()).await?;
    let Some(known) = known.filter(|known| known.state.is_final()) else {
        return Ok(true);
    };
    if !known.state.is_left_out_for_now() {
        return Ok(false);
    }
    // Each message of an album was told of, and each is to be told of again; the first one last,
    // since by that it is known what is to be done.
    for message in others_of_album(task) {
        let key = DeliveryKey {
            message,
            ..task.delivery()
        };
        if let Some(other) = ports.deliveries.get(key).await? {
            trace::readmit(ports, &other).await?;
        }
    }
    trace::readmit(ports, &known).await?;
    Ok(true)
}

fn others_of_album(task: &ForwardTask) -> Vec<MessageId> {
    let post = task.change.post().into_iter();
    let attachments = post.flat_map(|post| &post.content.attachments);
    let messages = attachments.filter_map(|attachment| attachment.message);
    messages
        .filter(|message| *message != task.message)
        .collect()
}
