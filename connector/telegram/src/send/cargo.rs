//! The media of one piece on their way.
//!
//! A file that the destination's account sees on Telegram goes by its reference, so that none of
//! its bytes move. Where Telegram refuses that, its message is read again for a new reference, and
//! where that does not help either, it is read and uploaded like any other.

use grammers_tl_types as tl;
use patchbay_app::ports::{Files, SendError};
use patchbay_domain::file::TelegramFile;
use patchbay_domain::{Attachment, Cover, FailReason, FileRef};
use tl::enums::InputMedia;

use super::destination::Destination;
use super::media::Stored;
use super::{TelegramSender, media, special};

pub(super) struct Cargo<'a> {
    sender: &'a TelegramSender,
    to: &'a Destination,
    files: &'a dyn Files,
    attachments: &'a [Attachment],
    items: Vec<Item>,
}

struct Item {
    media: InputMedia,
    way: Way,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// By the reference that came with it.
    Reference,
    /// By one that was just read.
    Renewed,
    /// Without any.
    Own,
}

/// Whether there was another way left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turned {
    Another,
    None,
}

impl<'a> Cargo<'a> {
    pub(super) async fn load(
        sender: &'a TelegramSender,
        to: &'a Destination,
        files: &'a dyn Files,
        attachments: &'a [Attachment],
    ) -> Result<Self, SendError> {
        let mut cargo = Self {
            sender,
            to,
            files,
            attachments,
            items: Vec::new(),
        };
        for (index, attachment) in attachments.iter().enumerate() {
            let item = cargo.first_way(index, attachment).await?;
            cargo.items.push(item);
        }
        Ok(cargo)
    }

    pub(super) fn media(&self) -> impl Iterator<Item = &InputMedia> {
        self.items.iter().map(|item| &item.media)
    }

    /// Takes the next way for what went by a reference.
    pub(super) async fn turn(&mut self) -> Result<Turned, SendError> {
        let mut turned = Turned::None;
        for (index, attachment) in self.attachments.iter().enumerate() {
            let way = self.items.get(index).map(|item| item.way);
            let item = match (way, &attachment.file) {
                (Some(Way::Reference), Some(FileRef::Telegram(file))) => {
                    self.renewed_or_streamed(index, attachment, file).await?
                }
                (Some(Way::Renewed), Some(file)) => self.streamed(index, attachment, file).await?,
                _ => continue,
            };
            if let Some(place) = self.items.get_mut(index) {
                *place = item;
                turned = Turned::Another;
            }
        }
        Ok(turned)
    }

    async fn first_way(&self, index: usize, attachment: &Attachment) -> Result<Item, SendError> {
        match (&attachment.file, &attachment.special) {
            (Some(FileRef::Telegram(file)), _) if self.may_refer_to(file) => Ok(Item {
                media: media::referenced(file, attachment.cover),
                way: Way::Reference,
            }),
            (Some(file), _) => self.streamed(index, attachment, file).await,
            (None, Some(special)) => {
                let media = special::input(special, self.to).ok_or_else(nothing)?;
                let way = Way::Own;
                Ok(Item { media, way })
            }
            (None, None) => Err(nothing()),
        }
    }

    /// Another account's references are no good, and nobody may pass on what is protected.
    fn may_refer_to(&self, file: &TelegramFile) -> bool {
        let chat = self.to.live.directory.get(file.chat);
        file.account == self.to.account() && !chat.is_some_and(|chat| chat.is_protected)
    }

    async fn renewed_or_streamed(
        &self,
        index: usize,
        attachment: &Attachment,
        file: &TelegramFile,
    ) -> Result<Item, SendError> {
        if let Some(file) = self.sender.renewed(file).await? {
            let media = media::referenced(&file, attachment.cover);
            let way = Way::Renewed;
            return Ok(Item { media, way });
        }
        let file = FileRef::Telegram(file.clone());
        self.streamed(index, attachment, &file).await
    }

    async fn streamed(
        &self,
        index: usize,
        attachment: &Attachment,
        file: &FileRef,
    ) -> Result<Item, SendError> {
        let opened = self.files.open(file).await;
        let stream = opened.map_err(|error| error.of_attachment(index))?;
        let name = media::name(attachment);
        let sender = self.sender;
        let uploaded = sender.upload(self.to, stream, name, index);
        let file = Box::pin(uploaded).await?;
        let mut media = media::uploaded(attachment, file);
        if self.attachments.len() > 1 {
            media = self.kept(media, attachment.cover).await?;
        }
        let way = Way::Own;
        Ok(Item { media, way })
    }

    /// An album takes only what Telegram has already made a photo or a document of.
    async fn kept(&self, media: InputMedia, cover: Cover) -> Result<InputMedia, SendError> {
        let request = tl::functions::messages::UploadMedia {
            business_connection_id: None,
            peer: self.to.peer.clone(),
            media,
        };
        let kept = self.to.invoke(&request).await;
        let kept = kept.map_err(|error| self.sender.failed(&self.to.live, &[], &error))?;
        let stored = Stored::of(&kept).ok_or_else(nothing)?;
        Ok(stored.input(cover))
    }
}

fn nothing() -> SendError {
    SendError::Fail(FailReason::Refused {
        code: "MEDIA_EMPTY".to_owned(),
    })
}
