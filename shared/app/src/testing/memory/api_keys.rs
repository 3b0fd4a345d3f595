use std::collections::BTreeMap;

use async_trait::async_trait;
use patchbay_domain::Timestamp;
use patchbay_domain::api_key::{ApiKey, Grant, KeyName, SecretHash};
use patchbay_domain::ids::{ApiKeyId, UserId};

use super::{Store, Tables};
use crate::ports::{ApiKeySet, ApiKeys, PortResult};

pub(super) type ApiKeyTable = BTreeMap<UserId, ApiKeySet>;

fn find(tables: &mut Tables, owner: UserId, key: ApiKeyId) -> Option<&mut ApiKey> {
    let keys = &mut tables.api_keys.get_mut(&owner)?.keys;
    keys.iter_mut().find(|present| present.id == key)
}

#[async_trait]
impl ApiKeys for Store {
    async fn of_user(&self, owner: UserId) -> PortResult<ApiKeySet> {
        let tables = self.tables();
        Ok(tables.api_keys.get(&owner).cloned().unwrap_or_default())
    }

    async fn create(&self, key: &ApiKey, version: u64) -> PortResult<bool> {
        let mut tables = self.tables();
        let set = tables.api_keys.entry(key.owner).or_default();
        if set.keys.contains(key) {
            return Ok(true);
        }
        let is_new = set.keys.iter().all(|other| other.id != key.id);
        if !is_new || set.version != version {
            return Ok(false);
        }
        set.version += 1;
        set.keys.push(key.clone());
        set.keys.sort_by_key(|key| key.id);
        Ok(true)
    }

    async fn get(&self, owner: UserId, key: ApiKeyId) -> PortResult<Option<ApiKey>> {
        Ok(find(&mut self.tables(), owner, key).cloned())
    }

    async fn by_secret(&self, secret: SecretHash, now: Timestamp) -> PortResult<Option<Grant>> {
        let tables = self.tables();
        let mut grants = tables
            .api_keys
            .values()
            .flat_map(|set| &set.keys)
            .flat_map(ApiKey::grants);
        let grant = grants.find(|(of_grant, _)| *of_grant == secret);
        Ok(grant
            .map(|(_, grant)| grant)
            .filter(|grant| grant.is_good(now)))
    }

    async fn rename(
        &self,
        owner: UserId,
        key: ApiKeyId,
        name: &KeyName,
    ) -> PortResult<Option<ApiKey>> {
        let mut tables = self.tables();
        let key = find(&mut tables, owner, key);
        Ok(key.map(|key| {
            key.name = name.clone();
            key.clone()
        }))
    }

    async fn rotate(&self, present: &ApiKey, next: &ApiKey) -> PortResult<bool> {
        let mut tables = self.tables();
        let key = find(&mut tables, present.owner, present.id);
        let Some(key) = key.filter(|key| key.secret == present.secret) else {
            return Ok(false);
        };
        key.secret = next.secret;
        key.hint.clone_from(&next.hint);
        key.previous.clone_from(&next.previous);
        Ok(true)
    }

    async fn touch(&self, owner: UserId, key: ApiKeyId, at: Timestamp) -> PortResult<()> {
        if let Some(key) = find(&mut self.tables(), owner, key) {
            key.last_used_at = key.last_used_at.max(Some(at));
        }
        Ok(())
    }

    async fn revoke(&self, owner: UserId, key: ApiKeyId) -> PortResult<bool> {
        let mut tables = self.tables();
        let Some(set) = tables.api_keys.get_mut(&owner) else {
            return Ok(false);
        };
        let before = set.keys.len();
        set.keys.retain(|present| present.id != key);
        let is_revoked = set.keys.len() < before;
        set.version += u64::from(is_revoked);
        Ok(is_revoked)
    }

    async fn remove_all(&self, owner: UserId) -> PortResult<()> {
        self.tables().api_keys.remove(&owner);
        Ok(())
    }
}
