//! Making, pausing and deleting pairs.

use patchbay_domain::account::AccountState;
use patchbay_domain::chat::{Endpoint, Platform};
use patchbay_domain::ids::{
    AccountId, DiscordChannelId, DiscordGuildId, PairId, TelegramChatId, TopicId,
};
use patchbay_domain::pair::{self, PairConflict};
use patchbay_domain::user::User;
use patchbay_domain::{Pair, PairState};

use crate::ports::{Control, ControlTarget, PortError, PortResult, Ports};

/// How often a pair is checked and stored again when other pairs of the user come and go
/// meanwhile. Each round lets one of those who compete through.
const ROUNDS: usize = 32;

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
    #[error("the user's pairs keep changing")]
    Contended,
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Makes a pair of two ends that the user may use, so that no two pairs do the same and no
/// message comes back, however many are made at once.
pub async fn create(
    ports: &Ports,
    user: &User,
    source: Endpoint,
    destination: Endpoint,
) -> Result<Pair, PairError> {
    if source.is_same_place(&destination) {
        return Err(PairConflict::ToItself.into());
    }
    let pair = Pair {
        id: PairId::from_bits(ports.ids.next()),
        owner: user.id,
        partition: user.partition,
        source,
        destination,
        state: PairState::Active,
        created_at: ports.clock.now(),
    };
    for _ in 0..ROUNDS {
        // Read before the ends are checked: whoever unlinks one of them changes the version.
        let present = ports.pairs.of_user(user.id).await?;
        check_end(ports, user, End::Source, &source).await?;
        check_end(ports, user, End::Destination, &destination).await?;
        pair::check(&source, &destination, &present.pairs)?;
        if ports.pairs.create(&pair, present.version).await? {
            if let Err(error) = tell(ports, &pair).await {
                // A pair that no connector forwards for would be silent: rather have none.
                ports.pairs.delete(user.id, pair.id).await?;
                return Err(error.into());
            }
            return Ok(pair);
        }
    }
    Err(PairError::Contended)
}

pub async fn get(ports: &Ports, user: &User, pair: PairId) -> Result<Pair, PairError> {
    ports
        .pairs
        .get(user.id, pair)
        .await?
        .ok_or(PairError::NotFound)
}

/// The user's pairs in the order in which they were made, after the given one.
pub async fn list(
    ports: &Ports,
    user: &User,
    after: Option<PairId>,
    limit: usize,
) -> PortResult<(Vec<Pair>, Option<PairId>)> {
    let mut pairs = ports.pairs.of_user(user.id).await?.pairs;
    pairs.retain(|pair| after.is_none_or(|after| pair.id > after));
    pairs.sort_by_key(|pair| pair.id);
    let has_more = pairs.len() > limit;
    pairs.truncate(limit);
    let next = pairs.last().filter(|_| has_more).map(|pair| pair.id);
    Ok((pairs, next))
}

/// Pauses or resumes. Doing so twice is harmless.
pub async fn set_state(
    ports: &Ports,
    user: &User,
    pair: PairId,
    state: PairState,
) -> Result<Pair, PairError> {
    let changed = ports
        .pairs
        .set_state(user.id, pair, state)
        .await?
        .ok_or(PairError::NotFound)?;
    tell(ports, &changed).await?;
    Ok(changed)
}

pub async fn delete(ports: &Ports, user: &User, pair: PairId) -> Result<(), PairError> {
    let present = get(ports, user, pair).await?;
    if ports.pairs.delete(user.id, pair).await? {
        tell(ports, &present).await?;
    }
    Ok(())
}

async fn check_end(ports: &Ports, user: &User, end: End, of: &Endpoint) -> Result<(), PairError> {
    let found = match of {
        Endpoint::Telegram {
            account,
            chat,
            topic,
        } => match telegram_problem(ports, user, end, *account, *chat).await? {
            None => topic_problem(ports, end, *account, *chat, *topic).await?,
            problem => problem,
        },
        Endpoint::Discord {
            guild,
            channel,
            thread,
        } => discord_problem(ports, user, end, *guild, *channel, *thread).await?,
    };
    found.map_or(Ok(()), |problem| Err(PairError::Unusable { end, problem }))
}

