//! The Telegram half of the connector against a simulated Telegram.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    clippy::similar_names,
    reason = "what the tests share fails as they do, and each asks for one form of an enum"
)]

mod ahead;
mod albums;
mod changes;
mod history;
mod login;
mod media;
mod moves;
mod outgoing;
mod reactions;
mod read;
mod receive;
mod recover;
mod send;
mod sources;
mod stage;
mod topics;
