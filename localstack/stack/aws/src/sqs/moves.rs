//! Message move tasks: giving dead letters back, at once or at a pace.

use serde::{Deserialize, Serialize};

use super::change::{Change, Effects};
use super::error::SqsError;
use super::message::{Delivery, Message, Sequence};
use super::name::QueueName;
use super::state::State;
use crate::clock::Timestamp;

/// `StartMessageMoveTask`: messages per second.
pub(crate) const FASTEST_PACE: u32 = 500;
/// `ListMessageMoveTasks` shows this many tasks of a queue at most.
pub(crate) const TASKS_KEPT: usize = 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum MoveStatus {
    Running,
    Completed,
    Cancelled,
    Failed,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct MoveTask {
    pub(crate) handle: String,
    /// Names are kept as ARNs, as they are shown.
    pub(crate) source_arn: String,
    /// Each message's own source queue where there is none.
    pub(crate) destination_arn: Option<String>,
    /// Messages per second; as fast as it goes where there is none.
    pub(crate) pace: Option<u32>,
    pub(crate) status: MoveStatus,
    pub(crate) moved: u64,
    pub(crate) to_move: u64,
    pub(crate) started_at: Timestamp,
    pub(crate) failure: Option<String>,
    /// Messages that arrived after the start are not the task's.
    below: Sequence,
}

pub(crate) struct NewMove {
    pub(crate) handle: String,
    pub(crate) source_arn: String,
    pub(crate) destination_arn: Option<String>,
    pub(crate) pace: Option<u32>,
}

impl State {
    pub(crate) fn start_move(
        &mut self,
        now: Timestamp,
        new: NewMove,
        effects: &mut Effects,
    ) -> Result<(), SqsError> {
        let source = self.queue_of_arn(&new.source_arn)?;
        if self.dead_letter_sources(&source).is_empty() {
            return Err(SqsError::InvalidParameter(
                "Source queue must be configured as a Dead Letter Queue.".into(),
            ));
        }
        if let Some(arn) = &new.destination_arn {
            let destination = self.queue_of_arn(arn)?;
            if destination.kind() != source.kind() {
                return Err(SqsError::UnsupportedOperation(
                    "Source and destination must both be FIFO queues, or both standard queues."
                        .into(),
                ));
            }
        }
        if self
            .moves
            .iter()
            .any(|t| t.is_running() && t.source_arn == new.source_arn)
        {
            return Err(SqsError::UnsupportedOperation(
                "There is already a task running. Only one active task is allowed for a source \
                 queue arn at a given time."
                    .into(),
            ));
        }
        let below = self.next_sequence();
        let to_move = self.queue(&source)?.visible_below(below, now).count();
        let task = MoveTask {
            handle: new.handle,
            source_arn: new.source_arn,
            destination_arn: new.destination_arn,
            pace: new.pace,
            status: MoveStatus::Running,
            moved: 0,
            to_move: to_move as u64,
            started_at: now,
            failure: None,
            below,
        };
        self.keep_move(task, effects);
        self.advance_moves(now, effects);
        Ok(())
    }

    /// Answers with how many messages it had moved.
    pub(crate) fn cancel_move(
        &mut self,
        handle: &str,
        effects: &mut Effects,
    ) -> Result<u64, SqsError> {
        let task = self
            .moves
            .iter_mut()
            .find(|task| task.handle == handle)
            .ok_or_else(|| {
                SqsError::ResourceNotFound("Task does not exist for the given task handle.".into())
            })?;
        if !task.is_running() {
            return Err(SqsError::UnsupportedOperation(
                "Only active tasks can be cancelled.".into(),
            ));
        }
        task.status = MoveStatus::Cancelled;
        effects.record(Change::MoveSaved { task: task.clone() });
        Ok(task.moved)
    }

    /// The queue's tasks, newest first.
    pub(crate) fn moves_of<'a>(
        &'a self,
        source_arn: &'a str,
    ) -> impl Iterator<Item = &'a MoveTask> {
        self.moves
            .iter()
            .rev()
            .filter(move |task| task.source_arn == source_arn)
    }

    pub(crate) fn has_running_move(&self) -> bool {
        self.moves.iter().any(MoveTask::is_running)
    }

    /// Moves what the running tasks' paces allow by now.
    pub(crate) fn advance_moves(&mut self, now: Timestamp, effects: &mut Effects) {
        for index in 0..self.moves.len() {
            if !self.moves[index].is_running() {
                continue;
            }
            let mut task = self.moves[index].clone();
            self.advance_move(&mut task, now, effects);
            if task != self.moves[index] {
                effects.record(Change::MoveSaved { task: task.clone() });
                self.moves[index] = task;
            }
        }
    }

    fn advance_move(&mut self, task: &mut MoveTask, now: Timestamp, effects: &mut Effects) {
        let Ok(source) = self.queue_of_arn(&task.source_arn) else {
            task.fail("AWS.SimpleQueueService.NonExistentQueue");
            return;
        };
        if let Ok(queue) = self.queue_mut(&source) {
            queue.advance(now, effects);
        }
        let allowed = task.allowed_by(now);
        loop {
            let next = self.queue(&source).ok().and_then(|queue| {
                let sequence = queue.visible_below(task.below, now).next()?;
                queue.message(sequence).cloned()
            });
            let Some(message) = next else {
                task.status = MoveStatus::Completed;
                return;
            };
            if task.moved >= allowed {
                return;
            }
            match self.destination(task, &message) {
                Ok(destination) => self.give_back(&source, &destination, &message, now, effects),
                Err(reason) => {
                    task.fail(reason);
                    return;
                }
            }
            task.moved += 1;
        }
    }

    fn destination(&self, task: &MoveTask, message: &Message) -> Result<QueueName, &'static str> {
        let named = task.destination_arn.as_deref().map(QueueName::from_arn);
        let destination = match named {
            Some(name) => name.ok(),
            None => message.dead_letter_source.clone(),
        };
        let destination = destination.ok_or("CouldNotDetermineMessageSource")?;
        if self.queue(&destination).is_err() {
            return Err("AWS.SimpleQueueService.NonExistentQueue");
        }
        Ok(destination)
    }

    /// A message given back is a new message of its queue, as far as
    /// receives, retention and move tasks are concerned.
    fn give_back(
        &mut self,
        source: &QueueName,
        destination: &QueueName,
        message: &Message,
        now: Timestamp,
        effects: &mut Effects,
    ) {
        let sequence = self.take_sequence(effects);
        if let Ok(queue) = self.queue_mut(source) {
            queue.remove(message.sequence, now, effects);
        }
        if let Ok(queue) = self.queue_mut(destination) {
            let mut message = message.clone();
            message.sequence = sequence;
            message.enqueued_at = now;
            message.dead_letter_source = None;
            message.delivery = Delivery::fresh(now);
            queue.add(message, now, effects);
        }
    }

    fn keep_move(&mut self, task: MoveTask, effects: &mut Effects) {
        let source_arn = task.source_arn.clone();
        effects.record(Change::MoveSaved { task: task.clone() });
        self.moves.push(task);
        if self.moves_of(&source_arn).count() > TASKS_KEPT
            && let Some(oldest) = self
                .moves
                .iter()
                .position(|task| task.source_arn == source_arn)
        {
            let handle = self.moves.remove(oldest).handle;
            effects.record(Change::MoveForgotten { handle });
        }
    }

    fn queue_of_arn(&self, arn: &str) -> Result<QueueName, SqsError> {
        let name = QueueName::from_arn(arn)?;
        self.queue(&name).map_err(|_missing| {
            SqsError::ResourceNotFound(
                "The resource that you specified for the SourceArn or DestinationArn parameter \
                 doesn't exist."
                    .into(),
            )
        })?;
        Ok(name)
    }
}

impl MoveTask {
    pub(crate) fn is_running(&self) -> bool {
        self.status == MoveStatus::Running
    }

    fn allowed_by(&self, now: Timestamp) -> u64 {
        self.pace.map_or(u64::MAX, |pace| {
            let millis = now.since(self.started_at).as_millis();
            u64::try_from(millis)
                .unwrap_or(u64::MAX)
                .saturating_mul(u64::from(pace))
                / 1_000
        })
    }

    fn fail(&mut self, reason: &str) {
        self.status = MoveStatus::Failed;
        self.failure = Some(reason.into());
    }
}
