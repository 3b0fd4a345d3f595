use async_trait::async_trait;
use patchbay_domain::Timestamp;
use patchbay_domain::api_key::{ApiKey, Grant, KeyName, SecretHash};
use patchbay_domain::ids::{ApiKeyId, UserId};

use super::PortResult;

/// A user's API keys in the order in which they were made, and a version that changes whenever one
/// is added or revoked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ApiKeySet {
    pub version: u64,
    pub keys: Vec<ApiKey>,
}

#[async_trait]
pub trait ApiKeys: Send + Sync {
    async fn of_user(&self, owner: UserId) -> PortResult<ApiKeySet>;
    /// Adds the key if the user's set still has this version. False, with no effect, otherwise:
    /// read again, count again, try again.
    async fn create(&self, key: &ApiKey, version: u64) -> PortResult<bool>;
    async fn get(&self, owner: UserId, key: ApiKeyId) -> PortResult<Option<ApiKey>>;
    /// What a secret opens at `now`. It sees every change at once, since a key that is revoked must
    /// not open anything any more.
    async fn by_secret(&self, secret: SecretHash, now: Timestamp) -> PortResult<Option<Grant>>;
    /// The key with its new name, or nothing if there is no such key.
    async fn rename(
        &self,
        owner: UserId,
        key: ApiKeyId,
        name: &KeyName,
    ) -> PortResult<Option<ApiKey>>;
    /// Gives a key the secrets of `next`. False, with no effect, if its secret is no longer that
    /// of `present`.
    async fn rotate(&self, present: &ApiKey, next: &ApiKey) -> PortResult<bool>;
    /// Notes a use. Does nothing if the key is gone, or a later use is noted.
    async fn touch(&self, owner: UserId, key: ApiKeyId, at: Timestamp) -> PortResult<()>;
    /// Removes a key; its secrets open nothing from then on. Whether there was such a key.
    async fn revoke(&self, owner: UserId, key: ApiKeyId) -> PortResult<bool>;
    /// Removes all keys of a user who leaves.
    async fn remove_all(&self, owner: UserId) -> PortResult<()>;
}
