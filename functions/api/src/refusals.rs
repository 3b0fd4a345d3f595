//! Errors of the verbs as problems: what the caller may read, and what the log keeps.

use axum::http::{HeaderValue, header};
use patchbay_app::accounts::AccountError;
use patchbay_app::link_discord::GuildError;
use patchbay_app::link_telegram::LoginError;
use patchbay_app::pairs::{End, EndProblem, PairError};
use patchbay_app::ports::PortError;
use patchbay_app::register::RegisterError;
use patchbay_domain::Platform;
use patchbay_domain::account::{LoginProblem, LoginState};
use patchbay_domain::ids::PairId;
use patchbay_domain::pair::PairConflict;

use crate::paging;
use crate::passwords::HashingError;
use crate::problem::{FieldError, Kind, Problem};

impl From<PortError> for Problem {
    fn from(error: PortError) -> Self {
        unavailable(&error)
    }
}

impl From<HashingError> for Problem {
    fn from(error: HashingError) -> Self {
        unavailable(&error)
    }
}

impl From<jsonwebtoken::errors::Error> for Problem {
    fn from(error: jsonwebtoken::errors::Error) -> Self {
        unavailable(&error)
    }
}

/// The log keeps the causes, the caller learns nothing of what is behind the API.
fn unavailable(error: &dyn std::error::Error) -> Problem {
    let causes: Vec<String> = std::iter::successors(error.source(), |cause| cause.source())
        .map(ToString::to_string)
        .collect();
    tracing::error!(%error, ?causes, "a request failed");
    Problem::new(Kind::Unavailable, "Try again in a few seconds.")
        .with_header(header::RETRY_AFTER, HeaderValue::from_static("3"))
}

impl From<RegisterError> for Problem {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::EmailTaken => Self::new(
                Kind::EmailTaken,
                "Log in with it at POST /v1/auth/login, or use another one.",
            )
            .with_error(FieldError::at("/email", "is registered already")),
            RegisterError::Port(error) => error.into(),
        }
    }
}

impl From<LoginError> for Problem {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::NotFound => Self::not_found("login"),
            LoginError::Over { state } => over(&state),
            LoginError::Expired => Self::new(
                Kind::LoginExpired,
                "Begin again with POST /v1/telegram/logins.",
            ),
            LoginError::NotAwaited { state } => Self::new(Kind::LoginNotWaiting, awaits(&state)),
            LoginError::Rejected { login, problem } => {
                let (kind, field, detail) = rejection(problem);
                let document = Self::new(kind, detail).with_related("login", login.to_string());
                match field {
                    Some(field) => document.with_error(FieldError::at(field, "was not accepted")),
                    None => document,
                }
            }
            LoginError::Port(error) => error.into(),
        }
    }
}

fn over(state: &LoginState) -> Problem {
    const AGAIN: &str = "Begin again with POST /v1/telegram/logins.";
    match state {
        LoginState::Done { account } => Problem::new(
            Kind::LoginFinished,
            format!("The account is linked: GET /v1/telegram/accounts/{account}."),
        )
        .with_related("account", account.to_string()),
        LoginState::Failed { problem } => Problem::new(Kind::LoginFailed, rejection(*problem).2),
        LoginState::Cancelled => Problem::new(Kind::LoginCancelled, AGAIN),
        LoginState::Starting
        | LoginState::CodeNeeded { .. }
        | LoginState::QrShown { .. }
        | LoginState::PasswordNeeded { .. }
        | LoginState::Checking => Problem::new(Kind::LoginNotWaiting, awaits(state)),
    }
}

