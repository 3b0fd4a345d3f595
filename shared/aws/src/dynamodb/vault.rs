use std::sync::Arc;

use async_trait::async_trait;
use patchbay_app::ports::{PortResult, SecretName, Vault};
use patchbay_domain::ids::UserId;
use secrecy::SecretSlice;

use super::item::{bytes, bytes_of, key_attributes, string, text_of};
use super::key::{self, Key};
use super::table::{Table, delete_if};
use crate::error::{corrupt, unavailable};
use crate::seal::{Binding, Sealed, Sealer};

/// Sealed secrets in the table.
pub(crate) struct VaultStore {
    table: Arc<Table>,
    sealer: Sealer,
}

impl VaultStore {
    pub(crate) fn new(table: Arc<Table>, sealer: Sealer) -> Self {
        Self { table, sealer }
    }
}

fn binding(key: &Key, name: SecretName) -> Binding {
    let purpose = match name {
        SecretName::TelegramSession(_) => "telegram_session",
        SecretName::LoginSession(_) => "login_session",
        SecretName::LoginAnswer(_) => "login_answer",
        SecretName::DiscordVerifier => "discord_verifier",
        SecretName::DiscordTokens => "discord_tokens",
    };
    Binding {
        tenant: key.pk.clone(),
        item: key.sk.clone(),
        purpose,
    }
}

#[async_trait]
impl Vault for VaultStore {
    async fn put(
        &self,
        owner: UserId,
        name: SecretName,
        secret: &SecretSlice<u8>,
    ) -> PortResult<()> {
        let key = key::secret(owner, name);
        let sealed = self.sealer.seal(&binding(&key, name), secret).await?;
        let mut entry = key_attributes(&key);
        entry.insert("key_version".to_owned(), string(sealed.version));
        entry.insert("wrapped_key".to_owned(), bytes(sealed.wrapped_key));
        entry.insert("ciphertext".to_owned(), bytes(sealed.ciphertext));
        self.table
            .put_item(entry)
            .send()
            .await
            .map_err(unavailable("sealing a secret"))?;
        Ok(())
    }

    async fn get(&self, owner: UserId, name: SecretName) -> PortResult<Option<SecretSlice<u8>>> {
        const OPERATION: &str = "opening a secret";
        let key = key::secret(owner, name);
        let Some(mut entry) = self.table.get_item(OPERATION, &key).await? else {
            return Ok(None);
        };
        let version = text_of(&entry, "key_version").map(str::to_owned);
        let parts = bytes_of(&mut entry, "wrapped_key").zip(bytes_of(&mut entry, "ciphertext"));
        let Some((version, (wrapped_key, ciphertext))) = version.zip(parts) else {
            return Err(corrupt(OPERATION, "an incomplete seal"));
        };
        let sealed = Sealed {
            version,
            wrapped_key,
            ciphertext,
        };
        self.sealer
            .open(&binding(&key, name), &sealed)
            .await
            .map(Some)
    }

    async fn remove(&self, owner: UserId, name: SecretName) -> PortResult<()> {
        let delete = self.table.delete_item(&key::secret(owner, name));
        delete_if("removing a secret", delete).await?;
        Ok(())
    }

    async fn remove_all(&self, owner: UserId) -> PortResult<()> {
        let secrets = key::secrets(owner);
        self.table.delete_all("removing secrets", &secrets).await
    }
}
