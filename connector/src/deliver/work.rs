use patchbay_app::message_map::{self, Mapped, Reactions};
use patchbay_app::ports::{Attempt, Outgoing, Piece, Rewrite, SendError, Sender, Standing};
use patchbay_domain::ids::MessageId;
use patchbay_domain::{
    Content, Delivery, DeliveryState, Endpoint, ForwardTask, LinkPreview, Manner, Post, Revision,
    SendKey, SkipReason, Text,
};

use super::Deliverer;
use super::group::not_answered;
use super::quote::quoted;

/// One task that is claimed, and what it takes to carry it out.
pub(super) struct Work<'a> {
    pub(super) deliverer: &'a Deliverer,
    pub(super) sender: &'a dyn Sender,
    pub(super) task: &'a ForwardTask,
    pub(super) attempt: Attempt,
}

/// A post as it is to be written at the destination.
pub(super) struct Letter {
    pub(super) content: Content,
    pub(super) reply_to: Option<MessageId>,
}

impl Work<'_> {
    /// A reply answers what stands for the message that it answers. Where nothing does, or where
    /// the destination knows no replies, that message is quoted.
    pub(super) async fn letter(&self, post: &Post) -> Result<Letter, SendError> {
        let mut letter = Letter {
            content: post.content.clone(),
            reply_to: None,
        };
        let Some(answered) = post.reply_to else {
            return Ok(letter);
        };
        if self.task.persona.is_none() {
            let mapped = self.mapped(answered, Revision::DELETED).await?;
            let is_here = matches!(&mapped, Mapped::Standing(of) if self.is_here(of));
            letter.reply_to = mapped.parts().first().copied().filter(|_| is_here);
        }
        if letter.reply_to.is_some() {
            return Ok(letter);
        }
        let Some(reader) = self.deliverer.platforms.reader(&self.task.source) else {
            return Ok(letter);
        };
        let excerpt = match reader.excerpt(&self.task.source, answered).await {
            Ok(excerpt) => excerpt,
            Err(error @ (SendError::Retry { .. } | SendError::Limited { .. })) => {
                return Err(error);
            }
            Err(
                SendError::MessageGone
                | SendError::FileGone { .. }
                | SendError::FileTooLarge { .. }
                | SendError::Fail(_),
            ) => None,
        };
        if let Some(excerpt) = excerpt {
            letter.content.text = quoted(&excerpt, self.task.manner, &letter.content.text);
        }
        Ok(letter)
    }

    pub(super) async fn planned(&self, letter: &Letter) -> Result<Vec<Piece>, SendError> {
        let planned = self.sender.plan(&letter.content, &self.task.destination);
        planned.await.map_err(not_answered)
    }

    pub(super) async fn mapped(
        &self,
        message: MessageId,
        before: Revision,
    ) -> Result<Mapped, SendError> {
        let ports = &self.deliverer.ports;
        message_map::before(ports, self.task.pair, message, before)
            .await
            .map_err(not_answered)
    }

    pub(super) fn outgoing(
        &self,
        piece: Piece,
        post: &Post,
        reply_to: Option<MessageId>,
        key: SendKey,
    ) -> Outgoing {
        Outgoing {
            destination: self.task.destination,
            piece,
            preview: post.content.preview,
            notification: post.notification,
            reply_to,
            persona: self.task.persona.clone(),
            key,
        }
    }

    /// Removes the post of a message from the destination.
    pub(super) async fn delete(&self) -> Result<DeliveryState, SendError> {
        let (ports, task) = (&self.deliverer.ports, self.task);
        let found = message_map::before_deletion(ports, task.pair, task.message).await;
        let (mapped, reactions) = found.map_err(not_answered)?;
        let standing = match &mapped {
            Mapped::Standing(delivery) => delivery,
            Mapped::Otherwise(delivery) => return Ok(unmapped(&delivery.state)),
            Mapped::Superseded | Mapped::Removed | Mapped::Unknown => {
                return Ok(skipped(SkipReason::Unmapped));
            }
        };
        if !self.is_here(standing) {
            return self.delete_elsewhere(&mapped, standing.destination).await;
        }
        if reactions == Reactions::Known {
            self.forget_told().await?;
        }
        if let DeliveryState::Delivered { parts, share, .. } = &standing.state {
            match share {
                Some(share) => return self.delete_from_album(share).await,
                None => self.remove(parts.clone()).await?,
            }
        }
        Ok(DeliveryState::delivered(Vec::new()))
    }

    /// Removes it from the chat that its destination was when it was delivered.
    async fn delete_elsewhere(
        &self,
        mapped: &Mapped,
        destination: Endpoint,
    ) -> Result<DeliveryState, SendError> {
        let mut messages = mapped.parts().to_vec();
        messages.extend(self.parts_told().await?);
        let standing = Standing {
            destination,
            ..self.standing(messages)
        };
        self.sender.delete(&standing).await?;
        Ok(DeliveryState::delivered(Vec::new()))
    }

    /// Takes the words out of a message whose files stay.
    pub(super) async fn silence(&self, message: MessageId) -> Result<(), SendError> {
        let rewrite = Rewrite {
            destination: self.task.destination,
            message,
            text: Text::default(),
            attachments: None,
            preview: LinkPreview::Shown,
            persona: self.task.persona.clone(),
        };
        let reach = &self.deliverer.platforms;
        match self.sender.rewrite(&rewrite, reach).await {
            Ok(()) | Err(SendError::MessageGone) => Ok(()),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn remove(&self, messages: Vec<MessageId>) -> Result<(), SendError> {
        if messages.is_empty() {
            return Ok(());
        }
        self.sender.delete(&self.standing(messages)).await
    }

    pub(super) fn standing(&self, messages: Vec<MessageId>) -> Standing {
        Standing {
            destination: self.task.destination,
            messages,
            persona: self.task.persona.clone(),
        }
    }

    /// Whether it went where this goes: a destination that went on under another id numbers its
    /// messages anew.
    pub(super) fn is_here(&self, standing: &Delivery) -> bool {
        standing.destination.chat() == self.task.destination.chat()
    }

    pub(super) fn is_forward(&self) -> bool {
        self.task.manner == Manner::Forwarded
    }
}

pub(super) fn skipped(reason: SkipReason) -> DeliveryState {
    DeliveryState::Skipped { reason }
}

/// What becomes of a change of a message of which this became.
pub(super) fn unmapped(post: &DeliveryState) -> DeliveryState {
    let was_retracted = *post == skipped(SkipReason::Retracted);
    skipped(if was_retracted {
        SkipReason::Retracted
    } else {
        SkipReason::Unmapped
    })
}

/// How many messages a piece becomes: on Telegram each file is one of its own.
pub(super) fn messages_of(piece: &Piece, destination: &Endpoint) -> usize {
    match destination {
        Endpoint::Telegram { .. } => piece.attachments.len().max(1),
        Endpoint::Discord { .. } => 1,
    }
}
