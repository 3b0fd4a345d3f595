use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Actor, Change, Channel, Message, Rejection, World};
use crate::ids::{ChannelId, EmojiId, MessageId, UserId};
use crate::intents::Intents;
use crate::permissions::Permissions;

/// Different emoji under one message.
const MOST_EMOJI: usize = 20;

/// An emoji of a guild, or a character.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ReactionEmoji {
    pub(crate) id: Option<EmojiId>,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) animated: bool,
}

impl ReactionEmoji {
    /// As it stands in a path: `name:id`, or the character itself.
    pub(crate) fn parse(text: &str) -> Result<Self, Rejection> {
        let custom = text.rsplit_once(':').and_then(|(name, id)| {
            Some(Self {
                id: Some(id.parse().ok()?),
                name: name.trim_start_matches("a:").to_owned(),
                animated: name.starts_with("a:"),
            })
        });
        let character = || Self {
            id: None,
            name: text.to_owned(),
            animated: false,
        };
        if custom.is_none() && text.is_ascii() {
            return Err(Rejection::UnknownEmoji);
        }
        Ok(custom.unwrap_or_else(character))
    }

    /// An emoji of a guild can be renamed and stays the same.
    fn is(&self, other: &Self) -> bool {
        match (self.id, other.id) {
            (Some(id), Some(other)) => id == other,
            (None, None) => self.name == other.name,
            (Some(_), None) | (None, Some(_)) => false,
        }
    }

    pub(crate) fn render(&self) -> Value {
        let mut rendered = json!({ "id": self.id, "name": self.name });
        if self.id.is_some() {
            rendered["animated"] = json!(self.animated);
        }
        rendered
    }
}

/// An emoji under a message, and who put it there.
#[derive(Debug, Clone)]
pub(crate) struct Reaction {
    pub(crate) emoji: ReactionEmoji,
    pub(crate) users: Vec<UserId>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct AddReaction {
    pub(crate) actor: Actor,
    pub(crate) user: UserId,
    pub(crate) channel: ChannelId,
    pub(crate) message: MessageId,
    pub(crate) emoji: ReactionEmoji,
}

impl Change for AddReaction {
    type Output = ();

    fn apply(self, world: &mut World) -> Result<(), Rejection> {
        let needed = Permissions::READ_MESSAGE_HISTORY;
        let channel = world.require_of(self.actor, self.channel, needed)?;
        if channel.thread().is_some_and(|thread| thread.archived) {
            return Err(Rejection::ThreadArchived);
        }
        world.user(self.user)?;
        let message = world.message(self.channel, self.message)?;
        let there = message.reaction(&self.emoji);
        if there.is_some_and(|there| there.users.contains(&self.user)) {
            return Ok(());
        }
        if there.is_none() {
            world.may_be_first(self.actor, channel, message, &self.emoji)?;
        }
        let mut payload = world.describe_reaction(message, Some(&self.emoji));
        payload["user_id"] = json!(self.user);
        if let Some(guild) = message.guild
            && let Ok(member) = world.render_full_member(guild, self.user)
        {
            payload["member"] = member;
        }
        payload["message_author_id"] = World::render_author_id(&message.author);
        let reactions = world.reactions_mut(self.channel, self.message)?;
        match reactions.iter_mut().find(|one| one.emoji.is(&self.emoji)) {
            Some(reaction) => reaction.users.push(self.user),
            None => reactions.push(Reaction {
                emoji: self.emoji,
                users: vec![self.user],
            }),
        }
        world.publish_reaction("MESSAGE_REACTION_ADD", self.channel, &payload);
        Ok(())
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RemoveReaction {
    pub(crate) actor: Actor,
    pub(crate) user: UserId,
    pub(crate) channel: ChannelId,
    pub(crate) message: MessageId,
    pub(crate) emoji: ReactionEmoji,
}

impl Change for RemoveReaction {
    type Output = ();

    fn apply(self, world: &mut World) -> Result<(), Rejection> {
        let needed = if self.actor == Actor::Bot(self.user) {
            Permissions::READ_MESSAGE_HISTORY
        } else {
            Permissions::MANAGE_MESSAGES
        };
        world.require_of(self.actor, self.channel, needed)?;
        let message = world.message(self.channel, self.message)?;
        let there = message.reaction(&self.emoji);
        if !there.is_some_and(|there| there.users.contains(&self.user)) {
            return Err(Rejection::UnknownEmoji);
        }
        let mut payload = world.describe_reaction(message, Some(&self.emoji));
        payload["user_id"] = json!(self.user);
        let reactions = world.reactions_mut(self.channel, self.message)?;
        for reaction in reactions.iter_mut().filter(|one| one.emoji.is(&self.emoji)) {
            reaction.users.retain(|user| *user != self.user);
        }
        reactions.retain(|reaction| !reaction.users.is_empty());
        world.publish_reaction("MESSAGE_REACTION_REMOVE", self.channel, &payload);
        Ok(())
    }
}

/// Takes all reactions away, or those with one emoji.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ClearReactions {
    pub(crate) actor: Actor,
    pub(crate) channel: ChannelId,
    pub(crate) message: MessageId,
    pub(crate) emoji: Option<ReactionEmoji>,
}

impl Change for ClearReactions {
    type Output = ();

