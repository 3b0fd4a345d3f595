use patchbay_domain::bot_link::BotUsername;

use super::{ConfigError, Environment};

/// Which bot users link themselves with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TelegramBotSection {
    pub username: Option<BotUsername>,
}

impl TelegramBotSection {
    pub fn from_env(environment: &Environment) -> Result<Self, ConfigError> {
        let username = environment.parsed(
            "TELEGRAM_BOT_USERNAME",
            "a bot's username, such as PatchbayBot",
        )?;
        Ok(Self { username })
    }
}
