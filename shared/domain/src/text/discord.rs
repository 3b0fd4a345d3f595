//! Discord's markdown, both ways.
//!
//! What Discord documents ("Markdown Text 101", API reference "Message Formatting") leaves much
//! open; the precedence here is that of the simple-markdown grammar which its clients are built
//! on: at each position the rule whose marker stands there is tried, a container takes the nearest
//! end that its rule allows, and its content is read again by the same rules.

mod angle;
mod atoms;
mod blocks;
mod delimiter;
mod escape;
mod inline;
mod layout;
mod limit;
mod link;
mod parse;
#[cfg(test)]
mod parse_examples;
#[cfg(test)]
mod properties;
mod ranges;
mod render;
#[cfg(test)]
mod render_examples;
mod time;

pub use limit::render_split;
pub use parse::parse;
pub use render::render;

use crate::ids::{DiscordChannelId, DiscordUserId};

/// Keeps apart two markers that would otherwise be read as one; [`parse()`] takes it out again.
const SEPARATOR: char = '\u{200b}';

/// The names behind the ids that a message mentions, as far as they are known.
pub trait MentionNames {
    fn user(&self, _id: DiscordUserId) -> Option<String> {
        None
    }

    fn role(&self, _id: u64) -> Option<String> {
        None
    }

    fn channel(&self, _id: DiscordChannelId) -> Option<String> {
        None
    }
}

/// Knows no name, so that every mention shows its id.
#[derive(Debug, Clone, Copy)]
pub struct NoNames;

impl MentionNames for NoNames {}
