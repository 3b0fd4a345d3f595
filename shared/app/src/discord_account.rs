//! Linking a user with who they are on Discord, and what Discord says of their servers.
//!
//! [`begin`] sends the user to Discord with a state that only this user can bring back, once;
//! [`finish`] takes what they come back with. The tokens lie sealed in the vault.

use std::collections::BTreeSet;
use std::time::Duration;

use patchbay_domain::Timestamp;
use patchbay_domain::discord_person::{
    DiscordAuthorization, DiscordLink, ManagedGuild, ManagedGuilds,
};
use patchbay_domain::ids::{DiscordGuildId, UserId};
use patchbay_domain::token::TokenHash;
use patchbay_domain::user::User;
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use serde::{Deserialize, Serialize};

use crate::ports::{
    AuthorizationRequest, BotWish, DiscordOauthError, DiscordTokens, PortError, PortResult, Ports,
    SecretName,
};

/// How long a user may take at Discord.
pub const AUTHORIZATION_LIFETIME: Duration = Duration::from_mins(10);
/// How long Discord's word about servers is good.
const MANAGED_KEPT: Duration = Duration::from_mins(1);
/// How long it is good whatever anybody wishes.
const MANAGED_AT_LEAST: Duration = Duration::from_secs(5);
/// A token that ends so soon is renewed before it is used.
const SPARE: Duration = Duration::from_mins(1);

#[derive(Debug, thiserror::Error)]
pub enum DiscordAccountError {
    #[error("no Discord account is linked")]
    NotLinked,
    #[error("the user has no authorization with this state under way")]
    UnknownState,
    #[error("Discord refuses the code")]
    CodeRefused,
    #[error("the person lets Patchbay act for them no more")]
    GrantLost,
    #[error(transparent)]
    Discord(DiscordOauthError),
    #[error(transparent)]
    Port(#[from] PortError),
}

/// An authorization under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// Where to send the user's browser.
    pub url: String,
    pub expires_at: Timestamp,
}

/// Whether what was read a moment ago will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    Recent,
    Fresh,
}

/// A server that the user may manage, and how far it is on its way to be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AvailableGuild {
    pub guild: ManagedGuild,
    pub has_bot: bool,
    pub is_linked: bool,
    /// Where the user adds the bot to it.
    pub invite_url: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AvailableGuilds {
    /// In the order of their ids.
    pub guilds: Vec<AvailableGuild>,
    pub read_at: Timestamp,
}

/// The tokens as the vault keeps them.
#[derive(Serialize, Deserialize)]
struct Kept {
    access: String,
    refresh: String,
    expires_at: Timestamp,
}

pub async fn begin(ports: &Ports, user: &User, bot: BotWish) -> Result<Begun, DiscordAccountError> {
    let state = SecretString::from(format!("{:032x}", ports.ids.secret()));
    let halves = [ports.ids.secret(), ports.ids.secret()];
    let verifier = SecretString::from(format!("{:032x}{:032x}", halves[0], halves[1]));
    let request = AuthorizationRequest {
        state: &state,
        verifier: &verifier,
        bot,
    };
    let url = ports.discord_oauth.authorize_url(&request);
    let url = url.map_err(DiscordAccountError::Discord)?;
    let sealed = SecretSlice::from(verifier.expose_secret().as_bytes().to_vec());
    let name = SecretName::DiscordVerifier;
    ports.vault.put(user.id, name, &sealed).await?;
    let authorization = DiscordAuthorization {
        owner: user.id,
        state: TokenHash::of(state.expose_secret()),
        expires_at: ports.clock.now().plus(AUTHORIZATION_LIFETIME),
    };
    ports.discord_links.begin(&authorization).await?;
    let expires_at = authorization.expires_at;
    Ok(Begun { url, expires_at })
}

