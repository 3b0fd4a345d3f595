use std::pin::Pin;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::Stream;
use patchbay_domain::backfill::PostCount;
use patchbay_domain::ids::{AccountId, FileId, MessageId, TelegramChatId, UserId};
use patchbay_domain::pair::SourceLoss;
use patchbay_domain::{
    Attachment, Content, Endpoint, FailReason, FileRef, LinkPreview, Notification, Persona, Post,
    Reaction, SendKey, SourceEvent, Text, Timestamp,
};

use super::PortResult;

/// Takes what happened on a platform, in order.
#[async_trait]
pub trait Ingest: Send + Sync {
    /// When it returns, every task that these events cause is stored, and the platform's position
    /// may move past them. If it fails, the same events are to be handed in again.
    async fn ingest(&self, events: &[SourceEvent]) -> PortResult<()>;

    /// Whose reactions are worth asking for. Those of others may be handed in too.
    fn reactions_wanted(&self) -> Vec<ReactionsWanted> {
        Vec::new()
    }

    /// Notes whether what pairs read can be read. It is told again and again, so that whatever is
    /// not noted now is noted later.
    async fn seen(&self, _sources: &[SourceSeen]) -> PortResult<()> {
        Ok(())
    }

    /// When it returns, the pairs that named the chat name the one that it went on as, and events
    /// of that are routed by them. Who routes by no pairs has nothing to do.
    async fn moved(&self, _moved: &ChatMoved) -> PortResult<()> {
        Ok(())
    }
}

/// A pair wants the reactions to what is posted here since then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReactionsWanted {
    pub source: Endpoint,
    pub since: Timestamp,
}

/// How a source was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceSeen {
    /// On Telegram the chat as a whole, whichever of its topics pairs read.
    pub source: Endpoint,
    /// Nothing, if it can be read.
    pub lost: Option<SourceLoss>,
}

/// A basic group of Telegram went on as a supergroup, under another id
/// (<https://core.telegram.org/api/channel#migration>).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChatMoved {
    pub owner: UserId,
    /// Whose pairs are meant: each account that is in the group tells it for itself.
    pub account: AccountId,
    pub from: TelegramChatId,
    pub to: TelegramChatId,
}

/// What one request to a platform can say: a text, or files with a text. On Telegram several files
/// become an album, which is one message for each; on Discord one message has up to ten.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Piece {
    pub text: Text,
    pub attachments: Vec<Attachment>,
}

/// One piece to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    pub destination: Endpoint,
    pub piece: Piece,
    pub preview: LinkPreview,
    pub notification: Notification,
    /// The message of the destination that it answers.
    pub reply_to: Option<MessageId>,
    /// As whom, where that can be chosen.
    pub persona: Option<Persona>,
    pub key: SendKey,
}

/// Messages of one chat to be forwarded by the platform itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forwarding {
    pub source: Endpoint,
    pub destination: Endpoint,
    /// The messages of an album, or one, in their order.
    pub messages: Vec<MessageId>,
    pub notification: Notification,
    /// What they said when they were posted, and when that was: a forward of messages that are gone
    /// is told from others by that.
    pub post: Post,
    pub at: Timestamp,
    pub key: SendKey,
}

/// A message that stands on the destination, and what it is to say instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewrite {
    pub destination: Endpoint,
    pub message: MessageId,
    pub text: Text,
    /// The files in the place of those that are there; nothing leaves them.
    pub attachments: Option<Vec<Attachment>>,
    pub preview: LinkPreview,
    /// As whom it was sent.
    pub persona: Option<Persona>,
}

/// A file that goes into the place of another one among the files of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    pub destination: Endpoint,
    pub message: MessageId,
    pub file: FileId,
    pub by: Attachment,
    /// The message's other files, by which an earlier attempt is recognised.
    pub others: Vec<FileId>,
    /// As whom it was sent.
    pub persona: Option<Persona>,
}

/// Messages that stand on the destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub destination: Endpoint,
    pub messages: Vec<MessageId>,
    /// As whom they were sent.
    pub persona: Option<Persona>,
}

/// What is to stand under a message of the destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reacting {
    pub destination: Endpoint,
    pub message: MessageId,
    /// All of it, the most frequent first.
    pub reactions: Vec<Reaction>,
}

/// A message that a send became.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    pub message: MessageId,
    /// For each attachment of a piece that became one message: which of the message's files it is.
    pub file: Option<FileId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    First,
    /// Somebody set out to send the same at this moment, and nobody knows whether it arrived.
    Again {
        since: Timestamp,
    },
}

/// What became of a send that did not succeed, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Try again, not before this time has passed. It may or may not have arrived.
    #[error("to be tried again in {after:?}: {why}")]
    Retry { after: Duration, why: String },
    /// Wait out a limit of the platform. It did not arrive, and this is nobody's failure.
    #[error("limited by the platform for {after:?}")]
    Limited { after: Duration },
    /// The message to be changed, or to be forwarded, is not there any more.
    #[error("the message is gone")]
    MessageGone,
    /// A file to be sent is not at its source any more.
    #[error("file {index} is gone")]
    FileGone { index: usize },
    /// A file to be sent has more bytes than the destination takes, which nobody knew before.
    #[error("file {index} is larger than {most} bytes")]
    FileTooLarge { index: usize, most: u64 },
    #[error("failed for good: {0:?}")]
    Fail(FailReason),
}

