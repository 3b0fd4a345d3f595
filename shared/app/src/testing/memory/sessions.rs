use std::collections::BTreeMap;

use async_trait::async_trait;
use patchbay_domain::Timestamp;
use patchbay_domain::ids::{SessionId, UserId};
use patchbay_domain::session::Session;

use super::Store;
use crate::ports::{Clock, PortResult, Sessions};

pub(super) type SessionTable = BTreeMap<(UserId, SessionId), Session>;

#[async_trait]
impl Sessions for Store {
    async fn put(&self, session: &Session) -> PortResult<()> {
        let place = (session.owner, session.id);
        self.tables().sessions.insert(place, session.clone());
        Ok(())
    }

    async fn get(&self, owner: UserId, session: SessionId) -> PortResult<Option<Session>> {
        let now = self.clock.now();
        let tables = self.tables();
        let session = tables.sessions.get(&(owner, session));
        Ok(session.filter(|session| session.is_alive(now)).cloned())
    }

    async fn of_user(&self, owner: UserId) -> PortResult<Vec<Session>> {
        let now = self.clock.now();
        let tables = self.tables();
        let sessions = tables.sessions.values();
        Ok(sessions
            .filter(|session| session.owner == owner && session.is_alive(now))
            .cloned()
            .collect())
    }

    async fn replace(&self, present: &Session, next: &Session) -> PortResult<bool> {
        let place = (present.owner, present.id);
        match self.tables().sessions.get_mut(&place) {
            Some(session)
                if session.generation == present.generation
                    && session.is_used == present.is_used =>
            {
                *session = next.clone();
                Ok(true)
            }
            Some(_) | None => Ok(false),
        }
    }

    async fn mark_used(
        &self,
        owner: UserId,
        session: SessionId,
        generation: u32,
        at: Timestamp,
    ) -> PortResult<()> {
        if let Some(session) = self.tables().sessions.get_mut(&(owner, session))
            && session.generation == generation
        {
            session.is_used = true;
            session.last_used_at = at;
        }
        Ok(())
    }

    async fn remove(&self, owner: UserId, session: SessionId) -> PortResult<()> {
        self.tables().sessions.remove(&(owner, session));
        Ok(())
    }
}
