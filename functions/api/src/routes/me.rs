//! What users see and change of themselves.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use patchbay_app::{credentials, forget_user, users};
use patchbay_domain::Plan;
use patchbay_domain::ids::UserId;
use patchbay_domain::user::{ParseProfileError, Role, User};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::auth::MailedToken;
use crate::access::Caller;
use crate::api::Api;
use crate::body::{JsonBody, given};
use crate::client::Client;
use crate::moment::Moment;
use crate::problem::{FieldError, Kind, Problem};
use crate::prove;

pub(super) fn all() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(me))
        .routes(routes!(change_me))
        .routes(routes!(delete_me))
        .routes(routes!(verify_email))
}

#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Role)]
pub(crate) enum RoleView {
    User,
    Admin,
}

impl From<Role> for RoleView {
    fn from(role: Role) -> Self {
        match role {
            Role::User => Self::User,
            Role::Admin => Self::Admin,
        }
    }
}

impl From<RoleView> for Role {
    fn from(role: RoleView) -> Self {
        match role {
            RoleView::User => Self::User,
            RoleView::Admin => Self::Admin,
        }
    }
}

#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Plan)]
pub(crate) enum PlanView {
    Free,
    Pro,
    Business,
}

impl From<Plan> for PlanView {
    fn from(plan: Plan) -> Self {
        match plan {
            Plan::Free => Self::Free,
            Plan::Pro => Self::Pro,
            Plan::Business => Self::Business,
        }
    }
}

impl From<PlanView> for Plan {
    fn from(plan: PlanView) -> Self {
        match plan {
            PlanView::Free => Self::Free,
            PlanView::Pro => Self::Pro,
            PlanView::Business => Self::Business,
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = User)]
pub(crate) struct UserView {
    #[schema(value_type = String, example = "usr_0190c5e2f3a47b1c8d2e3f4a5b6c7d8e")]
    id: UserId,
    /// In lower case, however it was typed.
    email: String,
    role: RoleView,
    plan: PlanView,
    name: Option<String>,
    language: Option<String>,
    time_zone: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Moment,
}

impl From<&User> for UserView {
    fn from(user: &User) -> Self {
        let profile = user.profile.clone();
        Self {
            id: user.id,
            email: user.email.as_str().to_owned(),
            role: user.role.into(),
            plan: user.plan.into(),
            name: profile.name.map(String::from),
            language: profile.language.map(String::from),
            time_zone: profile.time_zone.map(String::from),
            created_at: Moment(user.created_at),
        }
    }
}

/// A number of each thing that plans limit.
#[derive(Serialize, ToSchema)]
pub(crate) struct Amounts {
    pairs: usize,
    telegram_accounts: usize,
    discord_guilds: usize,
    api_keys: usize,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Me)]
pub(crate) struct MeView {
    #[serde(flatten)]
    user: UserView,
    /// What the plan allows.
    limits: Amounts,
    /// How much of that is used.
    used: Amounts,
}

/// Who am I
#[utoipa::path(get, path = "/v1/me", tag = "auth", responses((status = 200, body = MeView)))]
pub(crate) async fn me(State(api): State<Api>, caller: Caller) -> Result<Json<MeView>, Problem> {
    view(&api, &caller.user).await
}

async fn view(api: &Api, user: &User) -> Result<Json<MeView>, Problem> {
    let usage = users::usage(api.ports(), user).await?;
    Ok(Json(MeView {
        user: UserView::from(user),
        limits: Amounts {
            pairs: usage.limits.pairs,
            telegram_accounts: usage.limits.telegram_accounts,
            discord_guilds: usage.limits.discord_guilds,
            api_keys: usage.limits.api_keys,
        },
        used: Amounts {
            pairs: usage.pairs,
            telegram_accounts: usage.telegram_accounts,
            discord_guilds: usage.discord_guilds,
            api_keys: usage.api_keys,
        },
    }))
}

/// What is missing stays as it is; null clears.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MeChange {
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 80, example = "Ann")]
    name: Option<Option<String>>,
    /// A language, and perhaps a country.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, pattern = "^[a-z]{2,3}(-[A-Z]{2})?$", example = "pt-BR")]
    language: Option<Option<String>>,
    /// As the time zone database names it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, pattern = "^[A-Za-z0-9_+/-]{1,64}$", example = "Europe/Madrid")]
    time_zone: Option<Option<String>>,
    /// The new address; it takes effect when it is confirmed by the token that is mailed to it.
    #[schema(format = Email, max_length = 254, example = "ann@example.net")]
    email: Option<String>,
    /// The present password, which a change of the address needs.
    #[schema(value_type = Option<String>, format = Password, max_length = 128)]
    password: Option<SecretString>,
}