/// Writes to one platform. Whatever is asked of it can be asked again, and has one effect.
#[async_trait]
pub trait Sender: Send + Sync {
    /// The pieces that together say the same, each short enough. What the destination can't take
    /// is told in words. The same content becomes the same pieces in every process, or else a
    /// repeated task would not find them again: what the plan depends on beside the content is kept
    /// in a port, and changes with the destination alone.
    async fn plan(&self, content: &Content, destination: &Endpoint) -> PortResult<Vec<Piece>>;

    /// Makes the piece appear exactly once, whatever an earlier attempt with the same key did. The
    /// answer has one entry for each attachment, or one for a text alone.
    async fn send(
        &self,
        outgoing: &Outgoing,
        files: &dyn Files,
        attempt: Attempt,
    ) -> Result<Vec<Sent>, SendError>;

    /// What an attempt since then has made of it, if that is certain and stands there. Nothing is
    /// sent.
    async fn find(
        &self,
        outgoing: &Outgoing,
        since: Timestamp,
    ) -> Result<Option<Vec<Sent>>, SendError>;

    /// The same for the platform's own forwards; one entry for each message, which is nothing for one
    /// that is not there any more while others are.
    async fn forward(
        &self,
        forwarding: &Forwarding,
        attempt: Attempt,
    ) -> Result<Vec<Option<Sent>>, SendError>;

    /// Succeeds too if the message says that already.
    async fn rewrite(&self, rewrite: &Rewrite, files: &dyn Files) -> Result<(), SendError>;

    /// Makes our own reactions to the message just these, as far as the destination takes them, and
    /// answers with those that it does not show. Where we may not react, that is all of them.
    async fn react(&self, reacting: &Reacting) -> Result<Vec<Reaction>, SendError>;

    /// Succeeds too if they are gone already.
    async fn delete(&self, standing: &Standing) -> Result<(), SendError>;

    /// Puts a file into the place of one of several, and answers which it is now.
    async fn replace_file(
        &self,
        replacement: &Replacement,
        files: &dyn Files,
    ) -> Result<FileId, SendError>;

    /// Takes one file out of a message that has several, or removes the message with the last one.
    async fn remove_file(&self, standing: &Standing, file: FileId) -> Result<(), SendError>;
}

/// A file on its way.
pub struct FileStream {
    /// How many bytes come, if the source tells.
    pub bytes: Option<u64>,
    pub chunks: Pin<Box<dyn Stream<Item = Result<Bytes, FileError>> + Send>>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    #[error("the file is gone")]
    Gone,
    #[error("limited by the platform for {after:?}")]
    Limited { after: Duration },
    #[error("not read: {why}")]
    Retry { why: String },
}

/// The beginning of what a message says, to be quoted where the message itself can't be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    pub author: String,
    pub text: Text,
}

/// Where in a history to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HistoryStart {
    /// With so many posts from the end.
    Last(PostCount),
    /// With what was posted at that moment or later.
    Since(Timestamp),
    /// After this message.
    After(MessageId),
}

/// A part of a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryPage {
    /// As they are now, oldest first, an album as one. What the platform itself noted in the chat
    /// is not among them.
    pub posts: Vec<SourceEvent>,
    /// After which message the next page begins; nothing, if this is the last one.
    pub next: Option<MessageId>,
}

/// Why a history was not read, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HistoryError {
    #[error("to be read again in {after:?}: {why}")]
    Retry { after: Duration, why: String },
    #[error("limited by the platform for {after:?}")]
    Limited { after: Duration },
    #[error("the chat can't be read")]
    Closed,
    #[error("the session that would read is logged out")]
    LoggedOut,
}

/// Reads from one platform.
#[async_trait]
pub trait Reader: Send + Sync {
    /// The bytes of a file from its beginning. References and addresses that have expired are
    /// renewed on the way.
    async fn open(&self, file: &FileRef) -> Result<FileStream, FileError>;

    /// Nothing, if the message is gone.
    async fn excerpt(
        &self,
        source: &Endpoint,
        message: MessageId,
    ) -> Result<Option<Excerpt>, SendError>;

    /// Up to `limit` posts of a pair's source, and those that belong to an album with the last of
    /// them. Fewer, even none, doesn't mean that there are no more.
    async fn history(
        &self,
        source: &Endpoint,
        start: HistoryStart,
        limit: usize,
    ) -> Result<HistoryPage, HistoryError>;

    /// What is left of these messages of an album, as it would be posted now; nothing, if all of
    /// them are gone.
    async fn album(
        &self,
        source: &Endpoint,
        messages: &[MessageId],
    ) -> Result<Option<Post>, SendError>;
}

/// Opens files wherever they are, a few at a time.
#[async_trait]
pub trait Files: Send + Sync {
    async fn open(&self, file: &FileRef) -> Result<FileStream, FileError>;
}

impl FileError {
    /// What it means for the message with the file in it, at this place among its attachments.
    pub fn of_attachment(self, index: usize) -> SendError {
        match self {
            Self::Gone => SendError::FileGone { index },
            Self::Limited { after } => SendError::Limited { after },
            Self::Retry { why } => SendError::Retry {
                after: Duration::ZERO,
                why,
            },
        }
    }
}
