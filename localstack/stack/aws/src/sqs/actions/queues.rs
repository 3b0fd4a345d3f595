//! Queues themselves: creating, finding, describing and emptying them.

use crate::sqs::broker::Broker;
use crate::sqs::error::SqsError;
use crate::sqs::name::{QueueKind, QueueName};
use crate::sqs::queue::Queue;
use crate::sqs::settings::AttributeMap;
use crate::sqs::wire::checks;
use crate::sqs::wire::request::{
    CreateQueue, GetQueueAttributes, GetQueueUrl, ListDeadLetterSourceQueues, ListQueues, OfQueue,
    SetQueueAttributes, TagQueue, UntagQueue,
};
use crate::sqs::wire::response::{
    DeadLetterSourceQueues, Empty, QueueAttributes, QueueTags, QueueUrl, QueueUrls,
};

pub(super) async fn create_queue(
    broker: &Broker,
    request: CreateQueue,
) -> Result<QueueUrl, SqsError> {
    let name = request
        .queue_name
        .ok_or(SqsError::MissingParameter("QueueName"))?;
    let name = QueueName::parse(&name)?;
    let says_fifo = request
        .attributes
        .get("FifoQueue")
        .is_some_and(|value| value == "true");
    if says_fifo != (name.kind() == QueueKind::Fifo) {
        return Err(SqsError::InvalidParameter(
            "The name of a FIFO queue ends in .fifo, and its attribute FifoQueue is true.".into(),
        ));
    }
    let CreateQueue {
        attributes, tags, ..
    } = request;
    broker
        .change(|state, now, effects| state.create_queue(now, &name, attributes, tags, effects))
        .await?;
    Ok(QueueUrl {
        queue_url: name.url(broker.endpoint()),
    })
}

pub(super) async fn delete_queue(broker: &Broker, request: &OfQueue) -> Result<Empty, SqsError> {
    let queue = checks::queue(request.queue_url.as_deref())?;
    broker
        .change(|state, _, effects| state.delete_queue(&queue, effects))
        .await?;
    Ok(Empty {})
}

pub(super) async fn get_queue_url(
    broker: &Broker,
    request: &GetQueueUrl,
) -> Result<QueueUrl, SqsError> {
    let name = request
        .queue_name
        .as_deref()
        .ok_or(SqsError::MissingParameter("QueueName"))?;
    let name = QueueName::parse(name)?;
    broker
        .look(|state, _, _| state.queue(&name).map(|_| ()))
        .await?;
    Ok(QueueUrl {
        queue_url: name.url(broker.endpoint()),
    })
}

pub(super) async fn list_queues(
    broker: &Broker,
    request: &ListQueues,
) -> Result<QueueUrls, SqsError> {
    let (names, next_token) = broker
        .look(|state, _, _| {
            let named = |name: &&QueueName| name.as_str().starts_with(&request.queue_name_prefix);
            checks::page(state.names().filter(named).cloned(), &request.page)
        })
        .await?;
    Ok(QueueUrls {
        queue_urls: urls(broker, &names),
        next_token,
    })
}

pub(super) async fn list_dead_letter_source_queues(
    broker: &Broker,
    request: &ListDeadLetterSourceQueues,
) -> Result<DeadLetterSourceQueues, SqsError> {
    let target = checks::queue(request.queue_url.as_deref())?;
    let (names, next_token) = broker
        .look(|state, _, _| {
            state.queue(&target)?;
            let sources = state.dead_letter_sources(&target);
            checks::page(sources.into_iter().cloned(), &request.page)
        })
        .await?;
    Ok(DeadLetterSourceQueues {
        queue_urls: urls(broker, &names),
        next_token,
    })
}

fn urls(broker: &Broker, names: &[QueueName]) -> Vec<String> {
    names
        .iter()
        .map(|name| name.url(broker.endpoint()))
        .collect()
}

