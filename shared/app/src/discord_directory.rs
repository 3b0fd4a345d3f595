//! The channels and threads of linked servers, as the connector keeps them.

use patchbay_domain::guild::{DiscordChannel, DiscordChannelKind, DiscordThread};
use patchbay_domain::ids::{DiscordChannelId, DiscordGuildId};
use patchbay_domain::user::User;

use crate::link_discord::GuildError;
use crate::ports::{Page, Ports};

/// Which channels are looked for.
#[derive(Debug, Clone, Default)]
pub struct ChannelFilter {
    pub kind: Option<DiscordChannelKind>,
    /// A part of the name, in upper or lower case.
    pub query: Option<String>,
}

impl ChannelFilter {
    fn fits(&self, channel: &DiscordChannel) -> bool {
        let is_kind = self.kind.is_none_or(|kind| channel.kind == kind);
        let query = self.query.as_ref().map(|query| query.to_lowercase());
        is_kind && query.is_none_or(|query| channel.name.to_lowercase().contains(&query))
    }
}

/// The channels that the bot knows in one of the user's servers, in the order of their ids, after
/// the given one.
pub async fn channels(
    ports: &Ports,
    user: &User,
    guild: DiscordGuildId,
    filter: &ChannelFilter,
    after: Option<DiscordChannelId>,
    limit: usize,
) -> Result<Page<DiscordChannel>, GuildError> {
    check_linked(ports, user, guild).await?;
    let mut items = ports.chats.channels(guild).await?;
    items.retain(|channel| after.is_none_or(|after| channel.id > after) && filter.fits(channel));
    items.sort_by_key(|channel| channel.id);
    let has_more = items.len() > limit;
    items.truncate(limit);
    let last = items.last().filter(|_| has_more);
    let next = last.map(|channel| channel.id.to_string());
    Ok(Page { items, next })
}

/// The active threads of a channel, or the posts of a forum, in the order of their ids.
pub async fn threads(
    ports: &Ports,
    user: &User,
    guild: DiscordGuildId,
    channel: DiscordChannelId,
    after: Option<DiscordChannelId>,
    limit: usize,
) -> Result<Page<DiscordThread>, GuildError> {
    check_linked(ports, user, guild).await?;
    if ports.chats.channel(guild, channel).await?.is_none() {
        return Err(GuildError::NoSuchChannel);
    }
    let after = after.map(|after| after.to_string());
    let page = ports
        .chats
        .threads_page(guild, channel, after.as_deref(), limit);
    Ok(page.await?)
}

async fn check_linked(ports: &Ports, user: &User, guild: DiscordGuildId) -> Result<(), GuildError> {
    match ports.guild_links.get(user.id, guild).await? {
        Some(_) => Ok(()),
        None => Err(GuildError::NotLinked),
    }
}
