//! Who may do what: the table of all routes, and the one place that enforces it.
//!
//! A route that is missing in the table answers as if it did not exist, so that forgetting a row
//! opens nothing.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use patchbay_domain::api_key::Scope;
use patchbay_domain::ids::{ApiKeyId, SessionId};
use patchbay_domain::quota::Usage;
use patchbay_domain::user::{Role, User};

use crate::api::Api;
use crate::problem::{Kind, Problem};
use crate::tokens::{Bearer, TokenError};
use crate::{keys, quota};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Anybody.
    Public,
    /// A user who is logged in: what an API key must never do.
    Session,
    /// A user who is logged in, or an API key of theirs with this scope.
    User(Scope),
    /// An API key, whatever it may do.
    ApiKey,
    /// An admin who is logged in.
    Admin,
}

use Access::{Admin, Public, Session};

const READ: Access = Access::User(Scope::Read);
const PAIRS: Access = Access::User(Scope::Pairs);
const MESSAGES: Access = Access::User(Scope::Messages);
const ANALYTICS: Access = Access::User(Scope::Analytics);

/// One line for each route.
#[rustfmt::skip]
pub(crate) const TABLE: &[(Method, &str, Access)] = &[
    // Operation.
    (Method::GET, "/healthz", Public),
    (Method::GET, "/openapi.json", Public),
    (Method::GET, "/.well-known/jwks.json", Public),
    (Method::GET, "/docs", Public),
    (Method::GET, "/docs/redoc.js", Public),
    // Users.
    (Method::POST, "/v1/auth/register", Public),
    (Method::POST, "/v1/auth/verify", Public),
    (Method::POST, "/v1/auth/login", Public),
    (Method::POST, "/v1/auth/refresh", Public),
    (Method::POST, "/v1/auth/logout", Session),
    (Method::POST, "/v1/auth/logout-all", Session),
    (Method::GET, "/v1/auth/sessions", Session),
    (Method::DELETE, "/v1/auth/sessions/{id}", Session),
    (Method::POST, "/v1/auth/password", Session),
    (Method::POST, "/v1/auth/password/forgot", Public),
    (Method::POST, "/v1/auth/password/reset", Public),
    (Method::POST, "/v1/auth/verify-email", Public),
    (Method::GET, "/v1/me", Session),
    (Method::PATCH, "/v1/me", Session),
    (Method::DELETE, "/v1/me", Session),
    // Administration.
    (Method::GET, "/v1/admin/users", Admin),
    (Method::GET, "/v1/admin/users/{id}", Admin),
    (Method::PATCH, "/v1/admin/users/{id}", Admin),
    // Telegram.
    (Method::POST, "/v1/telegram/logins", Session),
    (Method::GET, "/v1/telegram/logins", Session),
    (Method::GET, "/v1/telegram/logins/{id}", Session),
    (Method::DELETE, "/v1/telegram/logins/{id}", Session),
    (Method::POST, "/v1/telegram/logins/{id}/code", Session),
    (Method::POST, "/v1/telegram/logins/{id}/password", Session),
    (Method::GET, "/v1/telegram/accounts", READ),
    (Method::GET, "/v1/telegram/accounts/{id}", READ),
    (Method::PATCH, "/v1/telegram/accounts/{id}", Session),
    (Method::DELETE, "/v1/telegram/accounts/{id}", Session),
    (Method::POST, "/v1/telegram/accounts/{id}/reconnect", Session),
    (Method::GET, "/v1/telegram/accounts/{id}/chats", READ),
    (Method::POST, "/v1/telegram/accounts/{id}/chats/refresh", READ),
    (Method::GET, "/v1/telegram/accounts/{id}/chats/{chat}", READ),
    (Method::GET, "/v1/telegram/accounts/{id}/chats/{chat}/topics", READ),
    (Method::POST, "/v1/telegram/accounts/{id}/chats/{chat}/topics/refresh", READ),
    (Method::POST, "/v1/telegram/bot-link", Session),
    (Method::GET, "/v1/telegram/bot-link", Session),
    (Method::DELETE, "/v1/telegram/bot-link", Session),
    // Discord.
    (Method::POST, "/v1/discord/oauth2/authorize", Session),
    (Method::POST, "/v1/discord/oauth2/callback", Session),
    (Method::GET, "/v1/discord/link", READ),
    (Method::DELETE, "/v1/discord/link", Session),
    (Method::GET, "/v1/discord/guilds/available", Session),
    (Method::POST, "/v1/discord/guilds", Session),
    (Method::GET, "/v1/discord/guilds", READ),
    (Method::GET, "/v1/discord/guilds/{id}", READ),
    (Method::DELETE, "/v1/discord/guilds/{id}", Session),
    (Method::POST, "/v1/discord/guilds/{id}/refresh", READ),
    (Method::GET, "/v1/discord/guilds/{id}/channels", READ),
    (Method::GET, "/v1/discord/guilds/{id}/channels/{channel}/threads", READ),
    // Pairs.
    (Method::POST, "/v1/pairs", PAIRS),
    (Method::GET, "/v1/pairs", READ),
    (Method::GET, "/v1/pairs/{id}", READ),
    (Method::PATCH, "/v1/pairs/{id}", PAIRS),
    (Method::DELETE, "/v1/pairs/{id}", PAIRS),
    (Method::POST, "/v1/pairs/{id}/pause", PAIRS),
    (Method::POST, "/v1/pairs/{id}/resume", PAIRS),
    (Method::POST, "/v1/pairs/{id}/duplicate", PAIRS),
    (Method::POST, "/v1/pairs/{id}/backfill", PAIRS),
    (Method::GET, "/v1/pairs/{id}/backfill", READ),
    (Method::DELETE, "/v1/pairs/{id}/backfill", PAIRS),
    (Method::POST, "/v1/pairs/pause", PAIRS),
    (Method::POST, "/v1/pairs/resume", PAIRS),
    (Method::POST, "/v1/pairs/preview", READ),
    // API keys.
    (Method::POST, "/v1/api-keys", Session),
    (Method::GET, "/v1/api-keys", Session),
    (Method::GET, "/v1/api-keys/current", Access::ApiKey),
    (Method::GET, "/v1/api-keys/{id}", Session),
    (Method::PATCH, "/v1/api-keys/{id}", Session),
    (Method::DELETE, "/v1/api-keys/{id}", Session),
    (Method::POST, "/v1/api-keys/{id}/rotate", Session),
    // What became of messages.
    (Method::GET, "/v1/pairs/{id}/messages", MESSAGES),
    (Method::GET, "/v1/pairs/{id}/messages/{message}", MESSAGES),
    (Method::POST, "/v1/pairs/{id}/messages/{message}/retry", MESSAGES),
    // Figures.
    (Method::GET, "/v1/analytics/summary", ANALYTICS),
    (Method::GET, "/v1/analytics/series", ANALYTICS),
    (Method::GET, "/v1/analytics/sessions", ANALYTICS),
    (Method::GET, "/v1/queue", ANALYTICS),
    (Method::GET, "/v1/admin/queues", Admin),
];

