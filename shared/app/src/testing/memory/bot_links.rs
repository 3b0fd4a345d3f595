use std::collections::BTreeMap;

use async_trait::async_trait;
use patchbay_domain::Timestamp;
use patchbay_domain::bot_link::{BotLink, BotLinkRequest, BotPerson, BotTokenHash};
use patchbay_domain::ids::{TelegramUserId, UserId};

use super::Store;
use crate::ports::{BotLinks, PortResult, Redeemed};

pub(super) type BotLinkTable = BTreeMap<UserId, BotLink>;
pub(super) type BotLinkRequestTable = BTreeMap<UserId, BotLinkRequest>;

#[async_trait]
impl BotLinks for Store {
    async fn request(&self, request: &BotLinkRequest) -> PortResult<()> {
        self.tables()
            .bot_link_requests
            .insert(request.owner, request.clone());
        Ok(())
    }

    async fn waiting(&self, owner: UserId, now: Timestamp) -> PortResult<Option<BotLinkRequest>> {
        let tables = self.tables();
        let request = tables.bot_link_requests.get(&owner);
        Ok(request.filter(|request| now < request.expires_at).cloned())
    }

    async fn redeem(
        &self,
        token: &BotTokenHash,
        person: &BotPerson,
        now: Timestamp,
    ) -> PortResult<Redeemed> {
        let mut tables = self.tables();
        let mut requests = tables.bot_link_requests.values();
        let waiting = requests.find(|it| it.token == *token && now < it.expires_at);
        let Some(owner) = waiting.map(|request| request.owner) else {
            return Ok(Redeemed::Unknown);
        };
        let is_elsewhere = tables
            .bot_links
            .values()
            .any(|link| link.person.telegram_user == person.telegram_user && link.owner != owner);
        if is_elsewhere {
            return Ok(Redeemed::LinkedElsewhere);
        }
        let link = BotLink {
            owner,
            person: person.clone(),
            linked_at: now,
        };
        tables.bot_link_requests.remove(&owner);
        tables.bot_links.insert(owner, link.clone());
        Ok(Redeemed::Linked(link))
    }

    async fn get(&self, owner: UserId) -> PortResult<Option<BotLink>> {
        Ok(self.tables().bot_links.get(&owner).cloned())
    }

    async fn of_person(&self, person: TelegramUserId) -> PortResult<Option<BotLink>> {
        let tables = self.tables();
        let mut links = tables.bot_links.values();
        Ok(links
            .find(|link| link.person.telegram_user == person)
            .cloned())
    }

    async fn remove(&self, owner: UserId) -> PortResult<()> {
        let mut tables = self.tables();
        tables.bot_links.remove(&owner);
        tables.bot_link_requests.remove(&owner);
        Ok(())
    }
}
