use async_trait::async_trait;
use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use patchbay_app::ports::{GuildLinking, GuildLinks, PortResult};
use patchbay_domain::Timestamp;
use patchbay_domain::guild::{GuildLink, GuildLinkRequest, LinkCode};
use patchbay_domain::ids::{DiscordGuildId, UserId};

use super::item::{item, key_attributes, number, read};
use super::key::{self, TTL};
use super::pairs::{Leaving, raise_version};
use super::table::{Table, delete_if};
use super::transaction::{delete_existing, incomplete, put_new};
use crate::error::unavailable;

const READ: &str = "reading server links";

const COUNT: &str = "count";

#[derive(Debug, Clone, Copy)]
enum Change {
    More { limit: usize },
    Fewer,
}

/// Counts a user's servers beside them, so that of two that are linked at the same time each sees
/// the other.
fn count(table: &Table, owner: UserId, change: Change) -> PortResult<TransactWriteItem> {
    let update = Update::builder()
        .table_name(table.name())
        .set_key(Some(key_attributes(&key::guild_count(owner))))
        .update_expression("ADD #count :change")
        .expression_attribute_names("#count", COUNT);
    let update = match change {
        Change::More { limit } => update
            .condition_expression("attribute_not_exists(#count) OR #count < :limit")
            .expression_attribute_values(":limit", number(limit))
            .expression_attribute_values(":change", number(1)),
        Change::Fewer => update.expression_attribute_values(":change", number(-1)),
    };
    Ok(TransactWriteItem::builder()
        .update(update.build().map_err(incomplete)?)
        .build())
}

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

    async fn link(&self, link: &GuildLink, limit: usize) -> PortResult<GuildLinking> {
        const OPERATION: &str = "linking a server";
        let key = key::guild_link(link.owner, link.guild);
        let writes = vec![
            put_new(self, item(OPERATION, &key, link)?)?,
            count(self, link.owner, Change::More { limit })?,
        ];
        if let Err(refused) = self.transact(OPERATION, writes).await? {
            let stands = refused.into_iter().next().flatten().is_some();
            if !stands {
                return Ok(GuildLinking::Full);
            }
        }
        // The request goes last: if this breaks off here, the code can be used once more, for the
        // same.
        let request = key::guild_link_request(link.guild, link.owner);
        delete_if(OPERATION, self.delete_item(&request)).await?;
        Ok(GuildLinking::Linked)
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

    async fn remove(
        &self,
        owner: UserId,
        guild: DiscordGuildId,
        pairs_version: u64,
    ) -> PortResult<bool> {
        let key = key::guild_link(owner, guild);
        let writes = vec![
            delete_existing(self, &key)?,
            count(self, owner, Change::Fewer)?,
            raise_version(self, owner, Some(pairs_version), Leaving::Unchanged)?,
        ];
        if self.transact("unlinking a server", writes).await?.is_ok() {
            return Ok(true);
        }
        Ok(self.get_item(READ, &key).await?.is_none())
    }
}
