use std::time::Duration;

use async_trait::async_trait;
use patchbay_app::ports::{Leases, PortResult};
use patchbay_domain::ids::ConnectorId;
use patchbay_domain::lease::Lease;
use patchbay_domain::{Fence, LeaseName, Timestamp};

use super::item::{key_attributes, number, number_of, string, text_of};
use super::key::{self, PK, SK, TTL};
use super::table::{Table, delete_if, update_if};
use crate::error::{corrupt, unavailable};

const EXPIRES_AT: &str = "expires_at";

#[async_trait]
impl Leases for Table {
    async fn acquire(
        &self,
        name: LeaseName,
        owner: ConnectorId,
        now: Timestamp,
        ttl: Duration,
    ) -> PortResult<Option<Lease>> {
        const OPERATION: &str = "taking a lease";
        let expires_at = now.plus(ttl);
        let update = self
            .update_item(&key::lease(name))
            .update_expression("SET #owner = :owner, #expires_at = :expires_at ADD #fence :one")
            .condition_expression(
                "attribute_not_exists(#pk) OR attribute_not_exists(#owner) \
                 OR #owner = :owner OR #expires_at <= :now",
            )
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_names("#expires_at", EXPIRES_AT)
            .expression_attribute_names("#fence", "fence")
            .expression_attribute_values(":owner", string(owner))
            .expression_attribute_values(":expires_at", number(expires_at))
            .expression_attribute_values(":now", number(now))
            .expression_attribute_values(":one", number(1));
        let Ok(item) = update_if(OPERATION, update).await? else {
            return Ok(None);
        };
        let fence = number_of(&item, "fence").map(Fence);
        let fence = fence.ok_or_else(|| corrupt(OPERATION, "a lease without a fence"))?;
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
        let expires_at = now.plus(ttl);
        let update = self
            .update_item(&key::lease(lease.name))
            .update_expression("SET #expires_at = :expires_at")
            .condition_expression("#owner = :owner AND #fence = :fence")
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_names("#expires_at", EXPIRES_AT)
            .expression_attribute_names("#fence", "fence")
            .expression_attribute_values(":owner", string(lease.owner))
            .expression_attribute_values(":fence", number(lease.fence.0))
            .expression_attribute_values(":expires_at", number(expires_at));
        let renewed = update_if("renewing a lease", update).await?;
        Ok(renewed.ok().map(|_| Lease {
            expires_at,
            ..lease.clone()
        }))
    }

    async fn release(&self, lease: &Lease) -> PortResult<()> {
        // The item stays: its fence must go on growing.
        let update = self
            .update_item(&key::lease(lease.name))
            .update_expression("REMOVE #owner")
            .condition_expression("#owner = :owner AND #fence = :fence")
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_names("#fence", "fence")
            .expression_attribute_values(":owner", string(lease.owner))
            .expression_attribute_values(":fence", number(lease.fence.0));
        // One that has passed on is left alone.
        update_if("releasing a lease", update)
            .await?
            .map_or(Ok(()), |_| Ok(()))
    }

    async fn announce(
        &self,
        connector: ConnectorId,
        now: Timestamp,
        ttl: Duration,
    ) -> PortResult<()> {
        let until = now.plus(ttl);
        let mut entry = key_attributes(&key::connector(connector));
        entry.insert(EXPIRES_AT.to_owned(), number(until));
        // Rounded up: who reads it compares the exact time.
        entry.insert(TTL.to_owned(), number(until.seconds() + 1));
        self.put_item(entry)
            .send()
            .await
            .map_err(unavailable("announcing a connector"))?;
        Ok(())
    }

    async fn retire(&self, connector: ConnectorId) -> PortResult<()> {
        delete_if(
            "retiring a connector",
            self.delete_item(&key::connector(connector)),
        )
        .await?;
        Ok(())
    }

    async fn alive(&self, now: Timestamp) -> PortResult<Vec<ConnectorId>> {
        const OPERATION: &str = "reading the connectors";
        let items = self.all(OPERATION, &key::connectors()).await?;
        let alive = items
            .iter()
            .filter(|item| number_of(item, EXPIRES_AT).is_some_and(|until| now < Timestamp(until)));
        let id = |item| text_of(item, SK).and_then(|id| id.parse().ok());
        let connectors: Option<Vec<ConnectorId>> = alive.map(id).collect();
        connectors.ok_or_else(|| corrupt(OPERATION, "the id of a connector"))
    }
}
