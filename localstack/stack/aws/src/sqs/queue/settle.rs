//! What a receiver does with a message: delete it, or change how long it is hidden.

use super::{Effects, Queue};
use crate::clock::Timestamp;
use crate::sqs::error::SqsError;
use crate::sqs::message::{Message, Receipt, Standing};
use crate::sqs::name::QueueKind;
use crate::sqs::settings::LONGEST_VISIBILITY;

impl Queue {
    /// Deleting what is gone already succeeds, so that a client may repeat it.
    pub(crate) fn delete(
        &mut self,
        now: Timestamp,
        receipt: &Receipt,
        effects: &mut Effects,
    ) -> Result<(), SqsError> {
        let Some(message) = self.received(receipt) else {
            return Ok(());
        };
        let newest = message.delivery.receive_count == receipt.receive;
        match self.name.kind() {
            QueueKind::Fifo if !newest || !message.is_in_flight() => {
                return Err(expired(receipt));
            }
            // A standard queue answers an old receipt with success and keeps
            // the message for the one who has received it since.
            QueueKind::Standard if !newest => return Ok(()),
            QueueKind::Fifo | QueueKind::Standard => {}
        }
        self.remove(receipt.sequence, now, effects);
        Ok(())
    }

    /// `timeout` is in seconds from now; zero gives the message back at once.
    pub(crate) fn change_visibility(
        &mut self,
        now: Timestamp,
        receipt: &Receipt,
        timeout: u32,
        effects: &mut Effects,
    ) -> Result<(), SqsError> {
        let message = self.received(receipt).ok_or_else(|| {
            SqsError::InvalidParameter(format!(
                "Value {} for parameter ReceiptHandle is invalid. Reason: Message does not exist \
                 or is not available for visibility timeout change.",
                receipt.encode()
            ))
        })?;
        let Standing::InFlight { received_at, .. } = message.delivery.standing else {
            return Err(SqsError::MessageNotInflight);
        };
        if message.delivery.receive_count != receipt.receive {
            return Err(expired(receipt));
        }
        check_total_visibility(now, received_at, timeout)?;
        self.hide_until(receipt.sequence, now.plus_seconds(timeout), effects);
        // With a timeout of zero the flight has just ended.
        self.advance(now, effects);
        Ok(())
    }

    fn received(&self, receipt: &Receipt) -> Option<&Message> {
        self.messages
            .get(&receipt.sequence)
            .filter(|message| message.id == receipt.id)
    }
}

/// A message can be hidden for twelve hours after it was received, however
/// often its timeout is changed (Amazon SQS, "Visibility timeout"). SQS counts
/// in seconds, so a change made within the first second may use all twelve.
fn check_total_visibility(
    now: Timestamp,
    received_at: Timestamp,
    timeout: u32,
) -> Result<(), SqsError> {
    let hidden_already = now.since(received_at).as_secs();
    if hidden_already + u64::from(timeout) <= u64::from(LONGEST_VISIBILITY) {
        return Ok(());
    }
    Err(SqsError::InvalidParameter(format!(
        "Value {timeout} for parameter VisibilityTimeout is invalid. Reason: Total \
         VisibilityTimeout for the message is beyond the limit [{LONGEST_VISIBILITY} seconds]."
    )))
}

fn expired(receipt: &Receipt) -> SqsError {
    SqsError::InvalidParameter(format!(
        "Value {} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.",
        receipt.encode()
    ))
}
