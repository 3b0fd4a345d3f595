//! Our own reactions to a message.

use patchbay_app::ports::Reacting;
use patchbay_domain::ids::MessageId;
use patchbay_domain::{Emoji, Reaction};

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

    /// Written as others have written it there, or as Discord may know it.
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
        let name = there.unwrap_or(emoji);
        let put = rest.add_reaction(channel, message, name, Self::PATIENCE);
        match put.await {
            Err(error) if error.code() == Some(UNKNOWN_EMOJI) && there.is_none() => {
                let coloured = in_colour(emoji);
                if coloured == *emoji {
                    return Err(error);
                }
                let put = rest.add_reaction(channel, message, &coloured, Self::PATIENCE);
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

/// With the selectors that some emoji are written with, where a text would show them in black and
/// white otherwise. (Unicode Technical Standard 51, "Emoji Presentation Sequence")
fn in_colour(emoji: &str) -> String {
    const SELECTOR: char = '\u{fe0f}';
    let is_alone = emoji.chars().count() == 1;
    let mut written = String::with_capacity(emoji.len() * 2);
    let mut chars = emoji.chars().peekable();
    while let Some(char) = chars.next() {
        written.push(char);
        let is_coloured = chars
            .peek()
            .is_some_and(|next| ('\u{1f3fb}'..='\u{1f3ff}').contains(next));
        if (is_alone || is_black_and_white(char)) && !is_coloured {
            written.push(SELECTOR);
        }
    }
    written
}

/// Of those that stand in sequences.
fn is_black_and_white(char: char) -> bool {
    const JOINER: char = '\u{200d}';
    const KEYCAP: char = '\u{20e3}';
    let is_sign = matches!(char, '#' | '*' | '0'..='9' | '\u{a9}'..='\u{3299}');
    let is_picture = matches!(
        char,
        '\u{1f3cb}' | '\u{1f3cc}' | '\u{1f3f3}' | '\u{1f441}' | '\u{1f575}' | '\u{1f5e8}'
    );
    (is_sign || is_picture) && !matches!(char, JOINER | KEYCAP)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_emoji_gets_its_selectors_back() {
        for whole in [
            "❤\u{fe0f}",
            "1\u{fe0f}\u{20e3}",
            "🏳\u{fe0f}\u{200d}🌈",
            "👁\u{fe0f}\u{200d}🗨\u{fe0f}",
            "🤷🏽\u{200d}♀\u{fe0f}",
            "🕵\u{fe0f}\u{200d}♂\u{fe0f}",
        ] {
            let bare = whole.replace('\u{fe0f}', "");
            assert_eq!(in_colour(&bare), whole);
        }
    }
}
