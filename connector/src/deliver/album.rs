//! Changes of one message of an album that is one message at the destination, or a few.
//!
//! The text there is composed of what all of them say. What the others say is asked of the source
//! whenever one changes, and nowhere else: deliveries keep no words, the destination has them only
//! as they were cut and changed by the pair's options, and tasks don't live as long as messages
//! do. So the album is written as it is at its source now: a change that is made twice, or after a
//! later one, ends in the same.

mod standing;

use patchbay_app::message_map::Mapped;
use patchbay_app::ports::{Piece, Replacement, SendError};
use patchbay_domain::delivery::link;
use patchbay_domain::ids::MessageId;
use patchbay_domain::pair::{Outcome, Program, Rule};
use patchbay_domain::{
    Attachment, DeliveryKey, DeliveryState, FailReason, Pair, Post, Revision, Share, SkipReason,
    Text,
};

use self::standing::{Album, Place};
use super::edit::{ADDED, Media};
use super::group::not_answered;
use super::work::{Work, skipped};

/// The key of a file that an edit adds, above those of the texts that it adds.
const ADDED_FILE: usize = ADDED + 900;

/// What an album says at its source, as the pair passes it on.
enum Said {
    Post(Box<Post>),
    Filtered(Rule),
    Gone,
}

impl Work<'_> {
    pub(super) async fn edit_in_album(
        &self,
        post: &Post,
        share: &Share,
        media: Media,
    ) -> Result<DeliveryState, SendError> {
        let album = self.album(share).await?;
        let said = match self.said(&album.messages(None)).await? {
            Said::Post(said) => said,
            Said::Filtered(rule) => return Ok(DeliveryState::Filtered { rule }),
            Said::Gone => return Ok(skipped(SkipReason::Retracted)),
        };
        let pieces = self.pieces(&said).await?;
        let texts = self
            .tell_texts(&said, &pieces, album.holder(None), &album)
            .await?;
        let file = self.edit_file(post, &pieces, &album, media).await?;
        let mut parts: Vec<_> = file.iter().map(|place| place.message).collect();
        let with_files = parts.len();
        parts.extend(&texts);
        Ok(DeliveryState::Delivered {
            parts,
            with_files,
            share: Some(Share {
                file: file.map(|place| place.file),
                album: share.album.clone(),
                texts,
            }),
        })
    }

    /// Removes what stands for the message, and its words; those of the others stay.
    pub(super) async fn delete_from_album(
        &self,
        share: &Share,
    ) -> Result<DeliveryState, SendError> {
        let own = Some(self.task.message);
        let album = self.album(share).await?;
        let (before, after) = (album.holder(None), album.holder(own));
        let texts = self.tell_without_own(&album, before, after).await?;
        if let Some(member) = album.member(self.task.message) {
            if let Some(Place { message, file }) = member.file {
                if before == Some(message) && after != before {
                    self.silence(message).await?;
                }
                let there = self.standing(vec![message]);
                self.sender.remove_file(&there, file).await?;
            }
            self.remove(member.notice.clone()).await?;
        }
        Ok(DeliveryState::Delivered {
            parts: texts.clone(),
            with_files: 0,
            share: (!texts.is_empty()).then(|| Share {
                file: None,
                album: share.album.clone(),
                texts,
            }),
        })
    }

    /// The texts that stand for the others. What they say may be hidden from us; the words of the
    /// one that is deleted then go if they may be among those that stand.
    async fn tell_without_own(
        &self,
        album: &Album,
        before: Option<MessageId>,
        after: Option<MessageId>,
    ) -> Result<Vec<MessageId>, SendError> {
        let own = Some(self.task.message);
        let others = album.messages(own);
        let said = match others.as_slice() {
            [] => Ok(Said::Gone),
            others => self.said(others).await,
        };
        match said {
            Ok(Said::Post(said)) => {
                let pieces = self.pieces(&said).await?;
                return match self.tell_texts(&said, &pieces, after, album).await {
                    Err(SendError::MessageGone) => Ok(album.texts.clone()),
                    told => told,
                };
            }
            Err(SendError::Fail(_)) if album.messages(None).first() != own.as_ref() => {
                return Ok(album.texts.clone());
            }
            Ok(Said::Filtered(_) | Said::Gone) | Err(SendError::Fail(_)) => {}
            Err(error) => return Err(error),
        }
        if let Some(holder) = before {
            self.silence(holder).await?;
        }
        self.remove(album.texts.clone()).await?;
        Ok(Vec::new())
    }

    async fn album(&self, share: &Share) -> Result<Album, SendError> {
        let mut album = Album {
            members: Vec::new(),
            texts: Vec::new(),
        };
        for message in &share.album {
            match self.mapped(*message, Revision::DELETED).await? {
                Mapped::Standing(delivery) => album.take(*message, &delivery.state),
                Mapped::Removed => {
                    let key = DeliveryKey {
                        message: *message,
                        revision: Revision::DELETED,
                        ..self.task.delivery()
                    };
                    let deliveries = &self.deliverer.ports.deliveries;
                    let removed = deliveries.get(key).await.map_err(not_answered)?;
                    album.take_texts(removed.as_ref().map(|removed| &removed.state));
                }
                Mapped::Superseded | Mapped::Otherwise(_) | Mapped::Unknown => {}
            }
        }
        album.texts.sort_unstable();
        album.texts.dedup();
        Ok(album)
    }

    async fn said(&self, messages: &[MessageId]) -> Result<Said, SendError> {
        let source = &self.task.source;
        let Some(reader) = self.deliverer.platforms.reader(source) else {
            return Err(SendError::Fail(FailReason::NotAllowed));
        };
        let Some(post) = reader.album(source, messages).await? else {
            return Ok(Said::Gone);
        };
        let Some(pair) = self.pair().await? else {
            return Ok(Said::Gone);
        };
        let program = match Program::compile(&pair.options) {
            Ok(program) => program,
            Err(rule) => return Ok(Said::Filtered(rule)),
        };
        let link = messages
            .first()
            .and_then(|first| link(source, None, *first));
        Ok(match program.apply(&post, link.as_deref()) {
            Outcome::Passed(post) => Said::Post(Box::new(post)),
            Outcome::Filtered { rule } => Said::Filtered(rule),
        })
    }

    async fn pair(&self) -> Result<Option<Pair>, SendError> {
        let task = self.task;
        let known = {
            let index = self.deliverer.index.borrow();
            index.get(task.chat, task.pair).cloned()
        };
        if known.is_some() {
            return Ok(known);
        }
        let pairs = &self.deliverer.ports.pairs;
        pairs.get(task.owner, task.pair).await.map_err(not_answered)
    }

    async fn pieces(&self, said: &Post) -> Result<Vec<Piece>, SendError> {
        let letter = self.letter(said).await?;
        self.planned(&letter).await
    }

    /// Makes the texts say what the pieces say, and answers which messages they stand in, beside
    /// that with the files.
    async fn tell_texts(
        &self,
        said: &Post,
        pieces: &[Piece],
        holder: Option<MessageId>,
        album: &Album,
    ) -> Result<Vec<MessageId>, SendError> {
        let beside = pieces.first().filter(|it| !it.attachments.is_empty());
        let beside = beside.map(|piece| &piece.text);
        let alone = pieces.iter().filter(|it| it.attachments.is_empty());
        let mut alone: Vec<&Text> = alone.map(|piece| &piece.text).collect();
        match holder {
            Some(holder) => {
                let words = beside.cloned().unwrap_or_default();
                self.say(said, holder, &words, None).await?;
            }
            None => alone
                .splice(0..0, beside.filter(|words| !words.is_empty()))
                .for_each(drop),
        }
        let mut there = album.texts.iter().copied();
        let mut told = Vec::new();
        for (number, text) in alone.into_iter().enumerate() {
            told.push(self.tell_text(said, number, text, &mut there).await?);
        }
        self.remove(there.collect()).await?;
        Ok(told)
    }

    /// In the first of these messages that is not gone, or else in a new one.
    async fn tell_text(
        &self,
        said: &Post,
        number: usize,
        text: &Text,
        there: &mut impl Iterator<Item = MessageId>,
    ) -> Result<MessageId, SendError> {
        for message in there {
            match self.say(said, message, text, None).await {
                Err(SendError::MessageGone) => {}
                said => return said.map(|()| message),
            }
        }
        let piece = Piece {
            text: text.clone(),
            attachments: Vec::new(),
        };
        let key = self.task.send_key().part(ADDED + number);
        let made = self.send(self.outgoing(piece, said, None, key)).await?;
        made.texts.first().copied().ok_or(SendError::MessageGone)
    }

    /// The place of the message's file after the edit.
    async fn edit_file(
        &self,
        post: &Post,
        pieces: &[Piece],
        album: &Album,
        media: Media,
    ) -> Result<Option<Place>, SendError> {
        let Some(member) = album.member(self.task.message) else {
            return Ok(None);
        };
        let files = pieces.iter().flat_map(|piece| &piece.attachments);
        let mut files = files.filter(|file| file.message == Some(self.task.message));
        let file = match (member.file, files.next()) {
            (Some(place), Some(by)) if media == Media::New => {
                Some(self.replace(album, place, by).await?)
            }
            (Some(place), Some(_)) => return Ok(Some(place)),
            // By now it is told in words.
            (Some(place), None) => {
                let there = self.standing(vec![place.message]);
                self.sender.remove_file(&there, place.file).await?;
                None
            }
            (None, Some(added)) if media == Media::New => self.add(post, added).await?,
            (None, _) => return Ok(None),
        };
        self.remove(member.notice.clone()).await?;
        Ok(file)
    }

    async fn replace(
        &self,
        album: &Album,
        place: Place,
        by: &Attachment,
    ) -> Result<Place, SendError> {
        let replacement = Replacement {
            destination: self.task.destination,
            message: place.message,
            file: place.file,
            by: by.clone(),
            others: album.beside(place),
            persona: self.task.persona.clone(),
        };
        let reach = &self.deliverer.platforms;
        let _place = reach.transfer().await;
        match self.sender.replace_file(&replacement, reach).await {
            Ok(file) => Ok(Place { file, ..place }),
            // It is about to be edited again, or deleted.
            Err(SendError::FileGone { .. } | SendError::FileTooLarge { .. }) => Ok(place),
            Err(error) => Err(error),
        }
    }

    /// What had no file there gets one in a message of its own: there may be no room beside the
    /// others.
    async fn add(&self, post: &Post, file: &Attachment) -> Result<Option<Place>, SendError> {
        let piece = Piece {
            text: Text::default(),
            attachments: vec![file.clone()],
        };
        let key = self.task.send_key().part(ADDED_FILE);
        let made = self.send(self.outgoing(piece, post, None, key)).await?;
        let sent = made.files.iter().find_map(|(_, sent)| *sent);
        Ok(sent.and_then(|sent| {
            let message = sent.message;
            sent.file.map(|file| Place { message, file })
        }))
    }
}
