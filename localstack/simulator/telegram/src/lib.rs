//! A simulator of Telegram's `MTProto` API, for the platform's unmodified client libraries.
//!
//! A client's bytes go down through `connection` (one TCP connection), `mtproto` (framing,
//! encryption, key exchange), `protocol` (the messages of a session) and `api` (the methods),
//! which asks `state` and changes it with commands. `world` writes each command to a journal
//! and tells the other sessions in `live` what changed, which `present` maps to the wire's
//! types. `control` is the HTTP API by which a test or a person acts as others and turns the
//! `knobs`.

mod api;
mod clock;
mod connection;
mod control;
mod hex;
mod knobs;
mod live;
mod mtproto;
mod present;
mod protocol;
mod simulator;
mod state;
mod uploads;
mod world;

pub use simulator::{Config, StartError, TelegramSimulator};
pub use state::Refusal;
