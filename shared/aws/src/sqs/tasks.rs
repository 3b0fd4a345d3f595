use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::error::SdkError;
use aws_sdk_sqs::operation::change_message_visibility::ChangeMessageVisibilityError;
use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, QueueAttributeName as Attribute};
use futures_util::future::try_join_all;
use patchbay_app::ports::{PortResult, QueueCounts, Receipt, Received, TaskReceipt, Tasks};
use patchbay_domain::ids::PartitionId;
use patchbay_domain::{ForwardTask, QueuedTask};
use tracing::{debug, error};

use super::enqueue::Backlog;
use super::{BATCH, Queues, times, whole_seconds};
use crate::error::{Refusal, corrupt, unavailable};

const DELETE: &str = "deleting tasks";
/// The longest that SQS hides a message.
const LONGEST_VISIBILITY: i32 = 12 * 60 * 60;

impl Queues {
    async fn counts_of(&self, name: String) -> PortResult<QueueCounts> {
        const OPERATION: &str = "counting tasks";
        let request = self
            .client
            .get_queue_attributes()
            .queue_url(self.url(name).await?)
            .attribute_names(Attribute::ApproximateNumberOfMessages)
            .attribute_names(Attribute::ApproximateNumberOfMessagesNotVisible)
            .attribute_names(Attribute::ApproximateNumberOfMessagesDelayed);
        let answer = request.send().await.map_err(unavailable(OPERATION))?;
        let attributes = answer.attributes.unwrap_or_default();
        let count = |name: Attribute| {
            let count = attributes.get(&name).and_then(|count| count.parse().ok());
            count.ok_or_else(|| corrupt(OPERATION, format!("no {name}")))
        };
        Ok(QueueCounts {
            waiting: count(Attribute::ApproximateNumberOfMessages)?,
            in_flight: count(Attribute::ApproximateNumberOfMessagesNotVisible)?,
            delayed: count(Attribute::ApproximateNumberOfMessagesDelayed)?,
        })
    }

    async fn delete_batch(&self, url: &str, receipts: &[&Receipt]) -> PortResult<()> {
        let entries: Result<Vec<_>, _> = receipts
            .iter()
            .enumerate()
            .map(|(place, receipt)| {
                DeleteMessageBatchRequestEntry::builder()
                    .id(place.to_string())
                    .receipt_handle(&receipt.0)
                    .build()
            })
            .collect();
        let request = self
            .client
            .delete_message_batch()
            .queue_url(url)
            .set_entries(Some(entries.map_err(unavailable(DELETE))?));
        let answer = request.send().await.map_err(unavailable(DELETE))?;
        for failed in answer.failed {
            let message = failed.message.unwrap_or_default();
            // A receipt that is too old: the task comes again, is found finished, and is deleted
            // then. Anything else is the queue's trouble.
            if failed.sender_fault {
                debug!(code = failed.code, message, "a task is not deleted");
            } else {
                return Err(unavailable(DELETE)(Refusal {
                    code: failed.code,
                    message,
                }));
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Tasks for Queues {
    async fn enqueue(&self, tasks: &[ForwardTask]) -> PortResult<()> {
        let mut backlogs: BTreeMap<PartitionId, Backlog> = BTreeMap::new();
        for task in tasks {
            backlogs.entry(task.partition).or_default().push(task)?;
        }
        let backlogs = backlogs.into_iter();
        try_join_all(backlogs.map(|(partition, backlog)| self.send_all(partition, backlog)))
            .await?;
        Ok(())
    }

    async fn receive(
        &self,
        partition: PartitionId,
        wait: Duration,
    ) -> PortResult<Vec<Received<ForwardTask, TaskReceipt>>> {
        let url = self.url(self.names.tasks(partition)).await?;
        let messages = self.poll("receiving tasks", &url, wait).await?;
        Ok(messages
            .into_iter()
            .filter_map(|message| {
                let times = times(&message);
                match serde_json::from_str(message.body.as_deref().unwrap_or_default()) {
                    Ok(QueuedTask::V1(body)) => {
                        let receipt = Receipt(message.receipt_handle?);
                        let receipt = TaskReceipt { partition, receipt };
                        Some(Received {
                            body,
                            receipt,
                            times,
                        })
                    }
                    Err(error) => {
                        // It stays, and its pair waits behind it, until a version is deployed
                        // that can read it: nothing is lost, and nothing overtakes it.
                        error!(%error, message = message.message_id, "a task can't be read");
                        None
                    }
                }
            })
            .collect())
    }

    async fn delete(&self, receipts: &[TaskReceipt]) -> PortResult<()> {
        let mut by_partition: BTreeMap<PartitionId, Vec<&Receipt>> = BTreeMap::new();
        for receipt in receipts {
            by_partition
                .entry(receipt.partition)
                .or_default()
                .push(&receipt.receipt);
        }
        for (partition, receipts) in by_partition {
            let url = self.url(self.names.tasks(partition)).await?;
            let chunks = receipts.chunks(BATCH);
            try_join_all(chunks.map(|chunk| self.delete_batch(&url, chunk))).await?;
        }
        Ok(())
    }

    async fn postpone(&self, receipt: &TaskReceipt, hidden: Duration) -> PortResult<()> {
        let url = self.url(self.names.tasks(receipt.partition)).await?;
        let request = self
            .client
            .change_message_visibility()
            .queue_url(url)
            .receipt_handle(&receipt.receipt.0)
            .visibility_timeout(whole_seconds(hidden).min(LONGEST_VISIBILITY));
        match request.send().await.map_err(SdkError::into_service_error) {
            Ok(_) => Ok(()),
            Err(error) if is_too_late(&error) => {
                debug!(
                    error = &error as &dyn std::error::Error,
                    "a task is not postponed"
                );
                Ok(())
            }
            Err(error) => Err(unavailable("postponing a task")(error)),
        }
    }

    async fn counts(&self, partition: PartitionId) -> PortResult<QueueCounts> {
        self.counts_of(self.names.tasks(partition)).await
    }

    async fn dead(&self) -> PortResult<u64> {
        let counts = self.counts_of(self.names.dead_tasks()).await?;
        Ok(counts.waiting + counts.in_flight)
    }
}

/// Somebody else has the task by now, or it is done.
fn is_too_late(error: &ChangeMessageVisibilityError) -> bool {
    error.is_message_not_inflight()
        || error.is_receipt_handle_is_invalid()
        || error.meta().code() == Some("InvalidParameterValue")
}
