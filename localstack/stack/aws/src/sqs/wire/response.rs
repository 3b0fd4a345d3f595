//! What clients are answered.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::sqs::error::SqsError;
use crate::sqs::message::{Attributes, Message};
use crate::sqs::moves::{MoveStatus, MoveTask};
use crate::sqs::name::QueueName;
use crate::sqs::settings::AttributeMap;
use crate::sqs::wire::digest;

#[derive(Debug, Serialize)]
pub(crate) struct Empty {}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct QueueUrl {
    pub(crate) queue_url: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct QueueUrls {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) queue_urls: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next_token: Option<String>,
}

/// The same list, whose name the model writes in lower case here.
#[derive(Debug, Serialize)]
pub(crate) struct DeadLetterSourceQueues {
    #[serde(rename = "queueUrls")]
    pub(crate) queue_urls: Vec<String>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub(crate) next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct QueueAttributes {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) attributes: AttributeMap,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct QueueTags {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) tags: BTreeMap<String, String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SentMessage {
    pub(crate) message_id: String,
    #[serde(rename = "MD5OfMessageBody")]
    pub(crate) md5_of_message_body: String,
    #[serde(
        rename = "MD5OfMessageAttributes",
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) md5_of_message_attributes: Option<String>,
    #[serde(
        rename = "MD5OfMessageSystemAttributes",
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) md5_of_message_system_attributes: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sequence_number: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct BatchResult<T> {
    pub(crate) successful: Vec<Success<T>>,
    pub(crate) failed: Vec<Failed>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Success<T> {
    pub(crate) id: String,
    #[serde(flatten)]
    pub(crate) result: T,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Failed {
    pub(crate) id: String,
    pub(crate) sender_fault: bool,
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl<T> BatchResult<T> {
    pub(crate) fn new(results: Vec<(String, Result<T, SqsError>)>) -> Self {
        let mut all = Self {
            successful: Vec::new(),
            failed: Vec::new(),
        };
        for (id, result) in results {
            match result {
                Ok(result) => all.successful.push(Success { id, result }),
                Err(error) => all.failed.push(Failed {
                    id,
                    sender_fault: error.is_senders_fault(),
                    code: error.code(),
                    message: error.to_string(),
                }),
            }
        }
        all
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Messages {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) messages: Vec<ReceivedMessage>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ReceivedMessage {
    message_id: String,
    receipt_handle: String,
    #[serde(rename = "MD5OfBody")]
    md5_of_body: String,
    body: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    attributes: BTreeMap<&'static str, String>,
    #[serde(
        rename = "MD5OfMessageAttributes",
        skip_serializing_if = "Option::is_none"
    )]
    md5_of_message_attributes: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    message_attributes: Attributes,
}

/// The attributes a receiver wants to see.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub(crate) system: Vec<String>,
    pub(crate) message: Vec<String>,
}

impl Wanted {
    fn wants_system(&self, name: &str) -> bool {
        self.system
            .iter()
            .any(|wanted| wanted == "All" || wanted == name)
    }

    fn wants_message(&self, name: &str) -> bool {
        self.message.iter().any(|wanted| {
            let prefix = wanted.strip_suffix(".*");
            wanted == "All" || wanted == name || prefix.is_some_and(|p| name.starts_with(p))
        })
    }
}

impl ReceivedMessage {
    pub(crate) fn new(queue: &QueueName, message: Message, wanted: &Wanted) -> Self {
        let receipt_handle = message.receipt(queue).encode();
        let mut attributes = system_attributes(&message);
        attributes.retain(|name, _| wanted.wants_system(name));
        let mut message_attributes = message.attributes;
        message_attributes.retain(|name, _| wanted.wants_message(name));
        Self {
            message_id: message.id.to_string(),
            receipt_handle,
            md5_of_body: digest::of_body(&message.body),
            body: message.body.as_ref().to_owned(),
            attributes,
            md5_of_message_attributes: digest::of_attributes(&message_attributes),
            message_attributes,
        }
    }
}

fn system_attributes(message: &Message) -> BTreeMap<&'static str, String> {
    let delivery = &message.delivery;
    let trace = message.system_attributes.get("AWSTraceHeader");
    let optional = [
        (
            "MessageGroupId",
            message.group.as_deref().map(str::to_owned),
        ),
        (
            "MessageDeduplicationId",
            message.deduplication_id.as_deref().map(str::to_owned),
        ),
        (
            "SequenceNumber",
            message.sequence_number.map(|n| sequence_number(n.0)),
        ),
        (
            "DeadLetterQueueSourceArn",
            message.dead_letter_source.as_ref().map(QueueName::arn),
        ),
        (
            "AWSTraceHeader",
            trace.and_then(|value| value.string_value.clone()),
        ),
        (
            "ApproximateFirstReceiveTimestamp",
            delivery.first_received_at.map(|at| at.millis().to_string()),
        ),
    ];
    let mut all = BTreeMap::from([
        ("SenderId", crate::identity::ACCOUNT.to_owned()),
        ("SentTimestamp", message.enqueued_at.millis().to_string()),
        (
            "ApproximateReceiveCount",
            delivery.receive_count.to_string(),
        ),
    ]);
    all.extend(
        optional
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    all
}

/// Twenty digits, so that numbers compare as text does.
pub(crate) fn sequence_number(number: u64) -> String {
    format!("{number:020}")
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct MoveStarted {
    pub(crate) task_handle: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct MoveCancelled {
    pub(crate) approximate_number_of_messages_moved: u64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct MoveTasks {
    pub(crate) results: Vec<MoveTaskEntry>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct MoveTaskEntry {
    #[serde(skip_serializing_if = "Option::is_none")]
    task_handle: Option<String>,
    status: MoveStatus,
    source_arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    destination_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_number_of_messages_per_second: Option<u32>,
    approximate_number_of_messages_moved: u64,
    approximate_number_of_messages_to_move: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure_reason: Option<String>,
    started_timestamp: i64,
}

impl From<&MoveTask> for MoveTaskEntry {
    fn from(task: &MoveTask) -> Self {
        Self {
            // Only a task that can be cancelled has a handle to do it by.
            task_handle: task.is_running().then(|| task.handle.clone()),
            status: task.status,
            source_arn: task.source_arn.clone(),
            destination_arn: task.destination_arn.clone(),
            max_number_of_messages_per_second: task.pace,
            approximate_number_of_messages_moved: task.moved,
            approximate_number_of_messages_to_move: task.to_move,
            failure_reason: task.failure.clone(),
            started_timestamp: task.started_at.millis(),
        }
    }
}
