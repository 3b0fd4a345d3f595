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
mod described;
mod discord_account;
mod docs;
mod guilds;
mod idempotency;
mod log;
mod logins;
mod messages;
mod odd_requests;
mod pairs;
mod quotas;
mod sessions;
mod tenancy;
mod topics;
mod traffic;
mod world;
