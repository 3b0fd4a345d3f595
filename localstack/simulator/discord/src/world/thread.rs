use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    Author, Change, Channel, ChannelKind, Draft, FieldError, Location, Message, Rejection, Sender,
    World,
};
use crate::ids::{ChannelId, MessageId, TagId, UserId};
use crate::permissions::Permissions;
use crate::time::Timestamp;

/// After how many minutes a thread may leave the list of channels.
pub(crate) const ARCHIVE_MINUTES: [u64; 4] = [60, 1440, 4320, 10_080];
const MOST_TAGS_OF_A_POST: usize = 5;

/// What only a thread has.
#[derive(Debug, Clone)]
pub(crate) struct Thread {
    pub(crate) owner: UserId,
    pub(crate) created_at: Timestamp,
    pub(crate) archived: bool,
    pub(crate) locked: bool,
    /// When it was last archived, brought back, or given another duration.
    pub(crate) archive_changed_at: Timestamp,
    pub(crate) auto_archive_minutes: u64,
    /// Whether everybody in a private thread may bring others in.
    pub(crate) invitable: bool,
    pub(crate) members: BTreeMap<UserId, Timestamp>,
    /// Messages there are, and were ever sent, besides the one that opened the thread.
    pub(crate) messages: u64,
    pub(crate) sent: u64,
    pub(crate) tags: Vec<TagId>,
}

/// A label for the posts of a forum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ForumTag {
    pub(crate) id: TagId,
    pub(crate) name: String,
    /// Whether only those who manage threads may use it.
    pub(crate) moderated: bool,
}

/// What a thread is started from.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ThreadOrigin {
    Message(MessageId),
    /// Nothing: a thread of this kind.
    Nothing(ChannelKind),
    /// A post in a forum, with its first message.
    Post(Box<Draft>),
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StartThread {
    pub(crate) starter: Sender,
    pub(crate) parent: ChannelId,
    pub(crate) origin: ThreadOrigin,
    pub(crate) name: String,
    pub(crate) auto_archive_minutes: Option<u64>,
    pub(crate) rate_limit_per_user: u64,
    pub(crate) invitable: bool,
    pub(crate) tags: Vec<TagId>,
}

impl Change for StartThread {
    type Output = ChannelId;

    fn apply(self, world: &mut World) -> Result<ChannelId, Rejection> {
        let kind = world.may_start(&self)?;
        let parent = world.channel(self.parent)?;
        let guild = parent.guild().ok_or(Rejection::WrongChannelType)?;
        let default_minutes = parent.default_auto_archive_minutes;
        let author = world.author(&self.starter)?;
        let owner = match &author {
            Author::User(user) => *user,
            Author::Webhook { webhook, .. } => UserId(webhook.0),
        };
        let id = match self.origin {
            ThreadOrigin::Message(message) => ChannelId(message.0),
            ThreadOrigin::Nothing(_) | ThreadOrigin::Post(_) => ChannelId(world.next_id()),
        };
        let members = match author {
            Author::User(user) => BTreeMap::from([(user, world.now)]),
            Author::Webhook { .. } => BTreeMap::new(),
        };
        let thread = Thread {
            owner,
            created_at: world.now,
            archived: false,
            locked: false,
            archive_changed_at: world.now,
            auto_archive_minutes: self.auto_archive_minutes.unwrap_or(default_minutes),
            invitable: self.invitable,
            members,
            messages: 0,
            sent: 0,
            tags: self.tags,
        };
        let channel = Channel {
            id,
            kind,
            name: self.name,
            topic: None,
            nsfw: false,
            rate_limit_per_user: self.rate_limit_per_user,
            location: Location::Thread {
                guild,
                parent: self.parent,
                thread: Box::new(thread),
            },
            last_message: None,
            default_auto_archive_minutes: default_minutes,
            tags: Vec::new(),
        };
        world.channels.insert(id, channel.clone());
        world.publish_new_thread(id);
        match self.origin {
            ThreadOrigin::Message(message) => world.mark_started(self.parent, message, &channel)?,
            ThreadOrigin::Nothing(_) => {}
            ThreadOrigin::Post(draft) => {
                let first = Some(MessageId(id.0));
                world.post(&self.starter, &channel, *draft, None, first)?;
            }
        }
        Ok(id)
    }
}

