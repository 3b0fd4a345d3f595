//! What a caller is told when something can't be done: problem details (RFC 9457).
//!
//! A handler yields a [`Problem`]; [`crate::request`] writes it, since only there the id of the
//! request is known.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};

/// The kinds of problems: status, the last part of the type's URI, and the title. Those that are
/// registered for everybody have a whole URI.
macro_rules! kinds {
    (
        $($name:ident = $status:literal $uri:literal, $title:literal;)+
        @registered {
            $($registered:ident = $its_status:literal $its_uri:literal, $its_title:literal;)+
        }
    ) => {
        /// Every type of problem there is. Clients decide by it, so that a name once given stays.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Kind { $($name,)+ $($registered),+ }

        impl Kind {
            const ALL: &[Self] = &[$(Self::$name,)+ $(Self::$registered),+];

            const fn status(self) -> u16 {
                match self {
                    $(Self::$name => $status,)+
                    $(Self::$registered => $its_status),+
                }
            }

            const fn title(self) -> &'static str {
                match self {
                    $(Self::$name => $title,)+
                    $(Self::$registered => $its_title),+
                }
            }

            /// The `type` of its documents.
            pub(crate) const fn uri(self) -> &'static str {
                match self {
                    $(Self::$name => concat!("/problems/", $uri),)+
                    $(Self::$registered => $its_uri),+
                }
            }
        }
    };
}

