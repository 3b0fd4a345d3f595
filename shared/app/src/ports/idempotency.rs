use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use patchbay_domain::Timestamp;
use patchbay_domain::ids::UserId;
use secrecy::SecretString;

use super::PortResult;

/// What names a request that may be sent again: whose it is, its route, and the key that the
/// caller chose, of which only the hash is kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct IdempotencyKey {
    pub owner: UserId,
    /// SHA-256 of route and key.
    pub hash: Digest,
}

/// SHA-256 of something.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Digest(pub [u8; 32]);

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// One execution of a request, which holds the key until a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Execution {
    pub id: u128,
    /// What the request asks for.
    pub fingerprint: Digest,
    pub began_at: Timestamp,
    /// After this the key is free again, unless the execution was completed.
    pub lease: Duration,
}

/// How a request was answered.
#[derive(Debug, Clone)]
pub struct KeptAnswer {
    pub status: u16,
    /// Names and values of those headers that belong to the answer.
    pub headers: Vec<(String, String)>,
    /// It may show a secret that is shown once, and is sealed wherever it is kept.
    pub body: SecretString,
}

/// What stands behind a key.
#[derive(Debug, Clone)]
pub enum Begun {
    /// Nothing: this execution holds it now.
    First,
    /// An execution of a request that asks for `fingerprint`, which is under way.
    InProgress { fingerprint: Digest },
    /// The answer to a request that asked for `fingerprint`.
    Done {
        fingerprint: Digest,
        answer: KeptAnswer,
    },
}

/// Requests that have one effect, however often they are sent.
#[async_trait]
pub trait Idempotency: Send + Sync {
    /// Takes the key if it is free. Repeating it with the same execution is `First` again.
    async fn begin(&self, key: &IdempotencyKey, execution: &Execution) -> PortResult<Begun>;
    /// Keeps the answer until a moment. False, with no effect, if the execution has lost the key.
    async fn complete(
        &self,
        key: &IdempotencyKey,
        execution: &Execution,
        answer: &KeptAnswer,
        until: Timestamp,
    ) -> PortResult<bool>;
    /// Frees the key. Does nothing if the execution has lost it, or is completed.
    async fn abandon(&self, key: &IdempotencyKey, execution: &Execution) -> PortResult<()>;
    /// Removes all keys and answers of a user who leaves.
    async fn remove_all(&self, owner: UserId) -> PortResult<()>;
}
