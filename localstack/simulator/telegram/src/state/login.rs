use serde::{Deserialize, Serialize};

use super::dc::Dc;
use super::ids::UserId;

/// The verifier of a two-step password, as the platform keeps it: never the password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Password {
    pub(crate) salt1: Vec<u8>,
    pub(crate) salt2: Vec<u8>,
    pub(crate) verifier: Vec<u8>,
}

#[derive(Debug)]
pub(crate) struct KeyRecord {
    pub(crate) key: Box<[u8; 256]>,
    pub(crate) salt: i64,
    /// Where it was agreed on. Others don't know it.
    pub(crate) dc: Dc,
    pub(crate) login: Login,
    pub(crate) qr: Option<LoginToken>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Login {
    None,
    AwaitingPassword(UserId),
    Done(Authorization),
}

/// One signed-in device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Authorization {
    pub(crate) user: UserId,
    pub(crate) device: Device,
    /// Unix seconds.
    pub(crate) since: i64,
}

/// What a client says about itself in `initConnection`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Device {
    pub(crate) api_id: i32,
    pub(crate) model: String,
    pub(crate) system_version: String,
    pub(crate) app_version: String,
}

/// A QR code that waits for a signed-in device to accept it.
#[derive(Debug, Clone)]
pub(crate) struct LoginToken {
    pub(crate) token: Vec<u8>,
    /// Unix milliseconds.
    pub(crate) expires_at: i64,
    pub(crate) accepted_by: Option<UserId>,
}

#[derive(Debug, Clone)]
pub(crate) struct LoginCode {
    pub(crate) hash: String,
    pub(crate) code: String,
    pub(crate) delivery: Delivery,
    pub(crate) issued_at: i64,
    pub(crate) wrong_attempts: u32,
    pub(crate) expired: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Delivery {
    App,
    Sms,
}

pub(crate) const CODE_LIFE_MS: i64 = 5 * 60 * 1000;
pub(crate) const TOKEN_LIFE_MS: i64 = 30 * 1000;
const MOST_WRONG_ATTEMPTS: u32 = 5;

impl LoginCode {
    pub(crate) fn is_live(&self, at: i64) -> bool {
        !self.expired
            && at < self.issued_at + CODE_LIFE_MS
            && self.wrong_attempts < MOST_WRONG_ATTEMPTS
    }
}

impl KeyRecord {
    pub(crate) fn user(&self) -> Option<UserId> {
        match &self.login {
            Login::Done(authorization) => Some(authorization.user),
            Login::None | Login::AwaitingPassword(_) => None,
        }
    }
}
