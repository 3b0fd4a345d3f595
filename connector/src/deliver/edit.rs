use std::collections::VecDeque;

use patchbay_app::message_map::Mapped;
use patchbay_app::ports::{Piece, Rewrite, SendError};
use patchbay_domain::ids::MessageId;
use patchbay_domain::{Attachment, Delivery, DeliveryState, Post, Revision, SkipReason, Text};

use super::made::{Loss, Lost, notice};
use super::post::is_one_message;
use super::work::{Work, messages_of, skipped, unmapped};

/// The keys of what an edit adds are counted from here, above those of any post.
pub(super) const ADDED: usize = 1_000;

/// Whether the files of the message are other ones than before.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Media {
    Same,
    New,
}

/// The messages that stand there, until each has found its place in the edited post.
struct Old {
    files: VecDeque<MessageId>,
    texts: VecDeque<MessageId>,
}

/// The messages that stand there afterwards.
#[derive(Default)]
struct New {
    files: Vec<MessageId>,
    texts: Vec<MessageId>,
}

impl Work<'_> {
    /// Makes what stands for the message say what the message says now. Never posts anew what this
    /// pair did not deliver.
    pub(super) async fn edit(
        &self,
        post: &Post,
        revision: Revision,
    ) -> Result<DeliveryState, SendError> {
        let standing = match self.mapped(self.task.message, revision).await? {
            Mapped::Standing(delivery) => delivery,
            Mapped::Superseded => return Ok(skipped(SkipReason::Superseded)),
            Mapped::Otherwise(delivery) => return Ok(unmapped(&delivery.state)),
            Mapped::Removed | Mapped::Unknown => return Ok(skipped(SkipReason::Unmapped)),
        };
        if self.is_forward() {
            return Ok(skipped(SkipReason::ForwardStands));
        }
        if !self.is_here(&standing) {
            return Ok(skipped(SkipReason::RemovedThere));
        }
        match self.rewrite(post, &standing).await {
            Err(SendError::MessageGone) => Ok(skipped(SkipReason::RemovedThere)),
            outcome => outcome,
        }
    }

    async fn rewrite(&self, post: &Post, standing: &Delivery) -> Result<DeliveryState, SendError> {
        let DeliveryState::Delivered {
            parts,
            with_files,
            share,
        } = &standing.state
        else {
            return Ok(skipped(SkipReason::Unmapped));
        };
        let media = if standing.media == post.content.media_print(self.task.message) {
            Media::Same
        } else {
            Media::New
        };
        if let Some(share) = share {
            return self.edit_in_album(post, share, media).await;
        }
        let (files, texts) = parts.split_at((*with_files).min(parts.len()));
        let mut old = Old {
            files: files.to_vec().into(),
            texts: texts.to_vec().into(),
        };
        let letter = self.letter(post).await?;
        let mut pieces = self.planned(&letter).await?;
        if media == Media::Same && old.files.is_empty() {
            pieces.iter_mut().for_each(tell_gone);
        }
        self.reassign(&mut old, &pieces);
        let mut new = New::default();
        for (number, piece) in pieces.into_iter().enumerate() {
            self.place(post, number, piece, media, &mut old, &mut new)
                .await?;
        }
        let surplus: Vec<_> = old.files.into_iter().chain(old.texts).collect();
        self.remove(surplus).await?;
        let with_files = new.files.len();
        let parts = new.files.into_iter().chain(new.texts).collect();
        Ok(DeliveryState::Delivered {
            parts,
            with_files,
            share: None,
        })
    }

    /// A text can get a file: the first one, which stands before all others, and those in which
    /// nothing else is to be said, though none of an album. Where a message may have files or none,
    /// it can also lose its last one and stay.
    fn reassign(&self, old: &mut Old, pieces: &[Piece]) {
        let (with_files, texts): (Vec<_>, Vec<_>) = pieces
            .iter()
            .partition(|piece| !piece.attachments.is_empty());
        let is_single = |piece: &&Piece| messages_of(piece, &self.task.destination) == 1;
        let are_single = with_files.iter().all(is_single);
        while old.files.len() < with_files.len() {
            let is_spare = are_single && old.texts.len() > texts.len();
            let text = old.texts.front().copied();
            let Some(text) = text.filter(|_| is_spare || old.files.is_empty()) else {
                break;
            };
            old.texts.pop_front();
            old.files.push_back(text);
        }
        if with_files.is_empty() && is_one_message(&self.task.destination) {
            for message in old.files.drain(..).rev() {
                old.texts.push_front(message);
            }
        }
    }

    async fn place(
        &self,
        post: &Post,
        number: usize,
        piece: Piece,
        media: Media,
        old: &mut Old,
        new: &mut New,
    ) -> Result<(), SendError> {
        let wanted = messages_of(&piece, &self.task.destination);
        let is_text = piece.attachments.is_empty();
        let (there, made) = if is_text {
            (&mut old.texts, &mut new.texts)
        } else {
            (&mut old.files, &mut new.files)
        };
        if there.len() >= wanted {
            let messages: Vec<_> = there.drain(..wanted).collect();
            self.overwrite(post, &piece, &messages, media).await?;
            made.extend(messages);
            return Ok(());
        }
        let key = self.task.send_key().part(ADDED + number);
        let sent = self.send(self.outgoing(piece, post, None, key)).await?;
        new.files.extend(sent.files_sent());
        new.texts.extend(sent.texts);
        new.texts.extend(sent.notice);
        Ok(())
    }

    async fn overwrite(
        &self,
        post: &Post,
        piece: &Piece,
        messages: &[MessageId],
        media: Media,
    ) -> Result<(), SendError> {
        let files = |attachments: &[Attachment]| match media {
            Media::Same => None,
            Media::New => Some(attachments.to_vec()),
        };
        let Some((first, others)) = messages.split_first() else {
            return Ok(());
        };
        if others.is_empty() {
            let attachments = files(&piece.attachments);
            return self.say(post, *first, &piece.text, attachments).await;
        }
        for (place, (message, attachment)) in messages.iter().zip(&piece.attachments).enumerate() {
            let text = if place == 0 {
                &piece.text
            } else {
                &attachment.caption
            };
            let attachments = files(std::slice::from_ref(attachment));
            if place == 0 || attachments.is_some() {
                self.say(post, *message, text, attachments).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn say(
        &self,
        post: &Post,
        message: MessageId,
        text: &Text,
        attachments: Option<Vec<Attachment>>,
    ) -> Result<(), SendError> {
        let mut rewrite = Rewrite {
            destination: self.task.destination,
            message,
            text: text.clone(),
            attachments,
            preview: post.content.preview,
            persona: self.task.persona.clone(),
        };
        let reach = &self.deliverer.platforms;
        let has_files = rewrite
            .attachments
            .as_ref()
            .is_some_and(|all| !all.is_empty());
        let _place = if has_files {
            reach.transfer().await
        } else {
            None
        };
        loop {
            match self.sender.rewrite(&rewrite, reach).await {
                // The new file is gone by now: its message is about to be edited again, or deleted.
                Err(SendError::FileGone { index }) if rewrite.attachments.is_some() => {
                    let gone = rewrite.attachments.take().unwrap_or_default();
                    let gone = gone.into_iter().nth(index).map(|media| Lost {
                        media,
                        loss: Loss::Gone,
                    });
                    let told = notice(gone.as_slice());
                    rewrite.text = Text::lines([&rewrite.text, &told]);
                }
                Err(SendError::FileTooLarge { index, most }) => {
                    let attachments = rewrite.attachments.iter_mut().find(|it| index < it.len());
                    let Some(attachments) = attachments else {
                        return Err(SendError::FileTooLarge { index, most });
                    };
                    let media = attachments.remove(index);
                    let loss = Loss::TooLarge { most };
                    let text = [&rewrite.text, &notice(&[Lost { media, loss }])];
                    rewrite.text = Text::lines(text);
                }
                outcome => return outcome,
            }
        }
    }
}

/// Files that were gone when their message was sent are gone now: what tells of them stays. Those
/// that are too large are none of the piece.
fn tell_gone(piece: &mut Piece) {
    let gone: Vec<_> = std::mem::take(&mut piece.attachments)
        .into_iter()
        .map(|media| Lost {
            media,
            loss: Loss::Gone,
        })
        .collect();
    if !gone.is_empty() {
        piece.text = Text::lines([&piece.text, &notice(&gone)]);
    }
}
