use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::extract::{Answer, ControlError, Input};
use crate::ids::{GuildId, UserId};
use crate::oauth2::{AuthorizationRequest, ConsentError, Decision, decide};
use crate::platform::Platform;
use crate::world::{Grant, GrantStage};

/// A person's answer to what an application asks for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Consent {
    /// The address the application sends the person to.
    url: Url,
    user: Option<UserId>,
    guild: Option<GuildId>,
    #[serde(default)]
    deny: bool,
}

/// Plays the person in front of the browser: answers where the browser is sent.
pub(super) async fn consent(
    State(platform): State<Arc<Platform>>,
    Input(consent): Input<Consent>,
) -> Answer {
    if !consent.url.path().ends_with("/oauth2/authorize") {
        let message = "`url` is not an address to authorize at: it ends with /oauth2/authorize";
        return Err(ControlError::Invalid(message.to_owned()));
    }
    let decision = match (consent.deny, consent.user) {
        (true, _) => Decision::Deny,
        (false, Some(user)) => Decision::Allow {
            user,
            guild: consent.guild,
        },
        (false, None) => {
            let message = "`user` is missing: somebody has to consent".to_owned();
            return Err(ControlError::Invalid(message));
        }
    };
    let query = consent.url.query().unwrap_or_default();
    let request = platform
        .read(|world| AuthorizationRequest::read(query, world))
        .map_err(ConsentError::from)?;
    let redirect = decide(&platform, &request, decision)?;
    Ok(Json(json!({ "redirect": redirect })))
}

fn render_grant(grant: &Grant) -> Value {
    let (stage, expires) = match &grant.stage {
        GrantStage::Offered { expires, .. } => ("offered", expires),
        GrantStage::Open { expires, .. } => ("open", expires),
    };
    json!({
        "id": grant.id,
        "application_id": grant.application,
        "user": grant.user,
        "scopes": grant.scope_names(),
        "guild": grant.guild,
        "stage": stage,
        "expires": expires.iso8601(),
    })
}

pub(super) async fn grants(State(platform): State<Arc<Platform>>) -> Json<Value> {
    Json(platform.read(|world| world.grants().map(render_grant).collect()))
}
