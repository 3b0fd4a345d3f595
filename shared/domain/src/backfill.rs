//! Bringing what a chat said before through a pair, because its owner asks for it.
//!
//! It is read page by page, oldest first. A page is under way until its last message has an
//! outcome; only then the next one is read, so that what is posted meanwhile never waits behind
//! more than a page.

use serde::{Deserialize, Serialize};

use crate::chat::ChatId;
use crate::ids::{MessageId, PairId, PartitionId, UserId};
use crate::pair::Pair;
use crate::reason::FailReason;
use crate::time::Timestamp;

/// How far back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Extent {
    /// The newest posts.
    Last(PostCount),
    /// Whatever was posted at that moment or later.
    Since(Timestamp),
}

/// How many posts are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct PostCount(u16);

impl PostCount {
    pub const MOST: u16 = 1_000;

    pub const fn get(self) -> u16 {
        self.0
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("has to be a number from 1 to {}", PostCount::MOST)]
pub struct InvalidPostCount;

impl TryFrom<u16> for PostCount {
    type Error = InvalidPostCount;

    fn try_from(count: u16) -> Result<Self, InvalidPostCount> {
        if (1..=Self::MOST).contains(&count) {
            Ok(Self(count))
        } else {
            Err(InvalidPostCount)
        }
    }
}

impl From<PostCount> for u16 {
    fn from(count: PostCount) -> Self {
        count.0
    }
}

/// One for a pair, the last one that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backfill {
    pub pair: PairId,
    pub owner: UserId,
    /// Whose connector reads.
    pub partition: PartitionId,
    /// What is read.
    pub source: ChatId,
    pub extent: Extent,
    /// What was posted later than this comes without it.
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// Rises with each change, also from one backfill of the pair to the next.
    pub version: u64,
    /// On all pages that are done.
    pub seen: Seen,
    #[serde(flatten)]
    pub state: BackfillState,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum BackfillState {
    /// Nothing is read yet.
    Waiting,
    Running {
        /// Everything up to this message is done.
        reached: Option<MessageId>,
        page: Option<PageUnderWay>,
    },
    Done {
        at: Timestamp,
    },
    Cancelled {
        at: Timestamp,
    },
    Failed {
        at: Timestamp,
        reason: BackfillFailure,
    },
}

/// A page of which every task is queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageUnderWay {
    /// The message of its last task.
    pub last: MessageId,
    /// After which message the next page begins; nothing, if there is none.
    pub next: Option<MessageId>,
    pub seen: Seen,
}

/// What was found in the history.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    pub found: u64,
    /// Those that were to be sent; the others are delivered already, or left out by the pair.
    pub queued: u64,
    /// When the first and the last of them were posted.
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
}

impl Seen {
    /// Notes a post.
    pub fn find(&mut self, at: Timestamp) {
        self.found += 1;
        self.from = Some(self.from.map_or(at, |from| from.min(at)));
        self.to = self.to.max(Some(at));
    }

    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            found: self.found + other.found,
            queued: self.queued + other.queued,
            from: match (self.from, other.from) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            },
            to: self.to.max(other.to),
        }
    }
}

/// Why it can't go on, and with that what its owner can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum BackfillFailure {
    /// The account or bot may not read the source, or is not in it any more.
    SourceClosed,
    /// A group of Telegram became a supergroup, which numbers its messages anew.
    SourceMoved,
    /// The session that would read is logged out.
    LoggedOut,
    /// Messages can't be delivered, none of them.
    Undeliverable { reason: FailReason },
    /// Reading failed again and again.
    GaveUp { last: String },
}

impl BackfillFailure {
    /// For programs; it stays what it is.
    pub fn code(&self) -> &'static str {
        match self {
            Self::SourceClosed => "source_closed",
            Self::SourceMoved => "source_moved",
            Self::LoggedOut => "logged_out",
            Self::Undeliverable { .. } => "undeliverable",
            Self::GaveUp { .. } => "gave_up",
        }
    }

    pub fn advice(&self) -> &'static str {
        match self {
            Self::SourceClosed => {
                "give the account or bot the right to read the source's history, then ask again"
            }
            Self::SourceMoved => "ask again, for what was said in the supergroup",
            Self::LoggedOut => "link the Telegram account again, then ask again",
            Self::Undeliverable { .. } => {
                "let the pair deliver again, retry the messages that failed, then ask again"
            }
            Self::GaveUp { .. } => "ask again once the platform answers",
        }
    }
}

