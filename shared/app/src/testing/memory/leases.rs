use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use patchbay_domain::ids::ConnectorId;
use patchbay_domain::lease::Lease;
use patchbay_domain::{Fence, LeaseName, Timestamp};

use super::Store;
use crate::ports::{Leases, PortResult};

/// A released lease stays, without an owner: its fence must go on growing.
pub(super) struct Tenure {
    owner: Option<ConnectorId>,
    fence: Fence,
    expires_at: Timestamp,
}

pub(super) type LeaseTable = BTreeMap<LeaseName, Tenure>;
pub(super) type ConnectorTable = BTreeMap<ConnectorId, Timestamp>;

impl Tenure {
    fn is_of(&self, lease: &Lease) -> bool {
        self.owner == Some(lease.owner) && self.fence == lease.fence
    }
}

#[async_trait]
impl Leases for Store {
    async fn acquire(
        &self,
        name: LeaseName,
        owner: ConnectorId,
        now: Timestamp,
        ttl: Duration,
    ) -> PortResult<Option<Lease>> {
        let expires_at = now.plus(ttl);
        let mut tables = self.tables();
        let tenure = tables.leases.entry(name).or_insert(Tenure {
            owner: None,
            fence: Fence(0),
            expires_at: now,
        });
        let is_free = tenure.owner.is_none_or(|holder| holder == owner) || tenure.expires_at <= now;
        if !is_free {
            return Ok(None);
        }
        let fence = Fence(tenure.fence.0 + 1);
        *tenure = Tenure {
            owner: Some(owner),
            fence,
            expires_at,
        };
        Ok(Some(Lease {
            name,
            owner,
            fence,
            expires_at,
        }))
    }

    async fn renew(
        &self,
        lease: &Lease,
        now: Timestamp,
        ttl: Duration,
    ) -> PortResult<Option<Lease>> {
        let mut tables = self.tables();
        let tenure = tables
            .leases
            .get_mut(&lease.name)
            .filter(|tenure| tenure.is_of(lease));
        Ok(tenure.map(|tenure| {
            tenure.expires_at = now.plus(ttl);
            Lease {
                expires_at: tenure.expires_at,
                ..lease.clone()
            }
        }))
    }

    async fn release(&self, lease: &Lease) -> PortResult<()> {
        let mut tables = self.tables();
        let tenure = tables
            .leases
            .get_mut(&lease.name)
            .filter(|tenure| tenure.is_of(lease));
        if let Some(tenure) = tenure {
            tenure.owner = None;
        }
        Ok(())
    }

    async fn announce(
        &self,
        connector: ConnectorId,
        now: Timestamp,
        ttl: Duration,
    ) -> PortResult<()> {
        self.tables().connectors.insert(connector, now.plus(ttl));
        Ok(())
    }

    async fn retire(&self, connector: ConnectorId) -> PortResult<()> {
        self.tables().connectors.remove(&connector);
        Ok(())
    }

    async fn alive(&self, now: Timestamp) -> PortResult<Vec<ConnectorId>> {
        let tables = self.tables();
        let alive = tables.connectors.iter().filter(|(_, until)| now < **until);
        Ok(alive.map(|(connector, _)| *connector).collect())
    }
}