    fn apply(self, world: &mut World) -> Result<(), Rejection> {
        world.require_of(self.actor, self.channel, Permissions::MANAGE_MESSAGES)?;
        let message = world.message(self.channel, self.message)?;
        let payload = world.describe_reaction(message, self.emoji.as_ref());
        let reactions = world.reactions_mut(self.channel, self.message)?;
        let name = if let Some(emoji) = &self.emoji {
            reactions.retain(|reaction| !reaction.emoji.is(emoji));
            "MESSAGE_REACTION_REMOVE_EMOJI"
        } else {
            reactions.clear();
            "MESSAGE_REACTION_REMOVE_ALL"
        };
        world.publish_reaction(name, self.channel, &payload);
        Ok(())
    }
}

impl Message {
    pub(crate) fn reaction(&self, emoji: &ReactionEmoji) -> Option<&Reaction> {
        self.reactions.iter().find(|one| one.emoji.is(emoji))
    }
}

impl World {
    /// Whether somebody may put an emoji under a message that is not there yet.
    fn may_be_first(
        &self,
        actor: Actor,
        channel: &Channel,
        message: &Message,
        emoji: &ReactionEmoji,
    ) -> Result<(), Rejection> {
        if message.reactions.len() >= MOST_EMOJI {
            return Err(Rejection::TooManyReactions);
        }
        let Actor::Bot(user) = actor else {
            return Ok(());
        };
        if emoji.id.is_some_and(|id| self.emoji(id).is_none()) {
            return Err(Rejection::UnknownEmoji);
        }
        self.require(user, channel.id, Permissions::ADD_REACTIONS)
            .map(drop)
    }

    fn reactions_mut(
        &mut self,
        channel: ChannelId,
        message: MessageId,
    ) -> Result<&mut Vec<Reaction>, Rejection> {
        let all = self.messages.get_mut(&channel);
        let message = all.and_then(|all| all.get_mut(&message));
        message
            .map(|message| &mut message.reactions)
            .ok_or(Rejection::UnknownMessage)
    }

    /// What all events about reactions say.
    fn describe_reaction(&self, message: &Message, emoji: Option<&ReactionEmoji>) -> Value {
        let mut payload = json!({ "channel_id": message.channel, "message_id": message.id });
        if let Some(guild) = message.guild {
            payload["guild_id"] = json!(guild);
        }
        if let Some(emoji) = emoji {
            let known = message.reaction(emoji).map_or(emoji, |one| &one.emoji);
            let known = self.named(known.clone());
            payload["emoji"] = known.render();
            payload["burst"] = json!(false);
            payload["type"] = json!(0);
        }
        payload
    }

    fn publish_reaction(&mut self, name: &'static str, channel: ChannelId, payload: &Value) {
        let intents = (
            Intents::GUILD_MESSAGE_REACTIONS,
            Intents::DIRECT_MESSAGE_REACTIONS,
        );
        self.publish_in_channel(name, channel, intents, payload);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_emoji_is_a_character_or_a_name_with_an_id() {
        let parsed = |text: &str| {
            let emoji = ReactionEmoji::parse(text).ok()?;
            Some((emoji.id.map(|id| id.0), emoji.name, emoji.animated))
        };
        for (text, id, name, animated) in [
            ("🔥", None, "🔥", false),
            ("1️⃣", None, "1️⃣", false),
            ("party:7", Some(7), "party", false),
            ("a:party:7", Some(7), "party", true),
        ] {
            let expected = (id, name.to_owned(), animated);
            assert_eq!(parsed(text), Some(expected), "{text}");
        }
        assert_eq!(parsed("party"), None);
    }
}
