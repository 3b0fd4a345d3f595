use secrecy::SecretString;
use url::Url;

use super::{ConfigError, Environment};

/// Which bot Patchbay is to Discord, and where Discord is.
#[derive(Debug, Clone)]
pub struct DiscordSection {
    pub bot_token: SecretString,
    /// Where the REST API is, without `/api`. It tells where the gateway is.
    pub api: Option<Url>,
}

impl DiscordSection {
    pub fn from_env(environment: &Environment) -> Result<Self, ConfigError> {
        Ok(Self {
            bot_token: environment.secret("DISCORD_BOT_TOKEN")?,
            api: environment.parsed("DISCORD_API", "a URL")?,
        })
    }
}
