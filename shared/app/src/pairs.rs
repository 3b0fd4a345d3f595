//! Making, changing, pausing and deleting pairs.
//!
//! - [`create`](create()): checks and makes
//! - [`list`](list()): finds
//! - [`change_options`], [`set_state`], [`set_states`], [`delete`]: change what there is
//! - [`follow`](follow()): goes after a chat that got another id
//! - [`note_health`], [`note_source`]: whether it delivers, and whether anything comes
//! - [`preview`](preview()): tries options on a message

mod change;
mod create;
mod ends;
mod follow;
mod health;
mod list;
mod preview;

use patchbay_domain::Pair;
use patchbay_domain::chat::{Endpoint, Platform};
use patchbay_domain::ids::{
    AccountId, DiscordChannelId, DiscordGuildId, PairId, TelegramChatId, TopicId,
};
use patchbay_domain::pair::PairConflict;
use patchbay_domain::user::User;

use crate::ports::{Control, ControlTarget, PortError, PortResult, Ports};

pub use change::{Done, Expected, Which, change_options, delete, set_state, set_states};
pub use create::{NewPair, create};
pub use follow::follow;
pub use health::{note_health, note_source};
pub use list::{Wanted, list};
pub use preview::{Sample, preview};

/// How often something is checked and stored again when other pairs of the user come and go
/// meanwhile. Each round lets one of those who compete through.
pub(crate) const ROUNDS: usize = 32;

/// How often a connector that must hear of a change is told, when the queue does not answer.
const TELLINGS: usize = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Source,
    Destination,
}

/// Why a user can't read from, or post to, an end of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EndProblem {
    #[error("the account is not linked")]
    AccountNotLinked { account: AccountId },
    #[error("Telegram ended the account's session")]
    AccountLoggedOut { account: AccountId },
    #[error("the account is in no such chat")]
    ChatUnknown {
        account: AccountId,
        chat: TelegramChatId,
    },
    #[error("the account's list of chats has not been read yet")]
    ChatsUnread { account: AccountId },
    #[error("the chat has no such topic")]
    TopicUnknown {
        account: AccountId,
        chat: TelegramChatId,
        topic: TopicId,
    },
    #[error("the topic is closed")]
    TopicClosed,
    #[error("the chat forbids copying its content")]
    ChatProtected,
    #[error("the server is not linked")]
    GuildNotLinked { guild: DiscordGuildId },
    #[error("the server has no such channel")]
    ChannelUnknown {
        guild: DiscordGuildId,
        channel: DiscordChannelId,
    },
    #[error("the channel has no such active thread")]
    ThreadUnknown {
        guild: DiscordGuildId,
        channel: DiscordChannelId,
    },
    #[error("messages stand in the forum's posts alone")]
    ThreadNeeded {
        guild: DiscordGuildId,
        channel: DiscordChannelId,
    },
    #[error("the account or bot may not read there")]
    NotReadable(Platform),
    #[error("the account or bot may not post there")]
    NotPostable(Platform),
}

#[derive(Debug, thiserror::Error)]
pub enum PairError {
    #[error("there is no such pair")]
    NotFound,
    #[error("the {end:?} can't be used: {problem}")]
    Unusable { end: End, problem: EndProblem },
    #[error(transparent)]
    Conflict(#[from] PairConflict),
    #[error("the user's plan allows no more than {limit} pairs")]
    PlanLimit { limit: usize },
    #[error("the pair is not as the user knew it")]
    Changed { version: u64 },
    #[error("the user's pairs keep changing")]
    Contended,
    #[error(transparent)]
    Port(#[from] PortError),
}

pub async fn get(ports: &Ports, user: &User, pair: PairId) -> Result<Pair, PairError> {
    ports
        .pairs
        .get(user.id, pair)
        .await?
        .ok_or(PairError::NotFound)
}

/// The pairs that have such an end.
pub(crate) fn using(pairs: &[Pair], is_such: impl Fn(&Endpoint) -> bool) -> Vec<PairId> {
    pairs
        .iter()
        .filter(|pair| is_such(&pair.source) || is_such(&pair.destination))
        .map(|pair| pair.id)
        .collect()
}

/// Tells whoever forwards these pairs of one user that they changed. The store comes first,
/// always: a connector that hears of a change reads all of the user's pairs there, so that one
/// message is enough for many.
async fn tell<'a>(ports: &Ports, pairs: impl IntoIterator<Item = &'a Pair>) -> PortResult<()> {
    let (mut partition, mut gateway) = (None, None);
    for pair in pairs {
        partition.get_or_insert(pair);
        match pair.source.platform() {
            Platform::Discord => gateway.get_or_insert(pair),
            Platform::Telegram => continue,
        };
    }
    let control = |pair: &Pair| Control::PairsChanged {
        owner: pair.owner,
        pair: pair.id,
    };
    if let Some(pair) = partition {
        let target = ControlTarget::Partition(pair.partition);
        send(ports, target, &control(pair)).await?;
    }
    if let Some(pair) = gateway {
        send(ports, ControlTarget::Gateway, &control(pair)).await?;
    }
    Ok(())
}

async fn send(ports: &Ports, target: ControlTarget, control: &Control) -> PortResult<()> {
    for _ in 1..TELLINGS {
        if ports.controls.send(target, control).await.is_ok() {
            return Ok(());
        }
    }
    ports.controls.send(target, control).await
}
