use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::chat::{ChatId, Endpoint};
use crate::event::{Change, Recovery, Revision};
use crate::ids::{FileId, MessageId, PairId, ParseIdError, UserId};
use crate::lease::Fence;
use crate::pair::Rule;
use crate::reaction;
use crate::reason::{FailReason, SkipReason};
use crate::task::ForwardTask;
use crate::time::Timestamp;

/// What became of one change of one source message through one pair: its trace, its claim, and,
/// once delivered, the map from the source message to what stands for it on the destination. What
/// the message says is not kept in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    pub key: DeliveryKey,
    pub owner: UserId,
    pub chat: ChatId,
    pub destination: Endpoint,
    pub state: DeliveryState,
    pub recovery: Recovery,
    /// Of the text and the attachments, as far as the source told their sizes.
    pub bytes: u64,
    /// See [`Content::media_print`](crate::content::Content::media_print), and of reactions
    /// [`reaction::print`].
    pub media: u32,
    pub source_at: Timestamp,
    pub received_at: Timestamp,
    /// When somebody set out to send it for the first time, if anybody did. If it failed with
    /// nothing sent and is retried, this and the attempts are those of the retry.
    pub claimed_at: Option<Timestamp>,
    /// How often somebody set out to send it.
    pub attempts: u32,
    /// How often its owner had it tried again after it had failed.
    pub retries: u32,
    /// When it got its outcome, the last one if it is retried. Before there is one, when it was
    /// claimed.
    pub updated_at: Timestamp,
}

fn media_print(task: &ForwardTask) -> u32 {
    match &task.change {
        Change::Posted { post } | Change::Edited { post, .. } => {
            post.content.media_print(task.message)
        }
        Change::Reacted { reactions, .. } => reaction::print(reactions),
        Change::Deleted => 0,
    }
}

impl Delivery {
    /// What becomes of a task that nobody has set out to send.
    pub fn of(task: &ForwardTask, state: DeliveryState, now: Timestamp) -> Self {
        Self {
            key: task.delivery(),
            owner: task.owner,
            chat: task.chat,
            destination: task.destination,
            state,
            recovery: task.recovery,
            bytes: task.change.bytes(),
            media: media_print(task),
            source_at: task.source_at,
            received_at: task.received_at,
            claimed_at: None,
            attempts: 0,
            retries: 0,
            updated_at: now,
        }
    }

    /// Its place among the outcomes of its pair.
    pub fn place(&self) -> OutcomePlace {
        OutcomePlace {
            at: self.updated_at,
            message: self.key.message,
            revision: self.key.revision,
        }
    }

    /// Whether it has an outcome, or had one before its retry.
    pub fn is_listed(&self) -> bool {
        self.state.is_final() || self.retries > 0
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DeliveryKey {
    pub pair: PairId,
    pub message: MessageId,
    pub revision: Revision,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum DeliveryState {
    /// Somebody set out to send it. If nothing follows, it may or may not have arrived.
    Claimed {
        fence: Fence,
        /// The messages sent so far, in order, when the task needs several.
        parts: Vec<MessageId>,
    },
    /// An edit that was made is delivered in the parts that stand there afterwards, a deletion in
    /// none. Reactions are delivered in the message that tells of them, if there is one.
    Delivered {
        /// First those with files, then those with texts alone.
        parts: Vec<MessageId>,
        /// How many of them have files.
        #[serde(default)]
        with_files: usize,
        /// Of a message of an album that became one message: what of that stands for this one. A
        /// deletion has one too, if texts of the album still stand in its parts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        share: Option<Share>,
    },
    /// The pair's own options hold it back.
    Filtered {
        rule: Rule,
    },
    Skipped {
        reason: SkipReason,
    },
    Failed {
        reason: FailReason,
        /// The messages that were sent before it failed.
        #[serde(default)]
        parts: Vec<MessageId>,
    },
    /// It had failed, and is to be sent after all.
    Queued {
        #[serde(default)]
        parts: Vec<MessageId>,
    },
}

/// What stands for one message of an album where the album is one message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// Its file; nothing where that is told in words, or gone at its source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FileId>,
    /// All messages of the album, in their order.
    #[serde(default)]
    pub album: Vec<MessageId>,
    /// The messages with what of the album's text was too long to stand beside its files. Whoever
    /// of the album was changed last knows them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub texts: Vec<MessageId>,
}

/// A place in the outcomes of a pair in the order of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OutcomePlace {
    pub at: Timestamp,
    pub message: MessageId,
    pub revision: Revision,
}

impl fmt::Display for OutcomePlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}-{}-{}",
            self.at, self.message, self.revision.0
        )
    }
}

