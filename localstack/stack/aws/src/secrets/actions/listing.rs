//! Finding and describing secrets.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::requests::{
    Filter, ListSecretVersionIds, ListSecrets, OfSecret, SortOrder, TagResource, UntagResource,
};
use super::wire::{Details, Empty, Named, SecretList, VersionEntry, Versions};
use crate::secrets::error::SecretsError;
use crate::secrets::secret::Secret;
use crate::secrets::store::SecretStore;

const LARGEST_PAGE: usize = 100;

pub(super) fn describe_secret(
    store: &SecretStore,
    request: &OfSecret,
) -> Result<Details, SecretsError> {
    store.look(|catalog| Ok(Details::described(catalog.find(&request.secret_id)?)))
}

pub(super) fn list_secrets(
    store: &SecretStore,
    request: &ListSecrets,
) -> Result<SecretList, SecretsError> {
    let limit = request
        .max_results
        .unwrap_or(LARGEST_PAGE)
        .clamp(1, LARGEST_PAGE);
    let after = request
        .next_token
        .as_deref()
        .map(decode_token)
        .transpose()?;
    store.look(|catalog| {
        let mut found: Vec<&Secret> = catalog
            .iter()
            .filter(|secret| request.include_planned_deletion || secret.gone_at.is_none())
            .filter(|secret| matches(secret, &request.filters))
            .collect();
        if request.sort_order == SortOrder::Desc {
            found.reverse();
        }
        let mut rest = found
            .into_iter()
            .filter(|secret| match (&after, request.sort_order) {
                (None, _) => true,
                (Some(after), SortOrder::Asc) => secret.name > *after,
                (Some(after), SortOrder::Desc) => secret.name < *after,
            });
        let page: Vec<&Secret> = rest.by_ref().take(limit).collect();
        let last = page.last().filter(|_| rest.next().is_some());
        let next_token = last.map(|secret| STANDARD.encode(&secret.name));
        Ok(SecretList {
            secret_list: page.into_iter().map(Details::listed).collect(),
            next_token,
        })
    })
}

fn decode_token(token: &str) -> Result<String, SecretsError> {
    let decoded = STANDARD
        .decode(token)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    decoded.ok_or(SecretsError::InvalidToken)
}

/// Every filter must hold, by any of its values. A value that starts with `!`
/// holds where the rest of it doesn't.
pub(super) fn matches(secret: &Secret, filters: &[Filter]) -> bool {
    filters.iter().all(|filter| {
        filter
            .values
            .iter()
            .any(|value| match value.strip_prefix('!') {
                Some(value) => !has(secret, &filter.key, value),
                None => has(secret, &filter.key, value),
            })
    })
}

/// All keys match from the start of the text on, descriptions and `all` in any case.
fn has(secret: &Secret, key: &str, value: &str) -> bool {
    let starts = |text: &str| text.starts_with(value);
    let in_description = || {
        let description = secret
            .description
            .as_deref()
            .unwrap_or_default()
            .to_lowercase();
        description
            .split_whitespace()
            .any(|word| word.starts_with(&value.to_lowercase()))
    };
    match key {
        "name" => starts(&secret.name),
        "description" => in_description(),
        "tag-key" => secret.tags.keys().any(|key| starts(key)),
        "tag-value" => secret.tags.values().any(|value| starts(value)),
        "all" => {
            in_description()
                || secret.name.to_lowercase().contains(&value.to_lowercase())
                || secret
                    .tags
                    .iter()
                    .any(|(key, value)| starts(key) || starts(value))
        }
        _ => false,
    }
}

pub(super) fn list_secret_version_ids(
    store: &SecretStore,
    request: &ListSecretVersionIds,
) -> Result<Versions, SecretsError> {
    store.look(|catalog| {
        let secret = catalog.find(&request.secret_id)?;
        let versions = secret
            .versions
            .iter()
            .filter(|(_, version)| request.include_deprecated || !version.stages.is_empty())
            .map(|(id, version)| VersionEntry {
                version_id: id.clone(),
                version_stages: version.stages.clone(),
                created_date: version.created_at.into(),
            })
            .collect();
        Ok(Versions {
            named: Named::secret(secret),
            versions,
        })
    })
}

pub(super) fn tag_resource(
    store: &SecretStore,
    request: TagResource,
) -> Result<Empty, SecretsError> {
    store.change(|catalog, _| {
        let secret = catalog.find_live_mut(&request.secret_id)?;
        secret
            .tags
            .extend(request.tags.into_iter().map(|tag| (tag.key, tag.value)));
        Ok(Empty {})
    })
}

pub(super) fn untag_resource(
    store: &SecretStore,
    request: &UntagResource,
) -> Result<Empty, SecretsError> {
    store.change(|catalog, _| {
        let secret = catalog.find_live_mut(&request.secret_id)?;
        secret.tags.retain(|key, _| !request.tag_keys.contains(key));
        Ok(Empty {})
    })
}
