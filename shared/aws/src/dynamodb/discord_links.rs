use std::time::Duration;

use async_trait::async_trait;
use patchbay_app::ports::{DiscordLinks, PortResult};
use patchbay_domain::Timestamp;
use patchbay_domain::discord_person::{DiscordAuthorization, DiscordLink, ManagedGuilds};
use patchbay_domain::ids::UserId;
use patchbay_domain::token::TokenHash;

use super::item::{item, number, read, to_attribute};
use super::key::{self, TTL};
use super::table::{Table, delete_if};
use crate::error::unavailable;

const READ: &str = "reading a Discord link";
const WRITE: &str = "writing a Discord link";

#[async_trait]
impl DiscordLinks for Table {
    async fn begin(&self, authorization: &DiscordAuthorization) -> PortResult<()> {
        const OPERATION: &str = "beginning a Discord authorization";
        let key = key::discord_authorization(authorization.owner);
        let mut entry = item(OPERATION, &key, authorization)?;
        // Rounded up: who takes it compares the exact time.
        let end = authorization.expires_at.seconds() + 1;
        entry.insert(TTL.to_owned(), number(end));
        self.put_item(entry)
            .send()
            .await
            .map_err(unavailable(OPERATION))?;
        Ok(())
    }

    async fn take(&self, owner: UserId, state: TokenHash, now: Timestamp) -> PortResult<bool> {
        const OPERATION: &str = "taking a Discord authorization";
        let delete = self
            .delete_item(&key::discord_authorization(owner))
            .condition_expression("#state = :state AND #end > :now")
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#end", "expires_at")
            .expression_attribute_values(":state", to_attribute(OPERATION, &state)?)
            .expression_attribute_values(":now", number(now));
        delete_if(OPERATION, delete).await
    }

    async fn put(&self, link: &DiscordLink) -> PortResult<()> {
        self.put_item(item(WRITE, &key::discord_link(link.owner), link)?)
            .send()
            .await
            .map_err(unavailable(WRITE))?;
        Ok(())
    }

    async fn get(&self, owner: UserId) -> PortResult<Option<DiscordLink>> {
        let item = self.get_item(READ, &key::discord_link(owner)).await?;
        item.map(|item| read(READ, item)).transpose()
    }

    async fn remove(&self, owner: UserId) -> PortResult<()> {
        self.forget_managed(owner).await?;
        delete_if(WRITE, self.delete_item(&key::discord_link(owner))).await?;
        Ok(())
    }

    async fn put_managed(&self, guilds: &ManagedGuilds, kept: Duration) -> PortResult<()> {
        let mut entry = item(WRITE, &key::managed_guilds(guilds.owner), guilds)?;
        let end = guilds.read_at.plus(kept).seconds();
        entry.insert(TTL.to_owned(), number(end));
        self.put_item(entry)
            .send()
            .await
            .map_err(unavailable(WRITE))?;
        Ok(())
    }

    async fn managed(&self, owner: UserId) -> PortResult<Option<ManagedGuilds>> {
        let item = self.get_item(READ, &key::managed_guilds(owner)).await?;
        item.map(|item| read(READ, item)).transpose()
    }

    async fn forget_managed(&self, owner: UserId) -> PortResult<()> {
        delete_if(WRITE, self.delete_item(&key::managed_guilds(owner))).await?;
        Ok(())
    }
}
