use std::time::Duration;

use async_trait::async_trait;
use patchbay_domain::Timestamp;
use patchbay_domain::discord_person::{
    DiscordAuthorization, DiscordLink, DiscordPerson, ManagedGuild, ManagedGuilds,
};
use patchbay_domain::ids::{DiscordGuildId, UserId};
use patchbay_domain::token::TokenHash;
use secrecy::SecretString;

use super::PortResult;

/// Who the users are on Discord. Their tokens are in the vault.
#[async_trait]
pub trait DiscordLinks: Send + Sync {
    /// A later authorization of the same user takes the place of an earlier one.
    async fn begin(&self, authorization: &DiscordAuthorization) -> PortResult<()>;
    /// Whether the user's authorization has this state and is waiting at `now`. It is true once.
    async fn take(&self, owner: UserId, state: TokenHash, now: Timestamp) -> PortResult<bool>;
    /// In the place of the person who was linked before.
    async fn put(&self, link: &DiscordLink) -> PortResult<()>;
    async fn get(&self, owner: UserId) -> PortResult<Option<DiscordLink>>;
    /// With what is kept of the person's servers.
    async fn remove(&self, owner: UserId) -> PortResult<()>;
    /// Keeps what Discord told for that long, to spare its limits.
    async fn put_managed(&self, guilds: &ManagedGuilds, kept: Duration) -> PortResult<()>;
    async fn managed(&self, owner: UserId) -> PortResult<Option<ManagedGuilds>>;
    async fn forget_managed(&self, owner: UserId) -> PortResult<()>;
}

/// Where a user is sent, to let Patchbay act for them.
#[derive(Debug, Clone, Copy)]
pub struct AuthorizationRequest<'a> {
    /// Comes back with the user.
    pub state: &'a SecretString,
    /// Only who has it can use the code. (RFC 7636; 64 hexadecimal digits)
    pub verifier: &'a SecretString,
    pub bot: BotWish,
}

/// Whether the user adds the bot to a server on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BotWish {
    No,
    ToAnyServer,
    ToServer(DiscordGuildId),
}

#[derive(Debug, Clone)]
pub struct DiscordTokens {
    pub access: SecretString,
    pub refresh: SecretString,
    pub expires_in: Duration,
}

#[derive(Debug, thiserror::Error)]
pub enum DiscordOauthError {
    #[error("no OAuth2 application is configured for Discord")]
    NotConfigured,
    /// The code, or the grant behind the token, is no good, or not any more.
    #[error("Discord refuses what it was given")]
    Refused,
    #[error("Discord asks to wait for {after:?}")]
    Limited { after: Duration },
    #[error("Discord does not answer as it should")]
    Unavailable {
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Acting for people on Discord, with their consent.
#[async_trait]
pub trait DiscordOauth: Send + Sync {
    /// Where a browser asks its user for consent.
    fn authorize_url(
        &self,
        request: &AuthorizationRequest<'_>,
    ) -> Result<String, DiscordOauthError>;
    /// Where a browser lets its user add the bot to a server, without a way back.
    fn invite_url(&self, guild: DiscordGuildId) -> Result<String, DiscordOauthError>;
    /// A code is good once.
    async fn exchange(
        &self,
        code: &SecretString,
        verifier: &SecretString,
    ) -> Result<DiscordTokens, DiscordOauthError>;
    /// The tokens before may be good for nothing afterwards.
    async fn refresh(&self, refresh: &SecretString) -> Result<DiscordTokens, DiscordOauthError>;
    /// Ends everything between the application and the person. A token that is good for nothing
    /// is as good as revoked.
    async fn revoke(&self, refresh: &SecretString) -> Result<(), DiscordOauthError>;
    async fn me(&self, access: &SecretString) -> Result<DiscordPerson, DiscordOauthError>;
    /// The servers that the person may manage, at most 200.
    async fn guilds(&self, access: &SecretString) -> Result<Vec<ManagedGuild>, DiscordOauthError>;
}

/// Stands where no application is configured.
#[derive(Debug, Clone, Copy)]
pub struct NoDiscordOauth;

#[async_trait]
impl DiscordOauth for NoDiscordOauth {
    fn authorize_url(&self, _: &AuthorizationRequest<'_>) -> Result<String, DiscordOauthError> {
        Err(DiscordOauthError::NotConfigured)
    }

    fn invite_url(&self, _: DiscordGuildId) -> Result<String, DiscordOauthError> {
        Err(DiscordOauthError::NotConfigured)
    }

    async fn exchange(
        &self,
        _: &SecretString,
        _: &SecretString,
    ) -> Result<DiscordTokens, DiscordOauthError> {
        Err(DiscordOauthError::NotConfigured)
    }

    async fn refresh(&self, _: &SecretString) -> Result<DiscordTokens, DiscordOauthError> {
        Err(DiscordOauthError::NotConfigured)
    }

    async fn revoke(&self, _: &SecretString) -> Result<(), DiscordOauthError> {
        Err(DiscordOauthError::NotConfigured)
    }

    async fn me(&self, _: &SecretString) -> Result<DiscordPerson, DiscordOauthError> {
        Err(DiscordOauthError::NotConfigured)
    }

    async fn guilds(&self, _: &SecretString) -> Result<Vec<ManagedGuild>, DiscordOauthError> {
        Err(DiscordOauthError::NotConfigured)
    }
}
