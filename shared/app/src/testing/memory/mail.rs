use async_trait::async_trait;

use super::Store;
use crate::ports::{Mail, Message, PortResult};

#[async_trait]
impl Mail for Store {
    async fn send(&self, message: &Message) -> PortResult<()> {
        self.tables().letters.push(message.clone());
        Ok(())
    }
}
