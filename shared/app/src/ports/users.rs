use std::time::Duration;

use async_trait::async_trait;
use patchbay_domain::Timestamp;
use patchbay_domain::account::{Account, AccountState, Login};
use patchbay_domain::guild::{GuildLink, GuildLinkRequest, LinkCode};
use patchbay_domain::ids::{
    AccountId, DiscordGuildId, LoginId, PartitionId, TelegramUserId, UserId,
};
use patchbay_domain::user::{Email, User};

use super::PortResult;

/// Whether a thing was made, or something that must be unique is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    New,
    Taken,
}

#[async_trait]
pub trait Users: Send + Sync {
    /// `Taken` if another user has the address. Repeating it with the same user is `New`.
    async fn create(&self, user: &User) -> PortResult<Created>;
    async fn get(&self, user: UserId) -> PortResult<Option<User>>;
    async fn by_email(&self, email: &Email) -> PortResult<Option<User>>;
}

#[async_trait]
pub trait Accounts: Send + Sync {
    /// `Taken` if an account with this Telegram user is linked already, by whomever: two
    /// sessions that act for one person would forward everything twice.
    async fn create(&self, account: &Account) -> PortResult<Created>;
    async fn get(&self, owner: UserId, account: AccountId) -> PortResult<Option<Account>>;
    async fn of_user(&self, owner: UserId) -> PortResult<Vec<Account>>;
    async fn in_partition(&self, partition: PartitionId) -> PortResult<Vec<Account>>;
    async fn by_telegram_user(&self, user: TelegramUserId) -> PortResult<Option<AccountId>>;
    /// Does nothing if the account is gone.
    async fn set_state(
        &self,
        owner: UserId,
        account: AccountId,
        state: &AccountState,
    ) -> PortResult<()>;
    async fn remove(&self, owner: UserId, account: AccountId) -> PortResult<()>;
}

/// How long a login can still be read after it has expired, so that its outcome is seen.
pub const LOGIN_KEPT: Duration = Duration::from_hours(24);

#[async_trait]
pub trait Logins: Send + Sync {
    async fn put(&self, login: &Login) -> PortResult<()>;
    async fn get(&self, owner: UserId, login: LoginId) -> PortResult<Option<Login>>;
    /// Puts `next` in the place of `present`. False, with no effect, if something else stands
    /// there by now: an answer and a cancellation may cross.
    async fn replace(&self, present: &Login, next: &Login) -> PortResult<bool>;
}

#[async_trait]
pub trait GuildLinks: Send + Sync {
    /// A later request of the same user for the same server takes the place of an earlier one.
    async fn request(&self, request: &GuildLinkRequest) -> PortResult<()>;
    /// The request with this code that is waiting at `now`.
    async fn waiting(
        &self,
        guild: DiscordGuildId,
        code: &LinkCode,
        now: Timestamp,
    ) -> PortResult<Option<GuildLinkRequest>>;
    /// The link that fulfils a request. The request is gone afterwards; repeating it is harmless.
    async fn fulfil(&self, request: &GuildLinkRequest, at: Timestamp) -> PortResult<()>;
    async fn of_user(&self, owner: UserId) -> PortResult<Vec<GuildLink>>;
    async fn get(&self, owner: UserId, guild: DiscordGuildId) -> PortResult<Option<GuildLink>>;
    async fn remove(&self, owner: UserId, guild: DiscordGuildId) -> PortResult<()>;
}
