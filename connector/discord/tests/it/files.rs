//! Files that a test makes up, and what became of those that it reads.

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use patchbay_app::ports::{FileError, FileStream, Files};
use patchbay_domain::file::{TelegramFile, TelegramFileClass};
use patchbay_domain::ids::{AccountId, MessageId, TelegramChatId};
use patchbay_domain::{Attachment, FileRef, MediaKind};
use sha2::{Digest, Sha256};

/// For messages without files.
pub(crate) struct NoFiles;

#[async_trait]
impl Files for NoFiles {
    async fn open(&self, file: &FileRef) -> Result<FileStream, FileError> {
        panic!("nobody asked for a file: {file:?}")
    }
}

/// Files whose bytes follow from their number, each as long as its number times a thousand.
#[derive(Default)]
pub(crate) struct Made {
    /// What they say of their length.
    pub(crate) telling: Telling,
    /// The number of one that breaks off in its middle, so many times.
    pub(crate) breaks: Option<(i64, AtomicUsize)>,
    /// The number of one that is not there any more.
    pub(crate) gone: Option<i64>,
    pub(crate) opened: AtomicUsize,
    /// How many are open, and were at most.
    pub(crate) open: Arc<Gauge>,
    /// How many chunks are somewhere on their way, and were at most.
    pub(crate) chunks: Arc<Gauge>,
}

#[derive(Default, Clone, Copy)]
pub(crate) enum Telling {
    #[default]
    Length,
    Nothing,
}

#[derive(Default)]
pub(crate) struct Gauge {
    now: AtomicUsize,
    most: AtomicUsize,
}

/// Counted as long as it lives.
struct Counted {
    bytes: Vec<u8>,
    gauge: Arc<Gauge>,
}

impl Gauge {
    fn count(self: &Arc<Self>, bytes: Vec<u8>) -> Counted {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        let gauge = Arc::clone(self);
        Counted { bytes, gauge }
    }

    pub(crate) fn most(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.gauge.now.fetch_sub(1, Ordering::SeqCst);
    }
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

const CHUNK: usize = 64 * 1024;

pub(crate) fn bytes_of(number: i64) -> Vec<u8> {
    let length = usize::try_from(number).unwrap() * 1000;
    let mut state = u32::try_from(number).unwrap().wrapping_mul(2_654_435_761);
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_le_bytes()[3]
    };
    (0..length).map(|_| next()).collect()
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    hash.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

/// An attachment with that file.
pub(crate) fn attachment(number: i64, kind: MediaKind, name: &str) -> Attachment {
    Attachment {
        name: Some(name.to_owned()),
        bytes: Some(u64::try_from(number).unwrap() * 1000),
        file: Some(FileRef::Telegram(TelegramFile {
            account: AccountId::from_bits(1),
            chat: TelegramChatId(-1_001_234_567_890),
            message: MessageId(1),
            class: TelegramFileClass::Document,
            id: number,
            access_hash: 0,
            reference: vec![],
            dc: 2,
            bytes: None,
        })),
        ..Attachment::new(kind)
    }
}

#[async_trait]
impl Files for Made {
    async fn open(&self, file: &FileRef) -> Result<FileStream, FileError> {
        let FileRef::Telegram(TelegramFile { id, .. }) = file else {
            panic!("{file:?}")
        };
        if self.gone == Some(*id) {
            return Err(FileError::Gone);
        }
        self.opened.fetch_add(1, Ordering::SeqCst);
        let whole = bytes_of(*id);
        let length = whole.len();
        let breaks = self.breaks.as_ref().filter(|(number, left)| {
            let take = |left: usize| left.checked_sub(1);
            number == id
                && left
                    .fetch_update(Ordering::SeqCst, Ordering::SeqCst, take)
                    .is_ok()
        });
        let comes = if breaks.is_some() { length / 2 } else { length };
        let (chunks, open) = (Arc::clone(&self.chunks), self.open.count(Vec::new()));
        let parts = (0..comes.div_ceil(CHUNK)).map(move |part| {
            let _is_open = &open;
            let part = part * CHUNK..comes.min((part + 1) * CHUNK);
            Ok(Bytes::from_owner(chunks.count(whole[part].to_vec())))
        });
        Ok(FileStream {
            bytes: match self.telling {
                Telling::Length => u64::try_from(length).ok(),
                Telling::Nothing => None,
            },
            chunks: Box::pin(stream::iter(parts)),
        })
    }
}

/// All that comes.
pub(crate) async fn whole(mut stream: FileStream) -> Result<Vec<u8>, FileError> {
    let mut whole = Vec::new();
    while let Some(chunk) = stream.chunks.next().await {
        whole.extend_from_slice(&chunk?);
    }
    if let Some(bytes) = stream.bytes {
        assert_eq!(u64::try_from(whole.len()).unwrap(), bytes);
    }
    Ok(whole)
}
