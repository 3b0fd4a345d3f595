use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::error::OAuthError;
use crate::entropy::random_hex;
use crate::ids::{ApplicationId, GrantId};
use crate::platform::Platform;
use crate::render::GuildOfGrant;
use crate::rest::Failure;
use crate::time::Timestamp;
use crate::world::{Grant, GrantStage, IssueTokens, Offer, Rejection, RevokeGrants, Tokens, World};

/// The shortest and the longest verifier, by RFC 7636.
const VERIFIER_LENGTHS: std::ops::RangeInclusive<usize> = 43..=128;

/// The form of every request here; each uses some of it.
#[derive(Deserialize)]
pub(super) struct TokenForm {
    grant_type: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    code: Option<String>,
    redirect_uri: Option<String>,
    code_verifier: Option<String>,
    refresh_token: Option<String>,
    token: Option<String>,
}

type Read = Result<Form<TokenForm>, FormRejection>;

/// What an application gives for new tokens.
enum Exchange<'a> {
    Code(&'a TokenForm),
    RefreshToken(&'a str),
}

pub(super) async fn issue(
    State(platform): State<Arc<Platform>>,
    headers: HeaderMap,
    form: Read,
) -> Result<Response, OAuthError> {
    let Form(form) = form.map_err(|_not_a_form| OAuthError::UnsupportedGrantType)?;
    let exchange = match form.grant_type.as_deref() {
        Some("authorization_code") => Exchange::Code(&form),
        Some("refresh_token") => {
            let missing = OAuthError::InvalidRequest("Missing \"refresh_token\" in request.");
            Exchange::RefreshToken(form.refresh_token.as_deref().ok_or(missing)?)
        }
        Some(_) | None => return Err(OAuthError::UnsupportedGrantType),
    };
    let tokens = Tokens {
        access: random_hex::<15>()?,
        refresh: random_hex::<15>()?,
    };
    let answer = platform.transact(|journaled| {
        let now = Timestamp::now();
        journaled.let_time_pass(now);
        let application = authenticate(journaled.world(), &headers, &form)?;
        let (grant, guild) = match exchange {
            Exchange::Code(form) => (
                find_offered(journaled.world(), application, form)?,
                GuildOfGrant::Shown,
            ),
            Exchange::RefreshToken(token) => (
                find_open(journaled.world(), application, token)?,
                GuildOfGrant::Hidden,
            ),
        };
        journaled.execute(
            now,
            IssueTokens {
                grant,
                tokens: tokens.clone(),
            },
        )?;
        let world = journaled.world();
        world
            .grant(grant)
            .and_then(|grant| world.render_tokens(grant, &tokens, guild))
            .map_err(failed)
    })?;
    Ok(([(CACHE_CONTROL, "no-store")], Json(answer)).into_response())
}

fn failed(rejection: Rejection) -> OAuthError {
    OAuthError::Failed(Failure::Rejected(rejection))
}

/// Ends everything between the application and the person that the token speaks for. A token
/// that says nothing is as good as revoked, by RFC 7009.
pub(super) async fn revoke(
    State(platform): State<Arc<Platform>>,
    headers: HeaderMap,
    form: Read,
) -> Result<Response, OAuthError> {
    let not_a_form = OAuthError::InvalidRequest("The request is not a form.");
    let Form(form) = form.map_err(|_not_a_form| not_a_form)?;
    let missing = OAuthError::InvalidRequest("Missing \"token\" in request.");
    let token = form.token.as_deref().ok_or(missing)?;
    platform.transact(|journaled| {
        let application = authenticate(journaled.world(), &headers, &form)?;
        let grant = journaled.world().grant_by(|stage| match stage {
            GrantStage::Open { tokens, .. } => tokens.access == token || tokens.refresh == token,
            GrantStage::Offered { .. } => false,
        });
        let own = grant.filter(|grant| grant.application == application);
        if let Some(user) = own.map(|grant| grant.user) {
            journaled.execute(Timestamp::now(), RevokeGrants { application, user })?;
        }
        Ok::<_, OAuthError>(())
    })?;
    Ok(Json(json!({})).into_response())
}

/// The application whose id and secret stand in the header or in the form.
fn authenticate(
    world: &World,
    headers: &HeaderMap,
    form: &TokenForm,
) -> Result<ApplicationId, OAuthError> {
    let in_header = headers.get(AUTHORIZATION).map(|header| {
        let credentials = header.to_str().ok()?.strip_prefix("Basic ")?;
        let decoded = String::from_utf8(STANDARD.decode(credentials).ok()?).ok()?;
        let (id, secret) = decoded.split_once(':')?;
        Some((id.to_owned(), secret.to_owned()))
    });
    let credentials = match in_header {
        Some(credentials) => credentials,
        None => form.client_id.clone().zip(form.client_secret.clone()),
    };
    credentials
        .and_then(|(id, secret)| {
            let application = world.application(id.parse().ok()?).ok()?;
            (application.client_secret == secret).then_some(application.id)
        })
        .ok_or(OAuthError::InvalidClient)
}

fn find_offered(
    world: &World,
    application: ApplicationId,
    form: &TokenForm,
) -> Result<GrantId, OAuthError> {
    let invalid = || OAuthError::InvalidGrant("Invalid \"code\" in request.");
    let missing = OAuthError::InvalidRequest("Missing \"code\" in request.");
    let code = form.code.as_deref().ok_or(missing)?;
    let grant = world.grant_by(|stage| match stage {
        GrantStage::Offered { offer, .. } => offer.code == code,
        GrantStage::Open { .. } => false,
    });
    let grant: &Grant = grant
        .filter(|grant| grant.application == application)
        .ok_or_else(invalid)?;
    let GrantStage::Offered { offer, .. } = &grant.stage else {
        return Err(invalid());
    };
    if form.redirect_uri.as_ref() != Some(&offer.redirect_uri) {
        return Err(OAuthError::InvalidGrant(
            "Invalid \"redirect_uri\" in request.",
        ));
    }
    if !verifies(offer, form.code_verifier.as_deref()) {
        return Err(OAuthError::InvalidGrant(
            "Invalid \"code_verifier\" in request.",
        ));
    }
    Ok(grant.id)
}

/// A verifier and a challenge come together or not at all: otherwise a stolen code could be
/// used by whoever leaves the verifier out, or put in where there was no challenge.
fn verifies(offer: &Offer, verifier: Option<&str>) -> bool {
    match (&offer.challenge, verifier) {
        (None, None) => true,
        (Some(challenge), Some(verifier)) => {
            VERIFIER_LENGTHS.contains(&verifier.len())
                && URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) == *challenge
        }
        (Some(_), None) | (None, Some(_)) => false,
    }
}

fn find_open(
    world: &World,
    application: ApplicationId,
    token: &str,
) -> Result<GrantId, OAuthError> {
    let grant = world.grant_by(|stage| match stage {
        GrantStage::Open { tokens, .. } => tokens.refresh == token,
        GrantStage::Offered { .. } => false,
    });
    grant
        .filter(|grant| grant.application == application)
        .map(|grant| grant.id)
        .ok_or(OAuthError::InvalidGrant(
            "Invalid \"refresh_token\" in request.",
        ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verifier_fits_its_challenge() {
        let offer = |challenge: Option<&str>| Offer {
            code: String::new(),
            redirect_uri: String::new(),
            challenge: challenge.map(str::to_owned),
        };
        // The example of RFC 7636, appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let asked = offer(Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"));
        assert!(verifies(&asked, Some(verifier)));
        assert!(!verifies(&asked, Some(&verifier.replace('d', "e"))));
        assert!(!verifies(&asked, None));
        assert!(verifies(&offer(None), None));
        assert!(!verifies(&offer(None), Some(verifier)));
    }
}
