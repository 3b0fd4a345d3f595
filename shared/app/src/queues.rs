//! What waits to be delivered.

use std::time::Duration;

use futures_util::future::try_join_all;
use patchbay_domain::figures::{Hour, Tally};
use patchbay_domain::ids::PartitionId;
use patchbay_domain::user::User;

use crate::analytics::{self, AnalyticsError, Of};
use crate::ports::{Backlog, PortResult, Ports, QueueCounts};

/// For how long a user's failed messages are counted.
const RECENT: Duration = Duration::from_hours(24);

/// A partition's queue, which its users share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueStatus {
    pub partition: PartitionId,
    pub counts: QueueCounts,
    /// Nothing, if no connector has ever worked on it.
    pub backlog: Option<Backlog>,
}

pub async fn of_partition(ports: &Ports, partition: PartitionId) -> PortResult<QueueStatus> {
    Ok(QueueStatus {
        partition,
        counts: ports.tasks.counts(partition).await?,
        backlog: ports.backlogs.get(partition).await?,
    })
}

/// All partitions, and how many tasks were given up unread.
pub async fn all(ports: &Ports, partitions: u16) -> PortResult<(Vec<QueueStatus>, u64)> {
    let partitions = (0..partitions).map(PartitionId);
    let statuses = partitions.map(|partition| of_partition(ports, partition));
    Ok((try_join_all(statuses).await?, ports.tasks.dead().await?))
}

/// What the user's messages came to lately, and from which hour on.
pub async fn recent(ports: &Ports, user: &User) -> Result<(Hour, Tally), AnalyticsError> {
    let now = ports.clock.now();
    let start = Hour(Hour::of(now).0 - i64::try_from(RECENT.as_secs() / 3600).unwrap_or(24) + 1);
    let hours = start..Hour::of(now).next();
    let tallies = analytics::by_hour(ports, user, Of::Everything, hours).await?;
    Ok((start, analytics::sum(tallies.values())))
}
