//! What a program needs before it starts.
//!
//! - [`config`]: sections of configuration, each read once from the [`config::Environment`]
//! - [`SystemClock`], [`RandomIds`]: the real clock and the real ids
//! - [`HttpDiscordOauth`]: acting for people on Discord
//! - [`init_tracing`]: where the log goes

mod clock;
pub mod config;
mod discord_oauth;
mod ids;
mod log;

pub use clock::SystemClock;
pub use discord_oauth::{HttpDiscordOauth, NoClient};
pub use ids::RandomIds;
pub use log::{InitTracingError, LogFormat, init_tracing};
