//! What clients send.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::identity::random_id;
use crate::secrets::error::SecretsError;
use crate::secrets::secret::SecretValue;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tag {
    pub(super) key: String,
    #[serde(default)]
    pub(super) value: String,
}

/// The value of a new version, and the id the client wants it to have.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct NewValue {
    secret_string: Option<String>,
    secret_binary: Option<String>,
    client_request_token: Option<String>,
}

impl NewValue {
    pub(super) fn version_id(&self) -> Result<String, SecretsError> {
        match &self.client_request_token {
            None => Ok(random_id().to_string()),
            Some(token) if (32..=64).contains(&token.len()) => Ok(token.clone()),
            Some(_) => Err(SecretsError::InvalidParameter(
                "ClientRequestToken must be 32-64 characters long.".into(),
            )),
        }
    }

    pub(super) fn value(self) -> Result<Option<SecretValue>, SecretsError> {
        match (self.secret_string, self.secret_binary) {
            (None, None) => Ok(None),
            (Some(text), None) => Ok(Some(SecretValue::Text(text))),
            (None, Some(binary)) => Ok(Some(SecretValue::Binary(binary))),
            (Some(_), Some(_)) => Err(SecretsError::InvalidRequest(
                "You can't specify both a binary secret value and a string secret value in the \
                 same secret."
                    .into(),
            )),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateSecret {
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) kms_key_id: Option<String>,
    #[serde(default)]
    pub(super) tags: Vec<Tag>,
    #[serde(flatten)]
    pub(super) new: NewValue,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutSecretValue {
    pub(super) secret_id: String,
    pub(super) version_stages: Option<BTreeSet<String>>,
    #[serde(flatten)]
    pub(super) new: NewValue,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UpdateSecret {
    pub(super) secret_id: String,
    pub(super) description: Option<String>,
    pub(super) kms_key_id: Option<String>,
    #[serde(flatten)]
    pub(super) new: NewValue,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UpdateSecretVersionStage {
    pub(super) secret_id: String,
    pub(super) version_stage: String,
    pub(super) remove_from_version_id: Option<String>,
    pub(super) move_to_version_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetSecretValue {
    pub(super) secret_id: String,
    pub(super) version_id: Option<String>,
    pub(super) version_stage: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct BatchGetSecretValue {
    #[serde(default)]
    pub(super) secret_id_list: Vec<String>,
    #[serde(default)]
    pub(super) filters: Vec<Filter>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeleteSecret {
    pub(super) secret_id: String,
    pub(super) recovery_window_in_days: Option<u32>,
    #[serde(default)]
    pub(super) force_delete_without_recovery: bool,
}

/// Any request that names nothing but a secret.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OfSecret {
    pub(super) secret_id: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Filter {
    pub(super) key: String,
    #[serde(default)]
    pub(super) values: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListSecrets {
    #[serde(default)]
    pub(super) filters: Vec<Filter>,
    #[serde(default)]
    pub(super) include_planned_deletion: bool,
    pub(super) max_results: Option<usize>,
    pub(super) next_token: Option<String>,
    #[serde(default)]
    pub(super) sort_order: SortOrder,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum SortOrder {
    #[default]
    Asc,
    Desc,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListSecretVersionIds {
    pub(super) secret_id: String,
    #[serde(default)]
    pub(super) include_deprecated: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TagResource {
    pub(super) secret_id: String,
    pub(super) tags: Vec<Tag>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UntagResource {
    pub(super) secret_id: String,
    pub(super) tag_keys: Vec<String>,
}
