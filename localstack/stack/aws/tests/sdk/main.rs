//! The embedded AWS as the unmodified AWS SDK sees it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]
#![expect(
    clippy::large_futures,
    reason = "the SDK's calls are large, and a test makes few"
)]

mod clients;
mod conditions;
mod durability;
mod dynamodb;
mod fifo;
mod polls;
mod queues;
mod secrets;
mod starting;
