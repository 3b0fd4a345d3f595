use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use patchbay_app::ports::{PortResult, Sessions};
use patchbay_domain::Timestamp;
use patchbay_domain::ids::{SessionId, UserId};
use patchbay_domain::session::Session;

use super::item::{Item, item, number, read};
use super::key::{self, TTL};
use super::table::{Table, delete_if, put_if, update_if};
use crate::error::unavailable;

const READ: &str = "reading sessions";
const WRITE: &str = "writing a session";

fn session_item(session: &Session) -> PortResult<Item> {
    let mut entry = item(WRITE, &key::session(session.owner, session.id), session)?;
    // Rounded up: who reads it compares the exact time.
    entry.insert(TTL.to_owned(), number(session.expires_at.seconds() + 1));
    Ok(entry)
}

#[async_trait]
impl Sessions for Table {
    async fn put(&self, session: &Session) -> PortResult<()> {
        self.put_item(session_item(session)?)
            .send()
            .await
            .map_err(unavailable(WRITE))?;
        Ok(())
    }

    async fn get(&self, owner: UserId, session: SessionId) -> PortResult<Option<Session>> {
        let item = self.get_item(READ, &key::session(owner, session)).await?;
        let session = item.map(|item| read::<Session>(READ, item)).transpose()?;
        Ok(session.filter(|session| session.is_alive(self.now())))
    }

    async fn of_user(&self, owner: UserId) -> PortResult<Vec<Session>> {
        let now = self.now();
        let mut sessions = Vec::new();
        for item in self.all(READ, &key::sessions(owner)).await? {
            let session: Session = read(READ, item)?;
            if session.is_alive(now) {
                sessions.push(session);
            }
        }
        Ok(sessions)
    }

    async fn replace(&self, present: &Session, next: &Session) -> PortResult<bool> {
        let put = self
            .put_item(session_item(next)?)
            .condition_expression("#generation = :generation AND #is_used = :is_used")
            .expression_attribute_names("#generation", "generation")
            .expression_attribute_names("#is_used", "is_used")
            .expression_attribute_values(":generation", number(present.generation))
            .expression_attribute_values(":is_used", AttributeValue::Bool(present.is_used));
        Ok(put_if(WRITE, put).await?.is_ok())
    }

    async fn mark_used(
        &self,
        owner: UserId,
        session: SessionId,
        generation: u32,
        at: Timestamp,
    ) -> PortResult<()> {
        let update = self
            .update_item(&key::session(owner, session))
            .update_expression("SET #is_used = :used, #last_used_at = :at")
            .condition_expression("#generation = :generation")
            .expression_attribute_names("#generation", "generation")
            .expression_attribute_names("#is_used", "is_used")
            .expression_attribute_names("#last_used_at", "last_used_at")
            .expression_attribute_values(":generation", number(generation))
            .expression_attribute_values(":used", AttributeValue::Bool(true))
            .expression_attribute_values(":at", number(at));
        // One that was renewed or removed meanwhile is left alone.
        update_if("marking a session", update)
            .await?
            .map_or(Ok(()), |_| Ok(()))
    }

    async fn remove(&self, owner: UserId, session: SessionId) -> PortResult<()> {
        let delete = self.delete_item(&key::session(owner, session));
        delete_if("removing a session", delete).await?;
        Ok(())
    }
}
