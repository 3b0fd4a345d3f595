use url::Url;

use super::{ConfigError, Environment};

/// Who writes to users, where the links lead, and whom to believe where a caller is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailSection {
    /// An address that SES has verified.
    pub from: String,
    /// The dashboard's start page.
    pub dashboard: Url,
    /// How many proxies of ours stand before the API and add to `x-forwarded-for`.
    pub trusted_proxies: u8,
}

impl MailSection {
    pub fn from_env(environment: &Environment) -> Result<Self, ConfigError> {
        let expected = "a number from 0 to 255";
        let trusted_proxies = environment.parsed("PATCHBAY_TRUSTED_PROXIES", expected)?;
        Ok(Self {
            from: environment.required("PATCHBAY_MAIL_FROM")?.to_owned(),
            dashboard: environment.required_parsed("PATCHBAY_DASHBOARD", "a URL")?,
            trusted_proxies: trusted_proxies.unwrap_or_default(),
        })
    }
}
