use std::time::Duration;

use async_trait::async_trait;
use patchbay_domain::account::{Account, AccountLabel, AccountState, Login};
use patchbay_domain::ids::{AccountId, LoginId, PartitionId, TelegramUserId, UserId};
use patchbay_domain::user::{Email, PasswordHash, Profile, Role, User};
use patchbay_domain::{Plan, Timestamp};

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
    /// The user as changed, or nothing if there is none.
    async fn change(&self, user: UserId, change: &UserChange) -> PortResult<Option<User>>;
    /// Gives the user the address `to` instead of `from`. `Taken` if another user has it; nothing,
    /// with no effect, if the user's address is not `from`. Repeating it is `New`.
    async fn change_email(
        &self,
        user: UserId,
        from: &Email,
        to: &Email,
    ) -> PortResult<Option<Created>>;
    /// The users of a partition who are leaving. What has just been written may be missing for a
    /// moment.
    async fn leaving_in(&self, partition: PartitionId) -> PortResult<Vec<UserId>>;
    /// Removes the user and frees the address, if it is still theirs.
    async fn remove(&self, user: &User) -> PortResult<()>;
}

/// What changes of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserChange {
    Password(PasswordHash),
    Profile(Profile),
    Role(Role),
    Plan(Plan),
    Leaving(Timestamp),
}

/// What became of an account that was to be linked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Linked {
    New,
    /// An account with this Telegram user is linked already.
    Taken,
    /// The owner has as many as allowed.
    Full,
}

#[async_trait]
pub trait Accounts: Send + Sync {
    /// `Taken` if an account with this Telegram user is linked already, by whomever: two
    /// sessions that act for one person would forward everything twice. `Full` if the owner has
    /// `limit` accounts, however many are linked at once. Repeating it with the same account is
    /// `New`. The first account of a user becomes the default one.
    async fn create(&self, account: &Account, limit: usize) -> PortResult<Linked>;
    async fn get(&self, owner: UserId, account: AccountId) -> PortResult<Option<Account>>;
    /// In the order of their ids.
    async fn of_user(&self, owner: UserId) -> PortResult<Vec<Account>>;
    /// One of the user's accounts, as long as there is any.
    async fn default_of(&self, owner: UserId) -> PortResult<Option<AccountId>>;
    async fn in_partition(&self, partition: PartitionId) -> PortResult<Vec<Account>>;
    async fn by_telegram_user(&self, user: TelegramUserId) -> PortResult<Option<AccountId>>;
    /// Does nothing if the account is gone.
    async fn set_state(
        &self,
        owner: UserId,
        account: AccountId,
        state: &AccountState,
    ) -> PortResult<()>;
    /// The account as it is afterwards, if it is there.
    async fn set_label(
        &self,
        owner: UserId,
        account: AccountId,
        label: Option<&AccountLabel>,
    ) -> PortResult<Option<Account>>;
    /// In the place of the one that was it. False if the account is gone.
    async fn set_default(&self, owner: UserId, account: AccountId) -> PortResult<bool>;
    /// Does nothing if the account is gone.
    async fn chats_read(&self, owner: UserId, account: AccountId, at: Timestamp) -> PortResult<()>;
    /// If it was the default one, the oldest of those that stay is it from now on.
    /// Also ends its leaving (`Pairs::let_leave`).
    async fn remove(&self, owner: UserId, account: AccountId) -> PortResult<()>;
}

/// How long a login can still be read after it has expired, so that its outcome is seen.
pub const LOGIN_KEPT: Duration = Duration::from_hours(24);

#[async_trait]
pub trait Logins: Send + Sync {
    async fn put(&self, login: &Login) -> PortResult<()>;
    async fn get(&self, owner: UserId, login: LoginId) -> PortResult<Option<Login>>;
    /// All that can still be read, finished or not, in the order of their ids.
    async fn of_user(&self, owner: UserId) -> PortResult<Vec<Login>>;
    /// Puts `next` in the place of `present`. False, with no effect, if something else stands
    /// there by now: an answer and a cancellation may cross.
    async fn replace(&self, present: &Login, next: &Login) -> PortResult<bool>;
    /// Removes all logins of a user who leaves.
    async fn remove_all(&self, owner: UserId) -> PortResult<()>;
}
