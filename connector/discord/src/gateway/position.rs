use std::sync::Arc;
use std::time::Duration;

use patchbay_app::ports::{DiscordPosition, FencedOut, PortResult, Positions};
use patchbay_domain::Fence;
use patchbay_domain::ids::{DiscordChannelId, MessageId};
use tokio::time::Instant;

/// How far a shard has come, and how much of that is saved.
///
/// What is saved never runs ahead of what was handed in: it is moved only by the caller, after
/// the hand-over, and written some time later.
pub(super) struct Progress {
    positions: Arc<dyn Positions>,
    shard: u32,
    fence: Fence,
    pub(super) position: DiscordPosition,
    saved: DiscordPosition,
    saved_at: Instant,
}

impl Progress {
    /// At most this much is handed in again after a crash.
    pub(super) const SAVE_EVERY: Duration = Duration::from_secs(1);

    pub(super) async fn load(
        positions: Arc<dyn Positions>,
        shard: u32,
        fence: Fence,
    ) -> PortResult<Self> {
        let position = positions.discord(shard).await?.unwrap_or_default();
        Ok(Self {
            positions,
            shard,
            fence,
            saved: position.clone(),
            position,
            saved_at: Instant::now(),
        })
    }

    /// A message of a source channel was handed in.
    pub(super) fn saw(&mut self, channel: DiscordChannelId, message: MessageId) {
        let newest = self.position.channels.entry(channel).or_insert(message);
        *newest = message.max(*newest);
    }

    pub(super) async fn save_if_due(&mut self) -> Result<(), FencedOut> {
        if self.saved_at.elapsed() >= Self::SAVE_EVERY {
            self.save().await
        } else {
            Ok(())
        }
    }

    /// A failure to write is logged; the next save makes up for it.
    pub(super) async fn save(&mut self) -> Result<(), FencedOut> {
        self.saved_at = Instant::now();
        if self.saved == self.position {
            return Ok(());
        }
        match self
            .positions
            .save_discord(self.shard, &self.position, self.fence)
            .await
        {
            Ok(Ok(())) => self.saved = self.position.clone(),
            Ok(Err(FencedOut)) => {
                tracing::warn!(
                    shard = self.shard,
                    "another connector has taken the shard over"
                );
                return Err(FencedOut);
            }
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                tracing::error!(
                    shard = self.shard,
                    error,
                    "the gateway position isn't saved"
                );
            }
        }
        Ok(())
    }
}
