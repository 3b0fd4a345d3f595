use async_trait::async_trait;
use patchbay_domain::Timestamp;
use patchbay_domain::ids::UserId;
use patchbay_domain::token::TokenHash;
use patchbay_domain::user::{Email, PasswordHash};
use serde::{Deserialize, Serialize};

use super::PortResult;

/// What is done once somebody brings a token that was mailed: they read the mail of that address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    pub of: Proven,
    pub expires_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "proven", rename_all = "snake_case")]
pub enum Proven {
    /// Somebody wants to become this user.
    Registration {
        user: UserId,
        email: Email,
        password_hash: PasswordHash,
    },
    /// The user has forgotten the password.
    Forgotten { user: UserId },
    /// The user has another address.
    NewEmail {
        user: UserId,
        from: Email,
        to: Email,
    },
}

/// What waits for a token that was mailed. One that has expired is gone.
#[async_trait]
pub trait Proofs: Send + Sync {
    async fn put(&self, token: TokenHash, proof: &Proof) -> PortResult<()>;
    /// The proof, which is gone from then on: of many that bring one token, one gets it.
    async fn take(&self, token: TokenHash) -> PortResult<Option<Proof>>;
}
