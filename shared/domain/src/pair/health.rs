use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::reason::{FailKind, FailReason};
use crate::time::Timestamp;

/// How well a pair delivers, as the connector finds it to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Health {
    /// What keeps it from delivering. It goes on trying, and heals with the first message that
    /// gets through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Trouble>,
    /// When its owner was told of trouble the last time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub told_at: Option<Timestamp>,
    /// Why nothing comes from its source. It heals when the source can be read again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceTrouble>,
    /// When its owner was told of that the last time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_told_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceTrouble {
    pub reason: SourceLoss,
    pub since: Timestamp,
}

/// Why the account or bot can't read a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceLoss {
    /// The chat is gone, or nobody of ours is in it any more.
    Lost,
    /// It is there, and may not be read.
    Unreadable,
}

impl SourceLoss {
    /// For programs; it stays what it is.
    pub fn code(self) -> &'static str {
        match self {
            Self::Lost => "source_lost",
            Self::Unreadable => "source_unreadable",
        }
    }

    pub fn advice(self) -> &'static str {
        match self {
            Self::Lost => "check that the source exists, and let the account or bot into it again",
            Self::Unreadable => {
                "let the account or bot read the source; on Discord it needs the permissions View \
                 Channel and Read Message History there"
            }
        }
    }
}

impl fmt::Display for SourceLoss {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Lost => "the source is gone, or nobody of ours is in it any more",
            Self::Unreadable => "the account or bot may not read the source",
        })
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    pub reason: FailReason,
    pub since: Timestamp,
}

/// Whether somebody has to hear of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    Nothing,
    /// Its owner is to be told.
    Tell,
}

impl Health {
    /// Trouble that comes and goes is told of once in this time.
    const TOLD_EVERY: Duration = Duration::from_hours(24);

    /// What a message says of its pair that ended so; `None` stands for delivered.
    pub fn after(&self, failed: Option<&FailReason>, now: Timestamp) -> (Self, News) {
        let reason = failed.filter(|reason| is_of_pair(reason.kind()));
        match (&self.trouble, reason) {
            (None, None) => (self.clone(), News::Nothing),
            (Some(_), None) if failed.is_some() => (self.clone(), News::Nothing),
            (Some(_), None) => {
                let healed = Self {
                    trouble: None,
                    ..self.clone()
                };
                (healed, News::Nothing)
            }
            (Some(trouble), Some(reason)) if trouble.reason == *reason => {
                (self.clone(), News::Nothing)
            }
            (_, Some(reason)) => {
                let (told_at, news) = told(self.told_at, now);
                let trouble = Trouble {
                    reason: reason.clone(),
                    since: now,
                };
                let after = Self {
                    trouble: Some(trouble),
                    told_at,
                    ..self.clone()
                };
                (after, news)
            }
        }
    }

    /// What is found of the pair's source; `None` stands for one that can be read.
    pub fn with_source(&self, lost: Option<SourceLoss>, now: Timestamp) -> (Self, News) {
        if self.source.map(|trouble| trouble.reason) == lost {
            return (self.clone(), News::Nothing);
        }
        let Some(reason) = lost else {
            let healed = Self {
                source: None,
                ..self.clone()
            };
            return (healed, News::Nothing);
        };
        let (source_told_at, news) = told(self.source_told_at, now);
        let after = Self {
            source: Some(SourceTrouble { reason, since: now }),
            source_told_at,
            ..self.clone()
        };
        (after, news)
    }
}

/// When somebody was told the last time after trouble that begins now, and whether that is now.
fn told(before: Option<Timestamp>, now: Timestamp) -> (Option<Timestamp>, News) {
    let is_due = |told: Timestamp| now.since(told) >= Health::TOLD_EVERY;
    if before.is_none_or(is_due) {
        (Some(now), News::Tell)
    } else {
        (before, News::Nothing)
    }
}

/// Whether a failure will meet the pair's next message too.
fn is_of_pair(kind: FailKind) -> bool {
    match kind {
        FailKind::DestinationLost | FailKind::NotAllowed | FailKind::LoggedOut => true,
        FailKind::Refused | FailKind::GaveUp => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_begins_and_ends_with_messages_and_is_told_once_a_day() {
        let hours = |hours| Timestamp(0).plus(Duration::from_hours(hours));
        let refused = FailReason::Refused {
            code: "x".to_owned(),
        };
        let steps = [
            (0, None, None, News::Nothing),
            (1, Some(&refused), None, News::Nothing),
            (2, Some(&FailReason::NotAllowed), Some(2), News::Tell),
            (3, Some(&FailReason::NotAllowed), Some(2), News::Nothing),
            (4, Some(&refused), Some(2), News::Nothing),
            (5, None, None, News::Nothing),
            (6, Some(&FailReason::NotAllowed), Some(6), News::Nothing),
            (7, Some(&FailReason::LoggedOut), Some(7), News::Nothing),
            (26, Some(&FailReason::NotAllowed), Some(26), News::Tell),
        ];
        let mut health = Health::default();
        for (at, failed, since, expected) in steps {
            let (after, news) = health.after(failed, hours(at));
            assert_eq!(news, expected, "{at}");
            let trouble = after.trouble.as_ref();
            assert_eq!(
                trouble.map(|trouble| trouble.since),
                since.map(hours),
                "{at}"
            );
            health = after;
        }
    }

    #[test]
    fn a_lost_source_is_told_once_a_day_and_no_delivery_heals_it() {
        let hours = |hours| Timestamp(0).plus(Duration::from_hours(hours));
        let (lost, closed) = (Some(SourceLoss::Lost), Some(SourceLoss::Unreadable));
        let steps = [
            (0, None, None, News::Nothing),
            (1, lost, Some(1), News::Tell),
            (2, lost, Some(1), News::Nothing),
            (3, closed, Some(3), News::Nothing),
            (4, None, None, News::Nothing),
            (5, lost, Some(5), News::Nothing),
            (26, closed, Some(26), News::Tell),
        ];
        let mut health = Health::default();
        for (at, loss, since, expected) in steps {
            let (after, news) = health.with_source(loss, hours(at));
            assert_eq!(news, expected, "{at}");
            let trouble = after.source;
            assert_eq!(
                trouble.map(|trouble| trouble.since),
                since.map(hours),
                "{at}"
            );
            let (delivered, _) = after.after(None, hours(at));
            assert_eq!(delivered, after);
            let (failed, news) = after.after(Some(&FailReason::NotAllowed), hours(at));
            assert_eq!((failed.source, news), (after.source, News::Tell));
            health = after;
        }
    }
}
