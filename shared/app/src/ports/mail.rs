use std::fmt;

use async_trait::async_trait;
use patchbay_domain::user::Email;
use secrecy::SecretString;

use super::PortResult;

/// A letter in plain text.
#[derive(Clone)]
pub struct Message {
    pub to: Email,
    pub subject: &'static str,
    /// It may hold a token, so that nobody may log it.
    pub text: SecretString,
}

impl fmt::Debug for Message {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Message")
            .field("to", &self.to)
            .field("subject", &self.subject)
            .finish_non_exhaustive()
    }
}

#[async_trait]
pub trait Mail: Send + Sync {
    /// Hands the letter to whoever delivers it. Repeating it sends it again.
    async fn send(&self, message: &Message) -> PortResult<()>;
}
