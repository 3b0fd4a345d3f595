//! The bot against the Discord simulator, over real connections.

mod bench;
mod listening;
mod sending;
mod servers;
