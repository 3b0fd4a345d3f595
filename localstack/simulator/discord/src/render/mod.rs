//! How the platform writes things down as JSON.

mod attachment;
mod channel;
mod grant;
mod guild;
mod message;
mod rich;
mod session;
mod user;
mod webhook;

pub(crate) use grant::GuildOfGrant;