impl World {
    /// The kind of thread that may be started as asked for.
    fn may_start(&self, asked: &StartThread) -> Result<ChannelKind, Rejection> {
        let parent = self.channel(asked.parent)?;
        let kinds = parent.kind.thread_kinds();
        let is_post = matches!(asked.origin, ThreadOrigin::Post(_));
        let kind = match &asked.origin {
            ThreadOrigin::Nothing(kind) => Some(*kind),
            ThreadOrigin::Message(_) | ThreadOrigin::Post(_) => kinds.first().copied(),
        };
        let kind = kind
            .filter(|kind| kinds.contains(kind) && is_post == (parent.kind == ChannelKind::Forum))
            .ok_or(Rejection::WrongChannelType)?;
        if let Sender::Bot(user) = asked.starter {
            let needed = if is_post {
                Permissions::SEND_MESSAGES
            } else if kind == ChannelKind::PrivateThread {
                Permissions::CREATE_PRIVATE_THREADS
            } else {
                Permissions::CREATE_PUBLIC_THREADS
            };
            self.require(user, asked.parent, needed)?;
        }
        self.check_tags(&asked.starter, parent, &asked.tags)?;
        match &asked.origin {
            ThreadOrigin::Message(message) => {
                self.message(asked.parent, *message)?;
                if self.channels.contains_key(&ChannelId(message.0)) {
                    return Err(Rejection::ThreadExists);
                }
            }
            ThreadOrigin::Nothing(_) => {}
            ThreadOrigin::Post(draft) => self.check_draft(&asked.starter, parent, draft)?,
        }
        Ok(kind)
    }

    /// A post has some of its forum's tags, and those of moderators only from moderators.
    pub(super) fn check_tags(
        &self,
        sender: &Sender,
        forum: &Channel,
        tags: &[TagId],
    ) -> Result<(), Rejection> {
        let moderates = match sender {
            Sender::Bot(user) => self
                .permissions_in(forum, *user)
                .contains(Permissions::MANAGE_THREADS),
            Sender::Person(_) => true,
            Sender::Webhook { .. } => false,
        };
        let fits = |wanted: &TagId| {
            let mut tags = forum.tags.iter();
            tags.any(|tag| tag.id == *wanted && (moderates || !tag.moderated))
        };
        if tags.len() > MOST_TAGS_OF_A_POST {
            return Err(FieldError::too_long(&["applied_tags"], MOST_TAGS_OF_A_POST).into());
        }
        if tags.iter().all(fits) {
            Ok(())
        } else {
            let message = "A tag is unknown, or for moderators only.";
            Err(FieldError::new(&["applied_tags"], "CHOICE_TYPE_INVALID", message).into())
        }
    }

    /// The message a thread was started from shows it, and the thread begins with that message.
    fn mark_started(
        &mut self,
        parent: ChannelId,
        message: MessageId,
        thread: &Channel,
    ) -> Result<(), Rejection> {
        let origin = self
            .messages
            .get_mut(&parent)
            .and_then(|all| all.get_mut(&message))
            .ok_or(Rejection::UnknownMessage)?;
        origin.flags |= Message::HAS_THREAD;
        let origin = origin.clone();
        self.publish_message("MESSAGE_UPDATE", &origin);
        let id = MessageId(self.next_id());
        let first = Message::thread_starter(id, thread.id, &origin, self.now);
        self.publish_message("MESSAGE_CREATE", &first);
        self.keep(first);
        self.channel_mut(thread.id)?.last_message = Some(id);
        Ok(())
    }

    /// What a message does to the thread it was sent to: it comes back from the archive, and
    /// whoever wrote it is in it from now on.
    pub(super) fn note_post(&mut self, channel: ChannelId, author: &Author) {
        let now = self.now;
        let Ok(Location::Thread { thread, .. }) = self
            .channel_mut(channel)
            .map(|channel| &mut channel.location)
        else {
            return;
        };
        thread.messages += 1;
        thread.sent += 1;
        let was_archived = std::mem::replace(&mut thread.archived, false);
        if was_archived {
            thread.archive_changed_at = now;
        }
        let joins = match author {
            Author::User(user) if !thread.members.contains_key(user) => Some(*user),
            Author::User(_) | Author::Webhook { .. } => None,
        };
        if was_archived {
            self.publish_thread("THREAD_UPDATE", channel);
        }
        if let Some(user) = joins {
            self.join(channel, user);
        }
    }

    pub(super) fn note_deletion(&mut self, channel: ChannelId, message: MessageId) {
        if let Ok(Location::Thread { thread, .. }) = self
            .channel_mut(channel)
            .map(|channel| &mut channel.location)
            && message.0 != channel.0
        {
            thread.messages = thread.messages.saturating_sub(1);
        }
    }
}
