use std::sync::Arc;
use std::time::Duration;

use patchbay_app::ports::{HistoryError, HistoryStart, PortResult, Ports};
use patchbay_domain::backfill::PageUnderWay;
use patchbay_domain::ids::{MessageId, PairId, UserId};
use patchbay_domain::retry::Backoff;
use patchbay_domain::{
    Backfill, BackfillFailure, BackfillState, DeliveryKey, DeliveryState, Extent, FailKind, Pair,
    PairState, Revision, SkipReason,
};
use tokio::sync::Notify;
use tokio::time::Instant;
use tracing::{info, warn};

use super::pace::Pace;
use super::page::{self, Sorted};
use crate::deliver::Reach;

/// How often it is looked whether a page has been delivered; then less and less often.
const LOOK_EVERY: Duration = Duration::from_millis(500);
const LOOK_SELDOM: Duration = Duration::from_secs(15);
/// While the pair is paused. Whoever resumes it wakes this.
const PAUSE: Duration = Duration::from_mins(1);
/// A source that can't be read for so long is given up.
const PATIENCE: Duration = Duration::from_hours(24);
/// A task is given up a day after it was due; one of which nothing is heard for longer is lost, and
/// must not hold up the others for ever.
const LONGEST_PAGE: Duration = Duration::from_hours(49);

/// One backfill, until it is over.
pub(super) struct Worker {
    pub(super) ports: Ports,
    pub(super) platforms: Reach,
    pub(super) pace: Pace,
    pub(super) owner: UserId,
    pub(super) pair: PairId,
    pub(super) changed: Arc<Notify>,
}

enum Next {
    /// At once.
    Again,
    Wait(Duration),
    Ended,
}

/// What this run of it remembers.
#[derive(Default)]
struct Memory {
    /// Failures one after the other, and since when.
    failures: u32,
    failing_since: Option<Instant>,
    /// The page under way, since when, and how often it was looked at.
    page: Option<(MessageId, Instant)>,
    looks: u32,
}

impl Worker {
    pub(super) async fn run(self) {
        let mut memory = Memory::default();
        loop {
            let next = match self.step(&mut memory).await {
                Ok(next) => next,
                Err(error) => {
                    warn!(
                        pair = %self.pair,
                        error = &error as &dyn std::error::Error,
                        "a backfill waits for a store"
                    );
                    memory.failures += 1;
                    Next::Wait(Backoff::RECONNECT.after(memory.failures, 0.5))
                }
            };
            match next {
                Next::Again => {}
                Next::Wait(wait) => {
                    tokio::select! {
                        () = tokio::time::sleep(wait) => {}
                        () = self.changed.notified() => {}
                    }
                }
                Next::Ended => return,
            }
        }
    }

    async fn step(&self, memory: &mut Memory) -> PortResult<Next> {
        let backfills = &self.ports.backfills;
        let backfill = backfills.get(self.owner, self.pair).await?;
        let Some(backfill) = backfill.filter(|backfill| !backfill.is_over()) else {
            return Ok(Next::Ended);
        };
        let Some(pair) = self.ports.pairs.get(self.owner, self.pair).await? else {
            backfills.remove(self.owner, self.pair).await?;
            return Ok(Next::Ended);
        };
        if pair.source.chat() != backfill.source {
            return self.fail(backfill, BackfillFailure::SourceMoved).await;
        }
        match pair.state {
            PairState::Paused => return Ok(Next::Wait(PAUSE)),
            PairState::Active => {}
        }
        match backfill.state {
            BackfillState::Running {
                page: Some(page), ..
            } => self.look_after(backfill, page, memory).await,
            BackfillState::Running {
                reached: Some(reached),
                page: None,
            } => {
                let start = HistoryStart::After(reached);
                self.read(&pair, backfill, start, memory).await
            }
            BackfillState::Waiting
            | BackfillState::Running {
                reached: None,
                page: None,
            } => {
                let start = match backfill.extent {
                    Extent::Last(count) => HistoryStart::Last(count),
                    Extent::Since(at) => HistoryStart::Since(at),
                };
                self.read(&pair, backfill, start, memory).await
            }
            BackfillState::Done { .. }
            | BackfillState::Cancelled { .. }
            | BackfillState::Failed { .. } => Ok(Next::Ended),
        }
    }

