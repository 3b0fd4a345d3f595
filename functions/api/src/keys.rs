//! Callers who come with an API key.

use std::sync::Arc;

use axum::http::{HeaderValue, header};
use patchbay_app::api_keys::{self, Admission};
use patchbay_domain::api_key::{ApiKeySecret, Scope};

use crate::access::{Caller, Credential};
use crate::api::Api;
use crate::problem::{Kind, Problem};
use crate::quota;

/// Whether a bearer token means to be an API key.
pub(crate) fn is_api_key(token: &str) -> bool {
    token.starts_with(ApiKeySecret::PREFIX)
}

/// Lets a key in, if its limits allow. One that was mistyped is refused without a look at any
/// store, and so is one that has used up its limits.
pub(crate) async fn admit(api: &Api, token: &str) -> Result<Caller, Problem> {
    let Ok(secret) = token.parse::<ApiKeySecret>() else {
        return Err(invalid(
            "This is no API key: its checksum is wrong. See that it was copied whole.",
        ));
    };
    let hash = secret.hash();
    let now = api.ports().clock.now();
    if let Some(usage) = api.exhausted().get(hash, now) {
        return Err(quota::exceeded(&usage, now));
    }
    match api_keys::admit(api.ports(), hash).await? {
        Admission::Admitted(admitted) => Ok(Caller {
            user: Arc::new(admitted.user),
            credential: Credential::ApiKey {
                key: admitted.grant.key,
                scopes: admitted.grant.scopes,
                usage: admitted.usage,
            },
        }),
        Admission::Exhausted(usage) => {
            api.exhausted().put(hash, usage, now);
            Err(quota::exceeded(&usage, now))
        }
        // Which of them it is would tell a finder whether it is worth trying again.
        Admission::Unknown => Err(invalid(
            "This API key is unknown, revoked or expired. Its owner sees those that work with \
             GET /v1/api-keys.",
        )),
    }
}

fn invalid(detail: &str) -> Problem {
    Problem::new(Kind::InvalidApiKey, detail).with_header(
        header::WWW_AUTHENTICATE,
        HeaderValue::from_static("Bearer realm=\"patchbay\", error=\"invalid_token\""),
    )
}

pub(crate) fn scope_missing(scope: Scope) -> Problem {
    let scope = scope.name();
    let problem = Problem::new(
        Kind::ScopeMissing,
        format!("This API key lacks the scope {scope}. Make one that has it: POST /v1/api-keys."),
    )
    .with_related("scope", scope);
    let challenge =
        format!("Bearer realm=\"patchbay\", error=\"insufficient_scope\", scope=\"{scope}\"");
    match HeaderValue::from_str(&challenge) {
        Ok(challenge) => problem.with_header(header::WWW_AUTHENTICATE, challenge),
        Err(_) => problem,
    }
}
