//! Writing, reading and deleting secrets.

use super::listing::matches;
use super::requests::{
    BatchGetSecretValue, CreateSecret, DeleteSecret, GetSecretValue, OfSecret, PutSecretValue,
    UpdateSecret, UpdateSecretVersionStage,
};
use super::wire::{Deleted, Named, Value, ValueError, Values};
use crate::identity::random_id;
use crate::secrets::catalog::{Catalog, Deletion, NewSecret};
use crate::secrets::error::SecretsError;
use crate::secrets::secret::CURRENT;
use crate::secrets::store::SecretStore;

const LONGEST_NAME: usize = 512;
const MOST_IN_A_BATCH: usize = 20;
const DEFAULT_RECOVERY_DAYS: u32 = 30;

pub(super) fn create_secret(
    store: &SecretStore,
    request: CreateSecret,
) -> Result<Named, SecretsError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "/_+=.@-".contains(c);
    let name = request.name;
    if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(allowed) {
        return Err(SecretsError::InvalidParameter(
            "Invalid name. Must be a valid name containing alphanumeric characters, or any of \
             the following: -/_+=.@!"
                .into(),
        ));
    }
    let version_id = request.new.version_id()?;
    let new = NewSecret {
        name,
        description: request.description,
        kms_key_id: request.kms_key_id,
        tags: request
            .tags
            .into_iter()
            .map(|tag| (tag.key, tag.value))
            .collect(),
        value: request.new.value()?,
        version_id: version_id.clone(),
        arn_suffix: random_id().simple().to_string().chars().take(6).collect(),
    };
    store.change(|catalog, now| Ok(Named::version(catalog.create(now, new)?, &version_id)))
}

pub(super) fn put_secret_value(
    store: &SecretStore,
    request: PutSecretValue,
) -> Result<Named, SecretsError> {
    let version_id = request.new.version_id()?;
    let value = request.new.value()?.ok_or_else(|| {
        SecretsError::InvalidRequest("You must provide either SecretString or SecretBinary.".into())
    })?;
    store.change(|catalog, now| {
        let secret = catalog.find_live_mut(&request.secret_id)?;
        secret.put(now, &version_id, value, request.version_stages)?;
        Ok(Named::version(secret, &version_id))
    })
}

pub(super) fn update_secret(
    store: &SecretStore,
    request: UpdateSecret,
) -> Result<Named, SecretsError> {
    let version_id = request.new.version_id()?;
    let value = request.new.value()?;
    store.change(|catalog, now| {
        let secret = catalog.find_live_mut(&request.secret_id)?;
        if let Some(description) = request.description {
            secret.description = Some(description);
        }
        if let Some(kms_key_id) = request.kms_key_id {
            secret.kms_key_id = Some(kms_key_id);
        }
        secret.changed_at = now;
        let Some(value) = value else {
            return Ok(Named::secret(secret));
        };
        secret.put(now, &version_id, value, None)?;
        Ok(Named::version(secret, &version_id))
    })
}

pub(super) fn update_secret_version_stage(
    store: &SecretStore,
    request: &UpdateSecretVersionStage,
) -> Result<Named, SecretsError> {
    let UpdateSecretVersionStage {
        secret_id,
        version_stage: stage,
        ..
    } = request;
    store.change(|catalog, now| {
        let secret = catalog.find_live_mut(secret_id)?;
        let holder = secret.holder(stage).map(str::to_owned);
        let from = request.remove_from_version_id.as_deref();
        // Whoever moves a stage must know where it is, so that two don't move it at once.
        if holder.as_deref() != from && (holder.is_some() || from.is_some()) {
            return Err(SecretsError::InvalidParameter(format!(
                "The parameter RemoveFromVersionId must name the version that has the staging \
                 label {stage}."
            )));
        }
        match request.move_to_version_id.as_deref() {
            Some(to) => {
                secret.version(Some(to), None)?;
                secret.move_stage(stage, to);
            }
            None if stage == CURRENT => {
                return Err(SecretsError::InvalidParameter(
                    "You can only move the staging label AWSCURRENT to a different version.".into(),
                ));
            }
            None => secret.detach(stage),
        }
        secret.changed_at = now;
        Ok(Named::secret(secret))
    })
}

pub(super) fn get_secret_value(
    store: &SecretStore,
    request: &GetSecretValue,
) -> Result<Value, SecretsError> {
    let (version, stage) = (
        request.version_id.as_deref(),
        request.version_stage.as_deref(),
    );
    store.look(|catalog| value(catalog, &request.secret_id, version, stage))
}

fn value(
    catalog: &Catalog,
    secret_id: &str,
    version: Option<&str>,
    stage: Option<&str>,
) -> Result<Value, SecretsError> {
    let secret = catalog.find_live(secret_id)?;
    let (id, version) = secret.version(version, stage)?;
    Ok(Value::new(secret, id, version))
}

/// In a batch a secret that can't be read fails alone.
pub(super) fn batch_get_secret_value(
    store: &SecretStore,
    request: &BatchGetSecretValue,
) -> Result<Values, SecretsError> {
    let by_id = !request.secret_id_list.is_empty();
    if by_id != request.filters.is_empty() || request.secret_id_list.len() > MOST_IN_A_BATCH {
        return Err(SecretsError::InvalidParameter(
            "A batch names up to 20 secrets, or filters, and not both.".into(),
        ));
    }
    store.look(|catalog| {
        let ids: Vec<String> = if by_id {
            request.secret_id_list.clone()
        } else {
            let live = catalog.iter().filter(|secret| secret.gone_at.is_none());
            let found = live.filter(|secret| matches(secret, &request.filters));
            found
                .map(|secret| secret.name.clone())
                .take(MOST_IN_A_BATCH)
                .collect()
        };
        let mut values = Values {
            secret_values: Vec::new(),
            errors: Vec::new(),
        };
        for secret_id in ids {
            match value(catalog, &secret_id, None, None) {
                Ok(value) => values.secret_values.push(value),
                Err(error) => values.errors.push(ValueError {
                    secret_id,
                    error_code: error.shape(),
                    message: error.to_string(),
                }),
            }
        }
        Ok(values)
    })
}

pub(super) fn delete_secret(
    store: &SecretStore,
    request: &DeleteSecret,
) -> Result<Deleted, SecretsError> {
    let deletion = match (
        request.force_delete_without_recovery,
        request.recovery_window_in_days,
    ) {
        (true, None) => Deletion::AtOnce,
        (false, days @ (None | Some(7..=30))) => {
            Deletion::AfterDays(days.unwrap_or(DEFAULT_RECOVERY_DAYS))
        }
        (true | false, Some(_)) => {
            return Err(SecretsError::InvalidParameter(
                "The recovery window is 7 to 30 days, and there is none with \
                 ForceDeleteWithoutRecovery."
                    .into(),
            ));
        }
    };
    store.change(|catalog, now| {
        let secret = catalog.delete(now, &request.secret_id, &deletion)?;
        let deletion_date = secret.gone_at.unwrap_or(now).into();
        Ok(Deleted {
            named: Named::secret(&secret),
            deletion_date,
        })
    })
}

pub(super) fn restore_secret(
    store: &SecretStore,
    request: &OfSecret,
) -> Result<Named, SecretsError> {
    store.change(|catalog, _| Ok(Named::secret(catalog.restore(&request.secret_id)?)))
}
