//! Forums: supergroups whose messages lie in topics.

use super::State;
use super::apply::{Applied, Notice};
use super::chat::{Channel, Role};
use super::command::{Actor, CreateTopic, DeleteTopic, Draft, EditTopic};
use super::ids::{ChannelId, Peer, UserId};
use super::message::{Message, Reply, Service};
use super::messages::Envelope;
use super::refusal::{
    CHANNEL_INVALID, CHAT_ADMIN_REQUIRED, RANDOM_ID_DUPLICATE, Refusal, USER_ID_INVALID,
};

/// The topic that every forum begins with. Messages in it name no topic.
pub(crate) const GENERAL: i32 = 1;
/// The first of the platform's colours.
pub(crate) const DEFAULT_COLOR: i32 = 0x6f_b9_f0;

const FORUM_MISSING: Refusal = Refusal::bad("CHANNEL_FORUM_MISSING");
const TOPIC_INVALID: Refusal = Refusal::bad("TOPIC_ID_INVALID");

#[derive(Debug, Clone)]
pub(crate) struct Topic {
    /// The number of the message that made it, or 1.
    pub(crate) id: i32,
    pub(crate) title: String,
    pub(crate) icon_color: i32,
    pub(crate) closed: bool,
    pub(crate) hidden: bool,
    pub(crate) creator: UserId,
    /// Unix seconds.
    pub(crate) date: i64,
}

impl Topic {
    fn general(creator: UserId, date: i64) -> Self {
        Self {
            id: GENERAL,
            title: "General".to_owned(),
            icon_color: DEFAULT_COLOR,
            closed: false,
            hidden: false,
            creator,
            date,
        }
    }
}

/// The topic that a message of a forum is in.
pub(crate) fn topic_of(channel: &Channel, message: &Message) -> i32 {
    if channel.topics.contains_key(&message.id) {
        return message.id;
    }
    message.reply().and_then(|it| it.topic).unwrap_or(GENERAL)
}

impl State {
    /// Its topics stay when a forum becomes an ordinary supergroup, and are there again after.
    pub(super) fn set_forum(
        &mut self,
        at: i64,
        id: ChannelId,
        enabled: bool,
    ) -> Result<(), Refusal> {
        let channel = self.channels.get_mut(&id).ok_or(CHANNEL_INVALID)?;
        if enabled && channel.is_broadcast() {
            return Err(CHANNEL_INVALID);
        }
        let creator = channel
            .roster
            .members()
            .find(|(_, it)| it.role == Role::Creator);
        let creator = creator.map(|(user, _)| user).ok_or(USER_ID_INVALID)?;
        channel.forum = enabled;
        channel
            .topics
            .entry(GENERAL)
            .or_insert_with(|| Topic::general(creator, at / 1000));
        Ok(())
    }

    pub(crate) fn forum(&self, chat: Peer) -> Result<&Channel, Refusal> {
        let Peer::Channel(id) = chat else {
            return Err(FORUM_MISSING);
        };
        let channel = self.channel(id)?;
        if channel.forum {
            Ok(channel)
        } else {
            Err(FORUM_MISSING)
        }
    }

    pub(super) fn create_topic(&mut self, at: i64, new: &CreateTopic) -> Result<Applied, Refusal> {
        let channel = self.forum(new.chat)?.id;
        let author = self.topic_author(new.chat, new.by)?;
        check_title(&new.title)?;
        let creator = self.users.get_mut(&author).ok_or(USER_ID_INVALID)?;
        if let Some(random_id) = new.random_id
            && !creator.random_ids.insert(random_id)
        {
            return Err(RANDOM_ID_DUPLICATE);
        }
        let made = Service::TopicCreated {
            title: new.title.clone(),
            icon_color: new.icon_color,
        };
        let envelope = Envelope::service(made).sent_as(new.random_id);
        let (id, notices) = self.deliver(at, author, new.chat, envelope)?;
        let topic = Topic {
            id,
            title: new.title.clone(),
            icon_color: new.icon_color,
            closed: false,
            hidden: false,
            creator: author,
            date: at / 1000,
        };
        let channel = self.channels.get_mut(&channel).ok_or(CHANNEL_INVALID)?;
        channel.topics.insert(id, topic);
        Ok(Applied {
            messages: vec![id],
            notices,
            ..Applied::default()
        })
    }

