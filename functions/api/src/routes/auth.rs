//! Becoming a user, and logging in.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::IntoResponse;
use patchbay_app::{register, sessions, users};
use patchbay_domain::user::Email;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::me::UserView;
use super::sessions::TokensView;
use crate::api::Api;
use crate::body::JsonBody;
use crate::client::Client;
use crate::problem::{Kind, Problem};
use crate::prove;

pub(super) fn all() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(register))
        .routes(routes!(verify))
        .routes(routes!(login))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credentials {
    #[schema(format = Email, max_length = 254, example = "ann@example.com")]
    email: String,
    /// 10 to 128 characters of any kind.
    #[schema(value_type = String, format = Password, min_length = 10, max_length = 128)]
    password: SecretString,
}

/// The same whoever asks for whatever address.
#[derive(Serialize, ToSchema)]
pub(crate) struct Mailed {
    /// What to do next.
    next: &'static str,
}

impl Mailed {
    pub(super) fn next(next: &'static str) -> (StatusCode, Json<Self>) {
        (StatusCode::ACCEPTED, Json(Self { next }))
    }
}

/// A token from a mail.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MailedToken {
    #[schema(value_type = String, format = Password, max_length = 100)]
    pub(super) token: SecretString,
}

/// Register a user
///
/// Mails a token, which makes the user at POST /v1/auth/verify. If the address has an account
/// already, the mail says so; the answer is the same.
#[utoipa::path(
    post, path = "/v1/auth/register", tag = "auth", request_body = Credentials,
    responses((status = 202, body = Mailed))
)]
pub(crate) async fn register(
    State(api): State<Api>,
    client: Client,
    JsonBody(credentials): JsonBody<Credentials>,
) -> Result<impl IntoResponse, Problem> {
    let mut errors = Vec::new();
    let email = prove::read_email(&credentials.email, &mut errors);
    prove::check_new_password("/password", &credentials.password, &mut errors);
    let Some(email) = email.filter(|_| errors.is_empty()) else {
        return Err(Problem::invalid_body(errors));
    };
    let tries = api.settings().allowances.registration(client.address);
    prove::slow_down(&api, &tries).await?;
    let password_hash = api.passwords().hash(credentials.password).await?;
    register::ask(api.ports(), &api.settings().site, email, password_hash).await?;
    Ok(Mailed::next(
        "Look into your mail: it has a token for POST /v1/auth/verify, good for 24 hours.",
    ))
}

/// Confirm the e-mail address of a registration
///
/// Makes the user. A token is good once.
#[utoipa::path(
    post, path = "/v1/auth/verify", tag = "auth", request_body = MailedToken,
    responses(
        (
            status = 201, body = UserView, description = "The user is made; log in next",
            headers(("location" = String, description = "/v1/me"))
        ),
        (status = 409, description = "The address belongs to another user by now"),
    )
)]
pub(crate) async fn verify(
    State(api): State<Api>,
    client: Client,
    JsonBody(body): JsonBody<MailedToken>,
) -> Result<impl IntoResponse, Problem> {
    let partitions = api.settings().partitions;
    let confirming = register::confirm(api.ports(), &body.token, partitions);
    let user = prove::with_token(&api, &client, confirming).await?;
    let location = (header::LOCATION, HeaderValue::from_static("/v1/me"));
    Ok((StatusCode::CREATED, [location], Json(UserView::from(&user))))
}

/// Log in
///
/// The answer to a wrong password is the answer to an unknown address, and takes as long. After
/// too many wrong ones there is none for a while.
#[utoipa::path(
    post, path = "/v1/auth/login", tag = "auth", request_body = Credentials,
    responses(
        (status = 200, body = TokensView),
        (status = 401, description = "The address or the password is wrong"),
    )
)]
pub(crate) async fn login(
    State(api): State<Api>,
    client: Client,
    JsonBody(credentials): JsonBody<Credentials>,
) -> Result<Json<TokensView>, Problem> {
    let email = credentials.email.parse::<Email>().ok();
    let user = match &email {
        Some(email) => users::by_email(api.ports(), email).await?,
        None => None,
    };
    // Whoever leaves is gone.
    let user = user.filter(|user| user.leaving_since.is_none());
    let password = credentials.password;
    let is_right = prove::is_password(&api, &client, email.as_ref(), user.as_ref(), password);
    let is_right = is_right.await?;
    let user = user.filter(|_| is_right).ok_or_else(wrong_credentials)?;
    let begun = sessions::begin(api.ports(), &user, client.device()).await?;
    Ok(Json(TokensView::of(&api, &begun)?))
}

fn wrong_credentials() -> Problem {
    Problem::new(
        Kind::WrongCredentials,
        "Check both. If you registered just now, first confirm your address with the token in \
         your mail; otherwise register with POST /v1/auth/register.",
    )
    .with_header(
        header::WWW_AUTHENTICATE,
        HeaderValue::from_static("Bearer realm=\"patchbay\""),
    )
}
