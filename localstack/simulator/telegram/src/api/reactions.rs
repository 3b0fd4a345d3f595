//! Reactions to messages.

use grammers_tl_types::{enums, functions};

use super::Call;
use super::changes::place;
use crate::present::{self, Cast};
use crate::state::{Command, React, Refusal};

pub(super) fn send(
    call: &mut Call<'_>,
    request: functions::messages::SendReaction,
) -> Result<enums::Updates, Refusal> {
    let peer = call.readable_peer(&request.peer)?;
    let mut emoji = Vec::new();
    for reaction in request.reaction.into_iter().flatten() {
        match reaction {
            enums::Reaction::Emoji(it) => emoji.push(it.emoticon),
            enums::Reaction::Empty => {}
            enums::Reaction::CustomEmoji(_) | enums::Reaction::Paid => {
                return Err(Refusal::bad("REACTION_INVALID"));
            }
        }
    }
    let me = call.me()?;
    if emoji.len() > 1 && !call.state().user(me)?.premium {
        return Err(Refusal::bad("REACTIONS_TOO_MANY"));
    }
    let react = React {
        by: me,
        place: place(call, peer)?,
        id: request.msg_id,
        emoji,
    };
    call.apply_and_show(Command::React(react))
}

pub(super) fn of_messages(
    call: &mut Call<'_>,
    request: functions::messages::GetMessagesReactions,
) -> Result<enums::Updates, Refusal> {
    let peer = call.readable_peer(&request.peer)?;
    let place = place(call, peer)?;
    let mut cast = Cast::new(call.state(), call.me()?).with(peer);
    let updates = request.id.iter();
    let updates = updates
        .filter_map(|id| present::reactions_update(&mut cast, place, *id))
        .collect();
    Ok(present::wrapped(&cast, updates, call.at))
}
