use async_trait::async_trait;
use patchbay_domain::Timestamp;
use patchbay_domain::ids::ApiKeyId;
use patchbay_domain::quota::{RequestLimits, Usage};

use super::PortResult;

/// Whether a request may pass, and how much is used: with it, or without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    Granted(Usage),
    Exhausted(Usage),
}

#[async_trait]
pub trait Quotas: Send + Sync {
    /// Counts a request of a key in all windows of `now`, or in none if one of them is used up.
    /// However many are made at once, no more pass than the limits say. Repeating it counts again.
    async fn take(&self, key: ApiKeyId, limits: RequestLimits, now: Timestamp)
    -> PortResult<Taken>;
}
