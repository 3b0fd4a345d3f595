//! The operations of the API, each by its name in the model.

mod messages;
mod moves;
mod queues;

use serde::Serialize;
use serde::de::DeserializeOwned;

use self::messages::{
    change_message_visibility, change_message_visibility_batch, delete_message,
    delete_message_batch, receive_message, send_message, send_message_batch,
};
use self::moves::{cancel_message_move_task, list_message_move_tasks, start_message_move_task};
use self::queues::{
    create_queue, delete_queue, get_queue_attributes, get_queue_url,
    list_dead_letter_source_queues, list_queue_tags, list_queues, purge_queue,
    set_queue_attributes, tag_queue, untag_queue,
};
use super::broker::Broker;
use super::error::SqsError;
use crate::aws_json::{Failure, JSON_1_0, success};

/// Answers one request. `operation` is what follows `AmazonSQS.` in its target.
pub(crate) async fn answer(
    broker: &Broker,
    operation: &str,
    body: &[u8],
) -> axum::response::Response {
    match dispatch(broker, operation, body).await {
        Ok(body) => success(JSON_1_0, body),
        Err(error) => Failure {
            shape: error.shape(),
            message: error.to_string(),
            query_code: Some(error.code()),
            senders_fault: error.is_senders_fault(),
        }
        .into_response(JSON_1_0),
    }
}

async fn dispatch(broker: &Broker, operation: &str, body: &[u8]) -> Result<Vec<u8>, SqsError> {
    let b = broker;
    match operation {
        "SendMessage" => json(&send_message(b, parse(body)?).await?),
        "SendMessageBatch" => json(&send_message_batch(b, parse(body)?).await?),
        "ReceiveMessage" => json(&receive_message(b, parse(body)?).await?),
        "DeleteMessage" => json(&delete_message(b, &parse(body)?).await?),
        "DeleteMessageBatch" => json(&delete_message_batch(b, parse(body)?).await?),
        "ChangeMessageVisibility" => json(&change_message_visibility(b, &parse(body)?).await?),
        "ChangeMessageVisibilityBatch" => {
            json(&change_message_visibility_batch(b, parse(body)?).await?)
        }
        "CreateQueue" => json(&create_queue(b, parse(body)?).await?),
        "DeleteQueue" => json(&delete_queue(b, &parse(body)?).await?),
        "GetQueueUrl" => json(&get_queue_url(b, &parse(body)?).await?),
        "ListQueues" => json(&list_queues(b, &parse(body)?).await?),
        "ListDeadLetterSourceQueues" => {
            json(&list_dead_letter_source_queues(b, &parse(body)?).await?)
        }
        "GetQueueAttributes" => json(&get_queue_attributes(b, &parse(body)?).await?),
        "SetQueueAttributes" => json(&set_queue_attributes(b, parse(body)?).await?),
        "PurgeQueue" => json(&purge_queue(b, &parse(body)?).await?),
        "TagQueue" => json(&tag_queue(b, parse(body)?).await?),
        "UntagQueue" => json(&untag_queue(b, &parse(body)?).await?),
        "ListQueueTags" => json(&list_queue_tags(b, &parse(body)?).await?),
        "StartMessageMoveTask" => json(&start_message_move_task(b, parse(body)?).await?),
        "CancelMessageMoveTask" => json(&cancel_message_move_task(b, &parse(body)?).await?),
        "ListMessageMoveTasks" => json(&list_message_move_tasks(b, &parse(body)?).await?),
        unknown => Err(SqsError::UnsupportedOperation(format!(
            "The embedded SQS has no operation {unknown}."
        ))),
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, SqsError> {
    // Some clients send nothing where nothing is required.
    let body = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|error| SqsError::Serialization(error.to_string()))
}

fn json(answer: &impl Serialize) -> Result<Vec<u8>, SqsError> {
    serde_json::to_vec(answer).map_err(|error| SqsError::Serialization(error.to_string()))
}
