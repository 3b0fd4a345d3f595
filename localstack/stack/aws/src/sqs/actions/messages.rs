//! Sending, receiving and settling messages, one by one and in batches.

use crate::sqs::broker::Broker;
use crate::sqs::error::SqsError;
use crate::sqs::message::{NewMessage, Receipt};
use crate::sqs::queue::{Polling, Receive, Sent};
use crate::sqs::settings::{LONGEST_VISIBILITY, LONGEST_WAIT};
use crate::sqs::wire::request::{
    Batch, ChangeMessageVisibility, DeleteMessage, MessageToSend, ReceiveMessage, SendMessage,
    ToChange, ToDelete,
};
use crate::sqs::wire::response::{
    BatchResult, Empty, Messages, ReceivedMessage, SentMessage, Wanted, sequence_number,
};
use crate::sqs::wire::{checks, digest};

pub(super) async fn send_message(
    broker: &Broker,
    request: SendMessage,
) -> Result<SentMessage, SqsError> {
    let queue = checks::queue(request.queue_url.as_deref())?;
    let message = checks::message(request.message)?;
    let receipt = Sending::of(&message);
    let sent = broker
        .change(|state, now, effects| state.send(now, &queue, message, effects))
        .await?;
    Ok(receipt.completed(&sent))
}

pub(super) async fn send_message_batch(
    broker: &Broker,
    request: Batch<MessageToSend>,
) -> Result<BatchResult<SentMessage>, SqsError> {
    let queue = checks::queue(request.queue_url.as_deref())?;
    checks::batch(&request.entries)?;
    let entries: Vec<_> = request
        .entries
        .into_iter()
        .map(|entry| (entry.id, checks::message(entry.entry)))
        .collect();
    checks::batch_size(
        entries
            .iter()
            .filter_map(|(_, message)| Some(message.as_ref().ok()?.size())),
    )?;
    let results = broker
        .change(|state, now, effects| {
            state.queue(&queue)?;
            let mut send = |message: NewMessage| {
                let sending = Sending::of(&message);
                state
                    .send(now, &queue, message, effects)
                    .map(|sent| sending.completed(&sent))
            };
            Ok(entries
                .into_iter()
                .map(|(id, message)| (id, message.and_then(&mut send)))
                .collect())
        })
        .await?;
    Ok(BatchResult::new(results))
}

/// A sender's digests are of what it sent, also where that is a duplicate.
struct Sending {
    body: String,
    attributes: Option<String>,
    system_attributes: Option<String>,
}

impl Sending {
    fn of(message: &NewMessage) -> Self {
        Self {
            body: digest::of_body(&message.body),
            attributes: digest::of_attributes(&message.attributes),
            system_attributes: digest::of_attributes(&message.system_attributes),
        }
    }

    fn completed(self, sent: &Sent) -> SentMessage {
        SentMessage {
            message_id: sent.id.to_string(),
            md5_of_message_body: self.body,
            md5_of_message_attributes: self.attributes,
            md5_of_message_system_attributes: self.system_attributes,
            sequence_number: sent.sequence_number.map(|number| sequence_number(number.0)),
        }
    }
}

pub(super) async fn receive_message(
    broker: &Broker,
    request: ReceiveMessage,
) -> Result<Messages, SqsError> {
    let queue = checks::queue(request.queue_url.as_deref())?;
    let max = checks::number("MaxNumberOfMessages", request.max_number_of_messages, 1, 10)?;
    let timeout = request.visibility_timeout;
    let wait = checks::number(
        "WaitTimeSeconds",
        request.wait_time_seconds,
        0,
        LONGEST_WAIT,
    )?;
    let receive = Receive {
        max: max.unwrap_or(1) as usize,
        visibility_timeout: checks::number("VisibilityTimeout", timeout, 0, LONGEST_VISIBILITY)?,
        attempt: checks::id(
            "ReceiveRequestAttemptId",
            request.receive_request_attempt_id,
        )?,
        polling: Polling::Short,
    };
    let mut system = request.attribute_names;
    system.extend(request.message_system_attribute_names);
    let wanted = Wanted {
        system,
        message: request.message_attribute_names,
    };
    let messages = broker.receive(&queue, wait, receive).await?;
    let messages = messages
        .into_iter()
        .map(|message| ReceivedMessage::new(&queue, message, &wanted))
        .collect();
    Ok(Messages { messages })
}

pub(super) async fn delete_message(
    broker: &Broker,
    request: &DeleteMessage,
) -> Result<Empty, SqsError> {
    let queue = checks::queue(request.queue_url.as_deref())?;
    let receipt = checks::receipt(request.receipt.receipt_handle.as_deref(), &queue);
    broker
        .change(|state, now, effects| {
            state.queue(&queue)?;
            state.delete(now, &queue, &receipt?, effects)
        })
        .await?;
    Ok(Empty {})
}

pub(super) async fn delete_message_batch(
    broker: &Broker,
    request: Batch<ToDelete>,
) -> Result<BatchResult<Empty>, SqsError> {
    let queue = checks::queue(request.queue_url.as_deref())?;
    checks::batch(&request.entries)?;
    let results = broker
        .change(|state, now, effects| {
            state.queue(&queue)?;
            let mut delete = |entry: &ToDelete| {
                let receipt = checks::receipt(entry.receipt_handle.as_deref(), &queue)?;
                state
                    .delete(now, &queue, &receipt, effects)
                    .map(|()| Empty {})
            };
            Ok(request
                .entries
                .into_iter()
                .map(|e| (e.id, delete(&e.entry)))
                .collect())
        })
        .await?;
    Ok(BatchResult::new(results))
}

pub(super) async fn change_message_visibility(
    broker: &Broker,
    request: &ChangeMessageVisibility,
) -> Result<Empty, SqsError> {
    let queue = checks::queue(request.queue_url.as_deref())?;
    let change: Result<(Receipt, u32), SqsError> = checks::change(&request.visibility, &queue);
    broker
        .change(|state, now, effects| {
            state.queue(&queue)?;
            let (receipt, timeout) = change?;
            state.change_visibility(now, &queue, &receipt, timeout, effects)
        })
        .await?;
    Ok(Empty {})
}

pub(super) async fn change_message_visibility_batch(
    broker: &Broker,
    request: Batch<ToChange>,
) -> Result<BatchResult<Empty>, SqsError> {
    let queue = checks::queue(request.queue_url.as_deref())?;
    checks::batch(&request.entries)?;
    let results = broker
        .change(|state, now, effects| {
            state.queue(&queue)?;
            let mut change = |entry: &ToChange| {
                let (receipt, timeout) = checks::change(entry, &queue)?;
                state
                    .change_visibility(now, &queue, &receipt, timeout, effects)
                    .map(|()| Empty {})
            };
            Ok(request
                .entries
                .into_iter()
                .map(|e| (e.id, change(&e.entry)))
                .collect())
        })
        .await?;
    Ok(BatchResult::new(results))
}
