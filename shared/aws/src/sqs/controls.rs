use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::error::SdkError;
use patchbay_app::ports::{
    Control, ControlTarget, Controls, PortResult, QueuedControl, Receipt, Received,
};
use tracing::error;

use super::{Queues, times};
use crate::error::{corrupt, unavailable};

#[async_trait]
impl Controls for Queues {
    async fn send(&self, target: ControlTarget, control: &Control) -> PortResult<()> {
        const OPERATION: &str = "sending a control";
        let body = serde_json::to_string(&QueuedControl::V1(control.clone()))
            .map_err(|error| corrupt(OPERATION, error.to_string()))?;
        let url = self.url(self.names.controls(target)).await?;
        let request = self.client.send_message().queue_url(url).message_body(body);
        request.send().await.map_err(unavailable(OPERATION))?;
        Ok(())
    }

    async fn receive(
        &self,
        target: ControlTarget,
        wait: Duration,
    ) -> PortResult<Vec<Received<Control, Receipt>>> {
        let url = self.url(self.names.controls(target)).await?;
        let messages = self.poll("receiving controls", &url, wait).await?;
        Ok(messages
            .into_iter()
            .filter_map(|message| {
                let times = times(&message);
                let body = message.body.unwrap_or_default();
                match serde_json::from_str(&body) {
                    Ok(QueuedControl::V1(body)) => {
                        let receipt = Receipt(message.receipt_handle?);
                        Some(Received {
                            body,
                            receipt,
                            times,
                        })
                    }
                    Err(error) => {
                        // It stays, and ends up with the dead letters.
                        error!(%error, message = message.message_id, "a control can't be read");
                        None
                    }
                }
            })
            .collect())
    }

    async fn delete(&self, target: ControlTarget, receipt: &Receipt) -> PortResult<()> {
        let url = self.url(self.names.controls(target)).await?;
        let request = self
            .client
            .delete_message()
            .queue_url(url)
            .receipt_handle(&receipt.0);
        match request.send().await.map_err(SdkError::into_service_error) {
            Ok(_) => Ok(()),
            // It is gone already, or it was handed out anew and comes again.
            Err(error) if error.is_receipt_handle_is_invalid() => Ok(()),
            Err(error) => Err(unavailable("deleting a control")(error)),
        }
    }
}
