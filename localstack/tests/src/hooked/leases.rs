use std::time::Duration;

use async_trait::async_trait;
use patchbay_app::ports::{Leases, PortResult};
use patchbay_domain::ids::ConnectorId;
use patchbay_domain::lease::Lease;
use patchbay_domain::{LeaseName, Timestamp};

use super::{Hooked, Operation};

#[async_trait]
impl Leases for Hooked<dyn Leases> {
    async fn acquire(
        &self,
        name: LeaseName,
        owner: ConnectorId,
        now: Timestamp,
        ttl: Duration,
    ) -> PortResult<Option<Lease>> {
        self.inner.acquire(name, owner, now, ttl).await
    }

    async fn renew(
        &self,
        lease: &Lease,
        now: Timestamp,
        ttl: Duration,
    ) -> PortResult<Option<Lease>> {
        let renew = self.inner.renew(lease, now, ttl);
        self.around(Operation::RenewLease, renew).await
    }

    async fn release(&self, lease: &Lease) -> PortResult<()> {
        self.inner.release(lease).await
    }

    async fn announce(
        &self,
        connector: ConnectorId,
        now: Timestamp,
        ttl: Duration,
    ) -> PortResult<()> {
        self.inner.announce(connector, now, ttl).await
    }

    async fn retire(&self, connector: ConnectorId) -> PortResult<()> {
        self.inner.retire(connector).await
    }

    async fn alive(&self, now: Timestamp) -> PortResult<Vec<ConnectorId>> {
        self.inner.alive(now).await
    }
}
