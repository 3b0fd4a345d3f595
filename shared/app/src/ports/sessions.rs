use async_trait::async_trait;
use patchbay_domain::Timestamp;
use patchbay_domain::ids::{SessionId, UserId};
use patchbay_domain::session::Session;

use super::PortResult;

/// The sessions of users. One that has expired is gone.
#[async_trait]
pub trait Sessions: Send + Sync {
    async fn put(&self, session: &Session) -> PortResult<()>;
    async fn get(&self, owner: UserId, session: SessionId) -> PortResult<Option<Session>>;
    /// In the order of their ids.
    async fn of_user(&self, owner: UserId) -> PortResult<Vec<Session>>;
    /// Puts `next` in the place of `present`. False, with no effect, if the session was renewed,
    /// used or removed since: of many that bring one refresh token, one wins.
    async fn replace(&self, present: &Session, next: &Session) -> PortResult<bool>;
    /// Notes that this generation is in use. Does nothing if another one is the present one.
    async fn mark_used(
        &self,
        owner: UserId,
        session: SessionId,
        generation: u32,
        at: Timestamp,
    ) -> PortResult<()>;
    async fn remove(&self, owner: UserId, session: SessionId) -> PortResult<()>;
}
