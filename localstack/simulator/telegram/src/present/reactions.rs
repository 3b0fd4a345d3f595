use std::collections::BTreeMap;

use grammers_tl_types::{enums, types};

use super::peer;
use crate::clock::wire_seconds;
use crate::state::{Message, Peer, UserId};

/// Reactions as one viewer sees them. A channel's readers are told no names.
pub(crate) fn reactions(
    message: &Message,
    viewer: UserId,
    is_post: bool,
) -> Option<enums::MessageReactions> {
    if message.reactions.is_empty() {
        return None;
    }
    Some(shown(message, viewer, is_post))
}

/// Also what is left when nobody's reaction is.
pub(super) fn shown(message: &Message, viewer: UserId, is_post: bool) -> enums::MessageReactions {
    let mut counts: BTreeMap<&String, i32> = BTreeMap::new();
    for emoji in message.reactions.values().flat_map(|it| &it.emoji) {
        *counts.entry(emoji).or_default() += 1;
    }
    let mine = message.reactions.get(&viewer).map(|it| &it.emoji);
    let results = counts.into_iter().map(|(emoji, count)| {
        let order = mine.and_then(|mine| mine.iter().position(|it| it == emoji));
        types::ReactionCount {
            chosen_order: order.and_then(|at| i32::try_from(at).ok()),
            reaction: reaction(emoji),
            count,
        }
        .into()
    });
    let recent = message.reactions.iter().flat_map(|(user, reacted)| {
        reacted.emoji.iter().map(move |emoji| {
            types::MessagePeerReaction {
                big: false,
                unread: false,
                my: *user == viewer,
                peer_id: peer(Peer::User(*user)),
                date: wire_seconds(reacted.date),
                reaction: reaction(emoji),
            }
            .into()
        })
    });
    types::MessageReactions {
        min: false,
        can_see_list: !is_post,
        reactions_as_tags: false,
        results: results.collect(),
        recent_reactions: (!is_post).then(|| recent.collect()),
        top_reactors: None,
    }
    .into()
}

pub(super) fn reaction(emoji: &str) -> enums::Reaction {
    let emoticon = emoji.to_owned();
    types::ReactionEmoji { emoticon }.into()
}
