//! API keys.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use patchbay_app::api_keys;
use patchbay_domain::Timestamp;
use patchbay_domain::api_key::{ApiKey, ApiKeySecret, ApiKeyState, KeyName, Scope};
use patchbay_domain::ids::ApiKeyId;
use patchbay_domain::quota::{Usage, Window};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::{Caller, Credential};
use crate::api::Api;
use crate::body::{JsonBody, Named, PathId};
use crate::moment::Moment;
use crate::paging::{Listing, Page, Paging};
use crate::problem::{FieldError, Kind, Problem};

pub(super) fn all() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(create, list))
        .routes(routes!(current))
        .routes(routes!(get, rename, revoke))
        .routes(routes!(rotate))
}

impl Named for ApiKeyId {
    const NAME: &str = "API key";
}

/// The longest life of a key that has an end.
const MOST_DAYS: u32 = 3650;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateApiKey {
    /// What you call it. Spaces around it are taken off.
    #[schema(
        min_length = 1,
        max_length = 64,
        example = "nightly report",
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
    )]
    name: String,
    /// What it may do. This can't be changed later: make another key for another purpose.
    #[schema(value_type = BTreeSet<ScopeBody>, min_items = 1, max_items = 4)]
    scopes: Vec<ScopeBody>,
    /// After how many days it stops working; without it, it works until it is revoked.
    #[schema(minimum = 1, maximum = 3650, example = 90)]
    expires_in_days: Option<u32>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RenameApiKey {
    /// What you call it. Spaces around it are taken off.
    #[schema(
        min_length = 1,
        max_length = 64,
        example = "nightly report",
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
    )]
    name: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RotateApiKey {
    /// How long the present secret goes on working, in seconds: at most a week.
    #[serde(default = "a_day")]
    #[schema(minimum = 0, maximum = 604_800, default = 86_400)]
    overlap_seconds: u32,
}

const fn a_day() -> u32 {
    86_400
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Scope)]
pub(crate) enum ScopeBody {
    /// Look at accounts, servers, chats and pairs.
    Read,
    /// Make, change and delete pairs.
    Pairs,
    /// Look at forwarded messages, and retry them.
    Messages,
    /// Look at figures.
    Analytics,
}

impl From<ScopeBody> for Scope {
    fn from(scope: ScopeBody) -> Self {
        match scope {
            ScopeBody::Read => Self::Read,
            ScopeBody::Pairs => Self::Pairs,
            ScopeBody::Messages => Self::Messages,
            ScopeBody::Analytics => Self::Analytics,
        }
    }
}

impl From<Scope> for ScopeBody {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Read => Self::Read,
            Scope::Pairs => Self::Pairs,
            Scope::Messages => Self::Messages,
            Scope::Analytics => Self::Analytics,
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub(crate) struct ApiKeyView {
    #[schema(value_type = String, example = "key_0190c5e2f3a47b1c8d2e3f4a5b6c7d8e")]
    id: ApiKeyId,
    #[schema(example = "nightly report")]
    name: String,
    scopes: Vec<ScopeBody>,
    /// The last four characters of its secret.
    #[schema(example = "Ce9n")]
    hint: String,
    state: StateView,
    /// Until when the secret before the present one works too.
    #[schema(value_type = Option<String>, format = DateTime)]
    previous_secret_until: Option<Moment>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Moment,
    /// When it stops working; null if it works until it is revoked.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Moment>,
    /// To the minute; null if it was never used.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Moment>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ApiKeyState)]
pub(crate) enum StateView {
    Active,
    /// Two secrets work, the present one and the one before.
    Rotating,
    /// It opens nothing any more, and counts as one of your keys until it is revoked.
    Expired,
}

impl ApiKeyView {
    fn new(key: ApiKey, now: Timestamp) -> Self {
        let (state, until) = match key.state(now) {
            ApiKeyState::Active => (StateView::Active, None),
            ApiKeyState::Rotating { until } => (StateView::Rotating, Some(until)),
            ApiKeyState::Expired => (StateView::Expired, None),
        };
        Self {
            id: key.id,
            name: key.name.into(),
            scopes: key.scopes.into_iter().map(ScopeBody::from).collect(),
            hint: key.hint,
            state,
            previous_secret_until: until.map(Moment),
            created_at: Moment(key.created_at),
            expires_at: key.expires_at.map(Moment),
            last_used_at: key.last_used_at.map(Moment),
        }
    }
}

/// A key with its secret, which is shown this once and kept nowhere.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewApiKey {
    /// To be sent as `authorization: Bearer …`.
    #[schema(
        pattern = "^pbk_[0-9A-Za-z]{38}$",
        example = "pbk_0000000000000000M5Tflk9n8mt7Fhc74Ce9nC"
    )]
    secret: String,
    key: ApiKeyView,
}

