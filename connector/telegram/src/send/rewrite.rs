//! Changing what a message says.

use grammers_tl_types as tl;
use patchbay_app::ports::{Files, Rewrite, SendError};
use patchbay_domain::LinkPreview;
use tl::enums::InputMedia;
use tl::functions::messages;

use super::TelegramSender;
use super::cargo::{Cargo, Turned};
use super::destination::{Destination, number};
use crate::refusal;

impl TelegramSender {
    /// A message has one file at most, and one that has a file keeps one.
    pub(super) async fn rewrite_message(
        &self,
        rewrite: &Rewrite,
        files: &dyn Files,
    ) -> Result<(), SendError> {
        let to = self.destination(&rewrite.destination).await?;
        let attachments = rewrite.attachments.as_deref().unwrap_or_default();
        let attachments = attachments.get(..1).unwrap_or_default();
        let mut cargo = Box::pin(Cargo::load(self, &to, files, attachments)).await?;
        loop {
            let media = cargo.media().next().cloned();
            let request = request(rewrite, &to, media)?;
            let error = match to.invoke(&request).await {
                Ok(_) => return Ok(()),
                Err(error) if error.is("MESSAGE_NOT_MODIFIED") => return Ok(()),
                Err(error) => error,
            };
            let is_about_reference = error.refusal().is_some_and(refusal::is_about_reference);
            if is_about_reference && cargo.turn().await? == Turned::Another {
                continue;
            }
            return Err(self.not_changed(&to.live, &[], &error));
        }
    }
}

fn request(
    rewrite: &Rewrite,
    to: &Destination,
    media: Option<InputMedia>,
) -> Result<messages::EditMessage, SendError> {
    Ok(messages::EditMessage {
        no_webpage: rewrite.preview == LinkPreview::Hidden,
        invert_media: false,
        peer: to.peer.clone(),
        id: number(rewrite.message).ok_or(SendError::MessageGone)?,
        message: Some(rewrite.text.as_str().to_owned()),
        media,
        reply_markup: None,
        entities: to.entities(&rewrite.text),
        schedule_date: None,
        schedule_repeat_period: None,
        quick_reply_shortcut_id: None,
        rich_message: None,
    })
}
