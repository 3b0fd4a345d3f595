//! New references for files whose old ones have expired.

use grammers_tl_types as tl;
use patchbay_app::ports::SendError;
use patchbay_domain::file::TelegramFile;
use tl::enums::MessageMedia;

use super::destination::{Destination, channel, number, peer};
use super::media::Stored;
use super::recover::messages;
use crate::connection::InvokeError;

/// What failed on the way.
#[derive(Debug)]
pub(super) enum Unread {
    Chat(SendError),
    Message(InvokeError),
}

/// The file as the account may name it now. Nothing, if its message is gone or has another file.
pub(super) async fn renewed(
    to: &Destination,
    file: &TelegramFile,
) -> Result<Option<TelegramFile>, Unread> {
    let chat = peer(&to.live, file.chat).await.map_err(Unread::Chat)?;
    let (Some(chat), Some(id)) = (chat, number(file.message)) else {
        return Ok(None);
    };
    let id = vec![tl::types::InputMessageId { id }.into()];
    let answer = if let Some(channel) = channel(&chat) {
        let request = tl::functions::channels::GetMessages { channel, id };
        to.invoke(&request).await
    } else {
        let request = tl::functions::messages::GetMessages { id };
        to.invoke(&request).await
    };
    let found = messages(answer.map_err(Unread::Message)?);
    let reference = found.iter().find_map(|message| match message {
        tl::enums::Message::Message(message) => reference(message.media.as_ref()?, file.id),
        tl::enums::Message::Empty(_) | tl::enums::Message::Service(_) => None,
    });
    Ok(reference.map(|reference| TelegramFile {
        reference,
        ..file.clone()
    }))
}

fn reference(media: &MessageMedia, file: i64) -> Option<Vec<u8>> {
    match Stored::of(media)? {
        Stored::Photo(photo) if photo.id == file => Some(photo.file_reference.clone()),
        Stored::Document(document) if document.id == file => Some(document.file_reference.clone()),
        Stored::Photo(_) | Stored::Document(_) => None,
    }
}
