use std::time::Duration;

use async_trait::async_trait;
use patchbay_domain::ForwardTask;
use patchbay_domain::ids::{
    AccountId, DiscordGuildId, LoginId, PairId, PartitionId, TelegramChatId, UserId,
};
use serde::{Deserialize, Serialize};

use super::PortResult;

/// What a queue wants back to delete or postpone a message.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Receipt(pub String);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskReceipt {
    pub partition: PartitionId,
    pub receipt: Receipt,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received<T, R> {
    pub body: T,
    pub receipt: R,
    /// How often it has been received, this time included.
    pub times: u32,
}

/// How long a received task stays with its receiver, unless it is postponed. After a crash, its
/// pair waits for the rest of this time.
pub const TASK_VISIBILITY: Duration = Duration::from_secs(30);

/// The forward tasks of each partition: FIFO within a pair, each key once in five minutes.
#[async_trait]
pub trait Tasks: Send + Sync {
    /// In this order, each to the queue of its partition. When it returns, all of them are stored;
    /// if it fails, any of them may be.
    async fn enqueue(&self, tasks: &[ForwardTask]) -> PortResult<()>;
    /// Up to ten tasks, waiting up to `wait` for the first. While a task of a pair is out, later
    /// tasks of that pair stay back, but for those received with it.
    async fn receive(
        &self,
        partition: PartitionId,
        wait: Duration,
    ) -> PortResult<Vec<Received<ForwardTask, TaskReceipt>>>;
    async fn delete(&self, receipts: &[TaskReceipt]) -> PortResult<()>;
    /// Hides a received task for that long from now; its pair waits behind it. At most 12 hours.
    async fn postpone(&self, receipt: &TaskReceipt, hidden: Duration) -> PortResult<()>;
    /// About how many tasks there are; the counts of a queue lag behind a little.
    async fn counts(&self, partition: PartitionId) -> PortResult<QueueCounts>;
    /// About how many tasks of all partitions were given up unread.
    async fn dead(&self) -> PortResult<u64>;
}

/// How many messages a queue holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QueueCounts {
    /// To be received.
    pub waiting: u64,
    /// Received and neither deleted nor visible again: at work, or put off.
    pub in_flight: u64,
    /// Sent with a delay that is not over.
    pub delayed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ControlTarget {
    Partition(PartitionId),
    /// Whoever holds the Discord gateway.
    Gateway,
}

/// What travels on the control queues.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "version")]
pub enum QueuedControl {
    #[serde(rename = "1")]
    V1(Control),
}

/// A request of a function to whoever holds the sessions. Each may come more than once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "control", rename_all = "snake_case")]
pub enum Control {
    StartLogin {
        owner: UserId,
        login: LoginId,
    },
    /// The user's answer lies sealed in the vault.
    AnswerLogin {
        owner: UserId,
        login: LoginId,
    },
    CancelLogin {
        owner: UserId,
        login: LoginId,
    },
    RestartSession {
        owner: UserId,
        account: AccountId,
    },
    /// Log out on Telegram, then forget the session.
    RemoveAccount {
        owner: UserId,
        account: AccountId,
    },
    RefreshChats {
        owner: UserId,
        account: AccountId,
    },
    RefreshTopics {
        owner: UserId,
        account: AccountId,
        chat: TelegramChatId,
    },
    /// Read a Discord server, its channels and threads again.
    RefreshGuild {
        owner: UserId,
        guild: DiscordGuildId,
    },
    PairsChanged {
        owner: UserId,
        pair: PairId,
    },
    /// History was asked for, or is wanted no more.
    BackfillChanged {
        owner: UserId,
        pair: PairId,
    },
    /// Delete everything of a user who leaves.
    ForgetUser {
        user: UserId,
    },
}

#[async_trait]
pub trait Controls: Send + Sync {
    async fn send(&self, target: ControlTarget, control: &Control) -> PortResult<()>;
    async fn receive(
        &self,
        target: ControlTarget,
        wait: Duration,
    ) -> PortResult<Vec<Received<Control, Receipt>>>;
    async fn delete(&self, target: ControlTarget, receipt: &Receipt) -> PortResult<()>;
}