/// What a login waits for, as advice.
pub(crate) fn awaits(state: &LoginState) -> &'static str {
    match state {
        LoginState::Starting => "Telegram is being asked. Look again in a moment.",
        LoginState::Checking => "The answer is being checked. Look again in a moment.",
        LoginState::CodeNeeded { .. } => {
            "Telegram sent a code to the user's Telegram apps or phone. POST it to …/code."
        }
        LoginState::QrShown { .. } => {
            "Show qr_url as a QR code and scan it in Telegram: Settings, Devices, Link Desktop \
             Device. It changes every half minute: look again until the state changes."
        }
        LoginState::PasswordNeeded { .. } => {
            "The account has two-step verification. POST its password to …/password."
        }
        LoginState::Done { .. } => "The account is linked.",
        LoginState::Failed { .. } => "Begin again with POST /v1/telegram/logins.",
        LoginState::Cancelled => "It was cancelled. Begin again with POST /v1/telegram/logins.",
    }
}

/// The type of the problem, the field at fault, and what to do.
pub(crate) fn rejection(problem: LoginProblem) -> (Kind, Option<&'static str>, &'static str) {
    match problem {
        LoginProblem::WrongCode => (
            Kind::TelegramCodeWrong,
            Some("/code"),
            "Check the code and POST it to …/code again.",
        ),
        LoginProblem::CodeExpired => (
            Kind::TelegramCodeExpired,
            Some("/code"),
            "If another code arrives, POST it; otherwise begin again with POST /v1/telegram/logins.",
        ),
        LoginProblem::WrongPassword => (
            Kind::TelegramPasswordWrong,
            Some("/password"),
            "Check the password of the two-step verification and POST it to …/password again.",
        ),
        LoginProblem::UnknownPhone => (
            Kind::TelegramPhoneUnknown,
            Some("/phone"),
            "Check the number. It has to be the one of an existing Telegram account.",
        ),
        LoginProblem::BannedPhone => (
            Kind::TelegramPhoneBanned,
            Some("/phone"),
            "Ask Telegram's support, or link another account.",
        ),
        LoginProblem::TooManyAttempts => (
            Kind::TelegramTooManyAttempts,
            None,
            "Wait some hours, or link by QR code.",
        ),
        LoginProblem::AlreadyLinked => (
            Kind::TelegramAlreadyLinked,
            None,
            "An account can be linked once. Unlink it where it is linked, then begin again.",
        ),
        LoginProblem::Expired => (
            Kind::LoginExpired,
            None,
            "Begin again with POST /v1/telegram/logins.",
        ),
        LoginProblem::Interrupted => (
            Kind::LoginInterrupted,
            None,
            "Begin again with POST /v1/telegram/logins.",
        ),
        LoginProblem::Refused => (
            Kind::TelegramRefused,
            None,
            "Begin again with POST /v1/telegram/logins; if it happens again, try in an hour.",
        ),
    }
}

impl From<AccountError> for Problem {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::NotFound => Self::not_found("Telegram account"),
            AccountError::InUse { pairs } => in_use(Kind::TelegramAccountInUse, &pairs),
            AccountError::LoggedOut => Self::new(Kind::TelegramAccountLoggedOut, LINK_AGAIN),
            AccountError::NoSuchPage => paging::wrong_cursor(),
            AccountError::Port(error) => error.into(),
        }
    }
}

const LINK_AGAIN: &str = "Link the account again with POST /v1/telegram/logins.";

impl From<GuildError> for Problem {
    fn from(error: GuildError) -> Self {
        match error {
            GuildError::NotLinked => Self::not_found("Discord server"),
            GuildError::AlreadyLinked => Self::new(
                Kind::DiscordGuildAlreadyLinked,
                "There is nothing left to do.",
            )
            .with_error(FieldError::at("/guild_id", "is linked already")),
            GuildError::InUse { pairs } => in_use(Kind::DiscordGuildInUse, &pairs),
            GuildError::Port(error) => error.into(),
        }
    }
}

fn in_use(kind: Kind, pairs: &[PairId]) -> Problem {
    let pairs: Vec<String> = pairs.iter().map(ToString::to_string).collect();
    Problem::new(
        kind,
        "Delete the pairs named in `pairs` first, each with DELETE /v1/pairs/{id}.",
    )
    .with_related("pairs", pairs)
}

