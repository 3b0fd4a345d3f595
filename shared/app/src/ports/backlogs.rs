use async_trait::async_trait;
use patchbay_domain::Timestamp;
use patchbay_domain::ids::PartitionId;
use serde::{Deserialize, Serialize};

use super::PortResult;

/// What the connector says of the tasks that it has received and not finished. The queue itself
/// does not tell how old its messages are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backlog {
    /// When we learned of the oldest message that waits, if any does.
    pub oldest: Option<Timestamp>,
    /// When the connector said so.
    pub at: Timestamp,
}

#[async_trait]
pub trait Backlogs: Send + Sync {
    async fn put(&self, partition: PartitionId, backlog: &Backlog) -> PortResult<()>;
    async fn get(&self, partition: PartitionId) -> PortResult<Option<Backlog>>;
}