impl FromStr for OutcomePlace {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let mut numbers = text.split('-').map(str::parse::<u64>);
        let mut next = || numbers.next().and_then(Result::ok);
        let place = (|| {
            Some(Self {
                at: Timestamp(i64::try_from(next()?).ok()?),
                message: MessageId(next()?),
                revision: Revision(next()?),
            })
        })();
        place
            .filter(|_| numbers.next().is_none())
            .ok_or(ParseIdError {
                kind: "a place of an outcome",
                expected: "a time, a message and a revision",
            })
    }
}

impl DeliveryState {
    pub fn delivered(parts: Vec<MessageId>) -> Self {
        Self::Delivered {
            parts,
            with_files: 0,
            share: None,
        }
    }

    pub fn is_final(&self) -> bool {
        match self {
            Self::Claimed { .. } | Self::Queued { .. } => false,
            Self::Delivered { .. }
            | Self::Filtered { .. }
            | Self::Skipped { .. }
            | Self::Failed { .. } => true,
        }
    }
}

/// Where a delivered message can be looked at; nothing, where the platform has no address for it:
/// in private chats and basic groups of Telegram.
pub fn link(destination: &Endpoint, username: Option<&str>, message: MessageId) -> Option<String> {
    /// What the Bot API puts before a channel's own number.
    const CHANNEL: i64 = -1_000_000_000_000;
    match destination {
        Endpoint::Telegram { chat, .. } => match username {
            Some(username) if chat.0 < CHANNEL => {
                Some(format!("https://t.me/{username}/{message}"))
            }
            None if chat.0 < CHANNEL => {
                Some(format!("https://t.me/c/{}/{message}", CHANNEL - chat.0))
            }
            Some(_) | None => None,
        },
        Endpoint::Discord {
            guild,
            channel,
            thread,
        } => {
            let channel = thread.unwrap_or(*channel);
            Some(format!(
                "https://discord.com/channels/{guild}/{channel}/{message}"
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{AccountId, DiscordChannelId, DiscordGuildId, TelegramChatId};

    #[test]
    fn links_lead_where_the_platform_has_an_address() {
        let telegram = |chat, username| {
            let destination = Endpoint::Telegram {
                account: AccountId::from_bits(1),
                chat: TelegramChatId(chat),
                topic: None,
            };
            link(&destination, username, MessageId(7))
        };
        let address = |text: &str| Some(text.to_owned());
        assert_eq!(
            telegram(-1_001_234_567_890, None),
            address("https://t.me/c/1234567890/7")
        );
        assert_eq!(
            telegram(-1_001_234_567_890, Some("news")),
            address("https://t.me/news/7")
        );
        assert_eq!(telegram(-5, None), None);
        assert_eq!(telegram(777, Some("ann")), None);
        let discord = |thread: Option<u64>| Endpoint::Discord {
            guild: DiscordGuildId(1),
            channel: DiscordChannelId(2),
            thread: thread.map(DiscordChannelId),
        };
        assert_eq!(
            link(&discord(None), None, MessageId(7)),
            address("https://discord.com/channels/1/2/7")
        );
        assert_eq!(
            link(&discord(Some(3)), None, MessageId(7)),
            address("https://discord.com/channels/1/3/7")
        );
    }

    #[test]
    fn a_place_reads_back_what_it_shows() {
        let place = OutcomePlace {
            at: Timestamp(5),
            message: MessageId(u64::MAX),
            revision: Revision::DELETED,
        };
        assert_eq!(place.to_string().parse(), Ok(place));
        for wrong in ["", "1", "1-2", "1-2-3-4", "-1-2-3", "a-2-3"] {
            assert!(wrong.parse::<OutcomePlace>().is_err(), "{wrong}");
        }
    }
}
