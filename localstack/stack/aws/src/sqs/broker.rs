//! The state behind its lock, with its journal and those who wait for messages.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::change::Effects;
use super::error::SqsError;
use super::journal::{Committed, Journal, JournalError};
use super::message::Message;
use super::name::QueueName;
use super::queue::{Polling, Receive};
use super::state::State;
use crate::clock::{Clock, Timestamp};

/// How often the move tasks that have a pace take their next step.
const MOVE_STEP: Duration = Duration::from_millis(100);

pub(crate) struct Broker {
    shared: Mutex<Shared>,
    clock: Clock,
    endpoint: String,
    stop: CancellationToken,
}

struct Shared {
    state: State,
    keeping: Keeping,
    pollers: HashMap<QueueName, Arc<Notify>>,
}

enum Keeping {
    InMemory,
    OnDisk(Journal),
    Closed,
}

/// Whether an operation that changed nothing is answered at once, or after the
/// changes before it: a repeated send is no safer than the first one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unchanged {
    AnswerNow,
    AnswerInTurn,
}

impl Broker {
    /// `file` is where the queues are kept; in memory only where there is none.
    pub(crate) fn open(
        file: Option<&Path>,
        endpoint: String,
        stop: CancellationToken,
    ) -> Result<Self, JournalError> {
        let clock = Clock::default();
        let (state, keeping) = match file {
            None => (State::default(), Keeping::InMemory),
            Some(file) => {
                let (journal, state) = Journal::open(file, clock.now())?;
                (state, Keeping::OnDisk(journal))
            }
        };
        let shared = Mutex::new(Shared {
            state,
            keeping,
            pollers: HashMap::new(),
        });
        Ok(Self {
            shared,
            clock,
            endpoint,
            stop,
        })
    }

    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Runs an operation, and returns once what it changed is on disk.
    pub(crate) async fn change<T>(
        &self,
        operation: impl FnOnce(&mut State, Timestamp, &mut Effects) -> Result<T, SqsError>,
    ) -> Result<T, SqsError> {
        self.run(Unchanged::AnswerInTurn, operation).await
    }

    /// Runs an operation that only looks, apart from what time has changed.
    pub(crate) async fn look<T>(
        &self,
        operation: impl FnOnce(&mut State, Timestamp, &mut Effects) -> Result<T, SqsError>,
    ) -> Result<T, SqsError> {
        self.run(Unchanged::AnswerNow, operation).await
    }

    /// Receives, and waits for a message for as long as `wait` where there is none.
    pub(crate) async fn receive(
        &self,
        queue: &QueueName,
        wait: Option<u32>,
        mut request: Receive,
    ) -> Result<Vec<Message>, SqsError> {
        let started = self.clock.now();
        let queue_wait = self
            .look(|state, _, _| Ok(state.queue(queue)?.settings.receive_wait))
            .await?;
        let wait = wait.unwrap_or(queue_wait);
        let deadline = started.plus_seconds(wait);
        request.polling = if wait == 0 {
            Polling::Short
        } else {
            Polling::Long
        };
        let stirred = self.poller(queue);
        loop {
            // Listening before looking: what comes in between is not missed.
            let mut woken = std::pin::pin!(stirred.notified());
            woken.as_mut().enable();
            let (messages, next_due) = self
                .look(|state, now, effects| {
                    let messages = state.receive(now, queue, &request, effects)?;
                    Ok((messages, state.queue(queue)?.next_due()))
                })
                .await?;
            let now = self.clock.now();
            if !messages.is_empty() || now >= deadline {
                return Ok(messages);
            }
            let until = next_due.map_or(deadline, |due| due.min(deadline));
            let nap = until.since(now).max(Duration::from_millis(1));
            tokio::select! {
                () = woken => {}
                () = tokio::time::sleep(nap) => {}
                () = self.stop.cancelled() => return Ok(Vec::new()),
            }
        }
    }

    /// Keeps the paces of move tasks until the server stops.
    pub(crate) async fn drive_moves(&self) {
        let mut step = tokio::time::interval(MOVE_STEP);
        step.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = step.tick() => {}
                () = self.stop.cancelled() => return,
            }
            let stepped = self
                .look(|state, now, effects| {
                    if state.has_running_move() {
                        state.advance_moves(now, effects);
                    }
                    Ok(())
                })
                .await;
            if stepped.is_err() {
                return;
            }
        }
    }

    /// Writes what is left. Operations after this fail.
    pub(crate) fn close(&self) {
        let keeping = std::mem::replace(&mut self.lock().keeping, Keeping::Closed);
        match keeping {
            Keeping::OnDisk(journal) => journal.close(),
            Keeping::InMemory | Keeping::Closed => {}
        }
    }

    async fn run<T>(
        &self,
        unchanged: Unchanged,
        operation: impl FnOnce(&mut State, Timestamp, &mut Effects) -> Result<T, SqsError>,
    ) -> Result<T, SqsError> {
        let (result, committed) = self.apply(unchanged, operation)?;
        let value = result?;
        if let Some(committed) = committed {
            committed.await.map_err(|_lost| SqsError::Unwritable)?;
        }
        Ok(value)
    }

    /// The changes go to the journal under the lock they were made under, so
    /// that they are kept in the order they were made.
    fn apply<T>(
        &self,
        unchanged: Unchanged,
        operation: impl FnOnce(&mut State, Timestamp, &mut Effects) -> Result<T, SqsError>,
    ) -> Result<(Result<T, SqsError>, Option<Committed>), SqsError> {
        let mut shared = self.lock();
        let mut effects = Effects::default();
        let result = operation(&mut shared.state, self.clock.now(), &mut effects);
        let committed = match &shared.keeping {
            Keeping::Closed => return Err(SqsError::Unwritable),
            Keeping::InMemory => None,
            Keeping::OnDisk(_)
                if effects.changes.is_empty() && unchanged == Unchanged::AnswerNow =>
            {
                None
            }
            Keeping::OnDisk(journal) => Some(journal.take(effects.changes)),
        };
        for queue in effects.stirred {
            if let Some(poller) = shared.pollers.get(&queue) {
                poller.notify_waiters();
            }
            if shared.state.queue(&queue).is_err() {
                shared.pollers.remove(&queue);
            }
        }
        Ok((result, committed))
    }

    fn poller(&self, queue: &QueueName) -> Arc<Notify> {
        Arc::clone(self.lock().pollers.entry(queue.clone()).or_default())
    }

    /// An operation that panicked is no reason to stop serving the others.
    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