impl std::fmt::Display for BackfillFailure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::SourceClosed => formatter.write_str("the source's history can't be read"),
            Self::SourceMoved => formatter.write_str("the source became a supergroup"),
            Self::LoggedOut => formatter.write_str("the Telegram account is logged out"),
            Self::Undeliverable { reason } => write!(formatter, "nothing is delivered: {reason}"),
            Self::GaveUp { last } => {
                write!(
                    formatter,
                    "reading failed again and again, at last with: {last}"
                )
            }
        }
    }
}

impl Backfill {
    /// A new one in the place of the pair's last one.
    pub fn of(pair: &Pair, extent: Extent, former: Option<&Self>, now: Timestamp) -> Self {
        Self {
            pair: pair.id,
            owner: pair.owner,
            partition: pair.partition,
            source: pair.source.chat(),
            extent,
            created_at: now,
            updated_at: now,
            version: former.map_or(0, |former| former.version) + 1,
            seen: Seen::default(),
            state: BackfillState::Waiting,
        }
    }

    pub fn is_over(&self) -> bool {
        match self.state {
            BackfillState::Waiting | BackfillState::Running { .. } => false,
            BackfillState::Done { .. }
            | BackfillState::Cancelled { .. }
            | BackfillState::Failed { .. } => true,
        }
    }

    /// With what is under way.
    pub fn all_seen(&self) -> Seen {
        match &self.state {
            BackfillState::Running {
                page: Some(page), ..
            } => self.seen.and(page.seen),
            BackfillState::Waiting
            | BackfillState::Running { page: None, .. }
            | BackfillState::Done { .. }
            | BackfillState::Cancelled { .. }
            | BackfillState::Failed { .. } => self.seen,
        }
    }

    /// A page is queued.
    #[must_use]
    pub fn queued(self, page: PageUnderWay, now: Timestamp) -> Self {
        let reached = self.reached();
        let page = Some(page);
        self.become_unless_over(BackfillState::Running { reached, page }, now)
    }

    /// Everything on a page is done, and the next one begins after `next`, if there is one.
    #[must_use]
    pub fn passed(self, seen: Seen, next: Option<MessageId>, now: Timestamp) -> Self {
        let state = match next {
            Some(_) => BackfillState::Running {
                reached: next,
                page: None,
            },
            None => BackfillState::Done { at: now },
        };
        let passed = Self {
            seen: self.seen.and(seen),
            ..self.clone()
        };
        if self.is_over() {
            self
        } else {
            passed.become_unless_over(state, now)
        }
    }

    /// The page that was under way is read again.
    #[must_use]
    pub fn repeated(self, now: Timestamp) -> Self {
        let reached = self.reached();
        let state = BackfillState::Running {
            reached,
            page: None,
        };
        self.become_unless_over(state, now)
    }

    #[must_use]
    pub fn cancelled(self, now: Timestamp) -> Self {
        self.ended(BackfillState::Cancelled { at: now }, now)
    }

    #[must_use]
    pub fn failed(self, reason: BackfillFailure, now: Timestamp) -> Self {
        self.ended(BackfillState::Failed { at: now, reason }, now)
    }

    fn ended(self, state: BackfillState, now: Timestamp) -> Self {
        let seen = self.all_seen();
        Self { seen, ..self }.become_unless_over(state, now)
    }

    fn reached(&self) -> Option<MessageId> {
        match self.state {
            BackfillState::Running { reached, .. } => reached,
            BackfillState::Waiting
            | BackfillState::Done { .. }
            | BackfillState::Cancelled { .. }
            | BackfillState::Failed { .. } => None,
        }
    }

    /// What is over stays as it is.
    fn become_unless_over(self, state: BackfillState, now: Timestamp) -> Self {
        if self.is_over() {
            return self;
        }
        Self {
            state,
            updated_at: now,
            version: self.version + 1,
            ..self
        }
    }
}

#[cfg(test)]
mod tests;
