use std::io::stderr;
use std::str::FromStr;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;
use tracing_subscriber::util::TryInitError;
use tracing_subscriber::{fmt, prelude::*};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines for a person.
    Human,
    /// One object a line, for a log service.
    Json,
}

impl FromStr for LogFormat {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "human" => Ok(Self::Human),
            "json" => Ok(Self::Json),
            _ => Err(()),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum InitTracingError {
    #[error("the log filter can't be read")]
    Filter(#[from] ParseError),
    #[error("the log has been opened already")]
    Twice(#[from] TryInitError),
}

/// Sends the log to standard error. `filter` reads like `info,patchbay_connector=debug`.
pub fn init_tracing(format: LogFormat, filter: &str) -> Result<(), InitTracingError> {
    let registry = tracing_subscriber::registry().with(EnvFilter::try_new(filter)?);
    match format {
        LogFormat::Human => registry.with(fmt::layer().with_writer(stderr)).try_init()?,
        LogFormat::Json => {
            let lines = fmt::layer().json().flatten_event(true).with_writer(stderr);
            registry.with(lines).try_init()?;
        }
    }
    Ok(())
}
