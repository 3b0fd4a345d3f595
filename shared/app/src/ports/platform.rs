use std::time::Duration;

use async_trait::async_trait;
use patchbay_domain::{Endpoint, FailReason, Notification, SendKey, SourceEvent, Text, Timestamp};

use super::PortResult;

/// Takes what happened on a platform, in order.
#[async_trait]
pub trait Ingest: Send + Sync {
    /// When it returns, every task that these events cause is stored, and the platform's position
    /// may move past them. If it fails, the same events are to be handed in again.
    async fn ingest(&self, events: &[SourceEvent]) -> PortResult<()>;
}

/// One message to be sent: a whole task, or one part of an over-long one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    pub destination: Endpoint,
    pub text: Text,
    pub notification: Notification,
    pub key: SendKey,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    First,
    /// Somebody set out to send the same at this moment, and nobody knows whether it arrived.
    Again {
        since: Timestamp,
    },
}

/// What became of a send that did not succeed, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Try again, not before this time has passed. It may or may not have arrived.
    #[error("to be tried again in {after:?}: {why}")]
    Retry { after: Duration, why: String },
    /// Wait out a limit of the platform. It did not arrive, and this is nobody's failure.
    #[error("limited by the platform for {after:?}")]
    Limited { after: Duration },
    #[error("failed for good: {0:?}")]
    Fail(FailReason),
}

/// Writes to one platform.
#[async_trait]
pub trait Sender: Send + Sync {
    /// The texts that together say the same, each short enough for one message. The same text is
    /// always split in the same way, or else a repeated task would not find its parts again.
    fn split(&self, text: &Text) -> Vec<Text>;

    /// Makes the message appear exactly once, whatever an earlier attempt with the same key did,
    /// and answers its id.
    async fn send(
        &self,
        outgoing: &Outgoing,
        attempt: Attempt,
    ) -> Result<patchbay_domain::ids::MessageId, SendError>;
}
