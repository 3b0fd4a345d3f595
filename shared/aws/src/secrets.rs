use std::collections::BTreeMap;

use aws_sdk_secretsmanager::Client;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use patchbay_app::ports::PortResult;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::error::{corrupt, unavailable};

pub(crate) type Key = Zeroizing<[u8; 32]>;

/// Keys in Secrets Manager: an object whose `current` names the version in use, and whose other
/// fields are the versions, each with at least 43 random characters. A template can have Secrets
/// Manager generate the first of them; a new version is added beside the old ones.
pub(crate) struct Keys {
    current: String,
    versions: BTreeMap<String, Key>,
}

impl Keys {
    /// Key material shorter than this holds less than 256 bits, even if it is base64.
    const LENGTH: usize = 43;

    fn parse(name: &str, text: &SecretString) -> PortResult<Self> {
        #[derive(Deserialize)]
        struct Stored {
            current: String,
            #[serde(flatten)]
            versions: BTreeMap<String, SecretString>,
        }
        const OPERATION: &str = "reading keys";
        // The cause is left out: it would quote the secret.
        let Ok(stored) = serde_json::from_str::<Stored>(text.expose_secret()) else {
            return Err(corrupt(OPERATION, format!("{name} is no object of keys")));
        };
        let is_long = |text: &SecretString| text.expose_secret().len() >= Self::LENGTH;
        if !stored.versions.contains_key(&stored.current) || !stored.versions.values().all(is_long)
        {
            return Err(corrupt(
                OPERATION,
                format!("{name} lacks its current key, or has a short one"),
            ));
        }
        let key = |text: SecretString| {
            Zeroizing::new(Sha256::digest(text.expose_secret().as_bytes()).into())
        };
        let versions = stored
            .versions
            .into_iter()
            .map(|(version, text)| (version, key(text)));
        Ok(Self {
            current: stored.current,
            versions: versions.collect(),
        })
    }

    /// The version in use, and its key.
    pub(crate) fn current(&self) -> (&str, &Key) {
        (&self.current, &self.versions[&self.current])
    }

    pub(crate) fn versions(&self) -> impl Iterator<Item = (&str, &Key)> {
        self.versions
            .iter()
            .map(|(version, key)| (version.as_str(), key))
    }

    pub(crate) fn version(&self, version: &str) -> Option<&Key> {
        self.versions.get(version)
    }
}

#[derive(Clone)]
pub(crate) struct Secrets {
    client: Client,
}

impl Secrets {
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }

    pub(crate) async fn keys(&self, name: &str) -> PortResult<Keys> {
        let request = self.client.get_secret_value().secret_id(name);
        let answer = request
            .send()
            .await
            .map_err(unavailable("Secrets Manager"))?;
        let text = SecretString::from(answer.secret_string.unwrap_or_default());
        Keys::parse(name, &text)
    }

    /// Makes a first key, if the secret is not there.
    pub(crate) async fn ensure(&self, name: &str) -> PortResult<()> {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *bytes).map_err(unavailable("random numbers"))?;
        let text = Zeroizing::new(STANDARD.encode(*bytes));
        let keys = Zeroizing::new(format!(r#"{{"current":"1","1":"{}"}}"#, *text));
        match self
            .client
            .create_secret()
            .name(name)
            .secret_string(&*keys)
            .send()
            .await
        {
            Ok(_) => Ok(()),
            Err(error) => match error.into_service_error() {
                error if error.is_resource_exists_exception() => Ok(()),
                error => Err(unavailable("Secrets Manager")(error)),
            },
        }
    }
}

#[cfg(test)]
impl Keys {
    pub(crate) fn of(current: &str, versions: &[(&str, u8)]) -> Self {
        let versions = versions
            .iter()
            .map(|(version, byte)| ((*version).to_owned(), Zeroizing::new([*byte; 32])));
        Self {
            current: current.to_owned(),
            versions: versions.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_and_never_quoted_in_errors() {
        let random = "r".repeat(43);
        let good = format!(r#"{{"current":"2","1":"{random}","2":"{random}2"}}"#);
        let keys = Keys::parse("name", &good.into()).unwrap();
        assert_eq!(keys.current().0, "2");
        assert_ne!(keys.version("1"), keys.version("2"));
        assert!(keys.version("3").is_none());

        let missing = format!(r#"{{"current":"2","1":"{random}"}}"#);
        let short = r#"{"current":"1","1":"rrrr"}"#.to_owned();
        for wrong in [missing, short, random, String::new()] {
            let Err(error) = Keys::parse("name", &wrong.into()) else {
                panic!("accepted")
            };
            let shown = format!("{error} {error:?}");
            assert!(shown.contains("name") && !shown.contains("rrrr"), "{shown}");
        }
    }
}
