//! The task queues and the control queues.

mod controls;
mod enqueue;
mod names;
mod tasks;

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use patchbay_app::ports::PortResult;
use tokio::sync::RwLock;

pub(crate) use names::QueueNames;

use crate::error::{corrupt, unavailable};

/// What SQS takes and gives in one request.
const BATCH: usize = 10;
/// The longest poll of SQS, in whole seconds.
const LONGEST_POLL: i32 = 20;

pub(crate) struct Queues {
    client: Client,
    names: QueueNames,
    /// Each is asked for once.
    urls: RwLock<HashMap<String, String>>,
}

impl Queues {
    pub(crate) fn new(client: Client, prefix: &str) -> Self {
        Self {
            client,
            names: QueueNames::new(prefix),
            urls: RwLock::default(),
        }
    }

    async fn url(&self, name: String) -> PortResult<String> {
        if let Some(url) = self.urls.read().await.get(&name) {
            return Ok(url.clone());
        }
        let request = self.client.get_queue_url().queue_name(&name);
        let answer = request
            .send()
            .await
            .map_err(unavailable("finding a queue"))?;
        let url = answer
            .queue_url
            .ok_or_else(|| corrupt("finding a queue", "no URL"))?;
        self.urls.write().await.insert(name, url.clone());
        Ok(url)
    }

    async fn poll(
        &self,
        operation: &'static str,
        url: &str,
        wait: Duration,
    ) -> PortResult<Vec<Message>> {
        let answer = self
            .client
            .receive_message()
            .queue_url(url)
            .max_number_of_messages(10)
            .wait_time_seconds(whole_seconds(wait).min(LONGEST_POLL))
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount)
            .send()
            .await
            .map_err(unavailable(operation))?;
        Ok(answer.messages.unwrap_or_default())
    }
}

/// Rounded up.
fn whole_seconds(duration: Duration) -> i32 {
    i32::try_from(duration.as_millis().div_ceil(1_000)).unwrap_or(i32::MAX)
}

fn times(message: &Message) -> u32 {
    message
        .attributes
        .as_ref()
        .and_then(|all| all.get(&MessageSystemAttributeName::ApproximateReceiveCount))
        .and_then(|times| times.parse().ok())
        .unwrap_or(1)
}
