//! Configuration, a struct per section. A program reads the sections that it needs, once, at its
//! start; a value that is missing or wrong keeps it from starting, and the error names it.

mod api;
mod aws;
mod discord;
mod log;
mod mail;
mod telegram;
mod telegram_bot;

use std::collections::BTreeMap;
use std::str::FromStr;

use secrecy::SecretString;

pub use api::{ApiSection, Origin, ParseOriginError};
pub use aws::AwsSection;
pub use discord::{DiscordOauthSection, DiscordSection};
pub use log::LogSection;
pub use mail::MailSection;
pub use telegram::{TelegramSection, TelegramServer};
pub use telegram_bot::TelegramBotSection;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    #[error("{variable} is not set")]
    Missing { variable: &'static str },
    /// The value is not shown: it may be a secret in the wrong place.
    #[error("{variable} is not {expected}")]
    Invalid {
        variable: &'static str,
        expected: &'static str,
    },
}

/// The variables that a program was started with. An empty one counts as not set.
#[derive(Clone)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    pub fn of_process() -> Self {
        let utf8 = |text: std::ffi::OsString| text.into_string().ok();
        Self(
            std::env::vars_os()
                .filter_map(|(name, value)| utf8(name).zip(utf8(value)))
                .collect(),
        )
    }

    fn text(&self, variable: &'static str) -> Option<&str> {
        self.0
            .get(variable)
            .map(|value| value.trim())
            .filter(|value| !value.is_empty())
    }

    fn required(&self, variable: &'static str) -> Result<&str, ConfigError> {
        self.text(variable).ok_or(ConfigError::Missing { variable })
    }

    fn secret(&self, variable: &'static str) -> Result<SecretString, ConfigError> {
        self.required(variable).map(SecretString::from)
    }

    fn parsed<T: FromStr>(
        &self,
        variable: &'static str,
        expected: &'static str,
    ) -> Result<Option<T>, ConfigError> {
        let parse = |text: &str| {
            text.parse()
                .ok()
                .ok_or(ConfigError::Invalid { variable, expected })
        };
        self.text(variable).map(parse).transpose()
    }

    fn required_parsed<T: FromStr>(
        &self,
        variable: &'static str,
        expected: &'static str,
    ) -> Result<T, ConfigError> {
        self.parsed(variable, expected)?
            .ok_or(ConfigError::Missing { variable })
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        Self(
            variables
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPLETE: [(&str, &str); 12] = [
        ("PATCHBAY_TABLE", "patchbay"),
        ("PATCHBAY_QUEUE_PREFIX", "patchbay-"),
        ("PATCHBAY_PARTITIONS", "4"),
        ("PATCHBAY_MASTER_KEY_SECRET", "patchbay/master-key"),
        ("PATCHBAY_SIGNING_KEY_SECRET", "patchbay/signing-key"),
        ("PATCHBAY_MAIL_FROM", "patchbay@example.com"),
        ("PATCHBAY_DASHBOARD", "https://example.com/app"),
        ("TELEGRAM_API_ID", "7"),
        ("TELEGRAM_API_HASH", "hidden-hash"),
        ("TELEGRAM_SIMULATOR", "127.0.0.1:8443"),
        ("TELEGRAM_SIMULATOR_AUTH_KEYS", "http://127.0.0.1:8090/keys"),
        ("DISCORD_BOT_TOKEN", "hidden-token"),
    ];

    fn read_all(environment: &Environment) -> Result<String, ConfigError> {
        Ok(format!(
            "{:?} {:?} {:?} {:?} {:?} {:?}",
            AwsSection::from_env(environment)?,
            MailSection::from_env(environment)?,
            TelegramSection::from_env(environment)?,
            TelegramBotSection::from_env(environment)?,
            DiscordSection::from_env(environment)?,
            LogSection::from_env(environment)?,
        ))
    }

    #[test]
    fn a_complete_environment_is_read_and_its_secrets_are_not_shown() {
        let shown = read_all(&Environment::from_iter(COMPLETE)).unwrap();
        assert!(
            shown.contains("patchbay/master-key") && shown.contains("8443"),
            "{shown}"
        );
        assert!(!shown.contains("hidden"), "{shown}");
    }

    #[test]
    fn a_missing_value_is_named() {
        for (missing, _) in COMPLETE
            .into_iter()
            .filter(|(name, _)| *name != "TELEGRAM_SIMULATOR")
        {
            let rest = COMPLETE.into_iter().filter(|(name, _)| *name != missing);
            let error = read_all(&rest.collect()).unwrap_err();
            assert_eq!(error.to_string(), format!("{missing} is not set"));
        }
    }

    #[test]
    fn a_wrong_value_is_named_and_not_shown() {
        let wrong = [
            ("PATCHBAY_PARTITIONS", "0"),
            ("TELEGRAM_API_ID", "hidden"),
            ("TELEGRAM_SIMULATOR", "hidden"),
            ("DISCORD_API", "hidden"),
            ("TELEGRAM_BOT_USERNAME", "hidden"),
            ("PATCHBAY_DASHBOARD", "hidden"),
            ("PATCHBAY_TRUSTED_PROXIES", "hidden"),
            ("PATCHBAY_LOG_FORMAT", "hidden"),
        ];
        for wrong in wrong {
            let environment = COMPLETE.into_iter().chain([wrong]).collect();
            let error = read_all(&environment).unwrap_err().to_string();
            assert!(
                error.starts_with(&format!("{} is not a", wrong.0)) || error.ends_with("json"),
                "{error}"
            );
            assert!(!error.contains("hidden"), "{error}");
        }
    }
}
