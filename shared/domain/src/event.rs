use serde::{Deserialize, Serialize};

use crate::chat::ChatId;
use crate::content::{Attachment, Author, Content};
use crate::ids::{AccountId, AlbumId, DiscordChannelId, MessageId, PairId, TopicId};
use crate::reaction::Reaction;
use crate::text::Text;
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
    Posted {
        post: Post,
    },
    Edited {
        post: Post,
        revision: Revision,
    },
    /// All that stands under the message now, as [`reaction::state`](crate::reaction::state) lists
    /// it; the revision is by [`Revision::reacted`].
    Reacted {
        reactions: Vec<Reaction>,
        revision: Revision,
    },
    Deleted,
}

impl Change {
    pub fn revision(&self) -> Revision {
        match self {
            Self::Posted { .. } => Revision::POSTED,
            Self::Edited { revision, .. } | Self::Reacted { revision, .. } => *revision,
            Self::Deleted => Revision::DELETED,
        }
    }

    /// Whether it says in which topic of a Telegram group it was, if it was in one.
    pub fn tells_topic(&self) -> bool {
        match self {
            Self::Posted { .. } | Self::Edited { .. } => true,
            Self::Reacted { .. } | Self::Deleted => false,
        }
    }

    /// How much there is to carry: the text, and the attachments whose size the platform told.
    pub fn bytes(&self) -> u64 {
        match self {
            Self::Posted { post } | Self::Edited { post, .. } => post.content.bytes(),
            Self::Reacted { .. } | Self::Deleted => 0,
        }
    }

    /// What the message says after it; nothing once it is gone, or where that is not told.
    pub fn post(&self) -> Option<&Post> {
        match self {
            Self::Posted { post } | Self::Edited { post, .. } => Some(post),
            Self::Reacted { .. } | Self::Deleted => None,
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
    /// Takes in another message of the album of which this is the `first`.
    pub fn take(&mut self, first: MessageId, message: MessageId, part: Self) {
        for attachment in &mut self.content.attachments {
            attachment.message.get_or_insert(first);
        }
        if part.origin == Origin::Patchbay {
            self.origin = Origin::Patchbay;
        }
        let mut caption = part.content.text;
        for mut attachment in part.content.attachments {
            attachment.message = Some(message);
            attachment.caption = std::mem::take(&mut caption);
            self.content.attachments.push(attachment);
        }
        if !caption.is_empty() {
            // Nothing is there to carry it.
            self.content.text = Text::lines([&self.content.text, &caption]);
        }
    }

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

/// Counts the states of one message: its post, each edit (by the platform's edit time), each state
/// of its reactions (by when it was seen), its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revision(pub u64);

impl Revision {
    pub const POSTED: Self = Self(0);
    pub const DELETED: Self = Self(u64::MAX);
    /// The last before those of reactions. Whatever a platform counts edits by is far below it.
    pub const BEFORE_REACTIONS: Self = Self((1 << 62) - 1);
    /// The last before the end.
    pub const BEFORE_DELETED: Self = Self(u64::MAX - 1);

    /// Of the reactions that were seen at this time: above all edits, so that the same reactions
    /// are another state when they come again.
    pub fn reacted(at: Timestamp) -> Self {
        let at = u64::try_from(at.0).unwrap_or_default();
        Self((Self::BEFORE_REACTIONS.0 + 1 + at).min(Self::BEFORE_DELETED.0))
    }

    pub fn is_of_reactions(self) -> bool {
        Self::BEFORE_REACTIONS < self && self < Self::DELETED
    }
}

/// Whether an event came as it happened or was found later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recovery {
    Live,
    Recovered,
    /// Its pair's owner asked for what was said before.
    Requested,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reactions_are_counted_above_all_edits_and_below_the_end() {
        let last_edit = Revision(u64::from(u32::MAX) << 24);
        let seen = [0, 1, 1_800_000_000_000, i64::MAX].map(|at| Revision::reacted(Timestamp(at)));
        assert!(seen.is_sorted_by(|one, next| one < next));
        assert!(seen.iter().all(|revision| revision.is_of_reactions()));
        for other in [Revision::POSTED, last_edit, Revision::DELETED] {
            assert!(!other.is_of_reactions());
        }
    }
}
