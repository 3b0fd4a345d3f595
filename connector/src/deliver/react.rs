use patchbay_app::message_map::{self, Mapped, Told};
use patchbay_app::ports::{Outgoing, Piece, Reacting, Rewrite, SendError};
use patchbay_domain::ids::MessageId;
use patchbay_domain::{
    DeliveryState, LinkPreview, Notification, Reaction, Revision, SkipReason, reaction,
};

use super::group::not_answered;
use super::work::{Work, skipped, unmapped};

impl Work<'_> {
    /// Makes the reactions stand under what stands for the message. Those that the destination
    /// doesn't take are told in one message that answers it.
    pub(super) async fn react(
        &self,
        reactions: &[Reaction],
        revision: Revision,
    ) -> Result<DeliveryState, SendError> {
        let mapped = self.mapped(self.task.message, revision).await?;
        let message = match &mapped {
            Mapped::Standing(delivery) if !self.is_here(delivery) => {
                return Ok(skipped(SkipReason::RemovedThere));
            }
            Mapped::Standing(delivery) if self.is_part(&delivery.state) => {
                return Ok(skipped(SkipReason::PartOfMessage));
            }
            Mapped::Standing(_) => mapped.parts().first().copied(),
            Mapped::Otherwise(delivery) => return Ok(unmapped(&delivery.state)),
            Mapped::Superseded | Mapped::Removed | Mapped::Unknown => None,
        };
        let Some(message) = message else {
            return Ok(skipped(SkipReason::Unmapped));
        };
        let before = match self.told(revision).await? {
            Told::Superseded => return Ok(skipped(SkipReason::Superseded)),
            Told::Before { parts } => parts,
        };
        let reacting = Reacting {
            destination: self.task.destination,
            message,
            reactions: reactions.to_vec(),
        };
        let told = match self.sender.react(&reacting).await {
            Ok(left) => self.tell(message, &left, before.clone()).await,
            Err(error) => Err(error),
        };
        match told {
            Ok(parts) => Ok(DeliveryState::delivered(parts)),
            Err(SendError::MessageGone) => {
                self.remove_told(before).await?;
                Ok(skipped(SkipReason::RemovedThere))
            }
            Err(error) => Err(error),
        }
    }

    /// Tells what is left over, in the message that told of what was left over before.
    async fn tell(
        &self,
        message: MessageId,
        left: &[Reaction],
        before: Vec<MessageId>,
    ) -> Result<Vec<MessageId>, SendError> {
        if left.is_empty() {
            self.remove_told(before).await?;
            return Ok(Vec::new());
        }
        let text = reaction::told(left);
        let reach = &self.deliverer.platforms;
        if let Some(standing) = before.first() {
            let rewrite = Rewrite {
                destination: self.task.destination,
                message: *standing,
                text: text.clone(),
                attachments: None,
                preview: LinkPreview::Hidden,
                persona: None,
            };
            match self.sender.rewrite(&rewrite, reach).await {
                Ok(()) => return Ok(before),
                // Somebody removed it.
                Err(SendError::MessageGone) => {}
                Err(error) => return Err(error),
            }
        }
        let outgoing = Outgoing {
            destination: self.task.destination,
            piece: Piece {
                text,
                attachments: Vec::new(),
            },
            preview: LinkPreview::Hidden,
            notification: Notification::Silent,
            reply_to: Some(message),
            // Under a name of its own it could not answer a message.
            persona: None,
            key: self.task.send_key().part(0),
        };
        let sent = self.sender.send(&outgoing, reach, self.attempt).await?;
        Ok(sent.into_iter().map(|sent| sent.message).collect())
    }

    /// What tells of the message's reactions goes with it.
    pub(super) async fn forget_told(&self) -> Result<(), SendError> {
        let parts = self.parts_told().await?;
        self.remove_told(parts).await
    }

    pub(super) async fn parts_told(&self) -> Result<Vec<MessageId>, SendError> {
        match self.told(Revision::DELETED).await? {
            Told::Before { parts } => Ok(parts),
            Told::Superseded => Ok(Vec::new()),
        }
    }

    async fn told(&self, before: Revision) -> Result<Told, SendError> {
        let (ports, task) = (&self.deliverer.ports, self.task);
        message_map::told(ports, task.pair, task.message, before)
            .await
            .map_err(not_answered)
    }

    async fn remove_told(&self, messages: Vec<MessageId>) -> Result<(), SendError> {
        if messages.is_empty() {
            return Ok(());
        }
        let mut standing = self.standing(messages);
        standing.persona = None;
        self.sender.delete(&standing).await
    }

    /// Whether it is one of several files of a message, and not the one whose reactions that shows.
    fn is_part(&self, state: &DeliveryState) -> bool {
        let DeliveryState::Delivered {
            share: Some(share), ..
        } = state
        else {
            return false;
        };
        share.album.first() != Some(&self.task.message)
    }
}
