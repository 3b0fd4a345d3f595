//! Being logged in: renewing it, looking at it, and ending it.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use patchbay_app::sessions::{self, Begun};
use patchbay_domain::ids::SessionId;
use patchbay_domain::session::Session;
use patchbay_domain::token::RefreshToken;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::{Caller, ended_session};
use crate::api::Api;
use crate::body::{JsonBody, Named, PathId};
use crate::moment::Moment;
use crate::paging::{Listing, Page, Paging};
use crate::problem::Problem;
use crate::tokens::{self, Bearer, KeyView};

pub(super) fn all() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(refresh))
        .routes(routes!(logout))
        .routes(routes!(logout_all))
        .routes(routes!(list))
        .routes(routes!(end))
        .routes(routes!(keys))
}

impl Named for SessionId {
    const NAME: &str = "session";
}

/// Named as in OAuth 2.0 (RFC 6749, section 5.1).
#[derive(Serialize, ToSchema)]
#[schema(as = Tokens)]
pub(crate) struct TokensView {
    /// To be sent as `authorization: Bearer …`.
    access_token: String,
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// In seconds.
    #[schema(example = 600, minimum = 0)]
    expires_in: u64,
    /// To be exchanged for new tokens at POST /v1/auth/refresh, once.
    refresh_token: String,
    /// In seconds: when the session ends, unless it is renewed before.
    #[schema(example = 2_592_000, minimum = 0)]
    refresh_expires_in: u64,
}

impl TokensView {
    pub(super) fn of(api: &Api, begun: &Begun) -> Result<Self, Problem> {
        let now = api.ports().clock.now();
        let access_token = api.tokens().issue(Bearer::from(&begun.session), now)?;
        Ok(Self {
            access_token: access_token.expose_secret().to_owned(),
            token_type: "Bearer",
            expires_in: tokens::LIFETIME.as_secs(),
            refresh_token: begun.token.text().expose_secret().to_owned(),
            refresh_expires_in: begun.session.expires_at.since(now).as_secs(),
        })
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Refresh {
    #[schema(value_type = String, format = Password, max_length = 200)]
    refresh_token: SecretString,
}

/// Renew the tokens
///
/// Each refresh token is good for one exchange; keep the new one in its place. If the answer got
/// lost, the same token may be sent again, until anything of the new ones was used. A token that
/// comes again after that is in two hands: its session ends at once.
#[utoipa::path(
    post, path = "/v1/auth/refresh", tag = "auth", request_body = Refresh,
    responses(
        (status = 200, body = TokensView),
        (status = 401, description = "The session has ended"),
    )
)]
pub(crate) async fn refresh(
    State(api): State<Api>,
    JsonBody(body): JsonBody<Refresh>,
) -> Result<Json<TokensView>, Problem> {
    let token = RefreshToken::parse(body.refresh_token.expose_secret());
    let token = token.ok_or_else(ended_session)?;
    let begun = sessions::renew(api.ports(), &token).await?;
    Ok(Json(TokensView::of(&api, &begun)?))
}

/// Log out
///
/// Ends the session to which the access token belongs.
#[utoipa::path(
    post, path = "/v1/auth/logout", tag = "auth",
    responses((status = 204))
)]
pub(crate) async fn logout(State(api): State<Api>, caller: Caller) -> Result<StatusCode, Problem> {
    if let Some(session) = caller.session() {
        api.ports().sessions.remove(caller.user.id, session).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Log out everywhere
///
/// Ends all sessions, the present one too. API keys stay.
#[utoipa::path(
    post, path = "/v1/auth/logout-all", tag = "auth",
    responses((status = 204))
)]
pub(crate) async fn logout_all(
    State(api): State<Api>,
    caller: Caller,
) -> Result<StatusCode, Problem> {
    sessions::end_all(api.ports(), &caller.user, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
pub(crate) struct SessionView {
    #[schema(value_type = String, example = "ses_0190c5e2f3a47b1c8d2e3f4a5b6c7d8e")]
    id: SessionId,
    /// Whether it is the one that asks.
    current: bool,
    /// What the program said it is, shortened.
    #[schema(example = "curl/8.14.1")]
    user_agent: Option<String>,
    /// From where somebody logged in.
    #[schema(example = "192.0.2.7")]
    address: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Moment,
    /// To within the ten minutes of an access token.
    #[schema(value_type = String, format = DateTime)]
    last_used_at: Moment,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Moment,
}

impl SessionView {
    fn of(session: Session, caller: &Caller) -> Self {
        Self {
            id: session.id,
            current: caller.session() == Some(session.id),
            user_agent: session.device.user_agent,
            address: session.device.address.map(|address| address.to_string()),
            created_at: Moment(session.created_at),
            last_used_at: Moment(session.last_used_at),
            expires_at: Moment(session.expires_at),
        }
    }
}

/// List the sessions
///
/// The latest first; at most 50.
#[utoipa::path(
    get, path = "/v1/auth/sessions", tag = "auth", operation_id = "list_sessions", params(Paging),
    responses((status = 200, body = Page<SessionView>))
)]
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    listing: Listing,
) -> Result<Json<Page<SessionView>>, Problem> {
    let after: Option<SessionId> = listing.after()?;
    let mut sessions = sessions::list(api.ports(), &caller.user).await?;
    sessions.retain(|session| after.is_none_or(|after| session.id < after));
    let is_more = sessions.len() > listing.limit;
    sessions.truncate(listing.limit);
    let next = sessions.last().filter(|_| is_more);
    let next = next.map(|session| session.id);
    let views = sessions
        .into_iter()
        .map(|session| SessionView::of(session, &caller));
    Ok(Json(listing.page(views.collect(), next)))
}

/// End a session
///
/// Its tokens open nothing from then on.
#[utoipa::path(
    delete, path = "/v1/auth/sessions/{id}", tag = "auth", operation_id = "end_session",
    params(("id" = String, Path)),
    responses((status = 204))
)]
pub(crate) async fn end(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<SessionId>,
) -> Result<StatusCode, Problem> {
    sessions::end(api.ports(), &caller.user, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Serialize, ToSchema)]
#[schema(as = SigningKeys)]
pub(crate) struct KeysView {
    keys: Vec<KeyView>,
}

/// The keys that sign access tokens
///
/// A JSON web key set (RFC 7517). Several are listed while one takes the place of another.
#[utoipa::path(
    get, path = "/.well-known/jwks.json", tag = "auth", operation_id = "signing_keys",
    responses((status = 200, body = KeysView))
)]
pub(crate) async fn keys(State(api): State<Api>) -> Json<KeysView> {
    Json(KeysView {
        keys: api.tokens().public_keys(),
    })
}
