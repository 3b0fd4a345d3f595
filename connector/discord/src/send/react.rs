//! Our own reactions to a message.

use patchbay_app::ports::Reacting;
use patchbay_domain::ids::MessageId;
use patchbay_domain::{Emoji, Reaction};

use super::presentation::in_colour;
use super::verdict::{MISSING_PERMISSIONS, UNKNOWN_EMOJI};
use super::{DiscordSender, Target};
use crate::rest::{ReactionObject, RestError};
use crate::translate;

/// A message has no more different emoji than these; the error says so too, when others have
/// taken a place. (Opcodes and Status Codes, "JSON", 30010)
const MOST: usize = 20;
const TOO_MANY: u32 = 30010;
/// Whoever wrote the message has blocked us.
const BLOCKED: u32 = 90001;

impl DiscordSender {
    /// The bot puts each emoji there once, whatever its count: it is one member. What Discord
    /// doesn't let it put there is left over.
    pub(super) async fn put_reactions(
        &self,
        target: Target,
        reacting: &Reacting,
    ) -> Result<Vec<Reaction>, RestError> {
        let (rest, channel) = (&self.discord.rest, target.holder());
        let message = reacting.message;
        let found = rest.reactions(channel, message, Self::PATIENCE).await?;
        let (wanted, mut left) = wanted(&reacting.reactions);
        for reaction in found.iter().filter(|reaction| reaction.me) {
            let is_wanted = wanted.iter().any(|one| is_same(reaction, one));
            if let Some(name) = reaction.emoji.name.as_deref().filter(|_| !is_wanted) {
                self.take_away(target, message, name).await?;
            }
        }
        let mut is_barred = false;
        for reaction in wanted {
            let there = found.iter().find(|found| is_same(found, reaction));
            if there.is_some_and(|there| there.me) {
                continue;
            }
            // To join others it takes no right.
            if is_barred && there.is_none() {
                left.push(reaction.clone());
                continue;
            }
            let name = there.and_then(|there| there.emoji.name.as_deref());
            match self.put(target, message, &reaction.emoji, name).await {
                Ok(()) => {}
                Err(error) if is_about_emoji(&error) => {
                    is_barred |= error.code() == Some(MISSING_PERMISSIONS);
                    left.push(reaction.clone());
                }
                Err(error) => return Err(error),
            }
        }
        // In the order in which they were asked for.
        let mut all = reacting.reactions.clone();
        all.retain(|reaction| left.contains(reaction));
        Ok(all)
    }

    /// Written as others have written it there, or as Discord writes it.
    async fn put(
        &self,
        target: Target,
        message: MessageId,
        emoji: &Emoji,
        there: Option<&str>,
    ) -> Result<(), RestError> {
        let (rest, channel) = (&self.discord.rest, target.holder());
        let Emoji::Unicode(emoji) = emoji else {
            return Ok(());
        };
        let coloured = in_colour(emoji);
        let name = there.unwrap_or(&coloured);
        let put = rest.add_reaction(channel, message, name, Self::PATIENCE);
        match put.await {
            // Discord's own list has some without.
            Err(error) if error.code() == Some(UNKNOWN_EMOJI) && name != emoji => {
                let put = rest.add_reaction(channel, message, emoji, Self::PATIENCE);
                put.await
            }
            put => put,
        }
    }

    /// Succeeds too if it is gone already.
    async fn take_away(
        &self,
        target: Target,
        message: MessageId,
        name: &str,
    ) -> Result<(), RestError> {
        let (rest, channel) = (&self.discord.rest, target.holder());
        let removed = rest.remove_reaction(channel, message, name, Self::PATIENCE);
        match removed.await {
            Err(error) if error.code() == Some(UNKNOWN_EMOJI) => Ok(()),
            removed => removed,
        }
    }
}

/// What can be put there, and what can't.
fn wanted(all: &[Reaction]) -> (Vec<&Reaction>, Vec<Reaction>) {
    let (mut wanted, mut left) = (Vec::new(), Vec::new());
    for reaction in all {
        match reaction.emoji {
            Emoji::Unicode(_) if wanted.len() < MOST => wanted.push(reaction),
            Emoji::Unicode(_) | Emoji::Custom { .. } => left.push(reaction.clone()),
        }
    }
    (wanted, left)
}

fn is_same(there: &ReactionObject, reaction: &Reaction) -> bool {
    translate::emoji(there).as_ref() == Some(&reaction.emoji)
}

fn is_about_emoji(error: &RestError) -> bool {
    matches!(
        error.code(),
        Some(MISSING_PERMISSIONS | UNKNOWN_EMOJI | TOO_MANY | BLOCKED)
    )
}
