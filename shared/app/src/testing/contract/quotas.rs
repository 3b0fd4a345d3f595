use std::time::Duration;

use patchbay_domain::Timestamp;
use patchbay_domain::ids::ApiKeyId;
use patchbay_domain::quota::{RequestLimits, Usage, Window};
use tokio::task::JoinSet;

use super::Subject;
use crate::ports::{PortResult, Taken};

const LIMITS: RequestLimits = RequestLimits {
    per_minute: 3,
    per_day: 5,
};

impl Subject {
    /// One request: how many have passed in this minute and on this day, and whether this one did.
    async fn counted(&self, key: ApiKeyId) -> PortResult<(u32, u32, bool)> {
        Ok(
            match self.ports.quotas.take(key, LIMITS, self.now()).await? {
                Taken::Granted(usage) => (usage.in_minute, usage.in_day, true),
                Taken::Exhausted(usage) => (usage.in_minute, usage.in_day, false),
            },
        )
    }

    /// Some moment at the beginning of a day after now.
    fn tomorrow(&self) -> Timestamp {
        Window::Day.end(self.now())
    }
}

pub(super) async fn of_many_requests_exactly_the_limit_passes(subject: &Subject) -> PortResult<()> {
    let limits = RequestLimits {
        per_minute: 10,
        per_day: 1000,
    };
    let (key, now) = (ApiKeyId::from_bits(subject.id()), subject.now());
    let mut requests = JoinSet::new();
    for _ in 0..40 {
        let quotas = subject.ports.quotas.clone();
        requests.spawn(async move { quotas.take(key, limits, now).await });
    }
    let (mut counts, mut refused) = (Vec::new(), 0);
    for taken in requests.join_all().await {
        match taken? {
            Taken::Granted(usage) => counts.push(usage.in_minute),
            Taken::Exhausted(usage) => {
                let full = Usage {
                    limits,
                    in_minute: 10,
                    in_day: 10,
                    at: now,
                };
                assert_eq!(usage, full);
                refused += 1;
            }
        }
    }
    counts.sort_unstable();
    assert_eq!((counts, refused), ((1..=10).collect(), 30));
    Ok(())
}

pub(super) async fn each_window_begins_anew(subject: &Subject) -> PortResult<()> {
    subject.clock.set(subject.tomorrow());
    let key = ApiKeyId::from_bits(subject.id());
    let other = ApiKeyId::from_bits(subject.id());
    let minute = Duration::from_mins(1);
    for expected in [(1, 1, true), (2, 2, true), (3, 3, true), (3, 3, false)] {
        assert_eq!(subject.counted(key).await?, expected);
    }
    assert_eq!(
        subject.counted(other).await?,
        (1, 1, true),
        "each for itself"
    );
    subject
        .clock
        .advance(minute.saturating_sub(Duration::from_millis(1)));
    assert_eq!(subject.counted(key).await?, (3, 3, false));
    subject.clock.advance(Duration::from_millis(1));
    for expected in [(1, 4, true), (2, 5, true), (2, 5, false)] {
        assert_eq!(subject.counted(key).await?, expected);
    }
    // A process whose clock is a little behind still counts in the minute before.
    subject.clock.set(Timestamp(subject.now().0 - 1));
    assert_eq!(subject.counted(key).await?, (3, 5, false));
    subject.clock.advance(minute * 40);
    assert_eq!(subject.counted(key).await?, (0, 5, false));
    subject.clock.set(subject.tomorrow());
    assert_eq!(subject.counted(key).await?, (1, 1, true));
    Ok(())
}

pub(super) async fn a_refused_request_is_not_counted(subject: &Subject) -> PortResult<()> {
    subject.clock.set(subject.tomorrow());
    let key = ApiKeyId::from_bits(subject.id());
    for _ in 0..9 {
        subject.counted(key).await?;
    }
    subject.clock.advance(Duration::from_mins(1));
    assert_eq!(subject.counted(key).await?, (1, 4, true));
    // A smaller plan counts what was used under the larger one.
    let small = RequestLimits {
        per_minute: 1,
        per_day: 2,
    };
    let taken = subject.ports.quotas.take(key, small, subject.now()).await?;
    let usage = Usage {
        limits: small,
        in_minute: 1,
        in_day: 4,
        at: subject.now(),
    };
    assert_eq!(taken, Taken::Exhausted(usage));
    Ok(())
}
