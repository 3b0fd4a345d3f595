//! What people and we put under messages.

use std::time::Duration;

use patchbay_domain::ids::{DiscordChannelId, MessageId};
use serde::Deserialize;

use super::super::route::Route;
use super::super::{Request, Rest, RestError};

/// (Message Resource, "Reaction Object")
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ReactionObject {
    pub(crate) count: u32,
    /// Whether we are among those who put it there.
    #[serde(default)]
    pub(crate) me: bool,
    pub(crate) emoji: EmojiObject,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct EmojiObject {
    /// One of a server's own has one.
    #[serde(default)]
    pub(crate) id: Option<serde_json::Value>,
    /// Nothing, if the server has it no more.
    #[serde(default)]
    pub(crate) name: Option<String>,
}

#[derive(Deserialize)]
struct Reacted {
    #[serde(default)]
    reactions: Vec<ReactionObject>,
}

impl Rest {
    pub(crate) async fn reactions(
        &self,
        channel: DiscordChannelId,
        message: MessageId,
        patience: Duration,
    ) -> Result<Vec<ReactionObject>, RestError> {
        let route = Route::Message { channel, message };
        let read: Reacted = self.call(Request::new(route, patience)).await?;
        Ok(read.reactions)
    }

    /// Puts an emoji under a message, as us. It may be there already.
    pub(crate) async fn add_reaction(
        &self,
        channel: DiscordChannelId,
        message: MessageId,
        emoji: &str,
        patience: Duration,
    ) -> Result<(), RestError> {
        let route = Route::AddReaction { channel, message };
        self.react(route, emoji, patience).await
    }

    pub(crate) async fn remove_reaction(
        &self,
        channel: DiscordChannelId,
        message: MessageId,
        emoji: &str,
        patience: Duration,
    ) -> Result<(), RestError> {
        let route = Route::RemoveReaction { channel, message };
        self.react(route, emoji, patience).await
    }

    async fn react(&self, route: Route, emoji: &str, patience: Duration) -> Result<(), RestError> {
        let mut request = Request::new(route, patience);
        request.emoji = Some(in_address(emoji));
        self.answer(request).await.map(drop)
    }
}

/// Some emoji begin with `#`, which ends an address.
fn in_address(emoji: &str) -> String {
    let digit = |four: u8| char::from_digit(u32::from(four), 16).unwrap_or_default();
    let bytes = emoji.bytes();
    let written = bytes.flat_map(|byte| ['%', digit(byte >> 4), digit(byte & 0xf)]);
    written.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_emoji_is_written_so_that_an_address_can_hold_it() {
        assert_eq!(in_address("🔥"), "%f0%9f%94%a5");
        assert_eq!(in_address("#\u{20e3}"), "%23%e2%83%a3");
    }
}
