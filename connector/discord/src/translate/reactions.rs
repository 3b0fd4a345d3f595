use patchbay_domain::{Emoji, Reaction, reaction};

use crate::rest::ReactionObject;

/// What others than we put under a message.
pub(super) fn state(found: &[ReactionObject]) -> Vec<Reaction> {
    reaction::state(found.iter().filter_map(|reaction| {
        let count = reaction.count.saturating_sub(u32::from(reaction.me));
        let emoji = emoji(reaction)?;
        Some(Reaction { emoji, count })
    }))
}

/// Nothing, if nobody can tell any more what it was.
pub(crate) fn emoji(reaction: &ReactionObject) -> Option<Emoji> {
    let name = reaction.emoji.name.as_deref()?;
    Some(match reaction.emoji.id {
        None => Emoji::unicode(name),
        Some(_) => Emoji::Custom {
            name: name.to_owned(),
        },
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn our_own_reactions_and_emoji_that_are_gone_do_not_count() {
        let found = json!([
            {"count": 2, "me": true, "emoji": {"id": null, "name": "❤\u{fe0f}"}},
            {"count": 1, "me": true, "emoji": {"id": null, "name": "👍"}},
            {"count": 3, "me": false, "emoji": {"id": "5", "name": "party", "animated": true}},
            {"count": 4, "me": false, "emoji": {"id": "6", "name": null}},
        ]);
        let found: Vec<ReactionObject> = serde_json::from_value(found).unwrap();
        let told = reaction::told(&state(&found));
        assert_eq!(told.as_str(), ":party: 3 · ❤ 1");
    }
}