impl NewApiKey {
    fn new((key, secret): (ApiKey, ApiKeySecret), now: Timestamp) -> Self {
        Self {
            secret: secret.expose().to_owned(),
            key: ApiKeyView::new(key, now),
        }
    }
}

/// What the key that is sent is, and how much of its limits is left.
#[derive(Serialize, ToSchema)]
pub(crate) struct CurrentApiKey {
    key: ApiKeyView,
    limits: Vec<LimitView>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = RequestLimit)]
pub(crate) struct LimitView {
    /// Also the name in the headers `ratelimit` and `ratelimit-policy`.
    #[schema(example = "minute")]
    name: &'static str,
    /// How many requests may be made in a window.
    #[schema(example = 60)]
    limit: u32,
    #[schema(example = 60)]
    window_seconds: u32,
    /// How many are left in the present window.
    #[schema(example = 59)]
    remaining: u32,
    /// When the next window begins.
    #[schema(value_type = String, format = DateTime)]
    resets_at: Moment,
}

fn limits(usage: &Usage) -> Vec<LimitView> {
    let view = |window: Window| LimitView {
        name: window.name(),
        limit: usage.limits.of(window),
        window_seconds: window.seconds(),
        remaining: usage.remaining(window),
        resets_at: Moment(window.end(usage.at)),
    };
    Window::ALL.map(view).into()
}

/// Make an API key
///
/// The secret is in this answer and nowhere else.
#[utoipa::path(
    post, path = "/v1/api-keys", tag = "api-keys", operation_id = "create_api_key", request_body = CreateApiKey,
    responses((
        status = 201, body = NewApiKey,
        headers(("location" = String, description = "The key")),
    ))
)]
pub(crate) async fn create(
    State(api): State<Api>,
    caller: Caller,
    JsonBody(body): JsonBody<CreateApiKey>,
) -> Result<impl IntoResponse, Problem> {
    let mut errors = Vec::new();
    let name = name(&body.name, &mut errors);
    let scopes = scopes(&body.scopes, &mut errors);
    let days = body.expires_in_days;
    if days.is_some_and(|days| !(1..=MOST_DAYS).contains(&days)) {
        let detail = format!("has to be 1 to {MOST_DAYS}, or left out");
        errors.push(FieldError::at("/expires_in_days", detail));
    }
    let Some(name) = name.filter(|_| errors.is_empty()) else {
        return Err(Problem::invalid_body(errors));
    };
    let lifetime = days.map(|days| Duration::from_hours(24 * u64::from(days)));
    let made = api_keys::create(api.ports(), &caller.user, name, scopes, lifetime).await?;
    let location = [(header::LOCATION, format!("/v1/api-keys/{}", made.0.id))];
    let made = NewApiKey::new(made, api.ports().clock.now());
    Ok((StatusCode::CREATED, location, Json(made)))
}

fn name(text: &str, errors: &mut Vec<FieldError>) -> Option<KeyName> {
    let name = text.parse::<KeyName>();
    name.map_err(|error| errors.push(FieldError::at("/name", error.to_string())))
        .ok()
}

fn scopes(listed: &[ScopeBody], errors: &mut Vec<FieldError>) -> BTreeSet<Scope> {
    let mut scopes = BTreeSet::new();
    for (place, scope) in listed.iter().enumerate() {
        if !scopes.insert(Scope::from(*scope)) {
            errors.push(FieldError::at(format!("/scopes/{place}"), "is there twice"));
        }
    }
    if scopes.is_empty() {
        errors.push(FieldError::at("/scopes", "has to name what the key may do"));
    }
    scopes
}