impl From<PairError> for Problem {
    fn from(error: PairError) -> Self {
        match error {
            PairError::NotFound => Self::not_found("pair"),
            PairError::Unusable { end, problem } => unusable(end, problem),
            PairError::Conflict(conflict) => conflicting(conflict),
            PairError::Contended => Self::new(
                Kind::PairsChanging,
                "Others of your pairs are being made or deleted at this moment. Try again.",
            ),
            PairError::Port(error) => error.into(),
        }
    }
}

fn conflicting(conflict: PairConflict) -> Problem {
    match conflict {
        PairConflict::ToItself => {
            Problem::new(Kind::PairToItself, "Choose another source or destination.").with_error(
                FieldError::at("/destination", "is the same place as the source"),
            )
        }
        PairConflict::Duplicate { existing } => Problem::new(
            Kind::PairDuplicate,
            format!("Use {existing}, or delete it first."),
        )
        .with_related("pair", existing.to_string()),
        PairConflict::Loop { through } => Problem::new(
            Kind::PairLoop,
            format!(
                "What is posted in the destination already reaches the source, at last through \
                 {through}. Delete that pair, or choose another source or destination."
            ),
        )
        .with_related("pair", through.to_string()),
    }
}

/// Which end of a pair can't be used, by which of its fields, and what to do.
fn unusable(end: End, problem: EndProblem) -> Problem {
    let end = match end {
        End::Source => "/source",
        End::Destination => "/destination",
    };
    let (kind, field, what, advice) = match problem {
        EndProblem::AccountNotLinked { .. } => (
            Kind::TelegramAccountNotLinked,
            "account",
            "is none of your accounts",
            "GET /v1/telegram/accounts lists yours; POST /v1/telegram/logins links another."
                .to_owned(),
        ),
        EndProblem::AccountLoggedOut { .. } => (
            Kind::TelegramAccountLoggedOut,
            "account",
            "is logged out",
            LINK_AGAIN.to_owned(),
        ),
        EndProblem::ChatUnknown { account, .. } => (
            Kind::TelegramChatUnknown,
            "chat",
            "is not in the account's list of chats",
            format!(
                "GET /v1/telegram/accounts/{account}/chats lists them. If the account joined it \
                 just now, POST /v1/telegram/accounts/{account}/chats/refresh, then try again."
            ),
        ),
        EndProblem::ChatProtected => (
            Kind::TelegramChatProtected,
            "chat",
            "forbids copying its content",
            "Choose another source, or ask the owner of the chat to allow copying, then refresh \
             the list of chats."
                .to_owned(),
        ),
        EndProblem::GuildNotLinked { .. } => (
            Kind::DiscordGuildNotLinked,
            "guild",
            "is none of your servers",
            "GET /v1/discord/guilds lists yours; POST /v1/discord/guilds links another.".to_owned(),
        ),
        EndProblem::ChannelUnknown { guild, .. } => (
            Kind::DiscordChannelUnknown,
            "channel",
            "is not in the server, or hidden from the bot",
            format!("GET /v1/discord/guilds/{guild}/channels lists those that the bot sees."),
        ),
        EndProblem::NotReadable(platform) => (
            Kind::NotReadable,
            field_of_place(platform),
            "can't be read",
            "Give the bot the permissions View Channel and Read Message History there.".to_owned(),
        ),
        EndProblem::NotPostable(platform) => (
            Kind::NotPostable,
            field_of_place(platform),
            "can't be posted to",
            match platform {
                Platform::Telegram => {
                    "Give the account the right to post there, then refresh its list of chats."
                }
                Platform::Discord => {
                    "Give the bot the permissions View Channel and Send Messages there."
                }
            }
            .to_owned(),
        ),
    };
    Problem::new(kind, advice).with_error(FieldError::at(format!("{end}/{field}"), what))
}

const fn field_of_place(platform: Platform) -> &'static str {
    match platform {
        Platform::Telegram => "chat",
        Platform::Discord => "channel",
    }
}
