//! Whether a user may use an end of a pair.

use patchbay_domain::account::AccountState;
use patchbay_domain::chat::{Endpoint, Platform};
use patchbay_domain::ids::{AccountId, DiscordChannelId, DiscordGuildId, TelegramChatId, TopicId};
use patchbay_domain::user::User;

use super::{End, EndProblem, PairError};
use crate::ports::{PairSet, PortResult, Ports};

pub(super) async fn check_end(
    ports: &Ports,
    user: &User,
    present: &PairSet,
    end: End,
    of: &Endpoint,
) -> Result<(), PairError> {
    let found = match of {
        // An account that is being unlinked counts as gone.
        Endpoint::Telegram { account, .. } if present.leaving.contains(account) => {
            Some(EndProblem::AccountNotLinked { account: *account })
        }
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
        // An account that was linked just now has its chats in a moment.
        return Ok(Some(match linked.chats_read_at {
            None => EndProblem::ChatsUnread { account },
            Some(_) => EndProblem::ChatUnknown { account, chat },
        }));
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
