//! What is sent in tests, by one pair.

use async_trait::async_trait;
use patchbay_app::ports::{FileError, FileStream, Files, Outgoing, Piece};
use patchbay_domain::account::Account;
use patchbay_domain::ids::{MessageId, PairId, TelegramChatId};
use patchbay_domain::{
    ChatId, Endpoint, FileRef, LinkPreview, Notification, Revision, SendKey, Text,
};

/// For what has no files.
pub(crate) struct NoFiles;

#[async_trait]
impl Files for NoFiles {
    async fn open(&self, file: &FileRef) -> Result<FileStream, FileError> {
        panic!("nobody should open {file:?}")
    }
}

pub(crate) fn endpoint(account: &Account, chat: TelegramChatId) -> Endpoint {
    Endpoint::Telegram {
        account: account.id,
        chat,
        topic: None,
    }
}

/// The key of a message from some other chat.
pub(crate) fn key(number: u64) -> SendKey {
    let source = ChatId::Telegram(TelegramChatId(1));
    let pair = PairId::from_bits(1);
    SendKey::of_task(pair, source, MessageId(number), Revision::POSTED)
}

pub(crate) fn outgoing(destination: Endpoint, number: u64, piece: Piece) -> Outgoing {
    Outgoing {
        destination,
        piece,
        preview: LinkPreview::Shown,
        notification: Notification::Silent,
        reply_to: None,
        persona: None,
        key: key(number),
    }
}

pub(crate) fn saying(destination: Endpoint, number: u64, text: impl Into<Text>) -> Outgoing {
    let piece = Piece {
        text: text.into(),
        attachments: Vec::new(),
    };
    outgoing(destination, number, piece)
}
