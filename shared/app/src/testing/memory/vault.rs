use std::collections::BTreeMap;

use async_trait::async_trait;
use patchbay_domain::ids::UserId;
use secrecy::SecretSlice;

use super::Store;
use crate::ports::{PortResult, SecretName, Vault};

pub(super) type SecretTable = BTreeMap<(UserId, SecretName), SecretSlice<u8>>;

#[async_trait]
impl Vault for Store {
    async fn put(
        &self,
        owner: UserId,
        name: SecretName,
        secret: &SecretSlice<u8>,
    ) -> PortResult<()> {
        self.tables().secrets.insert((owner, name), secret.clone());
        Ok(())
    }

    async fn get(&self, owner: UserId, name: SecretName) -> PortResult<Option<SecretSlice<u8>>> {
        Ok(self.tables().secrets.get(&(owner, name)).cloned())
    }

    async fn remove(&self, owner: UserId, name: SecretName) -> PortResult<()> {
        self.tables().secrets.remove(&(owner, name));
        Ok(())
    }

    async fn remove_all(&self, owner: UserId) -> PortResult<()> {
        self.tables().secrets.retain(|(of, _), _| *of != owner);
        Ok(())
    }
}
