//! The embedded AWS as the unmodified AWS SDK sees it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

mod clients;
mod conditions;
mod durability;
mod dynamodb;
mod fifo;
mod queues;
mod secrets;
mod starting;
