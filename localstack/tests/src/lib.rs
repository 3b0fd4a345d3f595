//! What the tests of the whole share.
//!
//! - [`http`]: the API and the simulators over HTTP

pub mod http;
