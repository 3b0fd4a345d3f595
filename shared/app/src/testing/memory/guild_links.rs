use std::collections::BTreeMap;

use async_trait::async_trait;
use patchbay_domain::Timestamp;
use patchbay_domain::guild::{GuildLink, GuildLinkRequest, LinkCode};
use patchbay_domain::ids::{DiscordGuildId, UserId};

use super::Store;
use crate::ports::{GuildLinking, GuildLinks, PortResult};

pub(super) type GuildLinkTable = BTreeMap<(UserId, DiscordGuildId), GuildLink>;
pub(super) type GuildLinkRequestTable = BTreeMap<(UserId, DiscordGuildId), GuildLinkRequest>;

#[async_trait]
impl GuildLinks for Store {
    async fn request(&self, request: &GuildLinkRequest) -> PortResult<()> {
        let place = (request.owner, request.guild);
        self.tables()
            .guild_link_requests
            .insert(place, request.clone());
        Ok(())
    }

    async fn waiting(
        &self,
        guild: DiscordGuildId,
        code: &LinkCode,
        now: Timestamp,
    ) -> PortResult<Option<GuildLinkRequest>> {
        let tables = self.tables();
        let mut requests = tables.guild_link_requests.values();
        Ok(requests
            .find(|request| {
                request.guild == guild && request.code == *code && now < request.expires_at
            })
            .cloned())
    }

    async fn link(&self, link: &GuildLink, limit: usize) -> PortResult<GuildLinking> {
        let mut tables = self.tables();
        let place = (link.owner, link.guild);
        if !tables.guild_links.contains_key(&place) {
            let owners = tables.guild_links.keys();
            if owners.filter(|(owner, _)| *owner == link.owner).count() >= limit {
                return Ok(GuildLinking::Full);
            }
            tables.guild_links.insert(place, link.clone());
        }
        tables.guild_link_requests.remove(&place);
        Ok(GuildLinking::Linked)
    }

    async fn of_user(&self, owner: UserId) -> PortResult<Vec<GuildLink>> {
        let tables = self.tables();
        Ok(tables
            .guild_links
            .values()
            .filter(|link| link.owner == owner)
            .cloned()
            .collect())
    }

    async fn get(&self, owner: UserId, guild: DiscordGuildId) -> PortResult<Option<GuildLink>> {
        Ok(self.tables().guild_links.get(&(owner, guild)).cloned())
    }

    async fn remove(
        &self,
        owner: UserId,
        guild: DiscordGuildId,
        pairs_version: u64,
    ) -> PortResult<bool> {
        let mut tables = self.tables();
        if !tables.guild_links.contains_key(&(owner, guild)) {
            return Ok(true);
        }
        let pairs = tables.pairs.entry(owner).or_default();
        if pairs.version != pairs_version {
            return Ok(false);
        }
        pairs.version += 1;
        tables.guild_links.remove(&(owner, guild));
        Ok(true)
    }
}
