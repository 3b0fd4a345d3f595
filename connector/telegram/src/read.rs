//! Reading what messages say and the files that they carry.

mod message;
mod transfer;

use std::sync::Arc;

use async_trait::async_trait;
use grammers_tl_types as tl;
use patchbay_app::ports::{Excerpt, FileError, FileStream, Reader, SendError};
use patchbay_domain::ids::{AccountId, MessageId, TelegramChatId};
use patchbay_domain::{Content, Endpoint, FailReason, FileRef, Post, Text};

use self::message::Found;
use self::transfer::Transfer;
use crate::account::LiveAccount;
use crate::connection::{Connection, InvokeError};
use crate::telegram::Shared;
use crate::{peer, refusal};

/// How much of a message is quoted, in characters.
const EXCERPT: usize = 80;

/// Reads through whichever of this process's sessions is the account's.
#[derive(Clone)]
pub struct TelegramReader {
    shared: Arc<Shared>,
}

impl TelegramReader {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }
}

#[async_trait]
impl Reader for TelegramReader {
    async fn open(&self, file: &FileRef) -> Result<FileStream, FileError> {
        let FileRef::Telegram(file) = file else {
            // Another platform's files are read by its own reader.
            return Err(FileError::Gone);
        };
        let transfer = Transfer::new(Arc::clone(&self.shared), file.clone());
        Arc::new(transfer).start().await
    }

    async fn excerpt(
        &self,
        source: &Endpoint,
        message: MessageId,
    ) -> Result<Option<Excerpt>, SendError> {
        let found = self.posts(source, &[message]).await?;
        Ok(found.into_iter().next().map(|(_, post)| Excerpt {
            text: excerpt(&post.content),
            author: post.author.name,
        }))
    }

    async fn album(
        &self,
        source: &Endpoint,
        messages: &[MessageId],
    ) -> Result<Option<Post>, SendError> {
        let mut found = self.posts(source, messages).await?.into_iter();
        let Some((first, mut whole)) = found.next() else {
            return Ok(None);
        };
        for (message, part) in found {
            whole.take(first, message, part);
        }
        Ok(Some(whole))
    }
}

impl TelegramReader {
    /// Those that are there.
    async fn posts(
        &self,
        source: &Endpoint,
        messages: &[MessageId],
    ) -> Result<Vec<(MessageId, Post)>, SendError> {
        let Endpoint::Telegram { account, chat, .. } = source else {
            return Ok(Vec::new());
        };
        match find_all(&self.shared, *account, *chat, messages).await {
            Ok(found) => Ok(found.iter().map(|it| (it.id(), it.post())).collect()),
            Err(Unread::Gone) => Ok(Vec::new()),
            Err(Unread::LoggedOut) => Err(SendError::Fail(FailReason::LoggedOut)),
            Err(Unread::Limited(after)) => Err(SendError::Limited { after }),
            Err(Unread::Later(why)) => Err(SendError::Retry {
                after: std::time::Duration::from_secs(1),
                why,
            }),
        }
    }
}

/// Why a message was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It is not there any more, or not for this account.
    Gone,
    LoggedOut,
    Limited(std::time::Duration),
    Later(String),
}

impl Unread {
    fn of(error: &InvokeError) -> Self {
        let Some(refused) = error.refusal() else {
            return Self::Later(error.to_string());
        };
        if refusal::ends_session(refused) {
            return Self::LoggedOut;
        }
        match refusal::flood_wait(refused) {
            Some(wait) => Self::Limited(wait),
            None if refusal::is_about_request(refused) => Self::Gone,
            None => Self::Later(refusal::code(refused)),
        }
    }
}

/// A session that may be asked just now.
async fn session(
    shared: &Shared,
    account: AccountId,
) -> Result<(Arc<LiveAccount>, Arc<Connection>), Unread> {
    let not_connected = || Unread::Later(format!("{account} is not connected"));
    let live = shared.live(account).ok_or_else(not_connected)?;
    if live.logged_out().is_some() {
        return Err(Unread::LoggedOut);
    }
    let now = shared.ports.clock.now();
    // An account that Telegram lets send nothing for a while may read all the same.
    let may_read = live.limitation().is_some();
    if let Some(until) = live.flood_until(now).filter(|_| !may_read) {
        return Err(Unread::Limited(until.since(now)));
    }
    let connection = live.connection().ok_or_else(not_connected)?;
    Ok((live, connection))
}