    /// Reads the next page, queues it, and then, and only then, saves that.
    async fn read(
        &self,
        pair: &Pair,
        backfill: Backfill,
        start: HistoryStart,
        memory: &mut Memory,
    ) -> PortResult<Next> {
        if let Err(wait) = self.pace.turn(&pair.source, &pair.destination) {
            return Ok(Next::Wait(wait));
        }
        let Some(reader) = self.platforms.reader(&pair.source) else {
            return self.fail(backfill, BackfillFailure::SourceClosed).await;
        };
        let limit = self.pace.page();
        let page = match reader.history(&pair.source, start, limit).await {
            Ok(page) => page,
            Err(error) => return self.not_read(backfill, error, memory).await,
        };
        if page.posts.is_empty() && page.next.map(HistoryStart::After) == Some(start) {
            // What comes next is not whole yet.
            return Ok(Next::Again);
        }
        let Sorted { tasks, next, seen } = page::sort(&self.ports, pair, &backfill, page).await?;
        if !tasks.is_empty() {
            self.ports.tasks.enqueue(&tasks).await?;
        }
        let now = self.ports.clock.now();
        let version = backfill.version;
        let after = match tasks.last() {
            Some(last) => {
                self.pace.spend(&pair.destination, seen.queued);
                let last = last.message;
                backfill.queued(PageUnderWay { last, next, seen }, now)
            }
            None => backfill.passed(seen, next, now),
        };
        self.save(after, version).await?;
        *memory = Memory::default();
        Ok(Next::Again)
    }

    async fn not_read(
        &self,
        backfill: Backfill,
        error: HistoryError,
        memory: &mut Memory,
    ) -> PortResult<Next> {
        let (after, why) = match error {
            HistoryError::Closed => {
                return self.fail(backfill, BackfillFailure::SourceClosed).await;
            }
            HistoryError::LoggedOut => {
                return self.fail(backfill, BackfillFailure::LoggedOut).await;
            }
            HistoryError::Limited { after } => return Ok(Next::Wait(after)),
            HistoryError::Retry { after, why } => (after, why),
        };
        let since = *memory.failing_since.get_or_insert_with(Instant::now);
        if since.elapsed() > PATIENCE {
            let reason = BackfillFailure::GaveUp { last: why };
            return self.fail(backfill, reason).await;
        }
        memory.failures += 1;
        warn!(pair = %self.pair, why, "history is to be read again");
        let wait = Backoff::DELIVERY.after(memory.failures, 0.5).max(after);
        Ok(Next::Wait(wait))
    }

    /// Goes on when the last message of the page has an outcome. Until then nothing more is read.
    async fn look_after(
        &self,
        backfill: Backfill,
        page: PageUnderWay,
        memory: &mut Memory,
    ) -> PortResult<Next> {
        let key = DeliveryKey {
            pair: self.pair,
            message: page.last,
            revision: Revision::POSTED,
        };
        let delivery = self.ports.deliveries.get(key).await?;
        let state = delivery.map(|delivery| delivery.state);
        let now = self.ports.clock.now();
        let version = backfill.version;
        let after = match state.filter(DeliveryState::is_final) {
            Some(DeliveryState::Failed { reason, .. }) if is_of_pair(reason.kind()) => {
                let reason = BackfillFailure::Undeliverable { reason };
                return self.fail(backfill, reason).await;
            }
            // The pair was paused, and is not any more.
            Some(DeliveryState::Skipped {
                reason: SkipReason::PairPaused,
            }) => backfill.repeated(now),
            Some(_) => backfill.passed(page.seen, page.next, now),
            None => match memory.look(page.last) {
                Some(wait) => return Ok(Next::Wait(wait)),
                None => backfill.passed(page.seen, page.next, now),
            },
        };
        self.save(after, version).await?;
        Ok(Next::Again)
    }

    async fn fail(&self, backfill: Backfill, reason: BackfillFailure) -> PortResult<Next> {
        let now = self.ports.clock.now();
        warn!(pair = %self.pair, %reason, advice = reason.advice(), "a backfill has failed");
        let version = backfill.version;
        self.save(backfill.failed(reason, now), version).await?;
        Ok(Next::Again)
    }

    /// If it was changed by somebody else meanwhile, theirs stands.
    async fn save(&self, backfill: Backfill, version: u64) -> PortResult<()> {
        let is_saved = self.ports.backfills.put(&backfill, Some(version)).await?;
        if is_saved && let BackfillState::Done { .. } = backfill.state {
            let seen = backfill.seen;
            info!(pair = %self.pair, found = seen.found, queued = seen.queued, "backfilled");
        }
        Ok(())
    }
}

impl Memory {
    /// How long to wait for a page; nothing, if it is not to be waited for any more.
    fn look(&mut self, page: MessageId) -> Option<Duration> {
        let since = match self.page {
            Some((of, since)) if of == page => since,
            Some(_) | None => {
                let now = Instant::now();
                (self.page, self.looks) = (Some((page, now)), 0);
                now
            }
        };
        if since.elapsed() > LONGEST_PAGE {
            return None;
        }
        let wait = LOOK_EVERY.saturating_mul(2_u32.saturating_pow(self.looks / 8));
        self.looks = self.looks.saturating_add(1);
        Some(wait.min(LOOK_SELDOM))
    }
}

/// Whether no other message of the pair would be delivered either.
fn is_of_pair(kind: FailKind) -> bool {
    match kind {
        FailKind::DestinationLost | FailKind::NotAllowed | FailKind::LoggedOut => true,
        FailKind::Refused | FailKind::GaveUp => false,
    }
}
