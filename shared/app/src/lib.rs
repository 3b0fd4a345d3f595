//! What Patchbay does, and what it needs from outside to do it.
//!
//! - [`ports`]: the outside as the verbs see it: stores, queues, the vault, clock and ids
//! - [`testing`]: the same ports in memory, and the contract that every implementation keeps
//!
//! The verbs take [`ports::Ports`] and answer in the terms of the domain. They are called by the
//! functions (on behalf of a user) and by the connector (on behalf of the platforms).

pub mod ports;
pub mod testing;