/// The message as the account sees it now.
pub(crate) async fn find(
    shared: &Shared,
    account: AccountId,
    chat: TelegramChatId,
    id: MessageId,
) -> Result<Found, Unread> {
    let found = find_all(shared, account, chat, &[id]).await?;
    found.into_iter().next().ok_or(Unread::Gone)
}

async fn find_all(
    shared: &Shared,
    account: AccountId,
    chat: TelegramChatId,
    ids: &[MessageId],
) -> Result<Vec<Found>, Unread> {
    let (live, connection) = session(shared, account).await?;
    let channel = match peer::channel_id(chat) {
        Some(_) => Some(channel(&live, chat).await?),
        // All others are numbered together, also those of a group that is not there any more.
        None => None,
    };
    let found = message::find(&connection, &live.account, channel, chat, ids).await;
    found.map_err(|error| Unread::of(&error))
}

async fn channel(
    live: &LiveAccount,
    chat: TelegramChatId,
) -> Result<tl::types::InputPeerChannel, Unread> {
    let me = live.account.telegram_user;
    let mut peer = live.directory.input_peer(chat, me);
    if peer.is_none() {
        if !live.look_for_chats().await {
            let why = "the list of chats can't be read".to_owned();
            return Err(Unread::Later(why));
        }
        peer = live.directory.input_peer(chat, me);
    }
    if let Some(tl::enums::InputPeer::Channel(channel)) = peer {
        Ok(channel)
    } else {
        Err(Unread::Gone)
    }
}

/// The beginning of what a message says, or what it is if it says nothing.
fn excerpt(content: &Content) -> Text {
    let words = content.words();
    let whole = match content.attachments.first() {
        Some(attachment) if words.is_empty() => match &attachment.special {
            Some(special) => special.to_text(),
            None => Text::plain(format!("[{}]", attachment.kind.name().replace('_', " "))),
        },
        Some(_) | None => words,
    };
    match whole.as_str().char_indices().nth(EXCERPT) {
        Some((end, _)) => {
            let mut beginning = whole.slice(0..end);
            beginning.append(&Text::plain("…"));
            beginning
        }
        None => whole,
    }
}

/// Where a file's bytes are asked for.
fn location(file: &patchbay_domain::file::TelegramFile) -> tl::enums::InputFileLocation {
    use patchbay_domain::file::TelegramFileClass;
    let (id, access_hash, file_reference) = (file.id, file.access_hash, file.reference.clone());
    match &file.class {
        TelegramFileClass::Document => tl::types::InputDocumentFileLocation {
            id,
            access_hash,
            file_reference,
            // The document itself, and none of its thumbnails.
            thumb_size: String::new(),
        }
        .into(),
        TelegramFileClass::Photo { size } => tl::types::InputPhotoFileLocation {
            id,
            access_hash,
            file_reference,
            thumb_size: size.clone(),
        }
        .into(),
    }
}

#[cfg(test)]
mod tests {
    use patchbay_domain::text::{Span, Style};
    use patchbay_domain::{Attachment, MediaKind, Special};

    use super::*;

    #[test]
    fn an_excerpt_is_the_beginning_or_names_what_is_there() {
        let said = |text: &str| Content {
            text: text.into(),
            ..Content::default()
        };
        let carrying = |attachment| Content {
            attachments: vec![attachment],
            ..Content::default()
        };
        let dice = Special::Dice {
            emoji: "🎲".to_owned(),
            value: 4,
        };
        let cases = [
            (said("short"), "short".to_owned()),
            (said(&"é".repeat(80)), "é".repeat(80)),
            (said(&"é".repeat(81)), format!("{}…", "é".repeat(80))),
            (
                carrying(Attachment::new(MediaKind::RoundVideo)),
                "[round video]".to_owned(),
            ),
            (carrying(Attachment::special(dice)), "🎲 4".to_owned()),
            (said(""), String::new()),
        ];
        for (content, expected) in cases {
            assert_eq!(excerpt(&content).as_str(), expected);
        }
        let bold = Span {
            range: 0..100,
            style: Style::Bold,
        };
        let content = Content {
            text: Text::new("x".repeat(100), vec![bold]),
            ..Content::default()
        };
        assert_eq!(excerpt(&content).spans()[0].range, 0..80);
    }
}
