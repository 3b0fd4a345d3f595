//! The operations of the API, each by its name in the model.

mod listing;
mod requests;
mod values;
mod wire;

use axum::response::Response;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::SecretsError;
use super::password::{PasswordRules, random_below};
use super::store::SecretStore;
use crate::aws_json::{Failure, JSON_1_1, success};

/// Answers one request. `operation` is what follows `secretsmanager.` in its target.
pub(crate) fn answer(store: &SecretStore, operation: &str, body: &[u8]) -> Response {
    match dispatch(store, operation, body) {
        Ok(body) => success(JSON_1_1, body),
        Err(error) => Failure {
            shape: error.shape(),
            message: error.to_string(),
            query_code: None,
            senders_fault: error != SecretsError::Unwritable,
        }
        .into_response(JSON_1_1),
    }
}

fn dispatch(store: &SecretStore, operation: &str, body: &[u8]) -> Result<Vec<u8>, SecretsError> {
    match operation {
        "CreateSecret" => json(&values::create_secret(store, parse(body)?)?),
        "PutSecretValue" => json(&values::put_secret_value(store, parse(body)?)?),
        "UpdateSecret" => json(&values::update_secret(store, parse(body)?)?),
        "UpdateSecretVersionStage" => {
            json(&values::update_secret_version_stage(store, &parse(body)?)?)
        }
        "GetSecretValue" => json(&values::get_secret_value(store, &parse(body)?)?),
        "BatchGetSecretValue" => json(&values::batch_get_secret_value(store, &parse(body)?)?),
        "DeleteSecret" => json(&values::delete_secret(store, &parse(body)?)?),
        "RestoreSecret" => json(&values::restore_secret(store, &parse(body)?)?),
        "DescribeSecret" => json(&listing::describe_secret(store, &parse(body)?)?),
        "ListSecrets" => json(&listing::list_secrets(store, &parse(body)?)?),
        "ListSecretVersionIds" => json(&listing::list_secret_version_ids(store, &parse(body)?)?),
        "TagResource" => json(&listing::tag_resource(store, parse(body)?)?),
        "UntagResource" => json(&listing::untag_resource(store, &parse(body)?)?),
        "GetRandomPassword" => {
            let random_password = parse::<PasswordRules>(body)?.draw(random_below)?;
            json(&wire::RandomPassword { random_password })
        }
        unknown => Err(SecretsError::UnknownOperation(unknown.into())),
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, SecretsError> {
    let body = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|error| SecretsError::Serialization(error.to_string()))
}

fn json(answer: &impl Serialize) -> Result<Vec<u8>, SecretsError> {
    serde_json::to_vec(answer).map_err(|error| SecretsError::Serialization(error.to_string()))
}
