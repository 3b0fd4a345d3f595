use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Attachment, Poll, Reaction, Sticker};
use crate::ids::{ApplicationId, ChannelId, GuildId, MessageId, RoleId, UserId, WebhookId};
use crate::time::Timestamp;

#[derive(Debug, Clone)]
pub(crate) enum Author {
    User(UserId),
    /// A webhook writes under the name it was created with or one given with the message.
    Webhook {
        webhook: WebhookId,
        application: Option<ApplicationId>,
        name: String,
        avatar: Option<String>,
    },
}

/// A string or a number that the sender chose; it comes back as what it was.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Nonce {
    Number(i64),
    Text(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReferenceKind {
    Reply,
    Forward,
}

#[derive(Debug, Clone)]
pub(crate) struct Reference {
    pub(crate) kind: ReferenceKind,
    pub(crate) guild: Option<GuildId>,
    pub(crate) channel: ChannelId,
    pub(crate) message: MessageId,
    /// What a forward carries with it: the message as it was, without its author.
    pub(crate) snapshot: Option<Box<Message>>,
}

/// What kind of message the platform makes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MessageKind {
    /// What somebody wrote.
    Written,
    /// What a thread begins with that was started from a message: a pointer to it.
    ThreadStarter,
    /// What the platform says itself, by the number of its type.
    System(u8),
}

#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) id: MessageId,
    pub(crate) kind: MessageKind,
    pub(crate) channel: ChannelId,
    pub(crate) guild: Option<GuildId>,
    pub(crate) author: Author,
    pub(crate) content: String,
    pub(crate) sent_at: Timestamp,
    pub(crate) edited_at: Option<Timestamp>,
    pub(crate) tts: bool,
    pub(crate) mentions_everyone: bool,
    pub(crate) mentioned_users: Vec<UserId>,
    pub(crate) mentioned_roles: Vec<RoleId>,
    pub(crate) attachments: Vec<Attachment>,
    pub(crate) embeds: Vec<Value>,
    pub(crate) components: Vec<Value>,
    /// What the links in it lead to.
    pub(crate) previews: Vec<Value>,
    pub(crate) stickers: Vec<Sticker>,
    pub(crate) poll: Option<Poll>,
    pub(crate) reactions: Vec<Reaction>,
    pub(crate) flags: u64,
    pub(crate) nonce: Option<Nonce>,
    pub(crate) reference: Option<Reference>,
}

impl Message {
    pub(crate) const CROSSPOSTED: u64 = 1;
    pub(crate) const SUPPRESS_EMBEDS: u64 = 1 << 2;
    pub(crate) const HAS_THREAD: u64 = 1 << 5;
    pub(crate) const IS_VOICE_MESSAGE: u64 = 1 << 13;
    pub(crate) const HAS_SNAPSHOT: u64 = 1 << 14;
    /// All that is said is said by components.
    pub(crate) const IS_COMPONENTS_V2: u64 = 1 << 15;
    pub(crate) const SUPPRESS_NOTIFICATIONS: u64 = 1 << 12;

    pub(super) fn thread_starter(
        id: MessageId,
        thread: ChannelId,
        origin: &Self,
        sent_at: Timestamp,
    ) -> Self {
        Self {
            id,
            kind: MessageKind::ThreadStarter,
            channel: thread,
            guild: origin.guild,
            author: origin.author.clone(),
            content: String::new(),
            sent_at,
            edited_at: None,
            tts: false,
            mentions_everyone: false,
            mentioned_users: Vec::new(),
            mentioned_roles: Vec::new(),
            attachments: Vec::new(),
            embeds: Vec::new(),
            components: Vec::new(),
            previews: Vec::new(),
            stickers: Vec::new(),
            poll: None,
            reactions: Vec::new(),
            flags: 0,
            nonce: None,
            reference: Some(Reference {
                kind: ReferenceKind::Reply,
                guild: origin.guild,
                channel: origin.channel,
                message: origin.id,
                snapshot: None,
            }),
        }
    }

    pub(crate) fn is_reply(&self) -> bool {
        let reference = self.reference.as_ref();
        self.kind == MessageKind::Written
            && reference.is_some_and(|reference| reference.kind == ReferenceKind::Reply)
    }

    /// Whether nobody can delete it: somebody came or went, called, renamed the channel, or
    /// a thread begins here.
    pub(super) fn is_permanent(&self) -> bool {
        matches!(
            self.kind,
            MessageKind::System(1..=5) | MessageKind::ThreadStarter
        )
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.content.is_empty()
            && self.embeds.is_empty()
            && self.attachments.is_empty()
            && self.components.is_empty()
            && self.stickers.is_empty()
            && self.poll.is_none()
            && !matches!(self.kind, MessageKind::System(_))
            && self
                .reference
                .as_ref()
                .is_none_or(|reference| reference.snapshot.is_none())
    }
}