pub(crate) fn of_route(method: &Method, path: &str) -> Option<Access> {
    // What may be read may be asked about.
    let method = if method == Method::HEAD {
        &Method::GET
    } else {
        method
    };
    let row = TABLE
        .iter()
        .find(|(of_row, path_of_row, _)| of_row == method && *path_of_row == path);
    row.map(|(_, _, access)| *access)
}

/// Lets a request through to its route, with a [`Caller`] where the route needs one.
pub(crate) async fn guard(
    State(api): State<Api>,
    path: MatchedPath,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    match of_route(request.method(), path.as_str()) {
        Some(Access::Public) => {}
        Some(access) => {
            let caller = authenticate(&api, request.headers()).await?;
            let usage = caller.credential.usage();
            let mut response = match caller.check(access) {
                Ok(()) => {
                    request.extensions_mut().insert(caller);
                    next.run(request).await
                }
                Err(refused) => refused.into_response(),
            };
            if let Some(usage) = usage {
                quota::announce(response.headers_mut(), &usage, api.ports().clock.now());
            }
            return Ok(response);
        }
        None => return Err(method_not_allowed(path.as_str())),
    }
    Ok(next.run(request).await)
}

/// On whose behalf a request is made.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) user: Arc<User>,
    pub(crate) credential: Credential,
}

/// By what a caller was recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Credential {
    /// An access token of this session.
    Session { session: SessionId },
    /// A secret of an API key.
    ApiKey {
        key: ApiKeyId,
        scopes: BTreeSet<Scope>,
        /// With this request.
        usage: Usage,
    },
}

impl Credential {
    fn usage(&self) -> Option<Usage> {
        match self {
            Self::Session { .. } => None,
            Self::ApiKey { usage, .. } => Some(*usage),
        }
    }
}

impl Caller {
    /// The session that asks; an API key has none.
    pub(crate) fn session(&self) -> Option<SessionId> {
        match self.credential {
            Credential::Session { session } => Some(session),
            Credential::ApiKey { .. } => None,
        }
    }

