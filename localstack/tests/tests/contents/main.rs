//! Every kind of content in every direction: posted, edited, answered, deleted, and each time what
//! the destination holds then.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends that way"
)]

mod directions;
mod discord;
mod telegram;
mod tour;
