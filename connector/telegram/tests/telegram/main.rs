//! The Telegram half of the connector against a simulated Telegram.

mod login;
mod receive;
mod recover;
mod send;
mod stage;
