use std::net::SocketAddr;

use secrecy::SecretString;
use url::Url;

use super::{ConfigError, Environment};

/// Which application Patchbay is to Telegram, and where Telegram is.
#[derive(Debug, Clone)]
pub struct TelegramSection {
    pub api_id: i32,
    pub api_hash: SecretString,
    pub server: TelegramServer,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TelegramServer {
    Production,
    /// A simulator, and where it hands out auth keys.
    Simulator {
        address: SocketAddr,
        auth_keys: Url,
    },
}

impl TelegramSection {
    pub fn from_env(environment: &Environment) -> Result<Self, ConfigError> {
        const AUTH_KEYS: &str = "TELEGRAM_SIMULATOR_AUTH_KEYS";
        let address = environment.parsed(
            "TELEGRAM_SIMULATOR",
            "an address and a port, such as 127.0.0.1:8443",
        )?;
        let server = match address {
            None => TelegramServer::Production,
            Some(address) => TelegramServer::Simulator {
                address,
                auth_keys: environment.required_parsed(AUTH_KEYS, "a URL")?,
            },
        };
        Ok(Self {
            api_id: environment.required_parsed("TELEGRAM_API_ID", "a number")?,
            api_hash: environment.secret("TELEGRAM_API_HASH")?,
            server,
        })
    }
}
