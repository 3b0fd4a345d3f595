//! Files from elsewhere, as the core would open them.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream;
use patchbay_app::ports::{FileError, FileStream, Files};
use patchbay_domain::file::DiscordFile;
use patchbay_domain::{Attachment, FileRef, MediaKind};
use sha2::{Digest, Sha256};

const CHUNK: usize = 100_000;

/// Hands files out in chunks and counts what it gave.
#[derive(Default)]
pub(crate) struct Shelf {
    files: Mutex<HashMap<String, Kept>>,
    pub(crate) counts: Arc<Counts>,
}

#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) opened: AtomicU64,
    pub(crate) given: AtomicU64,
    /// Bytes of chunks that are still held by whoever took them.
    held: AtomicI64,
    pub(crate) most_held: AtomicI64,
}

#[derive(Clone)]
struct Kept {
    bytes: usize,
    /// What is told about the length.
    told: Option<u64>,
    fails: Option<FileError>,
}

impl Shelf {
    pub(crate) fn put(&self, kind: MediaKind, bytes: usize) -> Attachment {
        let told = u64::try_from(bytes).unwrap();
        self.keep(kind, bytes, Some(told), None)
    }

    /// One whose length nobody tells beforehand.
    pub(crate) fn put_untold(&self, kind: MediaKind, bytes: usize) -> Attachment {
        self.keep(kind, bytes, None, None)
    }

    /// One that is longer or shorter than it is told to be.
    pub(crate) fn put_mistold(&self, kind: MediaKind, bytes: usize, told: u64) -> Attachment {
        self.keep(kind, bytes, Some(told), None)
    }

    pub(crate) fn put_failing(&self, kind: MediaKind, error: FileError) -> Attachment {
        self.keep(kind, 1, Some(1), Some(error))
    }

    fn keep(
        &self,
        kind: MediaKind,
        bytes: usize,
        told: Option<u64>,
        fails: Option<FileError>,
    ) -> Attachment {
        let mut files = self.files.lock().unwrap();
        let url = format!("https://cdn.example/{}", files.len());
        files.insert(url.clone(), Kept { bytes, told, fails });
        let attachment = None;
        Attachment {
            bytes: told,
            file: Some(FileRef::Discord(DiscordFile { url, attachment })),
            ..Attachment::new(kind)
        }
    }

    pub(crate) fn opened(&self) -> u64 {
        self.counts.opened.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Files for Shelf {
    async fn open(&self, file: &FileRef) -> Result<FileStream, FileError> {
        let FileRef::Discord(file) = file else {
            panic!("{file:?} is on Telegram already")
        };
        let kept = self.files.lock().unwrap()[&file.url].clone();
        if let Some(error) = kept.fails {
            return Err(error);
        }
        self.counts.opened.fetch_add(1, Ordering::SeqCst);
        let counts = Arc::clone(&self.counts);
        let chunks = stream::unfold(0, move |at| {
            let end = kept.bytes.min(at + CHUNK);
            let chunk = (at < end).then(|| chunk(at, end, &counts));
            async move { chunk.map(|chunk| (Ok(chunk), end)) }
        });
        Ok(FileStream {
            bytes: kept.told,
            chunks: Box::pin(chunks),
        })
    }
}

/// A chunk that is counted as held until it is dropped.
struct Lent {
    bytes: Vec<u8>,
    counts: Arc<Counts>,
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let bytes = i64::try_from(self.bytes.len()).unwrap();
        self.counts.held.fetch_sub(bytes, Ordering::SeqCst);
    }
}

fn chunk(from: usize, to: usize, counts: &Arc<Counts>) -> Bytes {
    let length = to - from;
    counts.given.fetch_add(length as u64, Ordering::SeqCst);
    let bytes = i64::try_from(length).unwrap();
    let held = counts.held.fetch_add(bytes, Ordering::SeqCst) + bytes;
    counts.most_held.fetch_max(held, Ordering::SeqCst);
    Bytes::from_owner(Lent {
        bytes: content(from, to),
        counts: Arc::clone(counts),
    })
}

/// No two stretches of it are alike.
fn content(from: usize, to: usize) -> Vec<u8> {
    let byte = |at: usize| u8::try_from((at ^ (at >> 8) ^ (at >> 16)) & 0xff).unwrap();
    (from..to).map(byte).collect()
}

pub(crate) fn sha256(bytes: usize) -> String {
    let mut hash = Sha256::new();
    for from in (0..bytes).step_by(CHUNK) {
        hash.update(content(from, bytes.min(from + CHUNK)));
    }
    let hex: Vec<String> = hash
        .finalize()
        .iter()
        .map(|it| format!("{it:02x}"))
        .collect();
    hex.concat()
}
