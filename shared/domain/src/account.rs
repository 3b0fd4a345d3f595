use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, LoginId, PartitionId, TelegramChatId, TelegramUserId, UserId};
use crate::time::Timestamp;

/// A Telegram account that a user linked. Its session is kept apart, sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub id: AccountId,
    pub owner: UserId,
    pub partition: PartitionId,
    pub telegram_user: TelegramUserId,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    pub state: AccountState,
    pub linked_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum AccountState {
    Connecting,
    Connected {
        since: Timestamp,
    },
    Reconnecting {
        since: Timestamp,
    },
    FloodWaiting {
        until: Timestamp,
    },
    /// Telegram ended the session; the user has to link the account again.
    LoggedOut {
        at: Timestamp,
        reason: String,
    },
}

/// An attempt to link a Telegram account, driven by the connector and answered by the user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    pub id: LoginId,
    pub owner: UserId,
    pub method: LoginMethod,
    pub state: LoginState,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum LoginMethod {
    /// A number in international form: `+` and digits.
    Phone {
        phone: String,
    },
    Qr,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum LoginState {
    /// The connector has yet to take it up.
    Starting,
    CodeNeeded {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rejected: Option<LoginProblem>,
    },
    /// To be shown as a QR code and scanned in a Telegram app; renewed until it is accepted.
    QrShown {
        url: String,
        renewed_at: Timestamp,
    },
    PasswordNeeded {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hint: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rejected: Option<LoginProblem>,
    },
    /// An answer of the user is being checked.
    Checking,
    Done {
        account: AccountId,
    },
    Failed {
        problem: LoginProblem,
    },
    Cancelled,
}

impl LoginState {
    pub fn is_final(&self) -> bool {
        match self {
            Self::Done { .. } | Self::Failed { .. } | Self::Cancelled => true,
            Self::Starting
            | Self::CodeNeeded { .. }
            | Self::QrShown { .. }
            | Self::PasswordNeeded { .. }
            | Self::Checking => false,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoginProblem {
    WrongCode,
    CodeExpired,
    WrongPassword,
    UnknownPhone,
    BannedPhone,
    TooManyAttempts,
    /// The account is linked already, by this or another user.
    AlreadyLinked,
    /// Nobody answered in time.
    Expired,
    /// The connector stopped in the middle of it.
    Interrupted,
    /// Telegram answered something that we don't know.
    Refused,
}

/// What a user answers while a login runs. Kept sealed until the connector takes it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum LoginAnswer {
    Code { code: String },
    Password { password: String },
}

/// A chat in an account's directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TelegramChat {
    pub id: TelegramChatId,
    pub title: String,
    pub kind: TelegramChatKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    pub can_post: bool,
    /// The chat's owner forbids saving and forwarding.
    pub is_protected: bool,
    /// What Telegram wants beside the id to address it, for this account alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_hash: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TelegramChatKind {
    Private,
    Bot,
    Group,
    Supergroup,
    Channel,
}