/// List the API keys
#[utoipa::path(
    get, path = "/v1/api-keys", tag = "api-keys", operation_id = "list_api_keys", params(Paging),
    responses((status = 200, body = Page<ApiKeyView>))
)]
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    listing: Listing,
) -> Result<Json<Page<ApiKeyView>>, Problem> {
    let now = api.ports().clock.now();
    let after = listing.after()?;
    let (keys, next) = api_keys::list(api.ports(), &caller.user, after, listing.limit).await?;
    let items = keys.into_iter().map(|key| ApiKeyView::new(key, now));
    Ok(Json(listing.page(items.collect(), next)))
}

/// Look at an API key
#[utoipa::path(
    get, path = "/v1/api-keys/{id}", tag = "api-keys", operation_id = "get_api_key",
    params(("id" = String, Path)), responses((status = 200, body = ApiKeyView))
)]
pub(crate) async fn get(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<ApiKeyId>,
) -> Result<Json<ApiKeyView>, Problem> {
    let key = api_keys::get(api.ports(), &caller.user, id).await?;
    Ok(Json(ApiKeyView::new(key, api.ports().clock.now())))
}

/// Look at the API key that is sent
///
/// Any key may ask this, whatever its scopes. It counts as a request like any other.
#[utoipa::path(
    get, path = "/v1/api-keys/current", tag = "api-keys", operation_id = "get_current_api_key",
    responses((status = 200, body = CurrentApiKey))
)]
pub(crate) async fn current(
    State(api): State<Api>,
    caller: Caller,
) -> Result<Json<CurrentApiKey>, Problem> {
    let (id, usage) = match caller.credential {
        Credential::ApiKey { key, usage, .. } => (key, usage),
        Credential::Session { .. } => {
            let detail = "Send an API key instead of an access token.";
            return Err(Problem::new(Kind::Forbidden, detail));
        }
    };
    let key = api_keys::get(api.ports(), &caller.user, id).await?;
    Ok(Json(CurrentApiKey {
        key: ApiKeyView::new(key, api.ports().clock.now()),
        limits: limits(&usage),
    }))
}

/// Rename an API key
#[utoipa::path(
    patch, path = "/v1/api-keys/{id}", tag = "api-keys", operation_id = "rename_api_key",
    params(("id" = String, Path)), request_body = RenameApiKey,
    responses((status = 200, body = ApiKeyView))
)]
pub(crate) async fn rename(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<ApiKeyId>,
    JsonBody(body): JsonBody<RenameApiKey>,
) -> Result<Json<ApiKeyView>, Problem> {
    let mut errors = Vec::new();
    let Some(name) = name(&body.name, &mut errors) else {
        return Err(Problem::invalid_body(errors));
    };
    let key = api_keys::rename(api.ports(), &caller.user, id, &name).await?;
    Ok(Json(ApiKeyView::new(key, api.ports().clock.now())))
}

/// Give an API key a new secret
///
/// The present secret goes on working for `overlap_seconds`, a day if nothing is said. One from an
/// earlier rotation that still worked ends at once: a key never has more than two.
#[utoipa::path(
    post, path = "/v1/api-keys/{id}/rotate", tag = "api-keys", operation_id = "rotate_api_key",
    params(("id" = String, Path)), request_body = RotateApiKey,
    responses(
        (status = 200, body = NewApiKey),
        (status = 409, description = "The key is over, or the keys are being changed"),
    )
)]
pub(crate) async fn rotate(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<ApiKeyId>,
    JsonBody(body): JsonBody<RotateApiKey>,
) -> Result<Json<NewApiKey>, Problem> {
    let overlap = Duration::from_secs(body.overlap_seconds.into());
    if overlap > api_keys::LONGEST_OVERLAP {
        let most = api_keys::LONGEST_OVERLAP.as_secs();
        let detail = format!("has to be 0 to {most}");
        let error = FieldError::at("/overlap_seconds", detail);
        return Err(Problem::invalid_body(vec![error]));
    }
    let made = api_keys::rotate(api.ports(), &caller.user, id, overlap).await?;
    Ok(Json(NewApiKey::new(made, api.ports().clock.now())))
}

/// Revoke an API key
///
/// The very next request with it is refused.
#[utoipa::path(
    delete, path = "/v1/api-keys/{id}", tag = "api-keys", operation_id = "revoke_api_key",
    params(("id" = String, Path)), responses((status = 204))
)]
pub(crate) async fn revoke(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<ApiKeyId>,
) -> Result<StatusCode, Problem> {
    api_keys::revoke(api.ports(), &caller.user, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