    pub(super) fn edit_topic(&mut self, at: i64, edit: &EditTopic) -> Result<Applied, Refusal> {
        let channel = self.forum(edit.chat)?;
        let id = channel.id;
        let topic = channel.topics.get(&edit.topic).ok_or(TOPIC_INVALID)?;
        if let Some(title) = &edit.title {
            check_title(title)?;
        }
        if edit.hidden.is_some() && edit.topic != GENERAL {
            return Err(TOPIC_INVALID);
        }
        let edited = Topic {
            title: edit.title.clone().unwrap_or_else(|| topic.title.clone()),
            closed: edit.closed.unwrap_or(topic.closed),
            hidden: edit.hidden.unwrap_or(topic.hidden),
            ..topic.clone()
        };
        let is_same = (&edited.title, edited.closed, edited.hidden)
            == (&topic.title, topic.closed, topic.hidden);
        if is_same {
            return Err(Refusal::bad("TOPIC_NOT_MODIFIED"));
        }
        let author = self.topic_author(edit.chat, edit.by)?;
        let changed = Service::TopicEdited {
            topic: edit.topic,
            title: edit.title.clone(),
            closed: edit.closed,
            hidden: edit.hidden,
        };
        let (_, notices) = self.deliver(at, author, edit.chat, Envelope::service(changed))?;
        let channel = self.channels.get_mut(&id).ok_or(CHANNEL_INVALID)?;
        channel.topics.insert(edit.topic, edited);
        Ok(Applied::notices(notices))
    }

    /// Deletes a topic with all its messages.
    pub(super) fn delete_topic(&mut self, at: i64, gone: &DeleteTopic) -> Result<Applied, Refusal> {
        let channel = self.forum(gone.chat)?;
        let id = channel.id;
        if gone.topic == GENERAL || !channel.topics.contains_key(&gone.topic) {
            return Err(TOPIC_INVALID);
        }
        self.topic_author(gone.chat, gone.by)?;
        let doomed: Vec<i32> = channel
            .mailbox
            .of_peer(gone.chat)
            .filter(|message| topic_of(channel, message) == gone.topic)
            .map(|message| message.id)
            .collect();
        let channel = self.channels.get_mut(&id).ok_or(CHANNEL_INVALID)?;
        channel.topics.remove(&gone.topic);
        channel.gone_topics.insert(gone.topic);
        let entry = channel.mailbox.delete(&doomed, at);
        let notices = entry.map(|entry| Notice::Channel { channel: id, entry });
        Ok(Applied::notices(notices.into_iter().collect()))
    }

    /// Who notes it in the chat: topics are managed by admins.
    fn topic_author(&self, chat: Peer, by: Actor) -> Result<UserId, Refusal> {
        let roster = self.roster(chat)?;
        match by {
            Actor::User(user) if roster.role(user).is_some_and(Role::is_admin) => Ok(user),
            Actor::User(_) => Err(CHAT_ADMIN_REQUIRED),
            Actor::Control => {
                let mut admins = roster.members().filter(|(_, it)| it.role.is_admin());
                admins.next().map(|(user, _)| user).ok_or(USER_ID_INVALID)
            }
        }
    }

    /// What a draft answers, with the topic that puts it in.
    pub(super) fn threaded(
        &self,
        from: UserId,
        to: Peer,
        draft: &Draft,
    ) -> Result<Option<Reply>, Refusal> {
        let Ok(channel) = self.forum(to) else {
            return Ok(draft.reply.clone());
        };
        let named = draft.reply.as_ref().and_then(|reply| {
            let answered = channel.mailbox.get(reply.message);
            reply
                .topic
                .or_else(|| answered.map(|message| topic_of(channel, message)))
        });
        let named = named.unwrap_or(GENERAL);
        let topic = channel.topics.get(&named);
        let is_admin = channel.roster.role(from).is_some_and(Role::is_admin);
        match topic {
            None if channel.gone_topics.contains(&named) => {
                return Err(Refusal::bad("TOPIC_DELETED"));
            }
            None => return Err(TOPIC_INVALID),
            Some(topic) if topic.closed && !is_admin => return Err(Refusal::bad("TOPIC_CLOSED")),
            Some(_) => {}
        }
        Ok(draft.reply.clone().map(|reply| Reply {
            topic: Some(named).filter(|topic| *topic != GENERAL),
            ..reply
        }))
    }

    /// Whether an answer names a topic that was there once.
    pub(super) fn check_topic_is_there(&self, to: Peer, reply: &Reply) -> Result<(), Refusal> {
        let Ok(channel) = self.forum(to) else {
            return Ok(());
        };
        let topic = reply.topic.unwrap_or(reply.message);
        if channel.gone_topics.contains(&topic) {
            Err(Refusal::bad("TOPIC_DELETED"))
        } else {
            Ok(())
        }
    }
}

fn check_title(title: &str) -> Result<(), Refusal> {
    if title.trim().is_empty() || title.chars().count() > 128 {
        return Err(Refusal::bad("TOPIC_TITLE_EMPTY"));
    }
    Ok(())
}
