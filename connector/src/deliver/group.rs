use std::borrow::Cow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use patchbay_app::message_map::{self, Mapped};
use patchbay_app::pairs;
use patchbay_app::ports::{
    Attempt, Claim, PortError, PortResult, SendError, TASK_KEPT, TASK_VISIBILITY, TaskReceipt,
};
use patchbay_domain::ids::MessageId;
use patchbay_domain::retry::Backoff;
use patchbay_domain::{
    Change, DeliveryState, Endpoint, FailReason, ForwardTask, Pair, PairState, Revision,
    SkipReason, Timestamp,
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::work::Work;
use super::{Deliverer, Task};

/// Waits up to this are waited out; for longer ones the tasks go back to the queue.
const SHORT_WAIT: Duration = Duration::from_secs(15);
/// A task that still fails so long after it was due is given up. Before that, a platform may be down for hours.
const OLDEST: Duration = Duration::from_hours(24);
/// The longest that SQS hides a message.
const LONGEST_POSTPONEMENT: Duration = Duration::from_mins(12 * 60 - 1);

/// Tasks of one pair, received together and delivered one after the other.
pub(super) struct Group {
    deliverer: Deliverer,
    tasks: Vec<Task>,
    done: mpsc::UnboundedSender<TaskReceipt>,
    stop: CancellationToken,
    /// The first task that is not done yet.
    at: AtomicUsize,
}

/// What is to become of a task for now.
enum Next {
    /// Its outcome is recorded.
    Delete,
    /// It and those after it come back later.
    Postpone(Duration),
    /// Somebody else has it now.
    Leave,
}

/// How far the sending of a task has come.
#[derive(Default)]
struct Send {
    /// Once it is claimed: what to tell the platform about attempts before the next one.
    claimed: Option<Attempt>,
    sent: Vec<MessageId>,
}

impl Group {
    pub(super) fn new(
        deliverer: Deliverer,
        tasks: Vec<Task>,
        done: mpsc::UnboundedSender<TaskReceipt>,
        stop: CancellationToken,
    ) -> Self {
        Self {
            deliverer,
            tasks,
            done,
            stop,
            at: AtomicUsize::new(0),
        }
    }

    pub(super) async fn deliver(self) {
        tokio::select! {
            () = self.in_order() => {}
            () = self.stay_hidden() => {}
        }
    }

    async fn in_order(&self) {
        for (place, task) in self.tasks.iter().enumerate() {
            self.at.store(place, Ordering::Relaxed);
            let next = if self.stop.is_cancelled() {
                Next::Postpone(Duration::ZERO)
            } else {
                self.deliver_one(&task.body).await
            };
            match next {
                // A closed channel means that the process is going down; the task comes again.
                Next::Delete => {
                    self.deliverer.held.finish(&task.body);
                    drop(self.done.send(task.receipt.clone()));
                }
                Next::Leave => {
                    for task in &self.tasks[place..] {
                        self.deliverer.held.finish(&task.body);
                    }
                    return;
                }
                Next::Postpone(wait) => {
                    self.at.store(self.tasks.len(), Ordering::Relaxed);
                    return self.hide(&self.tasks[place..], wait).await;
                }
            }
        }
    }

    /// Sees to it that nobody else is handed the tasks while they are at work or wait.
    async fn stay_hidden(&self) {
        loop {
            tokio::time::sleep(TASK_VISIBILITY / 3).await;
            let at = self.at.load(Ordering::Relaxed);
            self.hide(&self.tasks[at..], TASK_VISIBILITY).await;
        }
    }

    async fn deliver_one(&self, task: &ForwardTask) -> Next {
        let now = self.now();
        if task.due_at > now {
            return Next::Postpone(task.due_at.since(now).min(LONGEST_POSTPONEMENT));
        }
        let mut send = Send::default();
        let mut failures = 0;
        loop {
            let error = match self.attempt(task, &mut send).await {
                Ok(next) => return next,
                Err(error) => error,
            };
            let wait = match error {
                SendError::Limited { after } => after,
                SendError::MessageGone
                | SendError::FileGone { .. }
                | SendError::FileTooLarge { .. } => {
                    let state = DeliveryState::Skipped {
                        reason: SkipReason::Retracted,
                    };
                    return self.finish(task, state).await;
                }
                SendError::Fail(reason) => {
                    warn!(pair = %task.pair, source = %task.message, ?reason, advice = reason.advice(), "not delivered");
                    return self.fail(task, reason, send.sent).await;
                }
                SendError::Retry { after, why } => {
                    failures += 1;
                    let began = task.retry.map_or(task.due_at, |retry| retry.at);
                    if self.now().since(began) > OLDEST {
                        let reason = FailReason::GaveUp {
                            attempts: failures,
                            last: why,
                        };
                        return self.fail(task, reason, send.sent).await;
                    }
                    warn!(pair = %task.pair, source = %task.message, why, "to be tried again");
                    Backoff::DELIVERY.after(failures, 0.5).max(after)
                }
            };
            if wait > SHORT_WAIT {
                return Next::Postpone(wait.min(LONGEST_POSTPONEMENT));
            }
            tokio::select! {
                () = self.stop.cancelled() => return Next::Postpone(wait),
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Claims the task, unless an earlier attempt did, and does what is not done yet.
    async fn attempt(&self, task: &ForwardTask, send: &mut Send) -> Result<Next, SendError> {
        let pair = self.pair(task).await.map_err(not_answered)?;
        let task = &*redirected(task, pair);
        if self.is_of_another_topic(task).await? {
            return Ok(Next::Delete);
        }
        let attempt = match send.claimed {
            Some(attempt) => attempt,
            None => match self.claim(task).await? {
                Claim::First => Attempt::First,
                Claim::Again { since, parts, .. } => {
                    send.sent = parts;
                    Attempt::Again { since }
                }
                Claim::Fenced => return Ok(Next::Leave),
                Claim::Finished(_) => return Ok(Next::Delete),
            },
        };
        // Whatever goes wrong from here on, the next attempt can't know how far this one came.
        let since = match attempt {
            Attempt::First => self.now(),
            Attempt::Again { since } => since,
        };
        send.claimed = Some(Attempt::Again { since });
        let outcome = self.carry_out(task, pair, attempt, &mut send.sent).await;
        if let Err(SendError::Limited { .. }) = outcome {
            send.claimed = Some(attempt);
        }
        let state = match outcome {
            Ok(state) => state,
            Err(error) if self.went_on(task, &error).await? => {
                return Err(SendError::Retry {
                    after: Duration::ZERO,
                    why: "the destination went on as another chat".to_owned(),
                });
            }
            Err(error) => return Err(error),
        };
        let is_delivered = matches!(state, DeliveryState::Delivered { .. });
        let next = self.finish(task, state).await;
        if is_delivered && matches!(next, Next::Delete) {
            self.note_health(task, None).await;
            self.say_delivered(task);
            self.forget_kept(task).await;
        }
        Ok(next)
    }

    /// The pair of a task, unless it is gone. The index may lag behind; only the store knows that.
    async fn pair(&self, task: &ForwardTask) -> PortResult<Option<PairNow>> {
        let known = {
            let index = self.deliverer.index.borrow();
            index.get(task.chat, task.pair).map(PairNow::of)
        };
        match known {
            Some(known) => Ok(Some(known)),
            None => self.stored_pair(task).await,
        }
    }

    async fn stored_pair(&self, task: &ForwardTask) -> PortResult<Option<PairNow>> {
        let pairs = &self.deliverer.ports.pairs;
        let pair = pairs.get(task.owner, task.pair).await?;
        Ok(pair.as_ref().map(PairNow::of))
    }

    /// What makes a task fail may be that its destination has just gone on as another chat.
    async fn went_on(&self, task: &ForwardTask, error: &SendError) -> Result<bool, SendError> {
        let is_lost = matches!(error, SendError::Fail(FailReason::DestinationLost));
        if !is_lost {
            return Ok(false);
        }
        let now = self.stored_pair(task).await.map_err(not_answered)?;
        Ok(now.is_some_and(|pair| pair.destination != task.destination))
    }

    async fn carry_out(
        &self,
        task: &ForwardTask,
        pair: Option<PairNow>,
        attempt: Attempt,
        sent: &mut Vec<MessageId>,
    ) -> Result<DeliveryState, SendError> {
        if let Some(reason) = forbidden(task, pair) {
            return Ok(DeliveryState::Skipped { reason });
        }
        let Some(sender) = self.deliverer.platforms.sender(&task.destination) else {
            return Err(SendError::Fail(FailReason::NotAllowed));
        };
        let work = Work {
            deliverer: &self.deliverer,
            sender: sender.as_ref(),
            task,
            attempt,
        };
        match &task.change {
            Change::Posted { post } => work.post(post, sent).await,
            Change::Edited { post, revision } => work.edit(post, *revision).await,
            Change::Reacted {
                reactions,
                revision,
            } => work.react(reactions, *revision).await,
            Change::Deleted => work.delete().await,
        }
    }

    /// A deletion doesn't say in which topic it was, nor do reactions always. Where a pair reads one
    /// topic of many, they are the pair's only if the message was.
    async fn is_of_another_topic(&self, task: &ForwardTask) -> Result<bool, SendError> {
        let is_of_topic = matches!(task.source, Endpoint::Telegram { topic: Some(_), .. });
        if !is_of_topic || task.change.tells_topic() {
            return Ok(false);
        }
        let ports = &self.deliverer.ports;
        let mapped = message_map::before(ports, task.pair, task.message, Revision::DELETED);
        Ok(mapped.await.map_err(not_answered)? == Mapped::Unknown)
    }

    async fn claim(&self, task: &ForwardTask) -> Result<Claim, SendError> {
        let deliveries = &self.deliverer.ports.deliveries;
        deliveries
            .claim(task, self.deliverer.fence, self.now())
            .await
            .map_err(not_answered)
    }

    async fn fail(&self, task: &ForwardTask, reason: FailReason, parts: Vec<MessageId>) -> Next {
        // First of all: whatever is seen as failed can be retried.
        let kept_tasks = &self.deliverer.ports.kept_tasks;
        if let Err(error) = kept_tasks.put(task, self.now().plus(TASK_KEPT)).await {
            warn!(pair = %task.pair, source = %task.message, error = &error as &dyn std::error::Error, "a failed task is not kept yet");
            return Next::Postpone(Backoff::DELIVERY.first);
        }
        self.note_health(task, Some(&reason)).await;
        self.finish(task, DeliveryState::Failed { reason, parts })
            .await
    }

    /// The pair's owner wants to know what keeps it from delivering. Messages don't wait for that.
    async fn note_health(&self, task: &ForwardTask, failed: Option<&FailReason>) {
        let known = {
            let index = self.deliverer.index.borrow();
            index
                .get(task.chat, task.pair)
                .map(|pair| pair.health.clone())
        };
        let health = known.unwrap_or_default();
        if health.after(failed, self.now()).0 == health {
            return;
        }
        let ports = &self.deliverer.ports;
        if let Err(error) = pairs::note_health(ports, task.owner, task.pair, failed).await {
            warn!(pair = %task.pair, error = &error as &dyn std::error::Error, "the pair's health is not noted");
        }
    }

    /// What a message says is kept no longer than it is of use. If this fails, it expires.
    async fn forget_kept(&self, task: &ForwardTask) {
        if task.retry.is_none() {
            return;
        }
        let kept_tasks = &self.deliverer.ports.kept_tasks;
        if let Err(error) = kept_tasks.remove(task.delivery()).await {
            warn!(pair = %task.pair, source = %task.message, error = &error as &dyn std::error::Error, "a kept task is left to expire");
        }
    }

    async fn finish(&self, task: &ForwardTask, state: DeliveryState) -> Next {
        match self
            .deliverer
            .ports
            .deliveries
            .finish(task, &state, self.now())
            .await
        {
            Ok(()) => Next::Delete,
            Err(error) => {
                // The task comes again; its key then tells what was sent.
                warn!(pair = %task.pair, source = %task.message, error = &error as &dyn std::error::Error, "outcome not recorded yet");
                Next::Postpone(Backoff::DELIVERY.first)
            }
        }
    }

    /// Hides the tasks for that long, the last one first: whatever happens in between, none
    /// becomes visible while an earlier one is not.
    async fn hide(&self, tasks: &[Task], wait: Duration) {
        for task in tasks.iter().rev() {
            if let Err(error) = self
                .deliverer
                .ports
                .tasks
                .postpone(&task.receipt, wait)
                .await
            {
                warn!(pair = %task.body.pair, error = &error as &dyn std::error::Error, "task not postponed; it comes back when its time is up");
            }
        }
    }

    fn say_delivered(&self, task: &ForwardTask) {
        info!(
            pair = %task.pair,
            from = %task.chat,
            to = %task.destination.chat(),
            source = %task.message,
            took_ms = self.now().since(task.received_at).as_millis(),
            "forwarded",
        );
    }

    fn now(&self) -> Timestamp {
        self.deliverer.ports.clock.now()
    }
}

/// What a task has to know of its pair.
#[derive(Debug, Clone, Copy)]
struct PairNow {
    state: PairState,
    destination: Endpoint,
}

impl PairNow {
    fn of(pair: &Pair) -> Self {
        Self {
            state: pair.state,
            destination: pair.destination,
        }
    }
}

/// The task as it is by now: its destination may have gone on as another chat while it waited.
fn redirected(task: &ForwardTask, pair: Option<PairNow>) -> Cow<'_, ForwardTask> {
    match pair {
        Some(PairNow { destination, .. }) if destination != task.destination => {
            Cow::Owned(ForwardTask {
                destination,
                ..task.clone()
            })
        }
        Some(_) | None => Cow::Borrowed(task),
    }
}

/// Whether the pair was stopped while the task waited. Whoever has a message tried again means it,
/// whatever state the pair is in.
fn forbidden(task: &ForwardTask, pair: Option<PairNow>) -> Option<SkipReason> {
    match pair.map(|pair| pair.state) {
        None => Some(SkipReason::PairDeleted),
        Some(PairState::Paused) if task.retry.is_none() => Some(SkipReason::PairPaused),
        Some(PairState::Active | PairState::Paused) => None,
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
pub(super) fn not_answered(error: PortError) -> SendError {
    let why = std::error::Error::source(&error)
        .map_or_else(|| error.to_string(), |source| format!("{error}: {source}"));
    SendError::Retry {
        after: Duration::ZERO,
        why,
    }
}
