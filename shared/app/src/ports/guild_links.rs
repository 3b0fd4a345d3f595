use async_trait::async_trait;
use patchbay_domain::Timestamp;
use patchbay_domain::guild::{GuildLink, GuildLinkRequest, LinkCode};
use patchbay_domain::ids::{DiscordGuildId, UserId};

use super::PortResult;

/// What became of a server that was to be linked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GuildLinking {
    Linked,
    /// The owner has as many as allowed.
    Full,
}

#[async_trait]
pub trait GuildLinks: Send + Sync {
    /// A later request of the same user for the same server takes the place of an earlier one.
    async fn request(&self, request: &GuildLinkRequest) -> PortResult<()>;
    /// The request with this code that is waiting at `now`.
    async fn waiting(
        &self,
        guild: DiscordGuildId,
        code: &LinkCode,
        now: Timestamp,
    ) -> PortResult<Option<GuildLinkRequest>>;
    /// Links the server, unless its owner has `limit` already, however many are linked at once.
    /// The owner's request for it is gone afterwards. A link that stands keeps its date, so that
    /// repeating it is harmless.
    async fn link(&self, link: &GuildLink, limit: usize) -> PortResult<GuildLinking>;
    /// In the order of their servers' ids.
    async fn of_user(&self, owner: UserId) -> PortResult<Vec<GuildLink>>;
    async fn get(&self, owner: UserId, guild: DiscordGuildId) -> PortResult<Option<GuildLink>>;
    /// Removes the link if the owner's set of pairs still has this version, which rises, so that
    /// no pair comes to need the server meanwhile. False, with no effect, otherwise: read the
    /// pairs again, check again, try again.
    async fn remove(
        &self,
        owner: UserId,
        guild: DiscordGuildId,
        pairs_version: u64,
    ) -> PortResult<bool>;
}
