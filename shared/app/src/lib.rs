//! What Patchbay does, and what it needs from outside to do it.
//!
//! - [`ports`]: the outside as the verbs see it: stores, queues, the vault, clock and ids
//! - [`register`], [`users`], [`credentials`]: becoming a tenant, and being one
//! - [`forget_user`]: ceasing to be one, with all that is kept
//! - [`letters`], [`proofs`], [`throttle`]: the mails, what they prove, and who asks too often
//! - [`sessions`]: being logged in
//! - [`link_telegram`], [`accounts`]: linking Telegram accounts, and what is done with them
//! - [`link_bot`]: telling the bot who a person on Telegram is
//! - [`discord_account`]: who a user is on Discord, and which servers they manage there
//! - [`link_discord`], [`discord_directory`]: linking Discord servers, and what is in them
//! - [`pairs`], [`backfills`]: pairing chats, and bringing what they said before
//! - [`trace`], [`analytics`], [`queues`]: what became of messages, what they come to, what waits
//! - [`api_keys`]: keys for programs, and what they may use
//! - [`testing`]: the same ports in memory, and the contract that every implementation keeps
//!
//! The verbs take [`ports::Ports`] and answer in the terms of the domain. They are called by the
//! functions (on behalf of a user) and by the connector (on behalf of the platforms).

pub mod accounts;
pub mod analytics;
pub mod api_keys;
pub mod backfills;
pub mod credentials;
pub mod discord_account;
pub mod discord_directory;
pub mod forget_user;
pub mod letters;
pub mod link_bot;
pub mod link_discord;
pub mod link_telegram;
pub mod message_map;
pub mod pairs;
pub mod ports;
pub mod proofs;
pub mod queues;
pub mod register;
pub mod sessions;
pub mod testing;
pub mod throttle;
pub mod trace;
pub mod users;
