use super::{ConfigError, Environment};
use crate::log::LogFormat;

/// What is logged, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSection {
    pub format: LogFormat,
    pub filter: String,
}

impl LogSection {
    /// JSON and `info`, unless something else is asked for.
    pub fn from_env(environment: &Environment) -> Result<Self, ConfigError> {
        let format = environment.parsed("PATCHBAY_LOG_FORMAT", "human or json")?;
        Ok(Self {
            format: format.unwrap_or(LogFormat::Json),
            filter: environment
                .text("PATCHBAY_LOG")
                .unwrap_or("info")
                .to_owned(),
        })
    }
}
