use async_trait::async_trait;
use patchbay_domain::Timestamp;
use patchbay_domain::bot_link::{BotLink, BotLinkRequest, BotPerson, BotTokenHash};
use patchbay_domain::ids::{TelegramUserId, UserId};

use super::PortResult;

/// What became of a token that somebody brought to the bot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redeemed {
    Linked(BotLink),
    /// Nobody waits for it: it was used, replaced or never given out, or it has expired.
    Unknown,
    /// The person is linked to another user. The token stays good.
    LinkedElsewhere,
}

#[async_trait]
pub trait BotLinks: Send + Sync {
    /// Takes the place of the user's earlier request, whose token is worth nothing from now on.
    async fn request(&self, request: &BotLinkRequest) -> PortResult<()>;
    /// The request that waits at `now`.
    async fn waiting(&self, owner: UserId, now: Timestamp) -> PortResult<Option<BotLinkRequest>>;
    /// Links the person to whoever waits for the token, in place of another person. Of many that
    /// bring one token at once, one is linked.
    async fn redeem(
        &self,
        token: &BotTokenHash,
        person: &BotPerson,
        now: Timestamp,
    ) -> PortResult<Redeemed>;
    async fn get(&self, owner: UserId) -> PortResult<Option<BotLink>>;
    async fn of_person(&self, person: TelegramUserId) -> PortResult<Option<BotLink>>;
    /// The link and the request, those of them that are there.
    async fn remove(&self, owner: UserId) -> PortResult<()>;
}