pub(super) async fn get_queue_attributes(
    broker: &Broker,
    request: &GetQueueAttributes,
) -> Result<QueueAttributes, SqsError> {
    let name = checks::queue(request.queue_url.as_deref())?;
    let wanted = &request.attribute_names;
    let mut attributes = broker
        .look(|state, now, effects| {
            let queue = state.queue_mut(&name)?;
            queue.advance(now, effects);
            Ok(describe(queue))
        })
        .await?;
    if !wanted.iter().any(|name| name == "All") {
        if let Some(unknown) = wanted.iter().find(|name| !is_attribute(name)) {
            return Err(SqsError::InvalidAttributeName(unknown.clone()));
        }
        attributes.retain(|name, _| wanted.contains(name));
    }
    Ok(QueueAttributes { attributes })
}

fn describe(queue: &Queue) -> AttributeMap {
    let counts = queue.counts();
    let mut attributes = queue.settings.effective();
    for (name, value) in [
        ("QueueArn", queue.name.arn()),
        ("ApproximateNumberOfMessages", counts.visible.to_string()),
        (
            "ApproximateNumberOfMessagesNotVisible",
            counts.in_flight.to_string(),
        ),
        (
            "ApproximateNumberOfMessagesDelayed",
            counts.delayed.to_string(),
        ),
        ("CreatedTimestamp", queue.created_at.seconds().to_string()),
        (
            "LastModifiedTimestamp",
            queue.modified_at.seconds().to_string(),
        ),
    ] {
        attributes.insert(name.into(), value);
    }
    attributes
}

/// All that can be asked for, whether or not a queue has it.
fn is_attribute(name: &str) -> bool {
    matches!(
        name,
        "Policy"
            | "VisibilityTimeout"
            | "MaximumMessageSize"
            | "MessageRetentionPeriod"
            | "ApproximateNumberOfMessages"
            | "ApproximateNumberOfMessagesNotVisible"
            | "ApproximateNumberOfMessagesDelayed"
            | "CreatedTimestamp"
            | "LastModifiedTimestamp"
            | "QueueArn"
            | "DelaySeconds"
            | "ReceiveMessageWaitTimeSeconds"
            | "RedrivePolicy"
            | "FifoQueue"
            | "ContentBasedDeduplication"
            | "KmsMasterKeyId"
            | "KmsDataKeyReusePeriodSeconds"
            | "DeduplicationScope"
            | "FifoThroughputLimit"
            | "RedriveAllowPolicy"
            | "SqsManagedSseEnabled"
    )
}

pub(super) async fn set_queue_attributes(
    broker: &Broker,
    request: SetQueueAttributes,
) -> Result<Empty, SqsError> {
    let queue = checks::queue(request.queue_url.as_deref())?;
    let changes = request.attributes;
    broker
        .change(|state, now, effects| state.set_attributes(now, &queue, changes, effects))
        .await?;
    Ok(Empty {})
}

pub(super) async fn purge_queue(broker: &Broker, request: &OfQueue) -> Result<Empty, SqsError> {
    let queue = checks::queue(request.queue_url.as_deref())?;
    broker
        .change(|state, _, effects| state.purge(&queue, effects))
        .await?;
    Ok(Empty {})
}

pub(super) async fn tag_queue(broker: &Broker, request: TagQueue) -> Result<Empty, SqsError> {
    let queue = checks::queue(request.queue_url.as_deref())?;
    let added = request.tags;
    broker
        .change(|state, _, effects| state.change_tags(&queue, |tags| tags.extend(added), effects))
        .await?;
    Ok(Empty {})
}

pub(super) async fn untag_queue(broker: &Broker, request: &UntagQueue) -> Result<Empty, SqsError> {
    let queue = checks::queue(request.queue_url.as_deref())?;
    let keep = |key: &String| !request.tag_keys.contains(key);
    broker
        .change(|state, _, effects| {
            state.change_tags(&queue, |tags| tags.retain(|key, _| keep(key)), effects)
        })
        .await?;
    Ok(Empty {})
}

pub(super) async fn list_queue_tags(
    broker: &Broker,
    request: &OfQueue,
) -> Result<QueueTags, SqsError> {
    let queue = checks::queue(request.queue_url.as_deref())?;
    let tags = broker
        .look(|state, _, _| Ok(state.queue(&queue)?.tags.clone()))
        .await?;
    Ok(QueueTags { tags })
}
