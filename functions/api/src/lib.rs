//! The HTTP API.
//!
//! A request passes `request` (id, log, headers), then `access` (the table of who may do
//! what), then `query` (no parameter that isn't known), then `idempotency` (what is sent again
//! has one effect), then its handler in `routes`, which reads it with `body`, calls a verb of
//! `patchbay_app`, and shows the outcome. What can't be done ends in a `problem`, by way of
//! `refusals`.
//!
//! - `passwords`, `tokens`, `prove`: how users prove who they are, and who guesses
//! - `keys`, `quota`: how programs prove for whom they act, and how often they may
//! - `openapi`: the description at `/openapi.json`, made of the routes; `docs`: the same for people
//! - `cors`: which pages of other origins may call

mod access;
mod api;
mod body;
mod client;
mod conditional;
mod cors;
mod docs;
mod endpoint;
mod idempotency;
mod keys;
mod moment;
mod openapi;
mod paging;
mod passwords;
mod problem;
mod prove;
mod query;
mod quota;
mod refusals;
mod request;
mod router;
mod routes;
mod schema;
mod tokens;

pub use api::{Api, Settings};
pub use router::router;
pub use tokens::SigningKeyError;

#[cfg(test)]
mod tests;
