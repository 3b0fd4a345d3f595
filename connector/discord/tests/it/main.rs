//! The bot against the Discord simulator, over real connections.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what a test is built from fails the test when it fails"
)]

mod ahead;
mod bench;
mod changing;
mod content;
mod files;
mod history;
mod listening;
mod media;
mod personas;
mod reacting;
mod reading;
mod sending;
mod servers;
mod sources;
