//! What makes a connection somebody's: its keys, and who that is.

use std::collections::HashMap;
use std::fmt;
use std::net::{Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use grammers_session::storages::MemorySession;
use grammers_session::types::DcOption;
use grammers_session::{Session, SessionData};
use patchbay_app::ports::{PortError, PortResult, SecretName, Vault};
use patchbay_domain::ids::UserId;
use secrecy::{ExposeSecret, SecretSlice};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::config::TelegramServer;
use crate::connection::InvokeError;

/// A session at rest. The library keeps it in memory while it is in use; nothing of it changes
/// after the login, so it is written once. A key that Telegram no longer knows is never replaced
/// by the one that the library would silently agree on next.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct StoredSession {
    home_dc: i32,
    options: Vec<DcOption>,
}

#[derive(Deserialize)]
struct IssuedKey {
    auth_key: String,
    dc: i32,
    /// Those for other data centres.
    #[serde(default)]
    others: Vec<Self>,
}

impl StoredSession {
    /// A session of nobody yet.
    pub(crate) async fn fresh(
        server: &TelegramServer,
        http: &reqwest::Client,
    ) -> Result<Self, InvokeError> {
        let data = SessionData::default();
        let mut session = Self {
            home_dc: data.home_dc,
            options: data.dc_options.into_values().collect(),
        };
        if let TelegramServer::Simulator { auth_keys, .. } = server {
            let issued: IssuedKey = http
                .post(auth_keys.clone())
                .send()
                .await?
                .error_for_status()?
                .json()
                .await?;
            session.home_dc = issued.dc;
            session.hold(&issued)?;
            for other in &issued.others {
                session.hold(other)?;
            }
        }
        Ok(session)
    }

    fn hold(&mut self, issued: &IssuedKey) -> Result<(), InvokeError> {
        let key = key_bytes(&issued.auth_key).ok_or(InvokeError::Unreadable(
            "the simulator's key has not 256 bytes",
        ))?;
        let mut options = self.options.iter_mut();
        if let Some(option) = options.find(|option| option.id == issued.dc) {
            option.auth_key = Some(key);
        }
        Ok(())
    }

    /// What of a session in use must be kept.
    pub(crate) fn of(session: &MemorySession) -> Result<Self, InvokeError> {
        let home_dc = session.home_dc_id()?;
        let mut options = Vec::new();
        // A session knows its data centres by their numbers only; Telegram has five.
        for id in 1..=9 {
            options.extend(session.dc_option(id)?);
        }
        Ok(Self { home_dc, options })
    }

    pub(crate) fn open(&self, server: &TelegramServer) -> MemorySession {
        let mut options: HashMap<i32, DcOption> = self
            .options
            .iter()
            .map(|option| (option.id, option.clone()))
            .collect();
        if let TelegramServer::Simulator {
            address, others, ..
        } = server
        {
            for option in options.values_mut() {
                let other = others.iter().find(|(id, _)| *id == option.id);
                let address = other.map_or(*address, |(_, address)| *address);
                (option.ipv4, option.ipv6) = both_forms(address);
            }
        }
        MemorySession::from(SessionData {
            home_dc: self.home_dc,
            dc_options: options,
            ..SessionData::default()
        })
    }
}

impl fmt::Debug for StoredSession {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "session in data centre {}", self.home_dc)
    }
}

/// An IPv6 address has no IPv4 form; then only the other is ever used.
fn both_forms(address: SocketAddr) -> (SocketAddrV4, SocketAddrV6) {
    match address {
        SocketAddr::V4(v4) => (
            v4,
            SocketAddrV6::new(v4.ip().to_ipv6_mapped(), v4.port(), 0, 0),
        ),
        SocketAddr::V6(v6) => {
            let v4 = v6
                .ip()
                .to_ipv4_mapped()
                .unwrap_or(std::net::Ipv4Addr::LOCALHOST);
            let ip: Ipv6Addr = *v6.ip();
            (
                SocketAddrV4::new(v4, v6.port()),
                SocketAddrV6::new(ip, v6.port(), 0, 0),
            )
        }
    }
}

fn key_bytes(hex: &str) -> Option<[u8; 256]> {
    let bytes: Option<Vec<u8>> = hex
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    bytes?.try_into().ok()
}

/// Puts a value into the vault as JSON.
pub(crate) async fn seal<T: Serialize + Sync>(
    vault: &dyn Vault,
    owner: UserId,
    name: SecretName,
    value: &T,
) -> PortResult<()> {
    let bytes = serde_json::to_vec(value).map_err(|error| PortError::Corrupt {
        operation: "seal",
        what: error.to_string(),
    })?;
    vault.put(owner, name, &SecretSlice::from(bytes)).await
}

/// Takes a value out of the vault. What can't be read is told without what it says.
pub(crate) async fn unseal<T: DeserializeOwned>(
    vault: &dyn Vault,
    owner: UserId,
    name: SecretName,
) -> PortResult<Option<T>> {
    let Some(secret) = vault.get(owner, name).await? else {
        return Ok(None);
    };
    serde_json::from_slice(secret.expose_secret())
        .map(Some)
        .map_err(|error| PortError::Corrupt {
            operation: "unseal",
            what: format!("{name:?} at column {}", error.column()),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_survives_being_stored_and_does_not_show_its_key() {
        let mut data = SessionData::default();
        let key: [u8; 256] = std::array::from_fn(|at| u8::try_from(at).unwrap());
        data.home_dc = 4;
        data.dc_options.get_mut(&4).unwrap().auth_key = Some(key);
        let stored = StoredSession::of(&MemorySession::from(data)).unwrap();
        assert_eq!(format!("{stored:?}"), "session in data centre 4");

        let json = serde_json::to_string(&stored).unwrap();
        let back: StoredSession = serde_json::from_str(&json).unwrap();
        let server = TelegramServer::Simulator {
            address: "127.0.0.1:4430".parse().unwrap(),
            others: vec![(4, "127.0.0.1:4440".parse().unwrap())],
            auth_keys: "http://127.0.0.1/keys".parse().unwrap(),
        };
        let session = back.open(&server);
        let option = session.dc_option(4).unwrap().unwrap();
        assert_eq!(session.home_dc_id().unwrap(), 4);
        assert_eq!(option.auth_key, Some(key));
        assert_eq!(option.ipv4, "127.0.0.1:4440".parse().unwrap());
        let option = session.dc_option(2).unwrap().unwrap();
        assert_eq!(option.ipv4, "127.0.0.1:4430".parse().unwrap());
    }

    #[test]
    fn only_256_bytes_are_a_key() {
        assert!(key_bytes(&"0f".repeat(256)).is_some());
        for wrong in [
            "",
            "0f",
            &"0f".repeat(255),
            &"xy".repeat(256),
            &"é".repeat(256),
        ] {
            assert!(key_bytes(wrong).is_none(), "{wrong}");
        }
    }
}
