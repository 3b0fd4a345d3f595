use async_trait::async_trait;
use patchbay_domain::ids::{MessageId, PairId, UserId};
use patchbay_domain::{ChatId, Endpoint, Timestamp};

use super::PortResult;

/// One message at one destination, whichever of a user's pairs brings it there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    pub owner: UserId,
    pub chat: ChatId,
    pub message: MessageId,
    pub destination: Endpoint,
}

impl Arrival {
    /// The destination, whoever of the user's accounts posts there.
    pub fn place(&self) -> String {
        match self.destination {
            Endpoint::Telegram { chat, topic, .. } => {
                let topic = topic.map_or(String::new(), |topic| format!(".{topic}"));
                format!("telegram:{chat}{topic}")
            }
            Endpoint::Discord {
                channel, thread, ..
            } => format!("discord:{}", thread.unwrap_or(channel)),
        }
    }
}

#[async_trait]
pub trait Doubles: Send + Sync {
    /// The pair that brings the message: the first one that asks, and the same for whoever asks
    /// again until then.
    async fn first(&self, arrival: &Arrival, pair: PairId, until: Timestamp) -> PortResult<PairId>;
}
