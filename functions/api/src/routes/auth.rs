//! Becoming a user, and proving to be one.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::IntoResponse;
use patchbay_app::{register, sessions};
use patchbay_domain::ids::UserId;
use patchbay_domain::user::{Email, User};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::sessions::TokensView;
use crate::access::Caller;
use crate::api::Api;
use crate::body::JsonBody;
use crate::client::Client;
use crate::moment::Moment;
use crate::problem::{FieldError, Kind, Problem};

pub(super) fn all() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(register))
        .routes(routes!(login))
        .routes(routes!(me))
}

/// Longer ones would let anybody make us hash megabytes.
const PASSWORD_LENGTH: std::ops::RangeInclusive<usize> = 10..=128;

/// An id that no user gets.
const NOBODY: UserId = UserId::from_bits(0);

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credentials {
    #[schema(format = Email, max_length = 254, example = "ann@example.com")]
    email: String,
    /// 10 to 128 characters of any kind.
    #[schema(value_type = String, format = Password, min_length = 10, max_length = 128)]
    password: SecretString,
}

#[derive(Serialize, ToSchema)]
#[schema(as = User)]
pub(crate) struct UserView {
    #[schema(value_type = String, example = "usr_0190c5e2f3a47b1c8d2e3f4a5b6c7d8e")]
    id: UserId,
    /// In lower case, however it was typed.
    email: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Moment,
}

impl From<&User> for UserView {
    fn from(user: &User) -> Self {
        Self {
            id: user.id,
            email: user.email.as_str().to_owned(),
            created_at: Moment(user.created_at),
        }
    }
}

/// Register a user
#[utoipa::path(
    post, path = "/v1/auth/register", tag = "auth", request_body = Credentials,
    responses(
        (status = 201, body = UserView, description = "The user is made; log in next"),
        (status = 409, description = "The address is registered already"),
    )
)]
pub(crate) async fn register(
    State(api): State<Api>,
    JsonBody(credentials): JsonBody<Credentials>,
) -> Result<impl IntoResponse, Problem> {
    let email = acceptable(&credentials)?;
    let password_hash = api.passwords().hash(credentials.password).await?;
    let partitions = api.settings().partitions;
    let user = register::register(api.ports(), email, password_hash, partitions).await?;
    let location = (header::LOCATION, HeaderValue::from_static("/v1/me"));
    Ok((StatusCode::CREATED, [location], Json(UserView::from(&user))))
}

fn acceptable(credentials: &Credentials) -> Result<Email, Problem> {
    let email = credentials.email.parse::<Email>();
    let mut errors = Vec::new();
    if email.is_err() {
        errors.push(FieldError::at("/email", "is not an e-mail address"));
    }
    if !PASSWORD_LENGTH.contains(&credentials.password.expose_secret().chars().count()) {
        let (least, most) = (PASSWORD_LENGTH.start(), PASSWORD_LENGTH.end());
        errors.push(FieldError::at(
            "/password",
            format!("has to be {least} to {most} characters long"),
        ));
    }
    match email {
        Ok(email) if errors.is_empty() => Ok(email),
        Ok(_) | Err(_) => Err(Problem::invalid_body(errors)),
    }
}

/// Log in
///
/// The answer to a wrong password is the answer to an unknown address, and takes as long.
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
    let user = match credentials.email.parse::<Email>() {
        Ok(email) => find(&api, &email).await?,
        Err(_) => None,
    };
    // Nobody's password is longer, and hashing it would only take time.
    let is_possible =
        credentials.password.expose_secret().chars().count() <= *PASSWORD_LENGTH.end();
    let hash = user.as_ref().map(|user| user.password_hash.clone());
    let is_right = is_possible && api.passwords().matches(credentials.password, hash).await?;
    let user = user.filter(|_| is_right).ok_or_else(wrong_credentials)?;
    let begun = sessions::begin(api.ports(), &user, client.device()).await?;
    Ok(Json(TokensView::of(&api, &begun)?))
}

/// A user is found in two looks, first for the address. The second is taken even where there is
/// nobody, or else the answer would come sooner.
async fn find(api: &Api, email: &Email) -> Result<Option<User>, Problem> {
    let users = &api.ports().users;
    match users.by_email(email).await? {
        Some(user) => Ok(Some(user)),
        None => Ok(users.get(NOBODY).await?),
    }
}

fn wrong_credentials() -> Problem {
    Problem::new(
        Kind::WrongCredentials,
        "Check both, or register with POST /v1/auth/register.",
    )
    .with_header(
        header::WWW_AUTHENTICATE,
        HeaderValue::from_static("Bearer realm=\"patchbay\""),
    )
}

/// Who am I
#[utoipa::path(get, path = "/v1/me", tag = "auth", responses((status = 200, body = UserView)))]
pub(crate) async fn me(caller: Caller) -> Json<UserView> {
    Json(UserView::from(caller.user.as_ref()))
}
