use async_trait::async_trait;
use patchbay_domain::ids::{AccountId, LoginId, UserId};
use secrecy::SecretSlice;

use super::PortResult;

/// What is kept sealed, each for one tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecretName {
    /// An account's Telegram session.
    TelegramSession(AccountId),
    /// The session of a login that is under way.
    LoginSession(LoginId),
    /// A user's answer to a login, until the connector takes it.
    LoginAnswer(LoginId),
    /// What proves that a user who comes back from Discord is the one who was sent there.
    DiscordVerifier,
    /// What acts for a user on Discord.
    DiscordTokens,
}

/// Secrets at rest: sealed under a key of their own, bound to their tenant and their name.
#[async_trait]
pub trait Vault: Send + Sync {
    async fn put(
        &self,
        owner: UserId,
        name: SecretName,
        secret: &SecretSlice<u8>,
    ) -> PortResult<()>;
    async fn get(&self, owner: UserId, name: SecretName) -> PortResult<Option<SecretSlice<u8>>>;
    async fn remove(&self, owner: UserId, name: SecretName) -> PortResult<()>;
    /// Removes all secrets of a user who leaves.
    async fn remove_all(&self, owner: UserId) -> PortResult<()>;
}
