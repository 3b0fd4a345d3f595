use serde::{Deserialize, Serialize};

use crate::chat::ChatId;
use crate::content::{Attachment, Author, Content};
use crate::ids::{AccountId, AlbumId, DiscordChannelId, MessageId, PairId, TopicId};
use crate::time::Timestamp;

/// Something that happened to one message in one source chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceEvent {
    pub chat: ChatId,
    /// The Telegram account that saw it. A message in a group that several linked accounts are
    /// in is seen once by each, and each sees it for the pairs that name that account.
    pub seen_by: Option<AccountId>,
    pub message: MessageId,
    pub thread: Option<Thread>,
    /// When it happened, as the platform says.
    pub at: Timestamp,
    pub recovery: Recovery,
    pub newer: Newer,
    /// The one pair that it is for, where others that read the chat are not meant.
    pub reader: Option<PairId>,
    pub change: Change,
}

/// How many messages had come after a missed one when it was found, as far as somebody counted. An
/// album is one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Newer {
    pub in_chat: Option<u32>,
    /// In the same topic or thread.
    pub in_thread: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thread {
    Topic(TopicId),
    Thread(DiscordChannelId),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Change {
    Posted { post: Post },
    Edited { post: Post, revision: Revision },
    Deleted,
}

impl Change {
    pub fn revision(&self) -> Revision {
        match self {
            Self::Posted { .. } => Revision::POSTED,
            Self::Edited { revision, .. } => *revision,
            Self::Deleted => Revision::DELETED,
        }
    }

    /// How much there is to carry: the text, and the attachments whose size the platform told.
    pub fn bytes(&self) -> u64 {
        match self {
            Self::Posted { post } | Self::Edited { post, .. } => post.content.bytes(),
            Self::Deleted => 0,
        }
    }

    /// What the message says after it; nothing once it is gone.
    pub fn post(&self) -> Option<&Post> {
        match self {
            Self::Posted { post } | Self::Edited { post, .. } => Some(post),
            Self::Deleted => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    pub author: Author,
    pub content: Content,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<MessageId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub album: Option<AlbumId>,
    /// Who wrote it first, if it is a forwarded message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forwarded_from: Option<String>,
    pub notification: Notification,
    pub origin: Origin,
}

impl Post {
    /// One by a person, on its own.
    pub fn new(author: Author, content: Content) -> Self {
        Self {
            author,
            content,
            reply_to: None,
            album: None,
            forwarded_from: None,
            notification: Notification::Sound,
            origin: Origin::Person,
        }
    }
}

/// An album of several messages is posted as one, and changes message by message.
impl Post {
    /// Without this message of it; nothing, if nothing else is left.
    #[must_use]
    pub fn without(&self, message: MessageId) -> Option<Self> {
        let mut rest = self.clone();
        let attachments = &mut rest.content.attachments;
        attachments.retain(|media| media.message.is_some_and(|of| of != message));
        let first = attachments.first_mut()?;
        rest.content.text = std::mem::take(&mut first.caption);
        Some(rest)
    }

    /// With its first message as it is after an edit.
    #[must_use]
    pub fn edited(&self, first: MessageId, edit: &Self) -> Self {
        let is_of_first = |media: &Attachment| media.message == Some(first);
        let others = self.content.attachments.iter();
        let others = others.filter(|media| media.message.is_some() && !is_of_first(media));
        let others: Vec<_> = others.cloned().collect();
        let mut edited = edit.clone();
        if !others.is_empty() {
            for media in &mut edited.content.attachments {
                media.message = Some(first);
            }
            edited.content.attachments.extend(others);
            edited.album = self.album;
        }
        edited
    }
}

/// Who caused a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    Person,
    /// A delivery of our own. It is never forwarded again: two tenants whose pairs point at
    /// each other would otherwise send for ever.
    Patchbay,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notification {
    Sound,
    Silent,
}

/// Counts the states of one message: its post, each edit (by the platform's edit time), its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revision(pub u64);

impl Revision {
    pub const POSTED: Self = Self(0);
    pub const DELETED: Self = Self(u64::MAX);
}

/// Whether an event came as it happened or was found later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recovery {
    Live,
    Recovered,
}
