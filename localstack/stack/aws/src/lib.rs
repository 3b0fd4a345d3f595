//! Embedded AWS: one loopback port where the unmodified AWS SDKs find
//! `DynamoDB`, SQS and Secrets Manager, and which keeps its data over a restart
//! and over the kill of its process.
//!
//! ```no_run
//! # async fn run() -> Result<(), patchbay_embedded_aws::StartError> {
//! use patchbay_embedded_aws::{Config, EmbeddedAws};
//!
//! let listen = ([127, 0, 0, 1], 0).into();
//! let aws = EmbeddedAws::start(Config { listen, data: None }).await?;
//! println!("AWS_ENDPOINT_URL={}", aws.endpoint());
//! aws.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! A request's way: [`server`] accepts it and looks at its target; SQS requests
//! go to [`sqs`], Secrets Manager's to [`secrets`], all others to the engine
//! behind [`dynamodb`]. What there is to know about starting is in [`error`],
//! about the data folder in [`folder`].

mod aws_json;
mod clock;
mod dynamodb;
mod error;
mod folder;
mod front;
mod hex;
mod identity;
mod secrets;
mod server;
mod sqlite;
mod sqs;
mod usage;

pub use self::dynamodb::CapacityUnits;
pub use self::error::StartError;
pub use self::server::{Config, EmbeddedAws};
