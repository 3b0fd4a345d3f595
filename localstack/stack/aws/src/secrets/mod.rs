//! Secrets Manager: secrets, their versions and stages, in one file.
//!
//! - [`secret`]: one secret; [`catalog`]: all of them. Neither does I/O.
//! - [`store`]: the catalog behind its lock, written to its file after a change.
//! - [`actions`]: the operations of the API; [`password`]: random passwords.

mod actions;
mod catalog;
mod error;
mod password;
mod secret;
mod store;

pub(crate) use self::actions::answer;
pub(crate) use self::store::SecretStore;
