//! The ports in memory, and the contract that every implementation keeps.
//!
//! - [`Memory`]: all stores and queues, stateful, for tests of whatever takes [`Ports`]
//! - [`ManualClock`], [`CountingIds`]: time that a test moves, ids that a test can foretell
//!
//! [`Ports`]: crate::ports::Ports

mod memory;
mod source;

pub use memory::Memory;
pub use source::{CountingIds, ManualClock};
