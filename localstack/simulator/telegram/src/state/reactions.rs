use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::State;
use super::apply::{Applied, Notice};
use super::command::Place;
use super::ids::{Peer, UserId};
use super::refusal::{CHAT_WRITE_FORBIDDEN, MESSAGE_ID_INVALID, Refusal};

const MOST: usize = 3;

/// Who reacted to a message, and how.
pub(crate) type Reactions = BTreeMap<UserId, Reacted>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reacted {
    pub(crate) emoji: Vec<String>,
    /// Unix seconds.
    pub(crate) date: i64,
}

/// Somebody's reactions to a message, in place of those before. None takes them back.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct React {
    pub(crate) by: UserId,
    pub(crate) place: Place,
    pub(crate) id: i32,
    pub(crate) emoji: Vec<String>,
}

impl State {
    pub(super) fn react(&mut self, at: i64, react: &React) -> Result<Applied, Refusal> {
        let message = self
            .place(react.place)?
            .get(react.id)
            .filter(|message| message.ordinary().is_some())
            .ok_or(MESSAGE_ID_INVALID)?;
        let taken = match message.peer {
            Peer::User(_) => &None,
            Peer::Group(group) => {
                let group = self.group(group)?;
                if !group.roster.has(react.by) {
                    return Err(CHAT_WRITE_FORBIDDEN);
                }
                &group.reactions
            }
            Peer::Channel(channel) => {
                let channel = self.channel(channel)?;
                channel.check_read(react.by)?;
                &channel.reactions
            }
        };
        if react.emoji.len() > MOST {
            return Err(Refusal::bad("REACTIONS_TOO_MANY"));
        }
        let is_taken = |emoji: &String| taken.as_ref().is_none_or(|taken| taken.contains(emoji));
        if !react
            .emoji
            .iter()
            .all(|emoji| !emoji.trim().is_empty() && is_taken(emoji))
        {
            return Err(Refusal::bad("REACTION_INVALID"));
        }
        let before = message.reactions.get(&react.by).map(|it| &it.emoji);
        if before.map_or(react.emoji.is_empty(), |before| *before == react.emoji) {
            return Err(Refusal::bad("MESSAGE_NOT_MODIFIED"));
        }
        let mut notices = Vec::new();
        for (place, id) in self.places_of(react.place, react.id, message.shared) {
            let Some(message) = self.place_mut(place)?.get_mut(id) else {
                continue;
            };
            if react.emoji.is_empty() {
                message.reactions.remove(&react.by);
            } else {
                let emoji = react.emoji.clone();
                let date = at / 1000;
                message.reactions.insert(react.by, Reacted { emoji, date });
            }
            notices.push(Notice::Reactions { place, id });
        }
        Ok(Applied::notices(notices))
    }
}
