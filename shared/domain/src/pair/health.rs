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
                    told_at: self.told_at,
                };
                (healed, News::Nothing)
            }
            (Some(trouble), Some(reason)) if trouble.reason == *reason => {
                (self.clone(), News::Nothing)
            }
            (_, Some(reason)) => {
                let is_due = |told: Timestamp| now.since(told) >= Self::TOLD_EVERY;
                let news = if self.told_at.is_none_or(is_due) {
                    News::Tell
                } else {
                    News::Nothing
                };
                let trouble = Trouble {
                    reason: reason.clone(),
                    since: now,
                };
                let told_at = match news {
                    News::Tell => Some(now),
                    News::Nothing => self.told_at,
                };
                let trouble = Some(trouble);
                (Self { trouble, told_at }, news)
            }
        }
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
}
