//! The API as its callers see it, on the ports in memory. No socket is opened.

mod access;
mod accounts;
mod analytics;
mod api_keys;
mod auth;
mod bad_input;
mod bot_link;
mod broken;
mod connector;
mod cursors;
mod discord_account;
mod guilds;
mod idempotency;
mod log;
mod logins;
mod messages;
mod pairs;
mod quotas;
mod sessions;
mod topics;
mod traffic;
mod world;