kinds! {
    MalformedJson = 400 "malformed-json", "The body is not JSON";
    UnsupportedMediaType = 415 "unsupported-media-type", "The body is of another type than JSON";
    BodyTooLarge = 413 "body-too-large", "The body is too large";
    InvalidBody = 422 "invalid-body", "The body has something wrong in it";
    InvalidQuery = 400 "invalid-query", "The query has something wrong in it";
    IdempotencyKeyInvalid = 400 "idempotency-key-invalid", "The Idempotency-Key is not one";
    IdempotencyKeyReused = 422 "idempotency-key-reused", "The Idempotency-Key belongs to another request";
    IdempotencyInProgress = 409 "idempotency-in-progress", "The same request is being worked on";
    NotFound = 404 "not-found", "There is no such thing";
    MethodNotAllowed = 405 "method-not-allowed", "This method does not exist here";
    NotAuthenticated = 401 "not-authenticated", "An access token is needed";
    TokenExpired = 401 "token-expired", "The access token has expired";
    SessionEnded = 401 "session-ended", "The session has ended";
    Forbidden = 403 "forbidden", "You may not do this";
    ScopeMissing = 403 "scope-missing", "The API key may not do this";
    InvalidApiKey = 401 "invalid-api-key", "The API key is not valid";
    ApiKeyExpired = 409 "api-key-expired", "The API key has expired";
    ApiKeysChanging = 409 "api-keys-changing", "The API keys keep changing";
    PlanLimit = 403 "plan-limit", "Your plan allows no more";
    WrongCredentials = 401 "wrong-credentials", "The e-mail address or the password is wrong";
    WrongPassword = 403 "wrong-password", "The password is wrong";
    WrongToken = 422 "wrong-token", "The token is wrong, used or expired";
    TooManyAttempts = 429 "too-many-attempts", "There were too many attempts";
    OwnRole = 409 "own-role", "Admins keep their role until another one takes it";
    EmailTaken = 409 "email-taken", "The e-mail address is registered already";
    LoginFinished = 409 "login-finished", "The login is finished";
    LoginCancelled = 409 "login-cancelled", "The login was cancelled";
    LoginExpired = 409 "login-expired", "The login was not finished in time";
    LoginFailed = 409 "login-failed", "The login has failed";
    LoginNotWaiting = 409 "login-not-waiting", "The login does not wait for this";
    LoginInterrupted = 503 "login-interrupted", "The login was interrupted";
    TelegramCodeWrong = 422 "telegram-code-wrong", "Telegram says that the code is wrong";
    TelegramCodeExpired = 422 "telegram-code-expired", "Telegram says that the code has expired";
    TelegramPasswordWrong = 422 "telegram-password-wrong", "Telegram says that the password is wrong";
    TelegramPhoneUnknown = 422 "telegram-phone-unknown", "Telegram knows no account with this number";
    TelegramPhoneBanned = 422 "telegram-phone-banned", "Telegram has banned this number";
    TelegramTooManyAttempts = 429 "telegram-too-many-attempts", "Telegram allows no more attempts for now";
    TelegramTooManyLogins = 409 "telegram-too-many-logins", "Too many logins are under way";
    TelegramAlreadyLinked = 409 "telegram-already-linked", "The Telegram account is linked already";
    TelegramRefused = 502 "telegram-refused", "Telegram refused the login";
    TelegramAccountLoggedOut = 409 "telegram-account-logged-out", "Telegram ended the account's session";
    TelegramDefaultNeeded = 409 "telegram-default-needed", "One account has to be the default one";
    TelegramNoForum = 409 "telegram-no-forum", "The chat has no topics";
    TelegramBotUnavailable = 503 "telegram-bot-unavailable", "There is no Telegram bot here";
    TelegramTopicUnknown = 422 "telegram-topic-unknown", "The chat has no such topic";
    TelegramTopicClosed = 422 "telegram-topic-closed", "The topic is closed";
    TelegramAccountInUse = 409 "telegram-account-in-use", "Pairs use the account";
    TelegramAccountNotLinked = 422 "telegram-account-not-linked", "The Telegram account is not linked";
    TelegramChatUnknown = 422 "telegram-chat-unknown", "The account is in no such chat";
    TelegramChatsUnread = 503 "telegram-chats-unread", "The account's chats are still being read";
    TelegramChatProtected = 422 "telegram-chat-protected", "The chat forbids copying its content";
    DiscordNotConfigured = 501 "discord-not-configured", "Discord accounts can't be linked here";
    DiscordNotLinked = 409 "discord-not-linked", "No Discord account is linked";
    DiscordStateUnknown = 422 "discord-state-unknown", "The state is unknown, used or has expired";
    DiscordCodeRefused = 422 "discord-code-refused", "Discord doesn't accept the code";
    DiscordGrantLost = 409 "discord-grant-lost", "Discord lets Patchbay act for you no more";
    DiscordBusy = 503 "discord-busy", "Discord asks to wait";
    DiscordUnavailable = 502 "discord-unavailable", "Discord doesn't answer as it should";
    DiscordGuildAlreadyLinked = 409 "discord-guild-already-linked", "The Discord server is linked already";
    DiscordGuildInUse = 409 "discord-guild-in-use", "Pairs use the Discord server";
    DiscordGuildNotLinked = 422 "discord-guild-not-linked", "The Discord server is not linked";
    DiscordChannelUnknown = 422 "discord-channel-unknown", "The server has no such channel";
    DiscordThreadNeeded = 422 "discord-thread-needed", "The forum holds messages in its posts alone";
    NotReadable = 422 "source-not-readable", "The source can't be read";
    NotPostable = 422 "destination-not-postable", "Nothing can be posted to the destination";
    PairToItself = 422 "pair-to-itself", "Source and destination are the same";
    PairDuplicate = 409 "pair-duplicate", "This pair exists already";
    PairLoop = 409 "pair-loop", "Messages would come back to where they started";
    PairsChanging = 409 "pairs-changing", "The pairs keep changing";
    PairPaused = 409 "pair-paused", "The pair is paused";
    BackfillUnderWay = 409 "backfill-under-way", "The pair's history is being brought already";
    MessageNotFailed = 409 "message-not-failed", "The message has not failed";
    RetryTooLate = 409 "retry-too-late", "The message failed too long ago";
    TooManyPairs = 400 "too-many-pairs", "There are too many pairs to count at once";
    FiguresCounting = 503 "figures-counting", "The figures are being counted";
    PreconditionFailed = 412 "precondition-failed", "It is not as you expect it";
    PreconditionRequired = 428 "precondition-required", "Say which version you mean";
    Unavailable = 503 "unavailable", "Something that is needed does not answer";

    @registered {
        QuotaExceeded = 429 "https://iana.org/assignments/http-problem-types#quota-exceeded", "The API key is used too often";
    }
}

