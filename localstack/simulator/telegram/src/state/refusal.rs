use std::borrow::Cow;

/// An error as the platform names it: a code and a name such as `CHAT_WRITE_FORBIDDEN`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code} {name}")]
pub struct Refusal {
    pub code: i32,
    pub name: Cow<'static, str>,
}

impl Refusal {
    pub(crate) const fn bad(name: &'static str) -> Self {
        Self {
            code: 400,
            name: Cow::Borrowed(name),
        }
    }

    pub(crate) const fn unauthorized(name: &'static str) -> Self {
        Self {
            code: 401,
            name: Cow::Borrowed(name),
        }
    }

    pub(crate) const fn forbidden(name: &'static str) -> Self {
        Self {
            code: 403,
            name: Cow::Borrowed(name),
        }
    }

    pub(crate) fn flood_wait(seconds: i64) -> Self {
        Self {
            code: 420,
            name: Cow::Owned(format!("FLOOD_WAIT_{seconds}")),
        }
    }

    pub(crate) fn slow_mode_wait(seconds: i64) -> Self {
        Self {
            code: 420,
            name: Cow::Owned(format!("SLOWMODE_WAIT_{seconds}")),
        }
    }
}

pub(crate) const AUTH_KEY_UNREGISTERED: Refusal = Refusal::unauthorized("AUTH_KEY_UNREGISTERED");
pub(crate) const CHANNEL_INVALID: Refusal = Refusal::bad("CHANNEL_INVALID");
pub(crate) const CHANNEL_PRIVATE: Refusal = Refusal::bad("CHANNEL_PRIVATE");
pub(crate) const CHAT_ADMIN_REQUIRED: Refusal = Refusal::bad("CHAT_ADMIN_REQUIRED");
pub(crate) const CHAT_ID_INVALID: Refusal = Refusal::bad("CHAT_ID_INVALID");
pub(crate) const CHAT_WRITE_FORBIDDEN: Refusal = Refusal::forbidden("CHAT_WRITE_FORBIDDEN");
pub(crate) const MESSAGE_ID_INVALID: Refusal = Refusal::bad("MESSAGE_ID_INVALID");
pub(crate) const PEER_ID_INVALID: Refusal = Refusal::bad("PEER_ID_INVALID");
pub(crate) const USER_ID_INVALID: Refusal = Refusal::bad("USER_ID_INVALID");
pub(crate) const RANDOM_ID_DUPLICATE: Refusal = Refusal {
    code: 500,
    name: Cow::Borrowed("RANDOM_ID_DUPLICATE"),
};