/// Change what is known of me
///
/// A new e-mail address takes the present password, and effect at POST /v1/auth/verify-email with
/// the token that is mailed to it.
#[utoipa::path(
    patch, path = "/v1/me", tag = "auth", request_body = MeChange,
    responses(
        (status = 200, body = MeView),
        (status = 429, description = "The password was wrong too often"),
    )
)]
pub(crate) async fn change_me(
    State(api): State<Api>,
    caller: Caller,
    client: Client,
    JsonBody(body): JsonBody<MeChange>,
) -> Result<Json<MeView>, Problem> {
    let mut errors = Vec::new();
    let mut profile = caller.user.profile.clone();
    set(&mut profile.name, body.name, "/name", &mut errors);
    set(
        &mut profile.language,
        body.language,
        "/language",
        &mut errors,
    );
    set(
        &mut profile.time_zone,
        body.time_zone,
        "/time_zone",
        &mut errors,
    );
    let email = body.email.as_deref();
    let email = email.and_then(|email| prove::read_email(email, &mut errors));
    if email.is_some() && body.password.is_none() {
        let detail = "is missing; a change of the address needs it";
        errors.push(FieldError::at("/password", detail));
    }
    if !errors.is_empty() {
        return Err(Problem::invalid_body(errors));
    }
    if let Some((email, password)) = email.zip(body.password) {
        prove::demand_password(&api, &client, &caller.user, "/password", password).await?;
        if email != caller.user.email {
            let tries = api.settings().allowances.forgotten(&email, client.address);
            prove::slow_down(&api, &tries).await?;
            let site = &api.settings().site;
            credentials::ask_new_email(api.ports(), site, &caller.user, &email).await?;
        }
    }
    if profile == caller.user.profile {
        return view(&api, &caller.user).await;
    }
    let user = users::set_profile(api.ports(), &caller.user, profile).await?;
    view(&api, &user).await
}

fn set<T: std::str::FromStr<Err = ParseProfileError>>(
    place: &mut Option<T>,
    given: Option<Option<String>>,
    pointer: &str,
    errors: &mut Vec<FieldError>,
) {
    match given.map(|given| given.map(|text| text.parse()).transpose()) {
        None => {}
        Some(Ok(value)) => *place = value,
        Some(Err(error)) => errors.push(FieldError::at(pointer, error.to_string())),
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Farewell {
    /// The present password.
    #[schema(value_type = String, format = Password, max_length = 128)]
    password: SecretString,
}

/// Delete the account with all its data
///
/// Nobody can log in from then on. Telegram accounts are logged out, and everything is deleted, in
/// a while; then the address is free.
#[utoipa::path(
    delete, path = "/v1/me", tag = "auth", request_body = Farewell,
    responses(
        (status = 202, description = "Shut out; the data is being deleted"),
        (status = 409, description = "An admin has to give the role up first"),
        (status = 429, description = "The password was wrong too often"),
    )
)]
pub(crate) async fn delete_me(
    State(api): State<Api>,
    caller: Caller,
    client: Client,
    JsonBody(body): JsonBody<Farewell>,
) -> Result<StatusCode, Problem> {
    if caller.user.role == Role::Admin {
        let detail = "Have another admin make you a user first: somebody has to stay.";
        return Err(Problem::new(Kind::OwnRole, detail));
    }
    prove::demand_password(&api, &client, &caller.user, "/password", body.password).await?;
    forget_user::leave(api.ports(), &caller.user).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Confirm a new e-mail address
///
/// A token is good once.
#[utoipa::path(
    post, path = "/v1/auth/verify-email", tag = "auth", request_body = MailedToken,
    responses(
        (status = 204),
        (status = 409, description = "The address belongs to another user by now"),
    )
)]
pub(crate) async fn verify_email(
    State(api): State<Api>,
    client: Client,
    JsonBody(body): JsonBody<MailedToken>,
) -> Result<StatusCode, Problem> {
    let confirming = credentials::confirm_new_email(api.ports(), &body.token);
    prove::with_token(&api, &client, confirming).await?;
    Ok(StatusCode::NO_CONTENT)
}
