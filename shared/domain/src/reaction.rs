//! What people put under a message. It is a state of the message: each one told replaces the one
//! before.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::text::Text;

/// One emoji under a message, and how many people put it there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reaction {
    pub emoji: Emoji,
    pub count: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Emoji {
    /// Without variation selectors, which one platform writes where the other does not: made by
    /// [`Emoji::unicode`].
    Unicode(String),
    /// One that only its own platform can show.
    Custom { name: String },
}

impl Emoji {
    pub fn unicode(written: &str) -> Self {
        Self::Unicode(written.replace('\u{fe0f}', ""))
    }
}

impl fmt::Display for Emoji {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unicode(emoji) => formatter.write_str(emoji),
            Self::Custom { name } => write!(formatter, ":{name}:"),
        }
    }
}

/// All that stands under a message, each emoji once, the most frequent first: the same state always
/// becomes the same list.
pub fn state(reactions: impl IntoIterator<Item = Reaction>) -> Vec<Reaction> {
    let mut counts: BTreeMap<Emoji, u32> = BTreeMap::new();
    for Reaction { emoji, count } in reactions {
        let counted = counts.entry(emoji).or_default();
        *counted = counted.saturating_add(count);
    }
    let reactions = counts.into_iter().filter(|(_, count)| *count > 0);
    let mut state: Vec<_> = reactions
        .map(|(emoji, count)| Reaction { emoji, count })
        .collect();
    state.sort_by_key(|reaction| Reverse(reaction.count));
    state
}

/// Reactions in words, in one line.
pub fn told(reactions: &[Reaction]) -> Text {
    let each = reactions.iter();
    let each = each.map(|Reaction { emoji, count }| format!("{emoji} {count}"));
    Text::plain(each.collect::<Vec<_>>().join(" · "))
}

/// Tells one state from another. Zero stands for no reactions.
pub fn print(reactions: &[Reaction]) -> u32 {
    crc32fast::hash(told(reactions).as_str().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reaction(emoji: Emoji, count: u32) -> Reaction {
        Reaction { emoji, count }
    }

    #[test]
    fn a_state_has_each_emoji_once_and_the_most_frequent_first() {
        let party = Emoji::Custom {
            name: "party".to_owned(),
        };
        let reactions = [
            reaction(Emoji::unicode("👍"), 3),
            reaction(party, 3),
            reaction(Emoji::unicode("\u{2764}"), 2),
            reaction(Emoji::unicode("\u{2764}\u{fe0f}"), 4),
            reaction(Emoji::unicode("🔥"), 0),
        ];
        let found = state(reactions);
        insta::assert_snapshot!(told(&found).as_str(), @"❤ 6 · 👍 3 · :party: 3");
        assert_eq!(print(&found), print(&state(found.clone())));
        assert_ne!(print(&found), print(&found[..2]));
        assert_eq!(print(&[]), 0);
    }
}
