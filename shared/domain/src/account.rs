use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ids::{
    AccountId, LoginId, PartitionId, TelegramChatId, TelegramUserId, TopicId, UserId,
};
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
    /// What its owner calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<AccountLabel>,
    pub state: AccountState,
    pub linked_at: Timestamp,
    /// When its whole list of chats was last read from Telegram.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chats_read_at: Option<Timestamp>,
}

/// A name that a user gives to an account: 1 to 64 characters, trimmed, none of them a control
/// character.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountLabel(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("has to be 1 to 64 characters, none of them a control character")]
pub struct ParseLabelError;

impl AccountLabel {
    pub const LONGEST: usize = 64;

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AccountLabel {
    type Err = ParseLabelError;

    fn from_str(text: &str) -> Result<Self, ParseLabelError> {
        let label = text.trim();
        let is_label = (1..=Self::LONGEST).contains(&label.chars().count())
            && !label.chars().any(char::is_control);
        is_label
            .then(|| Self(label.to_owned()))
            .ok_or(ParseLabelError)
    }
}

impl TryFrom<String> for AccountLabel {
    type Error = ParseLabelError;

    fn try_from(text: String) -> Result<Self, ParseLabelError> {
        text.parse()
    }
}

impl From<AccountLabel> for String {
    fn from(label: AccountLabel) -> Self {
        label.0
    }
}

impl fmt::Display for AccountLabel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
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
    /// Telegram limits what the account may send, and lifts that when it likes to. The account
    /// rests until `until`, then tries again.
    Limited {
        since: Timestamp,
        until: Timestamp,
        reason: LimitReason,
    },
    /// Telegram ended the session; the user has to link the account again.
    LoggedOut {
        at: Timestamp,
        reason: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitReason {
    /// Others reported the account, or it sent too much.
    Spam,
    /// Telegram froze the account; only an appeal lifts that.
    Frozen,
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
    /// The user's plan allows no more accounts.
    PlanLimit,
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
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is told by Telegram apart from the others"
)]
pub struct TelegramChat {
    pub id: TelegramChatId,
    pub title: String,
    pub kind: TelegramChatKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    #[serde(default = "yes")]
    pub can_read: bool,
    pub can_post: bool,
    /// The chat's owner forbids saving and forwarding.
    pub is_protected: bool,
    /// What Telegram wants beside the id to address it, for this account alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_hash: Option<i64>,
    /// A supergroup whose messages are in topics.
    #[serde(default)]
    pub is_forum: bool,
    /// How many people are in it, where Telegram told so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<u32>,
    /// When the topics of a forum were last read from Telegram.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topics_read_at: Option<Timestamp>,
}

fn yes() -> bool {
    true
}

/// A topic of a forum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TelegramTopic {
    /// The number of the message that made it; 1 for the topic that every forum begins with.
    pub id: TopicId,
    pub title: String,
    /// Only those who manage topics may post in it.
    pub is_closed: bool,
    /// Only the first topic can be hidden.
    pub is_hidden: bool,
    /// The colour of its icon, 0xRRGGBB.
    pub icon_color: u32,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_short_and_can_be_shown() {
        let label: AccountLabel = "  News desk ".parse().unwrap();
        assert_eq!(label.as_str(), "News desk");
        assert!("\u{1f4f0}".repeat(64).parse::<AccountLabel>().is_ok());
        for wrong in ["", "   ", "a\nb", "\u{7f}", &"x".repeat(65)] {
            assert_eq!(
                wrong.parse::<AccountLabel>(),
                Err(ParseLabelError),
                "{wrong:?}"
            );
        }
    }

    #[test]
    fn what_was_stored_before_a_field_existed_is_read() {
        let account = r#"{"id":"acc_00000000000000000000000000000001",
            "owner":"usr_00000000000000000000000000000001","partition":3,"telegram_user":"7",
            "name":"Ann","state":{"state":"connecting"},"linked_at":5}"#;
        let account: Account = serde_json::from_str(account).unwrap();
        assert_eq!((account.label, account.chats_read_at), (None, None));
        let chat =
            r#"{"id":"5","title":"Chat","kind":"group","can_post":true,"is_protected":false}"#;
        let chat: TelegramChat = serde_json::from_str(chat).unwrap();
        assert!(chat.can_read && !chat.is_forum);
    }
}
