//! How the platform writes things down as JSON.

mod channel;
mod guild;
mod message;
mod session;
mod user;
mod webhook;
