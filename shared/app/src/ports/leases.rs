use std::time::Duration;

use async_trait::async_trait;
use patchbay_domain::ids::ConnectorId;
use patchbay_domain::lease::Lease;
use patchbay_domain::{LeaseName, Timestamp};

use super::PortResult;

/// One owner at a time.
#[async_trait]
pub trait Leases: Send + Sync {
    /// The lease, if nobody else holds it at `now`. Taking it anew raises its fence.
    async fn acquire(
        &self,
        name: LeaseName,
        owner: ConnectorId,
        now: Timestamp,
        ttl: Duration,
    ) -> PortResult<Option<Lease>>;
    /// The lease with a later end, or nothing if it has passed on.
    async fn renew(
        &self,
        lease: &Lease,
        now: Timestamp,
        ttl: Duration,
    ) -> PortResult<Option<Lease>>;
    /// Lets somebody else take it at once. Does nothing if it has passed on.
    async fn release(&self, lease: &Lease) -> PortResult<()>;

    /// Says that a connector is alive until `now + ttl`.
    async fn announce(
        &self,
        connector: ConnectorId,
        now: Timestamp,
        ttl: Duration,
    ) -> PortResult<()>;
    async fn retire(&self, connector: ConnectorId) -> PortResult<()>;
    /// The connectors alive at `now`, in the order of their ids.
    async fn alive(&self, now: Timestamp) -> PortResult<Vec<ConnectorId>>;
}
