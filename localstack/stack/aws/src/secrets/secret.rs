//! One secret: its versions, and the stages that point at them.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::error::SecretsError;
use crate::clock::Timestamp;

pub(crate) const CURRENT: &str = "AWSCURRENT";
pub(crate) const PREVIOUS: &str = "AWSPREVIOUS";

/// Versions that no stage points at are dropped beyond this number.
const VERSIONS_KEPT: usize = 100;

/// Binary values stay in base64, as they travel. Never shown by `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum SecretValue {
    Text(String),
    Binary(String),
}

impl std::fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretValue(..)")
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Version {
    pub(crate) value: SecretValue,
    pub(crate) created_at: Timestamp,
    pub(crate) stages: BTreeSet<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Secret {
    pub(crate) name: String,
    pub(crate) arn: String,
    pub(crate) description: Option<String>,
    pub(crate) kms_key_id: Option<String>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) created_at: Timestamp,
    pub(crate) changed_at: Timestamp,
    /// When it is deleted for good, once it has been deleted.
    pub(crate) gone_at: Option<Timestamp>,
    pub(crate) versions: BTreeMap<String, Version>,
}

impl Secret {
    /// Adding the same version twice changes nothing; the same id for another
    /// value is an error.
    pub(crate) fn put(
        &mut self,
        now: Timestamp,
        version_id: &str,
        value: SecretValue,
        stages: Option<BTreeSet<String>>,
    ) -> Result<(), SecretsError> {
        if let Some(existing) = self.versions.get(version_id) {
            return if existing.value == value {
                Ok(())
            } else {
                Err(SecretsError::Exists(format!(
                    "A resource with the ID you requested already exists: version {version_id}."
                )))
            };
        }
        let mut stages = stages.unwrap_or_else(|| BTreeSet::from([CURRENT.to_owned()]));
        if self.versions.is_empty() {
            stages.insert(CURRENT.to_owned());
        }
        let version = Version {
            value,
            created_at: now,
            stages: BTreeSet::new(),
        };
        self.versions.insert(version_id.to_owned(), version);
        for stage in stages {
            self.move_stage(&stage, version_id);
        }
        self.changed_at = now;
        self.drop_old_versions();
        Ok(())
    }

    /// Moving `AWSCURRENT` leaves `AWSPREVIOUS` where it was.
    pub(crate) fn move_stage(&mut self, stage: &str, to: &str) {
        let from = self.holder(stage).map(str::to_owned);
        if let Some(from) = &from
            && stage == CURRENT
            && from != to
        {
            self.detach(PREVIOUS);
            self.attach(PREVIOUS, from);
        }
        self.detach(stage);
        self.attach(stage, to);
    }

    pub(crate) fn detach(&mut self, stage: &str) {
        for version in self.versions.values_mut() {
            version.stages.remove(stage);
        }
    }

    fn attach(&mut self, stage: &str, version_id: &str) {
        if let Some(version) = self.versions.get_mut(version_id) {
            version.stages.insert(stage.to_owned());
        }
    }

    /// The id of the version that a stage points at.
    pub(crate) fn holder(&self, stage: &str) -> Option<&str> {
        let mut versions = self.versions.iter();
        versions
            .find(|(_, v)| v.stages.contains(stage))
            .map(|(id, _)| id.as_str())
    }

    /// The version asked for by id, by stage, or by both when they agree.
    pub(crate) fn version(
        &self,
        id: Option<&str>,
        stage: Option<&str>,
    ) -> Result<(&str, &Version), SecretsError> {
        let missing = || {
            let asked = match (id, stage) {
                (Some(id), _) => format!("secret value for VersionId: {id}"),
                (None, stage) => {
                    format!(
                        "secret value for staging label: {}",
                        stage.unwrap_or(CURRENT)
                    )
                }
            };
            SecretsError::NotFound(asked)
        };
        let wanted = match id {
            Some(id) => id,
            None => self.holder(stage.unwrap_or(CURRENT)).ok_or_else(missing)?,
        };
        let (id_found, version) = self.versions.get_key_value(wanted).ok_or_else(missing)?;
        if id.is_some() && stage.is_some_and(|stage| !version.stages.contains(stage)) {
            return Err(SecretsError::InvalidRequest(
                "You provided a VersionStage that is not associated to the provided VersionId."
                    .into(),
            ));
        }
        Ok((id_found, version))
    }

    fn drop_old_versions(&mut self) {
        while self.versions.len() > VERSIONS_KEPT {
            let unstaged = self
                .versions
                .iter()
                .filter(|(_, version)| version.stages.is_empty());
            let oldest = unstaged
                .min_by_key(|(_, v)| v.created_at)
                .map(|(id, _)| id.clone());
            match oldest {
                Some(id) => self.versions.remove(&id),
                None => return,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> Secret {
        Secret {
            name: "a".into(),
            arn: "arn".into(),
            description: None,
            kms_key_id: None,
            tags: BTreeMap::new(),
            created_at: Timestamp::default(),
            changed_at: Timestamp::default(),
            gone_at: None,
            versions: BTreeMap::new(),
        }
    }

    fn text(value: &str) -> SecretValue {
        SecretValue::Text(value.into())
    }

    #[test]
    fn a_new_version_becomes_current_and_the_last_one_previous() {
        let mut secret = secret();
        for (n, id) in ["v1", "v2", "v3"].into_iter().enumerate() {
            let now = Timestamp::from_millis(i64::try_from(n).unwrap());
            secret.put(now, id, text(id), None).unwrap();
        }
        assert_eq!(
            (secret.holder(CURRENT), secret.holder(PREVIOUS)),
            (Some("v3"), Some("v2"))
        );
        assert!(secret.versions["v1"].stages.is_empty());
    }

    #[test]
    fn a_version_id_stands_for_one_value() {
        let mut secret = secret();
        let now = Timestamp::default();
        secret.put(now, "v1", text("one"), None).unwrap();
        secret.put(now, "v1", text("one"), None).unwrap();
        let refused = secret.put(now, "v1", text("two"), None);
        assert!(matches!(refused, Err(SecretsError::Exists(_))));
    }

    #[test]
    fn versions_without_a_stage_are_dropped_oldest_first() {
        let mut secret = secret();
        for n in 0..=102 {
            secret
                .put(Timestamp::from_millis(n), &format!("v{n}"), text("x"), None)
                .unwrap();
        }
        assert_eq!(secret.versions.len(), VERSIONS_KEPT);
        assert!(!secret.versions.contains_key("v2") && secret.versions.contains_key("v3"));
    }
}
