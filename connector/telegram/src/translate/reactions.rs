//! What stands under a message (core.telegram.org/api/reactions).

use grammers_tl_types as tl;
use patchbay_domain::{Emoji, Reaction, reaction};

/// Paid reactions are stars there.
const PAID: &str = "⭐";
/// Custom ones are documents without a name.
const CUSTOM: &str = "emoji";

/// Counts are the same for everybody, also where Telegram leaves out what the account itself put
/// there (`min`). The owner of the account counts as any other person: Patchbay reacts to what it
/// has delivered alone, and of that no reactions are forwarded.
pub(crate) fn reactions(told: Option<&tl::enums::MessageReactions>) -> Vec<Reaction> {
    let Some(tl::enums::MessageReactions::Reactions(told)) = told else {
        return Vec::new();
    };
    reaction::state(told.results.iter().filter_map(|result| {
        let tl::enums::ReactionCount::Count(result) = result;
        Some(Reaction {
            emoji: emoji(&result.reaction)?,
            count: u32::try_from(result.count).unwrap_or_default(),
        })
    }))
}

fn emoji(reaction: &tl::enums::Reaction) -> Option<Emoji> {
    match reaction {
        tl::enums::Reaction::Emoji(reaction) => Some(Emoji::unicode(&reaction.emoticon)),
        tl::enums::Reaction::Paid => Some(Emoji::unicode(PAID)),
        tl::enums::Reaction::CustomEmoji(_) => Some(Emoji::Custom {
            name: CUSTOM.to_owned(),
        }),
        tl::enums::Reaction::Empty => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_reaction_is_told() {
        let counted = |reaction, count| {
            tl::types::ReactionCount {
                chosen_order: Some(0),
                reaction,
                count,
            }
            .into()
        };
        let emoji = |emoticon: &str| {
            let emoticon = emoticon.to_owned();
            tl::types::ReactionEmoji { emoticon }.into()
        };
        let custom = |document_id| tl::types::ReactionCustomEmoji { document_id }.into();
        let told = tl::types::MessageReactions {
            min: true,
            can_see_list: false,
            reactions_as_tags: false,
            results: vec![
                counted(emoji("❤"), 2),
                counted(tl::enums::Reaction::Paid, 5),
                counted(custom(1), 1),
                counted(custom(2), 2),
                counted(tl::enums::Reaction::Empty, 9),
            ],
            recent_reactions: None,
            top_reactors: None,
        };
        let found = reactions(Some(&told.into()));
        insta::assert_snapshot!(reaction::told(&found).as_str(), @"⭐ 5 · :emoji: 3 · ❤ 2");
        assert_eq!(reactions(None), []);
    }
}
