use std::time::Duration;

use reqwest::Url;
use secrecy::SecretString;

use crate::cdn::Cdn;

/// The configuration can't be used, whatever Discord says.
#[derive(Debug, thiserror::Error)]
pub enum InvalidConfig {
    #[error("the Discord bot token has characters that no token has")]
    Token,
    #[error("no HTTP client can be made for Discord")]
    Client(#[source] reqwest::Error),
}

/// What the connector has to know about Discord.
#[derive(Debug, Clone)]
pub struct DiscordConfig {
    pub token: SecretString,
    /// Where the REST API is, without `/api`. It tells where the gateway is.
    pub api: Url,
    /// Where files are.
    pub cdn: Cdn,
    /// Into how many shards the bot's servers are divided, over all connectors.
    pub shards: u32,
    /// How long one request may take, from connecting to the last byte.
    pub request_timeout: Duration,
    /// How long a file that is read from the CDN may bring nothing. As a whole it may take as long
    /// as it takes.
    pub silence: Duration,
    /// How long to leave the gateway alone after it has refused the bot as it is configured.
    pub refused_pause: Duration,
    /// How often the sources' newest messages are compared with what was handed in.
    pub reconcile_every: Duration,
    /// For how long the reactions to a message are gathered before they are told.
    pub reactions_every: Duration,
}

impl DiscordConfig {
    /// Where Discord itself is.
    pub const DISCORD: &str = "https://discord.com";

    /// One shard, at Discord itself or another place that speaks its protocol.
    pub fn new(token: SecretString, api: Url) -> Self {
        Self {
            token,
            cdn: Cdn::beside(&api),
            api,
            shards: 1,
            request_timeout: Duration::from_secs(15),
            silence: Duration::from_secs(30),
            refused_pause: Duration::from_mins(1),
            reconcile_every: Duration::from_mins(15),
            reactions_every: Duration::from_secs(3),
        }
    }
}
