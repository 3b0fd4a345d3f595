use patchbay_app::accounts::AccountError;
use patchbay_app::link_telegram::LoginError;
use patchbay_domain::account::{LoginProblem, LoginState};

use super::{PAIRS_CHANGING, in_use};
use crate::paging;
use crate::problem::{FieldError, Kind, Problem};

impl From<LoginError> for Problem {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::NotFound => Self::not_found("login"),
            LoginError::Over { state } => over(&state),
            LoginError::PlanLimit { limit } => Self::plan_limit("Telegram accounts", limit),
            LoginError::TooMany { limit } => Self::new(
                Kind::TelegramTooManyLogins,
                "GET /v1/telegram/logins lists them. Finish one, or DELETE it.",
            )
            .with_related("limit", limit),
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
        LoginProblem::PlanLimit => (
            Kind::PlanLimit,
            None,
            "Your plan allows no more Telegram accounts. Unlink one, or choose a larger plan.",
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
            AccountError::NoSuchChat => Self::not_found("Telegram chat"),
            AccountError::NotAForum => Self::new(
                Kind::TelegramNoForum,
                "Only a chat whose `is_forum` is true has topics.",
            ),
            AccountError::DefaultNeeded => Self::new(
                Kind::TelegramDefaultNeeded,
                "PATCH another account with `default: true`; it takes the place of this one.",
            )
            .with_error(FieldError::at(
                "/default",
                "can't be false on the default account",
            )),
            AccountError::InUse { pairs } => in_use(Kind::TelegramAccountInUse, &pairs),
            AccountError::Contended => Self::new(Kind::PairsChanging, PAIRS_CHANGING),
            AccountError::LoggedOut => Self::new(Kind::TelegramAccountLoggedOut, LINK_AGAIN),
            AccountError::NoSuchPage => paging::wrong_cursor(),
            AccountError::Port(error) => error.into(),
        }
    }
}

pub(super) const LINK_AGAIN: &str = "Link the account again with POST /v1/telegram/logins.";
