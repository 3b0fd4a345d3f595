use std::net::SocketAddr;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

/// Which application Patchbay is to Telegram, and where Telegram is.
#[derive(Debug, Clone)]
pub struct TelegramConfig {
    pub api_id: i32,
    pub api_hash: SecretString,
    pub server: TelegramServer,
    /// How long no further part of an album must have come for it to be taken for whole.
    pub albums_quiet_for: Duration,
    pub reactions: ReactionPace,
}

/// How often reactions are looked at, and told.
#[derive(Debug, Clone, Copy)]
pub struct ReactionPace {
    /// How long those to one message are gathered before they are told.
    pub gathered_for: Duration,
    /// A chat's reactions are asked for once in this time at most.
    pub polled_every: Duration,
}

impl ReactionPace {
    pub const USUAL: Self = Self {
        gathered_for: Duration::from_secs(3),
        polled_every: Duration::from_mins(1),
    };
}

impl TelegramConfig {
    /// Telegram sends the parts of an album together; what comes between them is the network.
    pub const ALBUMS_QUIET_FOR: Duration = Duration::from_millis(700);
}

#[derive(Debug, Clone)]
pub enum TelegramServer {
    Production,
    /// The client library knows Telegram's own RSA keys alone, so it can't agree on a key with
    /// anybody else: a simulator hands out keys at `auth_keys` instead (`POST`, answered by
    /// `{"auth_key": hexadecimal digits of 256 bytes, "dc": number}`, with `others` of the same form
    /// for other data centres).
    Simulator {
        address: SocketAddr,
        /// Data centres that are somewhere else, by their numbers.
        others: Vec<(i32, SocketAddr)>,
        auth_keys: Url,
    },
}
