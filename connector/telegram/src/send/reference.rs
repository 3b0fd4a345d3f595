//! New references for files whose old ones have expired.

use std::time::Duration;

use patchbay_app::ports::SendError;
use patchbay_domain::file::TelegramFile;
use patchbay_domain::{FailReason, FileRef};

use super::TelegramSender;
use crate::read::{Unread, find};

const UNTIL_READ: Duration = Duration::from_secs(1);

impl TelegramSender {
    /// The file as its account may name it now. Nothing, if its message is gone or has another
    /// file.
    pub(super) async fn renewed(
        &self,
        file: &TelegramFile,
    ) -> Result<Option<TelegramFile>, SendError> {
        let found = match find(&self.shared, file.account, file.chat, file.message).await {
            Ok(found) => found,
            Err(Unread::Gone) => return Ok(None),
            Err(Unread::LoggedOut) => return Err(SendError::Fail(FailReason::LoggedOut)),
            Err(Unread::Limited(after)) => return Err(SendError::Limited { after }),
            Err(Unread::Later(why)) => {
                let after = UNTIL_READ;
                return Err(SendError::Retry { after, why });
            }
        };
        let attachments = found.post().content.attachments.into_iter();
        let mut same = attachments.filter_map(|attachment| match attachment.file {
            Some(FileRef::Telegram(found)) if found.id == file.id => Some(found),
            Some(FileRef::Telegram(_) | FileRef::Discord(_)) | None => None,
        });
        Ok(same.next())
    }
}
