//! The Discord half of the connector.
//!
//! - [`Discord`]: the bot in this process; everything begins there
//! - `gateway`: listens to a shard, hands what happens to the ingest, and goes on after gaps
//! - `translate`: what Discord's messages mean in our terms
//! - `guilds`: the servers the bot is in, what it may do there, and the link command
//! - `read`: files, and messages that are quoted
//! - `refresh`: wishes to read a server again
//! - `send`: makes messages appear once
//! - `cdn`, `spool`: files where they are, and on their way
//! - `rest`: requests within Discord's limits
//! - `waveform`: how loud a voice message is, on either platform
//! - `state`: what health shows

mod cdn;
mod config;
mod discord;
mod gateway;
mod guilds;
mod persist;
mod read;
mod refresh;
mod rest;
mod send;
mod snowflake;
mod spool;
mod state;
mod translate;
mod waveform;

pub use cdn::Cdn;
pub use config::{DiscordConfig, InvalidConfig};
pub use discord::Discord;
pub use gateway::{ShardEnd, Source, Sources};
pub use read::DiscordReader;
pub use send::DiscordSender;
pub use state::{DiscordState, Refusal, ShardState};
