use patchbay_domain::ids::{DiscordChannelId, DiscordGuildId, DiscordUserId, MessageId};
use reqwest::Method;
use serenity::model::id::WebhookId;

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
    EditChannel(DiscordChannelId),
    History(DiscordChannelId),
    Message {
        channel: DiscordChannelId,
        message: MessageId,
    },
    CreateMessage(DiscordChannelId),
    EditMessage {
        channel: DiscordChannelId,
        message: MessageId,
    },
    DeleteMessage {
        channel: DiscordChannelId,
        message: MessageId,
    },
    DeleteMessages(DiscordChannelId),
    /// The request names the emoji.
    AddReaction {
        channel: DiscordChannelId,
        message: MessageId,
    },
    RemoveReaction {
        channel: DiscordChannelId,
        message: MessageId,
    },
    RefreshUrls,
    Webhooks(DiscordChannelId),
    CreateWebhook(DiscordChannelId),
    ExecuteWebhook(WebhookId),
    EditWebhookMessage {
        webhook: WebhookId,
        message: MessageId,
    },
    DeleteWebhookMessage {
        webhook: WebhookId,
        message: MessageId,
    },
}

impl Route {
    pub(crate) fn method(self) -> Method {
        match self {
            Self::CreateMessage(_)
            | Self::DeleteMessages(_)
            | Self::RefreshUrls
            | Self::CreateWebhook(_)
            | Self::ExecuteWebhook(_) => Method::POST,
            Self::EditChannel(_) | Self::EditMessage { .. } | Self::EditWebhookMessage { .. } => {
                Method::PATCH
            }
            Self::AddReaction { .. } => Method::PUT,
            Self::DeleteMessage { .. }
            | Self::DeleteWebhookMessage { .. }
            | Self::RemoveReaction { .. } => Method::DELETE,
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
            | Self::Message { .. }
            | Self::Webhooks(_) => Method::GET,
        }
    }

    /// Beneath the version of the API. A webhook's token is part of it, and a secret; an emoji is
    /// written as an address takes it.
    pub(crate) fn path(self, webhook_token: Option<&str>, emoji: Option<&str>) -> String {
        let token = webhook_token.unwrap_or_default();
        match self {
            Self::GatewayBot => "/gateway/bot".to_owned(),
            Self::CurrentUser => "/users/@me".to_owned(),
            Self::CurrentApplication => "/applications/@me".to_owned(),
            Self::CurrentGuilds => "/users/@me/guilds".to_owned(),
            Self::Guild(guild) => format!("/guilds/{guild}"),
            Self::GuildChannels(guild) => format!("/guilds/{guild}/channels"),
            Self::ActiveThreads(guild) => format!("/guilds/{guild}/threads/active"),
            Self::GuildMember { guild, user } => format!("/guilds/{guild}/members/{user}"),
            Self::Channel(channel) | Self::EditChannel(channel) => format!("/channels/{channel}"),
            Self::History(channel) | Self::CreateMessage(channel) => {
                format!("/channels/{channel}/messages")
            }
            Self::Message { channel, message }
            | Self::EditMessage { channel, message }
            | Self::DeleteMessage { channel, message } => {
                format!("/channels/{channel}/messages/{message}")
            }
            Self::DeleteMessages(channel) => format!("/channels/{channel}/messages/bulk-delete"),
            Self::AddReaction { channel, message } | Self::RemoveReaction { channel, message } => {
                let emoji = emoji.unwrap_or_default();
                format!("/channels/{channel}/messages/{message}/reactions/{emoji}/@me")
            }
            Self::RefreshUrls => "/attachments/refresh-urls".to_owned(),
            Self::Webhooks(channel) | Self::CreateWebhook(channel) => {
                format!("/channels/{channel}/webhooks")
            }
            Self::ExecuteWebhook(webhook) => format!("/webhooks/{webhook}/{token}"),
            Self::EditWebhookMessage { webhook, message }
            | Self::DeleteWebhookMessage { webhook, message } => {
                format!("/webhooks/{webhook}/{token}/messages/{message}")
            }
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
            Self::EditChannel(_) => "PATCH /channels/{channel}",
            Self::History(_) => "GET /channels/{channel}/messages",
            Self::Message { .. } => "GET /channels/{channel}/messages/{message}",
            Self::CreateMessage(_) => "POST /channels/{channel}/messages",
            Self::EditMessage { .. } => "PATCH /channels/{channel}/messages/{message}",
            Self::DeleteMessage { .. } => "DELETE /channels/{channel}/messages/{message}",
            Self::DeleteMessages(_) => "POST /channels/{channel}/messages/bulk-delete",
            Self::AddReaction { .. } => "PUT /channels/{channel}/messages/{message}/reactions",
            Self::RemoveReaction { .. } => {
                "DELETE /channels/{channel}/messages/{message}/reactions"
            }
            Self::RefreshUrls => "POST /attachments/refresh-urls",
            Self::Webhooks(_) => "GET /channels/{channel}/webhooks",
            Self::CreateWebhook(_) => "POST /channels/{channel}/webhooks",
            Self::ExecuteWebhook(_) => "POST /webhooks/{webhook}",
            Self::EditWebhookMessage { .. } => "PATCH /webhooks/{webhook}/messages/{message}",
            Self::DeleteWebhookMessage { .. } => "DELETE /webhooks/{webhook}/messages/{message}",
        }
    }

    /// The major parameter: limits are counted apart for each. (Rate Limits, "major parameters")
    pub(crate) fn major(self) -> u64 {
        match self {
            Self::GatewayBot
            | Self::CurrentUser
            | Self::CurrentApplication
            | Self::CurrentGuilds
            | Self::RefreshUrls => 0,
            Self::Guild(guild)
            | Self::GuildChannels(guild)
            | Self::ActiveThreads(guild)
            | Self::GuildMember { guild, .. } => guild.0,
            Self::Channel(channel)
            | Self::EditChannel(channel)
            | Self::History(channel)
            | Self::Message { channel, .. }
            | Self::CreateMessage(channel)
            | Self::EditMessage { channel, .. }
            | Self::DeleteMessage { channel, .. }
            | Self::AddReaction { channel, .. }
            | Self::RemoveReaction { channel, .. }
            | Self::DeleteMessages(channel)
            | Self::Webhooks(channel)
            | Self::CreateWebhook(channel) => channel.0,
            Self::ExecuteWebhook(webhook)
            | Self::EditWebhookMessage { webhook, .. }
            | Self::DeleteWebhookMessage { webhook, .. } => webhook.get(),
        }
    }
}