async fn telegram_problem(
    ports: &Ports,
    user: &User,
    end: End,
    account: AccountId,
    chat: TelegramChatId,
) -> PortResult<Option<EndProblem>> {
    let Some(linked) = ports.accounts.get(user.id, account).await? else {
        return Ok(Some(EndProblem::AccountNotLinked { account }));
    };
    if matches!(linked.state, AccountState::LoggedOut { .. }) {
        return Ok(Some(EndProblem::AccountLoggedOut { account }));
    }
    let Some(known) = ports.chats.telegram(account, chat).await? else {
        return Ok(Some(EndProblem::ChatUnknown { account, chat }));
    };
    Ok(match end {
        End::Source if known.is_protected => Some(EndProblem::ChatProtected),
        End::Destination if !known.can_post => Some(EndProblem::NotPostable(Platform::Telegram)),
        End::Source | End::Destination => None,
    })
}

/// A topic is one of the chat's forum, and an open one if something is to be posted in it.
async fn topic_problem(
    ports: &Ports,
    end: End,
    account: AccountId,
    chat: TelegramChatId,
    topic: Option<TopicId>,
) -> PortResult<Option<EndProblem>> {
    let Some(topic) = topic else {
        return Ok(None);
    };
    let known = ports.chats.telegram_topic(account, chat, topic).await?;
    Ok(match (known, end) {
        (None, _) => Some(EndProblem::TopicUnknown {
            account,
            chat,
            topic,
        }),
        (Some(known), End::Destination) if known.is_closed => Some(EndProblem::TopicClosed),
        (Some(_), End::Source | End::Destination) => None,
    })
}

async fn discord_problem(
    ports: &Ports,
    user: &User,
    end: End,
    guild: DiscordGuildId,
    channel: DiscordChannelId,
    thread: Option<DiscordChannelId>,
) -> PortResult<Option<EndProblem>> {
    if ports.guild_links.get(user.id, guild).await?.is_none() {
        return Ok(Some(EndProblem::GuildNotLinked { guild }));
    }
    let Some(known) = ports.chats.channel(guild, channel).await? else {
        return Ok(Some(EndProblem::ChannelUnknown { guild, channel }));
    };
    let (can_read, can_post) = match thread {
        None if !known.kind.has_messages() => {
            return Ok(Some(EndProblem::ThreadNeeded { guild, channel }));
        }
        None => (known.can_read(), known.can_post()),
        Some(thread) => match ports.chats.thread(guild, channel, thread).await? {
            Some(known) => (known.can_read(), known.can_post()),
            None => return Ok(Some(EndProblem::ThreadUnknown { guild, channel })),
        },
    };
    Ok(match end {
        End::Source if !can_read => Some(EndProblem::NotReadable(Platform::Discord)),
        End::Destination if !can_post => Some(EndProblem::NotPostable(Platform::Discord)),
        End::Source | End::Destination => None,
    })
}

/// Tells whoever forwards the pair that it changed. The store comes first, always: a connector
/// that hears of a change reads it there.
async fn tell(ports: &Ports, pair: &Pair) -> PortResult<()> {
    let control = Control::PairsChanged {
        owner: pair.owner,
        pair: pair.id,
    };
    send(ports, ControlTarget::Partition(pair.partition), &control).await?;
    match pair.source.platform() {
        Platform::Discord => send(ports, ControlTarget::Gateway, &control).await,
        Platform::Telegram => Ok(()),
    }
}

async fn send(ports: &Ports, target: ControlTarget, control: &Control) -> PortResult<()> {
    for _ in 1..TELLINGS {
        if ports.controls.send(target, control).await.is_ok() {
            return Ok(());
        }
    }
    ports.controls.send(target, control).await
}
