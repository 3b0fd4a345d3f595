//! Message move tasks.

use crate::identity::random_id;
use crate::sqs::broker::Broker;
use crate::sqs::error::SqsError;
use crate::sqs::moves::{FASTEST_PACE, NewMove, TASKS_KEPT};
use crate::sqs::wire::checks;
use crate::sqs::wire::request::{
    CancelMessageMoveTask, ListMessageMoveTasks, StartMessageMoveTask,
};
use crate::sqs::wire::response::{MoveCancelled, MoveStarted, MoveTaskEntry, MoveTasks};

pub(super) async fn start_message_move_task(
    broker: &Broker,
    request: StartMessageMoveTask,
) -> Result<MoveStarted, SqsError> {
    const PACE: &str = "MaxNumberOfMessagesPerSecond";
    let handle = random_id().simple().to_string();
    let new = NewMove {
        handle: handle.clone(),
        source_arn: request
            .source_arn
            .ok_or(SqsError::MissingParameter("SourceArn"))?,
        destination_arn: request.destination_arn,
        pace: checks::number(
            PACE,
            request.max_number_of_messages_per_second,
            1,
            FASTEST_PACE,
        )?,
    };
    broker
        .change(|state, now, effects| state.start_move(now, new, effects))
        .await?;
    Ok(MoveStarted {
        task_handle: handle,
    })
}

pub(super) async fn cancel_message_move_task(
    broker: &Broker,
    request: &CancelMessageMoveTask,
) -> Result<MoveCancelled, SqsError> {
    let handle = request
        .task_handle
        .as_deref()
        .ok_or(SqsError::MissingParameter("TaskHandle"))?;
    let moved = broker
        .change(|state, _, effects| state.cancel_move(handle, effects))
        .await?;
    Ok(MoveCancelled {
        approximate_number_of_messages_moved: moved,
    })
}

pub(super) async fn list_message_move_tasks(
    broker: &Broker,
    request: &ListMessageMoveTasks,
) -> Result<MoveTasks, SqsError> {
    let source = request
        .source_arn
        .as_deref()
        .ok_or(SqsError::MissingParameter("SourceArn"))?;
    let most = u32::try_from(TASKS_KEPT).unwrap_or(u32::MAX);
    let max = checks::number("MaxResults", request.max_results, 1, most)?.unwrap_or(1);
    let results = broker
        .look(|state, _, _| {
            Ok(state
                .moves_of(source)
                .take(max as usize)
                .map(MoveTaskEntry::from)
                .collect())
        })
        .await?;
    Ok(MoveTasks { results })
}
