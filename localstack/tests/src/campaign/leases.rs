//! Leases that can't be renewed for a while.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use patchbay_app::ports::{Leases, PortError, PortResult};
use patchbay_domain::ids::ConnectorId;
use patchbay_domain::lease::Lease;
use patchbay_domain::{LeaseName, Timestamp};

#[derive(Clone)]
pub(super) struct LapsingLeases {
    inner: Arc<dyn Leases>,
    is_down: Arc<AtomicBool>,
}

impl LapsingLeases {
    pub(super) fn new(inner: Arc<dyn Leases>) -> Self {
        let is_down = Arc::new(AtomicBool::new(false));
        Self { inner, is_down }
    }

    pub(super) async fn lapse(&self, time: Duration) {
        self.is_down.store(true, Ordering::SeqCst);
        tokio::time::sleep(time).await;
        self.is_down.store(false, Ordering::SeqCst);
    }
}

#[async_trait]
impl Leases for LapsingLeases {
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
        if self.is_down.load(Ordering::SeqCst) {
            return Err(PortError::Unavailable {
                operation: "renew a lease",
                source: "the campaign holds it up".into(),
            });
        }
        self.inner.renew(lease, now, ttl).await
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
