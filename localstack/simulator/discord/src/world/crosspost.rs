use serde::{Deserialize, Serialize};

use super::{Actor, Author, Change, ChannelKind, Message, Rejection, World};
use crate::ids::{ChannelId, MessageId};
use crate::permissions::Permissions;

/// Publishes a message of an announcement channel to those who follow it. Nobody does here.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Crosspost {
    pub(crate) actor: Actor,
    pub(crate) channel: ChannelId,
    pub(crate) message: MessageId,
}

impl Change for Crosspost {
    type Output = ();

    fn apply(self, world: &mut World) -> Result<(), Rejection> {
        let message = world.message(self.channel, self.message);
        let own = |user| {
            let author = message.as_ref().map(|message| &message.author);
            matches!(author, Ok(Author::User(author)) if *author == user)
        };
        let needed = match self.actor {
            Actor::Bot(user) if own(user) => Permissions::SEND_MESSAGES,
            Actor::Bot(_) | Actor::Operator => Permissions::MANAGE_MESSAGES,
        };
        let channel = world.require_of(self.actor, self.channel, needed)?;
        if channel.kind != ChannelKind::Announcement {
            return Err(Rejection::WrongChannelType);
        }
        let mut message = message?.clone();
        if message.flags & Message::CROSSPOSTED != 0 {
            return Err(Rejection::AlreadyCrossposted);
        }
        message.flags |= Message::CROSSPOSTED;
        world.publish_message("MESSAGE_UPDATE", &message);
        world.keep(message);
        Ok(())
    }
}
