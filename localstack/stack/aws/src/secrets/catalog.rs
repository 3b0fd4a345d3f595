//! All secrets, by name.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::error::SecretsError;
use super::secret::{Secret, SecretValue};
use crate::clock::Timestamp;
use crate::identity::{ACCOUNT, REGION};

const SECONDS_A_DAY: u32 = 24 * 60 * 60;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Catalog {
    secrets: BTreeMap<String, Secret>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Deletion {
    AtOnce,
    AfterDays(u32),
}

pub(crate) struct NewSecret {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) kms_key_id: Option<String>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) value: Option<SecretValue>,
    pub(crate) version_id: String,
    /// Six random characters, which end the ARN.
    pub(crate) arn_suffix: String,
}

impl Catalog {
    /// Forgets the secrets whose recovery window has ended.
    pub(crate) fn advance(&mut self, now: Timestamp) {
        self.secrets
            .retain(|_, secret| secret.gone_at.is_none_or(|gone_at| gone_at > now));
    }

    pub(crate) fn create(
        &mut self,
        now: Timestamp,
        new: NewSecret,
    ) -> Result<&Secret, SecretsError> {
        if let Some(existing) = self.secrets.get(&new.name) {
            if existing.gone_at.is_some() {
                return Err(SecretsError::InvalidRequest(
                    "You can't create this secret because a secret with this name is already \
                     scheduled for deletion."
                        .into(),
                ));
            }
            let version = existing.versions.get(&new.version_id);
            if version.map(|version| &version.value) != new.value.as_ref() || version.is_none() {
                return Err(SecretsError::Exists(format!(
                    "The operation failed because the secret {} already exists.",
                    new.name
                )));
            }
        } else {
            let arn = format!(
                "arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{}-{}",
                new.name, new.arn_suffix
            );
            let mut secret = Secret {
                name: new.name.clone(),
                arn,
                description: new.description,
                kms_key_id: new.kms_key_id,
                tags: new.tags,
                created_at: now,
                changed_at: now,
                gone_at: None,
                versions: BTreeMap::new(),
            };
            if let Some(value) = new.value {
                secret.put(now, &new.version_id, value, None)?;
            }
            self.secrets.insert(new.name.clone(), secret);
        }
        self.find(&new.name)
    }

    /// By name or ARN, deleted or not.
    pub(crate) fn find(&self, id: &str) -> Result<&Secret, SecretsError> {
        let named = self.secrets.get(id);
        named
            .or_else(|| self.iter().find(|secret| answers_to(secret, id)))
            .ok_or_else(missing)
    }

    /// By name or ARN, unless it is deleted.
    pub(crate) fn find_live(&self, id: &str) -> Result<&Secret, SecretsError> {
        let secret = self.find(id)?;
        if secret.gone_at.is_some() {
            return Err(SecretsError::InvalidRequest(
                "You can't perform this operation on the secret because it was marked for \
                 deletion."
                    .into(),
            ));
        }
        Ok(secret)
    }

    pub(crate) fn find_live_mut(&mut self, id: &str) -> Result<&mut Secret, SecretsError> {
        let name = self.find_live(id)?.name.clone();
        self.secrets.get_mut(&name).ok_or_else(missing)
    }

    pub(crate) fn delete(
        &mut self,
        now: Timestamp,
        id: &str,
        deletion: &Deletion,
    ) -> Result<Secret, SecretsError> {
        let name = self.find(id)?.name.clone();
        let secret = self.secrets.get_mut(&name).ok_or_else(missing)?;
        match deletion {
            Deletion::AtOnce => {
                secret.gone_at = Some(now);
                self.secrets.remove(&name).ok_or_else(missing)
            }
            Deletion::AfterDays(days) => {
                if secret.gone_at.is_none() {
                    secret.gone_at = Some(now.plus_seconds(days * SECONDS_A_DAY));
                }
                Ok(secret.clone())
            }
        }
    }

    pub(crate) fn restore(&mut self, id: &str) -> Result<&Secret, SecretsError> {
        let name = self.find(id)?.name.clone();
        let secret = self.secrets.get_mut(&name).ok_or_else(missing)?;
        secret.gone_at = None;
        Ok(secret)
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Secret> {
        self.secrets.values()
    }
}

/// A whole ARN, or one without its random end.
fn answers_to(secret: &Secret, id: &str) -> bool {
    secret.arn == id
        || secret
            .arn
            .rsplit_once('-')
            .is_some_and(|(partial, _)| partial == id)
}

fn missing() -> SecretsError {
    SecretsError::NotFound("secret".into())
}
