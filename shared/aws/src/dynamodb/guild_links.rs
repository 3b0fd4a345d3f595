use async_trait::async_trait;
use patchbay_app::ports::{GuildLinks, PortResult};
use patchbay_domain::Timestamp;
use patchbay_domain::guild::{GuildLink, GuildLinkRequest, LinkCode};
use patchbay_domain::ids::{DiscordGuildId, UserId};

use super::item::{item, number, read};
use super::key::{self, PK, TTL};
use super::table::{Table, delete_if, put_if};
use crate::error::unavailable;

const READ: &str = "reading server links";

#[async_trait]
impl GuildLinks for Table {
    async fn request(&self, request: &GuildLinkRequest) -> PortResult<()> {
        const OPERATION: &str = "asking for a server link";
        let key = key::guild_link_request(request.guild, request.owner);
        let mut entry = item(OPERATION, &key, request)?;
        // Rounded up: who reads it compares the exact time.
        entry.insert(TTL.to_owned(), number(request.expires_at.seconds() + 1));
        self.put_item(entry)
            .send()
            .await
            .map_err(unavailable(OPERATION))?;
        Ok(())
    }

    async fn waiting(
        &self,
        guild: DiscordGuildId,
        code: &LinkCode,
        now: Timestamp,
    ) -> PortResult<Option<GuildLinkRequest>> {
        for entry in self.all(READ, &key::guild_link_requests(guild)).await? {
            let request: GuildLinkRequest = read(READ, entry)?;
            if request.code == *code && now < request.expires_at {
                return Ok(Some(request));
            }
        }
        Ok(None)
    }

    async fn fulfil(&self, request: &GuildLinkRequest, at: Timestamp) -> PortResult<()> {
        const OPERATION: &str = "linking a server";
        let GuildLinkRequest { owner, guild, .. } = *request;
        let link = GuildLink {
            owner,
            guild,
            linked_at: at,
        };
        let put = self
            .put_item(item(OPERATION, &key::guild_link(owner, guild), &link)?)
            .condition_expression("attribute_not_exists(#pk)")
            .expression_attribute_names("#pk", PK);
        // A link that stands keeps its date. The request goes last: if this breaks off here, the
        // code can be used once more, for the same.
        match put_if(OPERATION, put).await? {
            Ok(()) | Err(_) => {}
        }
        delete_if(
            OPERATION,
            self.delete_item(&key::guild_link_request(guild, owner)),
        )
        .await?;
        Ok(())
    }

    async fn of_user(&self, owner: UserId) -> PortResult<Vec<GuildLink>> {
        let items = self.all(READ, &key::guild_links(owner)).await?;
        let links: PortResult<Vec<GuildLink>> =
            items.into_iter().map(|item| read(READ, item)).collect();
        let mut links = links?;
        links.sort_by_key(|link| link.guild);
        Ok(links)
    }

    async fn get(&self, owner: UserId, guild: DiscordGuildId) -> PortResult<Option<GuildLink>> {
        let item = self.get_item(READ, &key::guild_link(owner, guild)).await?;
        item.map(|item| read(READ, item)).transpose()
    }

    async fn remove(&self, owner: UserId, guild: DiscordGuildId) -> PortResult<()> {
        delete_if(
            "unlinking a server",
            self.delete_item(&key::guild_link(owner, guild)),
        )
        .await?;
        Ok(())
    }
}
