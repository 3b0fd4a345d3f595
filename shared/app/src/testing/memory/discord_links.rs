use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use patchbay_domain::Timestamp;
use patchbay_domain::discord_person::{DiscordAuthorization, DiscordLink, ManagedGuilds};
use patchbay_domain::ids::UserId;
use patchbay_domain::token::TokenHash;

use super::Store;
use crate::ports::{Clock, DiscordLinks, PortResult};

pub(super) type AuthorizationTable = BTreeMap<UserId, DiscordAuthorization>;
pub(super) type DiscordLinkTable = BTreeMap<UserId, DiscordLink>;
/// With the moment at which they are forgotten.
pub(super) type ManagedTable = BTreeMap<UserId, (ManagedGuilds, Timestamp)>;

#[async_trait]
impl DiscordLinks for Store {
    async fn begin(&self, authorization: &DiscordAuthorization) -> PortResult<()> {
        let table = &mut self.tables().discord_authorizations;
        table.insert(authorization.owner, authorization.clone());
        Ok(())
    }

    async fn take(&self, owner: UserId, state: TokenHash, now: Timestamp) -> PortResult<bool> {
        let table = &mut self.tables().discord_authorizations;
        let is_it = |it: &DiscordAuthorization| it.state == state && now < it.expires_at;
        if !table.get(&owner).is_some_and(is_it) {
            return Ok(false);
        }
        table.remove(&owner);
        Ok(true)
    }

    async fn put(&self, link: &DiscordLink) -> PortResult<()> {
        let table = &mut self.tables().discord_links;
        table.insert(link.owner, link.clone());
        Ok(())
    }

    async fn get(&self, owner: UserId) -> PortResult<Option<DiscordLink>> {
        Ok(self.tables().discord_links.get(&owner).cloned())
    }

    async fn remove(&self, owner: UserId) -> PortResult<()> {
        let mut tables = self.tables();
        tables.managed_guilds.remove(&owner);
        tables.discord_links.remove(&owner);
        Ok(())
    }

    async fn put_managed(&self, guilds: &ManagedGuilds, kept: Duration) -> PortResult<()> {
        let entry = (guilds.clone(), guilds.read_at.plus(kept));
        self.tables().managed_guilds.insert(guilds.owner, entry);
        Ok(())
    }

    async fn managed(&self, owner: UserId) -> PortResult<Option<ManagedGuilds>> {
        let now = self.clock.now();
        let tables = self.tables();
        let entry = tables.managed_guilds.get(&owner);
        let entry = entry.filter(|(_, end)| now < *end);
        Ok(entry.map(|(guilds, _)| guilds.clone()))
    }

    async fn forget_managed(&self, owner: UserId) -> PortResult<()> {
        self.tables().managed_guilds.remove(&owner);
        Ok(())
    }
}
