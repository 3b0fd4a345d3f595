//! The ports on AWS. No other crate names an AWS SDK.
//!
//! - [`config`], [`connect`]: where things are, and the clients that reach them
//! - [`ensure`][]: makes the table, the queues and the secrets where no template has
//! - [`dynamodb`][]: the stores, all in one table; its keys are in `dynamodb/key.rs`
//! - [`sqs`][]: the task queues (FIFO) and the control queues
//! - [`ses`][]: mails
//! - [`secrets`], [`seal`]: master keys, and what is sealed under them
//! - [`error`][]: what the SDKs' errors become

mod config;
mod connect;
mod dynamodb;
mod ensure;
mod error;
mod seal;
mod secrets;
mod ses;
mod sqs;

pub use config::AwsConfig;
pub use connect::Aws;
