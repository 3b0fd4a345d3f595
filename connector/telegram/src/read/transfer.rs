//! The bytes of one file, part by part.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use grammers_tl_types as tl;
use patchbay_app::ports::{FileError, FileStream};
use patchbay_domain::FileRef;
use patchbay_domain::file::TelegramFile;
use tl::enums::upload::File;
use tokio::sync::Mutex;

use super::{Unread, find, location, session};
use crate::connection::InvokeError;
use crate::telegram::Shared;

/// core.telegram.org/api/files#downloading-files: the largest part that divides a mebibyte.
const PART: u64 = 512 * 1024;
/// Parts asked for at once. A transfer holds each part several times, as bytes, encrypted, and in the
/// buffers of connections: more at once would be more memory than one may take.
const AT_ONCE: usize = 2;
/// References last for hours, so that one that is refused when it is new will never be taken.
const MOST_RENEWALS: usize = 3;
/// A connection comes back within seconds, and a file of gigabytes need not begin anew.
const PAUSES: [Duration; 3] = [
    Duration::from_millis(500),
    Duration::from_secs(2),
    Duration::from_secs(5),
];

pub(super) struct Transfer {
    shared: Arc<Shared>,
    file: Mutex<TelegramFile>,
}

/// What came of one request for a part.
enum Asked {
    Part(Bytes),
    /// The reference has expired.
    Stale,
    /// It lies in another data centre.
    Elsewhere(i32),
    Unread(Unread),
}

impl Transfer {
    pub(super) fn new(shared: Arc<Shared>, file: TelegramFile) -> Self {
        Self {
            shared,
            file: Mutex::new(file),
        }
    }

    /// Reads the first part, so that a file that can't be read shows before anything is sent.
    pub(super) async fn start(self: Arc<Self>) -> Result<FileStream, FileError> {
        let bytes = self.size().await?;
        let offsets = (0..bytes.div_ceil(PART)).map(|part| part * PART);
        let mut offsets = offsets.map(move |at| (at, PART.min(bytes - at)));
        let first = match offsets.next() {
            Some((at, expected)) => Some(Ok(self.part(at, expected).await?)),
            None => None,
        };
        let rest = stream::iter(offsets)
            .map(move |(at, expected)| {
                let transfer = Arc::clone(&self);
                async move { transfer.part(at, expected).await }
            })
            .buffered(AT_ONCE)
            // Nothing comes after a part that is missing.
            .scan(Ok(()), |so_far: &mut Result<(), ()>, part| {
                let item = so_far.is_ok().then(|| {
                    *so_far = part.as_ref().map(drop).map_err(drop);
                    part
                });
                std::future::ready(item)
            });
        Ok(FileStream {
            bytes: Some(bytes),
            chunks: Box::pin(stream::iter(first).chain(rest)),
        })
    }

    async fn size(&self) -> Result<u64, FileError> {
        let file = self.file.lock().await.clone();
        if let Some(bytes) = file.bytes {
            return Ok(bytes);
        }
        let renewed = self.renewed(&file).await.map_err(failed)?;
        renewed.bytes.ok_or(FileError::Gone)
    }

    /// Exactly as many bytes as there must be.
    async fn part(&self, at: u64, expected: u64) -> Result<Bytes, FileError> {
        let mut file = self.file.lock().await.clone();
        let mut renewals = 0;
        let mut pauses = PAUSES.iter();
        loop {
            match self.ask(&file, at).await {
                Asked::Part(part) if u64::try_from(part.len()) == Ok(expected) => return Ok(part),
                Asked::Part(part) => {
                    let why = format!("{} bytes came instead of {expected}", part.len());
                    return Err(FileError::Retry { why });
                }
                Asked::Stale if renewals < MOST_RENEWALS => {
                    renewals += 1;
                    file = self.renewed(&file).await.map_err(failed)?;
                }
                Asked::Stale => {
                    let why = "its references expire at once".to_owned();
                    return Err(FileError::Retry { why });
                }
                Asked::Elsewhere(dc) if file.dc != dc => {
                    file.dc = dc;
                    self.file.lock().await.dc = dc;
                }
                Asked::Elsewhere(dc) => {
                    let why = format!("data centre {dc} says that it is elsewhere");
                    return Err(FileError::Retry { why });
                }
                Asked::Unread(Unread::Later(why)) => match pauses.next() {
                    Some(pause) => tokio::time::sleep(*pause).await,
                    None => return Err(FileError::Retry { why }),
                },
                Asked::Unread(unread) => return Err(failed(unread)),
            }
        }
    }

    async fn ask(&self, file: &TelegramFile, at: u64) -> Asked {
        let (Ok(offset), Ok(limit)) = (i64::try_from(at), i32::try_from(PART)) else {
            return Asked::Unread(Unread::Gone);
        };
        let request = tl::functions::upload::GetFile {
            precise: false,
            // Then Telegram sends nobody to a content delivery network.
            cdn_supported: false,
            location: location(file),
            offset,
            limit,
        };
        let connection = match session(&self.shared, file.account).await {
            Ok((_, connection)) => connection,
            Err(unread) => return Asked::Unread(unread),
        };
        match connection.invoke_in(file.dc, &request).await {
            Ok(File::File(part)) => Asked::Part(Bytes::from(part.bytes)),
            Ok(File::CdnRedirect(_)) => {
                Asked::Unread(Unread::Later("Telegram names another network".to_owned()))
            }
            Err(error) => refused(&error),
        }
    }

    /// Reads the message again, unless another part has done so meanwhile.
    async fn renewed(&self, used: &TelegramFile) -> Result<TelegramFile, Unread> {
        let mut current = self.file.lock().await;
        if current.reference != used.reference {
            return Ok(current.clone());
        }
        let found = find(&self.shared, used.account, used.chat, used.message).await?;
        let attachments = found.post().content.attachments.into_iter();
        let mut files = attachments.filter_map(|attachment| match attachment.file {
            Some(FileRef::Telegram(file)) if file.id == used.id => Some(file),
            Some(FileRef::Telegram(_) | FileRef::Discord(_)) | None => None,
        });
        // An edit may have put something else in its place.
        let file = files.next().ok_or(Unread::Gone)?;
        tracing::debug!(account = %used.account, chat = %used.chat, "file reference renewed");
        current.clone_from(&file);
        Ok(file)
    }
}

fn refused(error: &InvokeError) -> Asked {
    let Some(refused) = error.refusal() else {
        return Asked::Unread(Unread::of(error));
    };
    let elsewhere = (refused.code == 303).then_some(refused.value).flatten();
    if let Some(dc) = elsewhere.and_then(|dc| i32::try_from(dc).ok()) {
        return Asked::Elsewhere(dc);
    }
    // core.telegram.org/api/file_reference; FILEREF_UPGRADE_NEEDED asks for the same.
    if error.is("FILE_REFERENCE_*") || error.is("FILEREF_UPGRADE_NEEDED") {
        return Asked::Stale;
    }
    Asked::Unread(Unread::of(error))
}

fn failed(unread: Unread) -> FileError {
    match unread {
        Unread::Gone => FileError::Gone,
        Unread::Limited(after) => FileError::Limited { after },
        Unread::LoggedOut => FileError::Retry {
            why: "the account is logged out".to_owned(),
        },
        Unread::Later(why) => FileError::Retry { why },
    }
}
