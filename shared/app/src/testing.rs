//! The ports in memory, and the contract that every implementation keeps.
//!
//! - [`Memory`]: all stores and queues, stateful, for tests of whatever takes [`Ports`]
//! - [`contract`]: what every implementation of the ports does, as checks to run on it
//! - [`FakeDiscord`]: a Discord on which people consent
//! - [`ManualClock`], [`CountingIds`]: time that a test moves, ids that a test can foretell
//!
//! [`Ports`]: crate::ports::Ports

pub mod contract;
mod discord;
mod memory;
mod source;

pub use discord::{Consent, FakeDiscord};
pub use memory::Memory;
pub use source::{CountingIds, ManualClock};
