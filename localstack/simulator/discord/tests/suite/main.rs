//! Unmodified libraries against the simulator: serenity for REST, twilight for the gateway.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod attachments;
mod bot;
mod cdn;
mod control;
mod documentation;
mod faults;
mod gateway;
mod limits;
mod messages;
mod oauth2;
mod reactions;
mod reading;
mod rich;
mod stage;
mod threads;
mod webhooks;
