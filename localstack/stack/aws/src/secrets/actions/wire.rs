//! What clients are answered.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::requests::Tag;
use crate::clock::Timestamp;
use crate::secrets::secret::{Secret, SecretValue, Version};

#[derive(Debug, Serialize)]
pub(super) struct Empty {}

/// Seconds since the epoch, with a fraction, as the protocol writes times.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(transparent)]
pub(super) struct EpochSeconds(f64);

impl From<Timestamp> for EpochSeconds {
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds of this age fit into 53 bits"
    )]
    fn from(at: Timestamp) -> Self {
        Self(at.millis() as f64 / 1_000.0)
    }
}

/// Which secret it was, and which version where there is one to name.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Named {
    #[serde(rename = "ARN")]
    arn: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version_id: Option<String>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    version_stages: BTreeSet<String>,
}

impl Named {
    pub(super) fn secret(secret: &Secret) -> Self {
        Self {
            arn: secret.arn.clone(),
            name: secret.name.clone(),
            version_id: None,
            version_stages: BTreeSet::new(),
        }
    }

    pub(super) fn version(secret: &Secret, id: &str) -> Self {
        let version = secret.versions.get(id);
        Self {
            version_id: version.map(|_| id.to_owned()),
            version_stages: version
                .map(|version| version.stages.clone())
                .unwrap_or_default(),
            ..Self::secret(secret)
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Value {
    #[serde(flatten)]
    named: Named,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_string: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_binary: Option<String>,
    created_date: EpochSeconds,
}

impl Value {
    pub(super) fn new(secret: &Secret, id: &str, version: &Version) -> Self {
        let (secret_string, secret_binary) = match version.value.clone() {
            SecretValue::Text(text) => (Some(text), None),
            SecretValue::Binary(binary) => (None, Some(binary)),
        };
        Self {
            named: Named::version(secret, id),
            secret_string,
            secret_binary,
            created_date: version.created_at.into(),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Values {
    pub(super) secret_values: Vec<Value>,
    pub(super) errors: Vec<ValueError>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ValueError {
    pub(super) secret_id: String,
    pub(super) error_code: &'static str,
    pub(super) message: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Deleted {
    #[serde(flatten)]
    pub(super) named: Named,
    pub(super) deletion_date: EpochSeconds,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Details {
    #[serde(flatten)]
    named: Named,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kms_key_id: Option<String>,
    tags: Vec<Tag>,
    created_date: EpochSeconds,
    last_changed_date: EpochSeconds,
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted_date: Option<EpochSeconds>,
    /// The two operations that answer this name the field differently.
    #[serde(skip_serializing_if = "Option::is_none")]
    version_ids_to_stages: Option<BTreeMap<String, BTreeSet<String>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_versions_to_stages: Option<BTreeMap<String, BTreeSet<String>>>,
}

impl Details {
    pub(super) fn described(secret: &Secret) -> Self {
        Self {
            version_ids_to_stages: Some(stages(secret)),
            ..Self::bare(secret)
        }
    }

    pub(super) fn listed(secret: &Secret) -> Self {
        Self {
            secret_versions_to_stages: Some(stages(secret)),
            ..Self::bare(secret)
        }
    }

    fn bare(secret: &Secret) -> Self {
        let tags = secret.tags.iter();
        Self {
            named: Named::secret(secret),
            description: secret.description.clone(),
            kms_key_id: secret.kms_key_id.clone(),
            tags: tags
                .map(|(k, v)| Tag {
                    key: k.clone(),
                    value: v.clone(),
                })
                .collect(),
            created_date: secret.created_at.into(),
            last_changed_date: secret.changed_at.into(),
            deleted_date: secret.gone_at.map(Into::into),
            version_ids_to_stages: None,
            secret_versions_to_stages: None,
        }
    }
}

fn stages(secret: &Secret) -> BTreeMap<String, BTreeSet<String>> {
    let staged = secret
        .versions
        .iter()
        .filter(|(_, version)| !version.stages.is_empty());
    staged
        .map(|(id, version)| (id.clone(), version.stages.clone()))
        .collect()
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SecretList {
    pub(super) secret_list: Vec<Details>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Versions {
    #[serde(flatten)]
    pub(super) named: Named,
    pub(super) versions: Vec<VersionEntry>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct VersionEntry {
    pub(super) version_id: String,
    pub(super) version_stages: BTreeSet<String>,
    pub(super) created_date: EpochSeconds,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RandomPassword {
    pub(super) random_password: String,
}