/// One thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct FieldError {
    #[serde(flatten)]
    pub(crate) place: Place,
    /// What is wrong with it.
    pub(crate) detail: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Place {
    /// A JSON pointer (RFC 6901) into the body.
    Pointer(String),
    /// A parameter of the query.
    Parameter(String),
}

impl FieldError {
    pub(crate) fn at(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            place: Place::Pointer(pointer.into()),
            detail: detail.into(),
        }
    }

    pub(crate) fn of_parameter(name: &str, detail: impl Into<String>) -> Self {
        Self {
            place: Place::Parameter(name.to_owned()),
            detail: detail.into(),
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Problem(Box<Parts>);

#[derive(Debug, Clone)]
struct Parts {
    kind: Kind,
    detail: String,
    errors: Vec<FieldError>,
    /// Further members that programs may use, such as the id of what stands in the way.
    related: BTreeMap<&'static str, Value>,
    headers: HeaderMap,
}

impl Problem {
    /// `detail` says what is the matter in this case, and what to do.
    pub(crate) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            kind,
            detail: detail.into(),
            errors: Vec::new(),
            related: BTreeMap::new(),
            headers: HeaderMap::new(),
        }))
    }

    pub(crate) fn invalid_body(errors: Vec<FieldError>) -> Self {
        let detail = "Correct the fields named in `errors`; nothing was changed.";
        let mut problem = Self::new(Kind::InvalidBody, detail);
        problem.0.errors = errors;
        problem
    }

    pub(crate) fn invalid_query(error: FieldError) -> Self {
        Self::new(
            Kind::InvalidQuery,
            "Correct the parameter named in `errors`.",
        )
        .with_error(error)
    }

    /// Something of which the user's plan allows `limit`, all of them in use.
    pub(crate) fn plan_limit(what: &str, limit: usize) -> Self {
        Self::new(
            Kind::PlanLimit,
            format!("Your plan allows {limit} {what}. Remove one, or choose a larger plan."),
        )
        .with_related("limit", limit)
    }

    /// The same whether the thing never existed or is somebody else's.
    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(Kind::NotFound, format!("You have no {what} with this id."))
    }

    #[must_use]
    pub(crate) fn with_error(mut self, error: FieldError) -> Self {
        self.0.errors.push(error);
        self
    }

    #[must_use]
    pub(crate) fn with_related(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.0.related.insert(name, value.into());
        self
    }

    #[must_use]
    pub(crate) fn with_header(mut self, name: header::HeaderName, value: HeaderValue) -> Self {
        self.0.headers.insert(name, value);
        self
    }

    /// The document for the request with this path and id.
    pub(crate) fn document(&self, instance: &str, request_id: &str) -> ProblemDocument {
        let Parts {
            kind,
            detail,
            errors,
            related,
            headers: _,
        } = &*self.0;
        ProblemDocument {
            kind: kind.uri(),
            title: kind.title(),
            status: kind.status(),
            detail: detail.clone(),
            instance: instance.to_owned(),
            request_id: request_id.to_owned(),
            errors: errors.clone(),
            related: related.clone(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.0.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, self.0.headers.clone(), axum::Extension(self)).into_response()
    }
}

fn types() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(Kind::ALL.iter().map(|kind| kind.uri())))
        .build()
}

/// Problem details (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemDocument {
    /// Names the type of problem; the same text for the same type, always.
    #[serde(rename = "type")]
    #[schema(schema_with = types)]
    kind: &'static str,
    title: &'static str,
    status: u16,
    /// What is the matter in this case, and what to do.
    detail: String,
    /// The path of the request.
    instance: String,
    /// Also in the header `x-request-id`; support asks for it.
    request_id: String,
    /// The fields or parameters that are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<FieldError>,
    #[serde(flatten)]
    #[schema(ignore)]
    related: BTreeMap<&'static str, Value>,
}
