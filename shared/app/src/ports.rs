//! The outside, as seen from here. "Not found" is an `Option`, never an error.

mod api_keys;
mod backfills;
mod backlogs;
mod bot_links;
mod chats;
mod deliveries;
mod discord;
mod doubles;
mod guild_links;
mod idempotency;
mod kept_tasks;
mod leases;
mod mail;
mod pairs;
mod platform;
mod positions;
mod proofs;
mod queues;
mod quotas;
mod rollups;
mod sessions;
mod source;
mod throttles;
mod users;
mod vault;

use std::sync::Arc;

pub use api_keys::{ApiKeySet, ApiKeys};
pub use backfills::Backfills;
pub use backlogs::{Backlog, Backlogs};
pub use bot_links::{BotLinks, Redeemed};
pub use chats::{Chats, Page};
pub use deliveries::{Claim, Deliveries, Earlier, Order, Removed};
pub use discord::{
    AuthorizationRequest, BotWish, DiscordLinks, DiscordOauth, DiscordOauthError, DiscordTokens,
    NoDiscordOauth,
};
pub use doubles::{Arrival, Doubles};
pub use guild_links::{GuildLinking, GuildLinks};
pub use idempotency::{Begun, Digest, Execution, Idempotency, IdempotencyKey, KeptAnswer};
pub use kept_tasks::{KeptTasks, TASK_KEPT};
pub use leases::Leases;
pub use mail::{Mail, Message};
pub use pairs::{PairSet, Pairs};
pub use platform::{
    Attempt, ChatMoved, Excerpt, FileError, FileStream, Files, Forwarding, HistoryError,
    HistoryPage, HistoryStart, Ingest, Outgoing, Piece, Reacting, ReactionsWanted, Reader,
    Replacement, Rewrite, SendError, Sender, Sent, SourceSeen, Standing,
};
pub use positions::{
    DiscordPosition, FencedOut, Positions, TelegramPosition, TelegramPositionChange,
};
pub use proofs::{Proof, Proofs, Proven};
pub use queues::{
    Control, ControlTarget, Controls, QueueCounts, QueuedControl, Receipt, Received,
    TASK_VISIBILITY, TaskReceipt, Tasks,
};
pub use quotas::{Quotas, Taken};
pub use rollups::{DayRollup, Rollups};
pub use sessions::Sessions;
pub use source::{Clock, Ids};
pub use throttles::Throttles;
pub use users::{Accounts, Created, LOGIN_KEPT, Linked, Logins, UserChange, Users};
pub use vault::{SecretName, Vault};

/// A store or queue did not do what it was asked. Nothing is known about the effect: whoever
/// gets this tries again, since every operation here may be repeated.
#[derive(Debug, thiserror::Error)]
pub enum PortError {
    #[error("{operation} is not answered")]
    Unavailable {
        operation: &'static str,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("{operation} found something that can't be read: {what}")]
    Corrupt {
        operation: &'static str,
        what: String,
    },
}

pub type PortResult<T> = Result<T, PortError>;

/// Everything outside.
#[derive(Clone)]
pub struct Ports {
    pub users: Arc<dyn Users>,
    pub sessions: Arc<dyn Sessions>,
    pub proofs: Arc<dyn Proofs>,
    pub throttles: Arc<dyn Throttles>,
    pub mail: Arc<dyn Mail>,
    pub accounts: Arc<dyn Accounts>,
    pub logins: Arc<dyn Logins>,
    pub bot_links: Arc<dyn BotLinks>,
    pub guild_links: Arc<dyn GuildLinks>,
    pub discord_links: Arc<dyn DiscordLinks>,
    pub discord_oauth: Arc<dyn DiscordOauth>,
    pub api_keys: Arc<dyn ApiKeys>,
    pub quotas: Arc<dyn Quotas>,
    pub chats: Arc<dyn Chats>,
    pub pairs: Arc<dyn Pairs>,
    pub deliveries: Arc<dyn Deliveries>,
    pub kept_tasks: Arc<dyn KeptTasks>,
    pub doubles: Arc<dyn Doubles>,
    pub rollups: Arc<dyn Rollups>,
    pub positions: Arc<dyn Positions>,
    pub leases: Arc<dyn Leases>,
    pub vault: Arc<dyn Vault>,
    pub idempotency: Arc<dyn Idempotency>,
    pub tasks: Arc<dyn Tasks>,
    pub backfills: Arc<dyn Backfills>,
    pub backlogs: Arc<dyn Backlogs>,
    pub controls: Arc<dyn Controls>,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
}