/// Links the person who consented. Whoever was linked before is so no more.
pub async fn finish(
    ports: &Ports,
    user: &User,
    code: &SecretString,
    state: &SecretString,
) -> Result<DiscordLink, DiscordAccountError> {
    let (now, oauth) = (ports.clock.now(), &ports.discord_oauth);
    let hash = TokenHash::of(state.expose_secret());
    if !ports.discord_links.take(user.id, hash, now).await? {
        return Err(DiscordAccountError::UnknownState);
    }
    let name = SecretName::DiscordVerifier;
    let verifier = text_in(ports.vault.get(user.id, name).await?);
    let verifier = verifier.ok_or(DiscordAccountError::UnknownState)?;
    ports.vault.remove(user.id, name).await?;
    let refused = |error| match error {
        DiscordOauthError::Refused => DiscordAccountError::CodeRefused,
        other @ (DiscordOauthError::NotConfigured
        | DiscordOauthError::Limited { .. }
        | DiscordOauthError::Unavailable { .. }) => DiscordAccountError::Discord(other),
    };
    let tokens = oauth.exchange(code, &verifier).await.map_err(refused)?;
    let person = oauth.me(&tokens.access).await.map_err(refused)?;

    let before = ports.discord_links.get(user.id).await?;
    if before.is_some_and(|before| before.person.id != person.id)
        && let Some(kept) = kept(ports, user.id).await?
    {
        // Nobody would use that grant any more. If Discord doesn't hear of it now, it ends with
        // its tokens.
        oauth.revoke(&kept.refresh.into()).await.ok();
    }
    keep(ports, user.id, &tokens).await?;
    let link = DiscordLink {
        owner: user.id,
        person,
        linked_at: now,
    };
    ports.discord_links.forget_managed(user.id).await?;
    ports.discord_links.put(&link).await?;
    Ok(link)
}

pub async fn get(ports: &Ports, user: &User) -> Result<DiscordLink, DiscordAccountError> {
    let link = ports.discord_links.get(user.id).await?;
    link.ok_or(DiscordAccountError::NotLinked)
}

/// Ends the grant at Discord and forgets its tokens. Linked servers stay: that the user could
/// manage them was proven when they were linked.
pub async fn unlink(ports: &Ports, user: &User) -> Result<(), DiscordAccountError> {
    get(ports, user).await?;
    if let Some(kept) = kept(ports, user.id).await? {
        match ports.discord_oauth.revoke(&kept.refresh.into()).await {
            // Without an application there is nobody who could act by the grant.
            Ok(()) | Err(DiscordOauthError::Refused | DiscordOauthError::NotConfigured) => {}
            Err(error) => return Err(DiscordAccountError::Discord(error)),
        }
    }
    // The link goes last, so that what broke off can be done again.
    let name = SecretName::DiscordTokens;
    ports.vault.remove(user.id, name).await?;
    Ok(ports.discord_links.remove(user.id).await?)
}

/// The servers that the user may manage, by Discord's word.
pub async fn available(
    ports: &Ports,
    user: &User,
    freshness: Freshness,
) -> Result<AvailableGuilds, DiscordAccountError> {
    let ManagedGuilds {
        owner: _,
        mut guilds,
        read_at,
    } = managed(ports, user, freshness).await?;
    guilds.sort_by_key(|guild| guild.id);
    let ids: Vec<_> = guilds.iter().map(|guild| guild.id).collect();
    let with_bot = ports.chats.known_guilds(&ids).await?;
    let links = ports.guild_links.of_user(user.id).await?;
    let linked: BTreeSet<_> = links.iter().map(|link| link.guild).collect();
    let available = |guild: ManagedGuild| {
        Ok(AvailableGuild {
            has_bot: with_bot.contains(&guild.id),
            is_linked: linked.contains(&guild.id),
            invite_url: ports.discord_oauth.invite_url(guild.id)?,
            guild,
        })
    };
    let guilds: Result<_, _> = guilds.into_iter().map(available).collect();
    let guilds = guilds.map_err(DiscordAccountError::Discord)?;
    Ok(AvailableGuilds { guilds, read_at })
}

/// Whether Discord says that the user may manage the server. Where Discord says nothing, because
/// nobody is linked or it can't be asked, there are other ways to prove it.
pub(crate) async fn may_manage(
    ports: &Ports,
    user: &User,
    guild: DiscordGuildId,
) -> PortResult<bool> {
    for freshness in [Freshness::Recent, Freshness::Fresh] {
        match managed(ports, user, freshness).await {
            Ok(managed) if managed.guilds.iter().any(|it| it.id == guild) => return Ok(true),
            Ok(_) => {}
            Err(DiscordAccountError::Port(error)) => return Err(error),
            Err(
                DiscordAccountError::NotLinked
                | DiscordAccountError::UnknownState
                | DiscordAccountError::CodeRefused
                | DiscordAccountError::GrantLost
                | DiscordAccountError::Discord(_),
            ) => return Ok(false),
        }
    }
    Ok(false)
}

