//! SQS: standard and FIFO queues in memory, kept in `SQLite`.
//!
//! - [`state`] and [`queue`] decide everything; they are told the time and do
//!   no I/O. [`change`] is what they say has to be kept.
//! - [`journal`] keeps it, and reads it back at start.
//! - [`broker`] joins the two: an operation runs under one lock, is handed to
//!   the journal under the same lock, and is answered once it is on disk.
//! - [`actions`] are the operations of the API; [`wire`] is how they are written.

mod actions;
mod broker;
mod change;
mod deduplication;
mod error;
mod journal;
mod message;
mod moves;
mod name;
#[cfg(test)]
mod properties;
mod queue;
mod settings;
mod state;
mod wire;

pub(crate) use self::actions::answer;
pub(crate) use self::broker::Broker;
pub(crate) use self::journal::JournalError;
