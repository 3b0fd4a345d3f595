use std::collections::BTreeMap;

use async_trait::async_trait;
use patchbay_domain::Fence;
use patchbay_domain::ids::{AccountId, DiscordChannelId, MessageId};
use serde::{Deserialize, Serialize};

use super::PortResult;

/// How far an account's updates are safely in the task queues.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TelegramPosition {
    pub pts: i32,
    pub qts: i32,
    pub date: i32,
    pub seq: i32,
    /// Of channels and supergroups, by their bare id.
    pub channels: BTreeMap<i64, i32>,
}

/// What of a position moved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TelegramPositionChange {
    /// `pts`, `qts`, `date` and `seq`, if any of them moved.
    pub common: Option<(i32, i32, i32, i32)>,
    pub channels: BTreeMap<i64, i32>,
}

/// How far one Discord shard's events are safely in the task queues.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiscordPosition {
    pub session: Option<String>,
    pub resume_url: Option<String>,
    pub sequence: u64,
    /// The newest message seen in each source channel; history after it is read where the
    /// gateway can't resume.
    pub channels: BTreeMap<DiscordChannelId, MessageId>,
}

/// The write came from somebody who owns the lease no more. It had no effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FencedOut;

#[async_trait]
pub trait Positions: Send + Sync {
    async fn telegram(&self, account: AccountId) -> PortResult<Option<TelegramPosition>>;
    async fn save_telegram(
        &self,
        account: AccountId,
        change: &TelegramPositionChange,
        fence: Fence,
    ) -> PortResult<Result<(), FencedOut>>;
    async fn forget_telegram(&self, account: AccountId) -> PortResult<()>;
    async fn discord(&self, shard: u32) -> PortResult<Option<DiscordPosition>>;
    /// Replaces the whole position.
    async fn save_discord(
        &self,
        shard: u32,
        position: &DiscordPosition,
        fence: Fence,
    ) -> PortResult<Result<(), FencedOut>>;
}
