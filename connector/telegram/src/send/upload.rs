//! Handing a file's bytes in, part by part as they come.
//!
//! At most [`AT_ONCE`] parts are on their way; with those that wait for their turn a transfer
//! holds less than four mebibytes of it, however large the file is.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use grammers_tl_types as tl;
use md5::{Digest, Md5};
use patchbay_app::ports::{FileStream, SendError};
use patchbay_domain::FailReason;

use super::TelegramSender;
use super::destination::{Destination, not_connected};
use super::form::LARGEST_FILE;
use super::parts::{PART, Part, Parts};
use crate::connection::InvokeError;

const AT_ONCE: usize = 2;
/// core.telegram.org/api/files: what is larger is told part by part how many there are, and has
/// no checksum.
const LARGEST_SMALL: u64 = 10 << 20;
/// A part is tried again by itself, so that a file of gigabytes does not begin anew for it.
const TRIES: u32 = 4;
const BETWEEN_TRIES: Duration = Duration::from_millis(500);
/// Telegram slows uploads down by short waits, which say nothing about other requests. A stop does
/// not wait for longer ones.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// How a file is named while it comes.
#[derive(Debug, Clone, Copy)]
struct Upload {
    id: i64,
    size: Size,
}

#[derive(Debug, Clone, Copy)]
enum Size {
    Small,
    Big {
        parts: i32,
    },
    /// Told with the last part (core.telegram.org/api/files, streamed uploads).
    Untold,
}

impl TelegramSender {
    /// The file as it can be named in a message. `index` is its place among the attachments.
    pub(super) async fn upload(
        &self,
        to: &Destination,
        file: FileStream,
        name: String,
        index: usize,
    ) -> Result<tl::enums::InputFile, SendError> {
        let told = file.bytes;
        if told.is_some_and(|bytes| bytes > LARGEST_FILE) {
            return Err(too_large());
        }
        let mut parts = Parts::of(file);
        let read = async |parts: &mut Parts| {
            let part = parts.next().await;
            part.map_err(|error| error.of_attachment(index))
        };
        let Some(first) = read(&mut parts).await? else {
            return Err(refused("FILE_PART_EMPTY"));
        };
        let upload = Upload {
            id: self.file_id(),
            size: Size::of(told, &first),
        };
        let mut sum = Md5::new();
        let mut saving = FuturesUnordered::new();
        let mut count = 0;
        let mut next = Some(first);
        while let Some(part) = next {
            count = part.number + 1;
            if u64::try_from(count).is_ok_and(|count| count > LARGEST_FILE / PART as u64) {
                return Err(too_large());
            }
            sum.update(&part.bytes);
            saving.push(self.save(to, upload, part));
            while saving.len() >= AT_ONCE {
                saving.next().await.unwrap_or(Ok(()))?;
            }
            let mut reading = Box::pin(read(&mut parts));
            next = loop {
                tokio::select! {
                    part = &mut reading => break part?,
                    Some(saved) = saving.next() => saved?,
                }
            };
        }
        while let Some(saved) = saving.next().await {
            saved?;
        }
        Ok(upload.named(name, count, &sum.finalize()))
    }

    fn file_id(&self) -> i64 {
        let bytes = self.shared.ports.ids.next().to_be_bytes();
        bytes.last_chunk().copied().map_or(0, i64::from_be_bytes)
    }

    async fn save(&self, to: &Destination, upload: Upload, part: Part) -> Result<(), SendError> {
        let request = Save::new(upload, part);
        let mut tries = 1;
        loop {
            let account = to.account();
            let connection = to.live.connection();
            let connection = connection.ok_or_else(|| not_connected(account))?;
            let saved = match &request {
                Save::Small(request) => connection.invoke(request).await,
                Save::Big(request) => connection.invoke(request).await,
            };
            match saved {
                Ok(true) => return Ok(()),
                Ok(false) => return Err(refused("FILE_PART_INVALID")),
                Err(error) => match patience(&error) {
                    Some(wait) if tries < TRIES => tokio::time::sleep(wait).await,
                    _ => return Err(self.failed(&to.live, &[], &error)),
                },
            }
            tries += 1;
        }
    }
}

/// How long to wait before the part is tried again, if that may help.
fn patience(error: &InvokeError) -> Option<Duration> {
    match error.refusal() {
        None => Some(BETWEEN_TRIES),
        Some(refused) if refused.is("FLOOD_PREMIUM_WAIT") || refused.is("FLOOD_WAIT") => {
            let wait = refused.value.map(|s| Duration::from_secs(s.into()));
            wait.filter(|wait| *wait <= LONGEST_WAIT)
        }
        Some(refused) => (refused.code >= 500).then_some(BETWEEN_TRIES),
    }
}

impl Size {
    fn of(told: Option<u64>, first: &Part) -> Self {
        match told {
            Some(bytes) if bytes <= LARGEST_SMALL => Self::Small,
            Some(bytes) => {
                let parts = bytes.div_ceil(PART as u64);
                i32::try_from(parts).map_or(Self::Untold, |parts| Self::Big { parts })
            }
            None if first.is_last => Self::Small,
            None => Self::Untold,
        }
    }
}

enum Save {
    Small(tl::functions::upload::SaveFilePart),
    Big(tl::functions::upload::SaveBigFilePart),
}

impl Save {
    fn new(upload: Upload, part: Part) -> Self {
        let (file_id, file_part) = (upload.id, part.number);
        let file_total_parts = match upload.size {
            Size::Small => {
                return Self::Small(tl::functions::upload::SaveFilePart {
                    file_id,
                    file_part,
                    bytes: part.bytes,
                });
            }
            Size::Big { parts } => parts,
            Size::Untold if part.is_last => part.number + 1,
            Size::Untold => -1,
        };
        Self::Big(tl::functions::upload::SaveBigFilePart {
            file_id,
            file_part,
            file_total_parts,
            bytes: part.bytes,
        })
    }
}

impl Upload {
    fn named(self, name: String, parts: i32, sum: &[u8]) -> tl::enums::InputFile {
        let id = self.id;
        match self.size {
            Size::Small => {
                let hex: Vec<String> = sum.iter().map(|byte| format!("{byte:02x}")).collect();
                let md5_checksum = hex.concat();
                tl::types::InputFile {
                    id,
                    parts,
                    name,
                    md5_checksum,
                }
                .into()
            }
            Size::Big { .. } | Size::Untold => tl::types::InputFileBig { id, parts, name }.into(),
        }
    }
}

fn too_large() -> SendError {
    refused("FILE_PARTS_INVALID")
}

fn refused(code: &str) -> SendError {
    SendError::Fail(FailReason::Refused {
        code: code.to_owned(),
    })
}
