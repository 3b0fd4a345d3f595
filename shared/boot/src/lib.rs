//! What a program needs before it starts.
//!
//! - [`config`]: sections of configuration, each read once from the [`config::Environment`]
//! - [`SystemClock`], [`RandomIds`]: the real clock and the real ids
//! - [`http_client`]: for requests to places that are not AWS
//! - [`init_tracing`]: where the log goes

mod clock;
pub mod config;
mod http_client;
mod ids;
mod log;

pub use clock::SystemClock;
pub use http_client::http_client;
pub use ids::RandomIds;
pub use log::{InitTracingError, LogFormat, init_tracing};
