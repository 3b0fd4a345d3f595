//! The Telegram half of the connector: user accounts over `MTProto`.
//!
//! - [`Telegram`]: the accounts of one process: it holds their sessions, links and removes them
//! - [`TelegramSender`]: writes messages through these sessions
//! - [`TelegramReader`]: reads files and messages through them
//! - `account`: one session, from connecting to updates handed on and positions saved
//! - `translate`: Telegram's messages in the terms of the domain
//! - `login`: linking an account by code, password or QR code
//! - `own`: which messages are our own
//! - `history`: pages of what was said before
//! - `connection`, `session`, `peer`, `directory`, `refusal`: what Telegram asks for underneath
//!
//! An update comes in on a connection, is put in order and completed by `account`, becomes events
//! in `translate`, goes to the [`Ingest`](patchbay_app::ports::Ingest) port, and only then the
//! account's position moves past it.

mod account;
mod config;
mod connection;
mod directory;
mod history;
mod login;
mod own;
mod peer;
mod read;
mod recent;
mod refusal;
mod send;
mod session;
mod telegram;
mod translate;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use account::Ended;
pub use config::{ReactionPace, TelegramConfig, TelegramServer};
pub use read::TelegramReader;
pub use send::TelegramSender;
pub use telegram::{Telegram, TelegramError};

/// What these locks guard is never left half changed, so a panic elsewhere does not spoil it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
