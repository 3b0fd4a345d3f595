//! Linking a Discord server: Discord says that the user may manage it, or whoever may writes a
//! code into it.

use std::time::Duration;

use patchbay_domain::chat::Endpoint;
use patchbay_domain::guild::{Guild, GuildLink, GuildLinkRequest, LinkCode};
use patchbay_domain::ids::{DiscordGuildId, PairId};
use patchbay_domain::user::User;

use crate::discord_account;
use crate::ports::{Control, ControlTarget, GuildLinking, PortError, PortResult, Ports};

/// How long a code is good.
pub const REQUEST_LIFETIME: Duration = Duration::from_mins(15);

/// How often unlinking is tried again when pairs come and go meanwhile.
const ROUNDS: usize = 32;

#[derive(Debug, thiserror::Error)]
pub enum GuildError {
    #[error("the user has not linked this server")]
    NotLinked,
    #[error("the server has no such channel")]
    NoSuchChannel,
    #[error("the user has linked this server already")]
    AlreadyLinked,
    #[error("pairs read or write in the server")]
    InUse { pairs: Vec<PairId> },
    #[error("the plan allows no more than {limit} servers")]
    Full { limit: usize },
    #[error("the user's pairs keep changing")]
    PairsChanging,
    #[error(transparent)]
    Port(#[from] PortError),
}

/// A server of a user. `guild` is missing while the bot is not in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedGuild {
    pub link: GuildLink,
    pub guild: Option<Guild>,
}

/// What became of a wish for a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Added {
    /// Discord says that the user may manage it.
    Linked(LinkedGuild),
    /// Somebody has to prove it by posting the code.
    Waiting(GuildLinkRequest),
}

/// Links a server at once, if Discord says that the user may manage it. If not, it waits for a
/// code, which says nothing about the server itself, which may be anybody's.
pub async fn add(ports: &Ports, user: &User, guild: DiscordGuildId) -> Result<Added, GuildError> {
    if ports.guild_links.get(user.id, guild).await?.is_some() {
        return Err(GuildError::AlreadyLinked);
    }
    if !discord_account::may_manage(ports, user, guild).await? {
        return request(ports, user, guild).await.map(Added::Waiting);
    }
    match link(ports, user, guild).await? {
        GuildLinking::Linked => get(ports, user, guild).await.map(Added::Linked),
        GuildLinking::Full => Err(GuildError::Full {
            limit: user.plan.limits().discord_guilds,
        }),
    }
}

async fn request(
    ports: &Ports,
    user: &User,
    guild: DiscordGuildId,
) -> Result<GuildLinkRequest, GuildError> {
    // The code would be good for nothing. What counts is the check when it is used.
    let limit = user.plan.limits().discord_guilds;
    if ports.guild_links.of_user(user.id).await?.len() >= limit {
        return Err(GuildError::Full { limit });
    }
    let request = GuildLinkRequest {
        owner: user.id,
        guild,
        code: LinkCode::from_bits(ports.ids.secret()),
        expires_at: ports.clock.now().plus(REQUEST_LIFETIME),
    };
    ports.guild_links.request(&request).await?;
    Ok(request)
}

/// The user's servers, in the order of their ids.
pub async fn list(ports: &Ports, user: &User) -> Result<Vec<LinkedGuild>, PortError> {
    let mut links = ports.guild_links.of_user(user.id).await?;
    links.sort_by_key(|link| link.guild);
    let mut guilds = Vec::with_capacity(links.len());
    for link in links {
        let guild = ports.chats.guild(link.guild).await?;
        guilds.push(LinkedGuild { link, guild });
    }
    Ok(guilds)
}

pub async fn get(
    ports: &Ports,
    user: &User,
    guild: DiscordGuildId,
) -> Result<LinkedGuild, GuildError> {
    let link = ports
        .guild_links
        .get(user.id, guild)
        .await?
        .ok_or(GuildError::NotLinked)?;
    let guild = ports.chats.guild(guild).await?;
    Ok(LinkedGuild { link, guild })
}

/// Opens the server to whoever asked for it, as far as their plan goes. Called when the code has
/// been seen in the server, in a message of somebody who may manage it. Nothing, if the user is
/// gone by now.
pub async fn fulfil(ports: &Ports, request: &GuildLinkRequest) -> PortResult<Option<GuildLinking>> {
    match ports.users.get(request.owner).await? {
        Some(owner) => link(ports, &owner, request.guild).await.map(Some),
        None => Ok(None),
    }
}

async fn link(ports: &Ports, user: &User, guild: DiscordGuildId) -> PortResult<GuildLinking> {
    let link = GuildLink {
        owner: user.id,
        guild,
        linked_at: ports.clock.now(),
    };
    let limit = user.plan.limits().discord_guilds;
    ports.guild_links.link(&link, limit).await
}

/// Has the connector read the server, its channels and threads again.
pub async fn refresh(ports: &Ports, user: &User, guild: DiscordGuildId) -> Result<(), GuildError> {
    if ports.guild_links.get(user.id, guild).await?.is_none() {
        return Err(GuildError::NotLinked);
    }
    let control = Control::RefreshGuild {
        owner: user.id,
        guild,
    };
    Ok(ports
        .controls
        .send(ControlTarget::Gateway, &control)
        .await?)
}

/// Takes the server from the user. One that pairs need stays: its user decides about them first.
pub async fn unlink(ports: &Ports, user: &User, guild: DiscordGuildId) -> Result<(), GuildError> {
    if ports.guild_links.get(user.id, guild).await?.is_none() {
        return Err(GuildError::NotLinked);
    }
    let is_in_guild =
        |end: &Endpoint| matches!(end, Endpoint::Discord { guild: of_end, .. } if *of_end == guild);
    for _ in 0..ROUNDS {
        let set = ports.pairs.of_user(user.id).await?;
        let pairs: Vec<PairId> = set
            .pairs
            .iter()
            .filter(|pair| is_in_guild(&pair.source) || is_in_guild(&pair.destination))
            .map(|pair| pair.id)
            .collect();
        if !pairs.is_empty() {
            return Err(GuildError::InUse { pairs });
        }
        if ports
            .guild_links
            .remove(user.id, guild, set.version)
            .await?
        {
            return Ok(());
        }
    }
    Err(GuildError::PairsChanging)
}
