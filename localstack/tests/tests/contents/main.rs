//! Every kind of content in every direction: posted, edited, answered, deleted, and each time what
//! the destination holds then.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends that way"
)]

mod discord;
mod discord_to_discord;
mod discord_to_telegram;
mod telegram;
mod telegram_to_discord;
mod telegram_to_telegram;
mod tour;
