use async_trait::async_trait;
use patchbay_app::ports::{BotLinks, PortResult, Redeemed};
use patchbay_domain::Timestamp;
use patchbay_domain::bot_link::{BotLink, BotLinkRequest, BotPerson, BotTokenHash};
use patchbay_domain::ids::{TelegramUserId, UserId};

use super::item::{Item, item, key_attributes, number, read, string, text_of};
use super::key::{self, Key, TTL};
use super::table::{Table, delete_if};
use super::transaction::{delete_any, delete_same, put_new_or_same, put_over};
use crate::error::{Refusal, corrupt, unavailable};

const READ: &str = "reading a bot link";
const OWNER: &str = "owner";

/// How often a change is tried again that met another one of the same user or person.
const ROUNDS: usize = 8;

impl Table {
    async fn bot_link_owner(&self, of: &Key) -> PortResult<Option<UserId>> {
        let Some(entry) = self.get_item(READ, of).await? else {
            return Ok(None);
        };
        let owner = text_of(&entry, OWNER).and_then(|id| id.parse().ok());
        owner
            .map(Some)
            .ok_or_else(|| corrupt(READ, "an entry without an owner"))
    }

    async fn bot_link_request(&self, owner: UserId) -> PortResult<Option<BotLinkRequest>> {
        let entry = self.get_item(READ, &key::bot_link_request(owner)).await?;
        entry.map(|entry| read(READ, entry)).transpose()
    }

    /// Spends the request and links the person, if nothing has changed since `former` was read.
    async fn link_bot(
        &self,
        link: &BotLink,
        former: Option<&BotLink>,
        token: &BotTokenHash,
    ) -> PortResult<bool> {
        const OPERATION: &str = "linking with the bot";
        let owner = string(link.owner);
        let spent = key::bot_link_request(link.owner);
        let mut writes = vec![
            delete_same(self, &spent, "token", string(token.as_str()))?,
            put_over(self, item(OPERATION, &key::bot_link(link.owner), link)?)?,
            put_new_or_same(
                self,
                owned(&key::bot_person(link.person.telegram_user), link.owner),
                OWNER,
                owner.clone(),
            )?,
        ];
        let former = former.map(|former| former.person.telegram_user);
        if let Some(former) = former.filter(|former| *former != link.person.telegram_user) {
            let held = key::bot_person(former);
            writes.push(delete_same(self, &held, OWNER, owner)?);
        }
        Ok(self.transact(OPERATION, writes).await?.is_ok())
    }
}

fn owned(key: &Key, owner: UserId) -> Item {
    let mut entry = key_attributes(key);
    entry.insert(OWNER.to_owned(), string(owner));
    entry
}

fn contended(operation: &'static str) -> patchbay_app::ports::PortError {
    unavailable(operation)(Refusal {
        code: "Contended".to_owned(),
        message: format!("after {ROUNDS} rounds"),
    })
}

#[async_trait]
impl BotLinks for Table {
    async fn request(&self, request: &BotLinkRequest) -> PortResult<()> {
        const OPERATION: &str = "asking for a bot link";
        // Rounded up: who reads it compares the exact time.
        let ttl = number(request.expires_at.seconds() + 1);
        let mut token = owned(&key::bot_token(&request.token), request.owner);
        let mut entry = item(OPERATION, &key::bot_link_request(request.owner), request)?;
        for item in [&mut token, &mut entry] {
            item.insert(TTL.to_owned(), ttl.clone());
        }
        // The user's own entry decides which token is good; the other one only leads there.
        for item in [token, entry] {
            self.put_item(item)
                .send()
                .await
                .map_err(unavailable(OPERATION))?;
        }
        Ok(())
    }

    async fn waiting(&self, owner: UserId, now: Timestamp) -> PortResult<Option<BotLinkRequest>> {
        let request = self.bot_link_request(owner).await?;
        Ok(request.filter(|request| now < request.expires_at))
    }

    async fn redeem(
        &self,
        token: &BotTokenHash,
        person: &BotPerson,
        now: Timestamp,
    ) -> PortResult<Redeemed> {
        for _ in 0..ROUNDS {
            let Some(owner) = self.bot_link_owner(&key::bot_token(token)).await? else {
                return Ok(Redeemed::Unknown);
            };
            let request = BotLinks::waiting(self, owner, now).await?;
            if request.is_none_or(|request| request.token != *token) {
                return Ok(Redeemed::Unknown);
            }
            let held = key::bot_person(person.telegram_user);
            let holder = self.bot_link_owner(&held).await?;
            if holder.is_some_and(|holder| holder != owner) {
                return Ok(Redeemed::LinkedElsewhere);
            }
            let former = BotLinks::get(self, owner).await?;
            let link = BotLink {
                owner,
                person: person.clone(),
                linked_at: now,
            };
            if self.link_bot(&link, former.as_ref(), token).await? {
                return Ok(Redeemed::Linked(link));
            }
        }
        Err(contended("linking with the bot"))
    }

    async fn get(&self, owner: UserId) -> PortResult<Option<BotLink>> {
        let entry = self.get_item(READ, &key::bot_link(owner)).await?;
        entry.map(|entry| read(READ, entry)).transpose()
    }

    async fn of_person(&self, person: TelegramUserId) -> PortResult<Option<BotLink>> {
        match self.bot_link_owner(&key::bot_person(person)).await? {
            // The person may have been unlinked between the two reads.
            Some(owner) => Ok(BotLinks::get(self, owner)
                .await?
                .filter(|link| link.person.telegram_user == person)),
            None => Ok(None),
        }
    }

    async fn remove(&self, owner: UserId) -> PortResult<()> {
        const OPERATION: &str = "unlinking from the bot";
        let request = key::bot_link_request(owner);
        for _ in 0..ROUNDS {
            let Some(link) = BotLinks::get(self, owner).await? else {
                delete_if(OPERATION, self.delete_item(&request)).await?;
                return Ok(());
            };
            let person = link.person.telegram_user;
            let writes = vec![
                delete_same(self, &key::bot_link(owner), "telegram_user", string(person))?,
                delete_same(self, &key::bot_person(person), OWNER, string(owner))?,
                delete_any(self, &request)?,
            ];
            if self.transact(OPERATION, writes).await?.is_ok() {
                return Ok(());
            }
        }
        Err(contended(OPERATION))
    }
}
