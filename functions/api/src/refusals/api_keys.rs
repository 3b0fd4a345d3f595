use patchbay_app::api_keys::ApiKeyError;

use crate::problem::{Kind, Problem};

impl From<ApiKeyError> for Problem {
    fn from(error: ApiKeyError) -> Self {
        match error {
            ApiKeyError::NotFound => Self::not_found("API key"),
            ApiKeyError::PlanLimit { limit } => Self::plan_limit("API keys", limit),
            ApiKeyError::Expired => Self::new(
                Kind::ApiKeyExpired,
                "A new secret would not work either. Make another key with POST /v1/api-keys.",
            ),
            ApiKeyError::Contended => Self::new(
                Kind::ApiKeysChanging,
                "Others of your API keys are being made or revoked at this moment. Try again.",
            ),
            ApiKeyError::Port(error) => error.into(),
        }
    }
}