    fn check(&self, access: Access) -> Result<(), Problem> {
        let forbidden = |detail: &str| Err(Problem::new(Kind::Forbidden, detail));
        match (access, &self.credential) {
            (Access::Public, Credential::Session { .. } | Credential::ApiKey { .. })
            | (Access::Session | Access::User(_), Credential::Session { .. })
            | (Access::ApiKey, Credential::ApiKey { .. }) => Ok(()),
            (Access::User(scope), Credential::ApiKey { scopes, .. }) => {
                if scopes.contains(&scope) {
                    Ok(())
                } else {
                    Err(keys::scope_missing(scope))
                }
            }
            (Access::Admin, Credential::Session { .. }) => match self.user.role {
                Role::Admin => Ok(()),
                Role::User => forbidden("Only an admin may do this."),
            },
            (Access::Session | Access::Admin, Credential::ApiKey { .. }) => {
                forbidden("Log in to do this; an API key may not.")
            }
            (Access::ApiKey, Credential::Session { .. }) => forbidden(
                "This tells an API key about itself. Send one instead of an access token.",
            ),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(not_authenticated)
    }
}

/// Finds out who calls. Each kind of credential is recognised here, by its form, and ends in the
/// user it stands for; there is one header for all of them.
async fn authenticate(api: &Api, headers: &HeaderMap) -> Result<Caller, Problem> {
    let token = bearer(headers).ok_or_else(not_authenticated)?;
    if keys::is_api_key(token) {
        return keys::admit(api, token).await;
    }
    match api.tokens().verify(token, api.ports().clock.now()) {
        Ok(bearer) => of_session(api, bearer).await,
        Err(TokenError::Invalid) => Err(invalid_token()),
        Err(TokenError::Expired) => Err(expired_token()),
    }
}

/// Session and user are read with every request, at the same time: whoever is gone or logged out
/// has no valid token, however long it would still run.
async fn of_session(api: &Api, bearer: Bearer) -> Result<Caller, Problem> {
    let ports = api.ports();
    let (session, user) = tokio::join!(
        ports.sessions.get(bearer.user, bearer.session),
        ports.users.get(bearer.user),
    );
    let session = session?.ok_or_else(ended_session)?;
    let user = user?.filter(|user| user.leaving_since.is_none());
    let user = user.ok_or_else(ended_session)?;
    // The first use of an access token tells that the answer with the refresh token arrived.
    if !session.is_used && session.generation == bearer.generation {
        ports
            .sessions
            .mark_used(user.id, session.id, session.generation, ports.clock.now())
            .await?;
    }
    Ok(Caller {
        user: Arc::new(user),
        credential: Credential::Session {
            session: session.id,
        },
    })
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
}

fn not_authenticated() -> Problem {
    Problem::new(
        Kind::NotAuthenticated,
        "Send `authorization: Bearer` and an access token from POST /v1/auth/login.",
    )
    .with_header(
        header::WWW_AUTHENTICATE,
        HeaderValue::from_static("Bearer realm=\"patchbay\""),
    )
}

fn invalid_token() -> Problem {
    Problem::new(
        Kind::NotAuthenticated,
        "This is not an access token of ours. Get one from POST /v1/auth/login.",
    )
    .with_header(
        header::WWW_AUTHENTICATE,
        HeaderValue::from_static("Bearer realm=\"patchbay\", error=\"invalid_token\""),
    )
}

/// Of a token that was good until its session ended.
pub(crate) fn ended_session() -> Problem {
    Problem::new(Kind::SessionEnded, "Log in again with POST /v1/auth/login.").with_header(
        header::WWW_AUTHENTICATE,
        HeaderValue::from_static("Bearer realm=\"patchbay\", error=\"invalid_token\""),
    )
}

fn expired_token() -> Problem {
    Problem::new(
        Kind::TokenExpired,
        "Get a new one from POST /v1/auth/refresh.",
    )
    .with_header(
        header::WWW_AUTHENTICATE,
        HeaderValue::from_static(
            "Bearer realm=\"patchbay\", error=\"invalid_token\", error_description=\"expired\"",
        ),
    )
}

fn method_not_allowed(path: &str) -> Problem {
    let methods: Vec<&str> = TABLE
        .iter()
        .filter(|(_, path_of_row, _)| *path_of_row == path)
        .map(|(method, _, _)| method.as_str())
        .collect();
    let allowed = methods.join(", ");
    let problem = Problem::new(Kind::MethodNotAllowed, format!("Allowed here: {allowed}."));
    match HeaderValue::from_str(&allowed) {
        Ok(allowed) => problem.with_header(header::ALLOW, allowed),
        Err(_) => problem,
    }
}
