//! Changing a password, and getting by without one that is forgotten.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use patchbay_app::credentials;
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::auth::Mailed;
use crate::access::Caller;
use crate::api::Api;
use crate::body::JsonBody;
use crate::client::Client;
use crate::problem::Problem;
use crate::prove;

pub(super) fn all() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(change_password))
        .routes(routes!(forgot_password))
        .routes(routes!(reset_password))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPassword {
    /// The present one.
    #[schema(value_type = String, format = Password, max_length = 128)]
    password: SecretString,
    /// 10 to 128 characters of any kind.
    #[schema(value_type = String, format = Password, min_length = 10, max_length = 128)]
    new_password: SecretString,
}

/// Change the password
///
/// Ends all other sessions.
#[utoipa::path(
    post, path = "/v1/auth/password", tag = "auth", request_body = NewPassword,
    responses(
        (status = 204),
        (status = 429, description = "The password was wrong too often"),
    )
)]
pub(crate) async fn change_password(
    State(api): State<Api>,
    caller: Caller,
    client: Client,
    JsonBody(body): JsonBody<NewPassword>,
) -> Result<StatusCode, Problem> {
    let mut errors = Vec::new();
    prove::check_new_password("/new_password", &body.new_password, &mut errors);
    if !errors.is_empty() {
        return Err(Problem::invalid_body(errors));
    }
    prove::demand_password(&api, &client, &caller.user, "/password", body.password).await?;
    let hash = api.passwords().hash(body.new_password).await?;
    let site = &api.settings().site;
    credentials::change_password(api.ports(), site, &caller.user, hash, caller.session()).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Forgot {
    #[schema(format = Email, max_length = 254, example = "ann@example.com")]
    email: String,
}

/// Have a way to a new password mailed
///
/// If the address has no account, the mail says so; the answer is the same.
#[utoipa::path(
    post, path = "/v1/auth/password/forgot", tag = "auth", request_body = Forgot,
    responses((status = 202, body = Mailed))
)]
pub(crate) async fn forgot_password(
    State(api): State<Api>,
    client: Client,
    JsonBody(body): JsonBody<Forgot>,
) -> Result<impl IntoResponse, Problem> {
    let mut errors = Vec::new();
    let email = prove::read_email(&body.email, &mut errors);
    let email = email.ok_or_else(|| Problem::invalid_body(errors))?;
    let settings = api.settings();
    let tries = settings.allowances.forgotten(&email, client.address);
    prove::slow_down(&api, &tries).await?;
    credentials::forgot_password(api.ports(), &settings.site, &email).await?;
    Ok(Mailed::next(
        "Look into your mail: it has a token for POST /v1/auth/password/reset, good for an hour.",
    ))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reset {
    /// From the mail.
    #[schema(value_type = String, format = Password, max_length = 100)]
    token: SecretString,
    /// The new one: 10 to 128 characters of any kind.
    #[schema(value_type = String, format = Password, min_length = 10, max_length = 128)]
    password: SecretString,
}

/// Choose a new password with a token from a mail
///
/// Ends all sessions. A token is good once.
#[utoipa::path(
    post, path = "/v1/auth/password/reset", tag = "auth", request_body = Reset,
    responses((status = 204))
)]
pub(crate) async fn reset_password(
    State(api): State<Api>,
    client: Client,
    JsonBody(body): JsonBody<Reset>,
) -> Result<StatusCode, Problem> {
    let mut errors = Vec::new();
    prove::check_new_password("/password", &body.password, &mut errors);
    if !errors.is_empty() {
        return Err(Problem::invalid_body(errors));
    }
    let resetting = async {
        let hash = api.passwords().hash(body.password).await?;
        let site = &api.settings().site;
        let reset = credentials::reset_password(api.ports(), site, &body.token, hash);
        reset.await.map_err(Problem::from)
    };
    prove::with_token(&api, &client, resetting).await?;
    Ok(StatusCode::NO_CONTENT)
}
