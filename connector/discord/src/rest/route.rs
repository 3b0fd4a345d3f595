use patchbay_domain::ids::{DiscordChannelId, DiscordGuildId, DiscordUserId, MessageId};
use reqwest::Method;

/// One kind of request, with its ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    GatewayBot,
    CurrentUser,
    CurrentApplication,
    CurrentGuilds,
    Guild(DiscordGuildId),
    GuildChannels(DiscordGuildId),
    ActiveThreads(DiscordGuildId),
    GuildMember {
        guild: DiscordGuildId,
        user: DiscordUserId,
    },
    Channel(DiscordChannelId),
    History(DiscordChannelId),
    Message {
        channel: DiscordChannelId,
        message: MessageId,
    },
    CreateMessage(DiscordChannelId),
}

impl Route {
    pub(crate) fn method(self) -> Method {
        match self {
            Self::CreateMessage(_) => Method::POST,
            Self::GatewayBot
            | Self::CurrentUser
            | Self::CurrentApplication
            | Self::CurrentGuilds
            | Self::Guild(_)
            | Self::GuildChannels(_)
            | Self::ActiveThreads(_)
            | Self::GuildMember { .. }
            | Self::Channel(_)
            | Self::History(_)
            | Self::Message { .. } => Method::GET,
        }
    }

    /// Beneath the version of the API.
    pub(crate) fn path(self) -> String {
        match self {
            Self::GatewayBot => "/gateway/bot".to_owned(),
            Self::CurrentUser => "/users/@me".to_owned(),
            Self::CurrentApplication => "/applications/@me".to_owned(),
            Self::CurrentGuilds => "/users/@me/guilds".to_owned(),
            Self::Guild(guild) => format!("/guilds/{guild}"),
            Self::GuildChannels(guild) => format!("/guilds/{guild}/channels"),
            Self::ActiveThreads(guild) => format!("/guilds/{guild}/threads/active"),
            Self::GuildMember { guild, user } => format!("/guilds/{guild}/members/{user}"),
            Self::Channel(channel) => format!("/channels/{channel}"),
            Self::History(channel) | Self::CreateMessage(channel) => {
                format!("/channels/{channel}/messages")
            }
            Self::Message { channel, message } => format!("/channels/{channel}/messages/{message}"),
        }
    }

    /// What all requests of this kind have in common. It names the limit until Discord's answer
    /// has told by what name the limit goes, and it names the request in logs.
    pub(crate) fn template(self) -> &'static str {
        match self {
            Self::GatewayBot => "GET /gateway/bot",
            Self::CurrentUser => "GET /users/@me",
            Self::CurrentApplication => "GET /applications/@me",
            Self::CurrentGuilds => "GET /users/@me/guilds",
            Self::Guild(_) => "GET /guilds/{guild}",
            Self::GuildChannels(_) => "GET /guilds/{guild}/channels",
            Self::ActiveThreads(_) => "GET /guilds/{guild}/threads/active",
            Self::GuildMember { .. } => "GET /guilds/{guild}/members/{user}",
            Self::Channel(_) => "GET /channels/{channel}",
            Self::History(_) => "GET /channels/{channel}/messages",
            Self::Message { .. } => "GET /channels/{channel}/messages/{message}",
            Self::CreateMessage(_) => "POST /channels/{channel}/messages",
        }
    }

    /// The major parameter: limits are counted apart for each. (Rate Limits, "major parameters")
    pub(crate) fn major(self) -> u64 {
        match self {
            Self::GatewayBot
            | Self::CurrentUser
            | Self::CurrentApplication
            | Self::CurrentGuilds => 0,
            Self::Guild(guild)
            | Self::GuildChannels(guild)
            | Self::ActiveThreads(guild)
            | Self::GuildMember { guild, .. } => guild.0,
            Self::Channel(channel)
            | Self::History(channel)
            | Self::Message { channel, .. }
            | Self::CreateMessage(channel) => channel.0,
        }
    }
}
