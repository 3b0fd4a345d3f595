//! The whole system in one process.
//!
//! [`Stack::start`] brings up embedded AWS, the simulators of the platforms without real
//! credentials, the API and the connector: the same handlers and adapters as on AWS, only the
//! endpoints differ. [`demo`] drives a scripted conversation through it.

pub mod admin;
pub mod demo;

mod apart;
mod base;
mod endpoints;
mod http;
mod mailbox;
mod oauth;
mod options;
mod platforms;
mod simulated;
mod stack;

pub use apart::run_connector;
pub use base::Base;
pub use endpoints::{Endpoints, SimulatorEndpoints};
pub use options::{DiscordCredentials, Options, TelegramCredentials};
pub use stack::{Stack, TERMS};
