use std::net::SocketAddr;

use url::Url;

use super::{ConfigError, Environment};

/// Where the HTTP API is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpSection {
    pub listen: SocketAddr,
    /// How it is reached from outside.
    pub public_url: Url,
}

impl HttpSection {
    pub fn from_env(environment: &Environment) -> Result<Self, ConfigError> {
        Ok(Self {
            listen: environment.required_parsed(
                "PATCHBAY_API",
                "an address and a port, such as 127.0.0.1:8080",
            )?,
            public_url: environment.required_parsed("PATCHBAY_PUBLIC_URL", "a URL")?,
        })
    }
}