async fn managed(
    ports: &Ports,
    user: &User,
    freshness: Freshness,
) -> Result<ManagedGuilds, DiscordAccountError> {
    get(ports, user).await?;
    let now = ports.clock.now();
    let good_for = match freshness {
        Freshness::Recent => MANAGED_KEPT,
        Freshness::Fresh => MANAGED_AT_LEAST,
    };
    let known = ports.discord_links.managed(user.id).await?;
    if let Some(known) = known.filter(|known| now < known.read_at.plus(good_for)) {
        return Ok(known);
    }
    let access = access(ports, user.id).await?;
    let guilds = ports.discord_oauth.guilds(&access).await;
    let guilds = ManagedGuilds {
        owner: user.id,
        guilds: guilds.map_err(lost)?,
        read_at: now,
    };
    let links = &ports.discord_links;
    links.put_managed(&guilds, MANAGED_KEPT).await?;
    Ok(guilds)
}

/// A token that is good, renewed if need be.
async fn access(ports: &Ports, owner: UserId) -> Result<SecretString, DiscordAccountError> {
    let present = kept(ports, owner).await?;
    let present = present.ok_or(DiscordAccountError::GrantLost)?;
    if ports.clock.now().plus(SPARE) < present.expires_at {
        return Ok(present.access.into());
    }
    let refresh = SecretString::from(present.refresh.clone());
    match ports.discord_oauth.refresh(&refresh).await {
        Ok(tokens) => {
            keep(ports, owner, &tokens).await?;
            Ok(tokens.access)
        }
        Err(DiscordOauthError::Refused) => {
            // Another request may have renewed it at the same time.
            let now = kept(ports, owner).await?;
            let renewed = now.filter(|now| now.refresh != present.refresh);
            let renewed = renewed.ok_or(DiscordAccountError::GrantLost)?;
            Ok(renewed.access.into())
        }
        Err(error) => Err(DiscordAccountError::Discord(error)),
    }
}

fn lost(error: DiscordOauthError) -> DiscordAccountError {
    match error {
        DiscordOauthError::Refused => DiscordAccountError::GrantLost,
        other @ (DiscordOauthError::NotConfigured
        | DiscordOauthError::Limited { .. }
        | DiscordOauthError::Unavailable { .. }) => DiscordAccountError::Discord(other),
    }
}

async fn kept(ports: &Ports, owner: UserId) -> PortResult<Option<Kept>> {
    let sealed = ports.vault.get(owner, SecretName::DiscordTokens).await?;
    let read = |sealed: SecretSlice<u8>| {
        // The cause may quote a token.
        let kept = serde_json::from_slice(sealed.expose_secret()).ok();
        kept.ok_or_else(|| PortError::Corrupt {
            operation: "reading Discord tokens",
            what: "what was sealed".to_owned(),
        })
    };
    sealed.map(read).transpose()
}

async fn keep(ports: &Ports, owner: UserId, tokens: &DiscordTokens) -> PortResult<()> {
    let kept = Kept {
        access: tokens.access.expose_secret().to_owned(),
        refresh: tokens.refresh.expose_secret().to_owned(),
        expires_at: ports.clock.now().plus(tokens.expires_in),
    };
    let kept = serde_json::to_vec(&kept).ok();
    let kept = kept.ok_or_else(|| PortError::Corrupt {
        operation: "keeping Discord tokens",
        what: "tokens that can't be written".to_owned(),
    })?;
    let name = SecretName::DiscordTokens;
    ports.vault.put(owner, name, &SecretSlice::from(kept)).await
}

fn text_in(secret: Option<SecretSlice<u8>>) -> Option<SecretString> {
    let bytes = secret?.expose_secret().to_vec();
    String::from_utf8(bytes).ok().map(SecretString::from)
}
