use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tempfile::{NamedTempFile, TempDir};

/// Content that is kept under its own hash: how long it is, and its SHA-256 in hex.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blob {
    pub sha256: String,
    pub size: u64,
}

/// Files by the hash of their content, in a folder of their own. Equal contents are kept once.
///
/// A file appears under its name only when all of it is written, so a kill of the process
/// leaves whole files and, in `incoming`, some that nobody refers to.
#[derive(Debug)]
pub struct Blobs {
    folder: PathBuf,
    /// Deletes the folder at the end, for a simulator that lives in memory only.
    _temporary: Option<TempDir>,
}

const INCOMING: &str = "incoming";

impl Blobs {
    /// Opens or creates the folder. What was never finished in it is deleted.
    pub fn open(folder: &Path) -> io::Result<Self> {
        prepare(folder)?;
        Ok(Self {
            folder: folder.to_owned(),
            _temporary: None,
        })
    }

    pub fn temporary() -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        prepare(folder.path())?;
        Ok(Self {
            folder: folder.path().to_owned(),
            _temporary: Some(folder),
        })
    }

    /// Starts a file whose content comes piece by piece.
    pub fn writer(&self) -> io::Result<BlobWriter> {
        Ok(BlobWriter {
            file: self.scratch()?,
            hash: Sha256::new(),
            size: 0,
        })
    }

    /// A file that is gone when it is dropped.
    pub fn scratch(&self) -> io::Result<NamedTempFile> {
        NamedTempFile::new_in(self.folder.join(INCOMING))
    }

    pub fn keep(&self, writer: BlobWriter) -> io::Result<Blob> {
        let blob = Blob {
            sha256: hex(&writer.hash.finalize()),
            size: writer.size,
        };
        let path = self.path(&blob);
        if !path.exists() {
            writer.file.persist(path)?;
        }
        Ok(blob)
    }

    /// At most `limit` bytes from `offset` on; none beyond the end.
    pub fn read(&self, blob: &Blob, offset: u64, limit: usize) -> io::Result<Vec<u8>> {
        let mut file = self.file(blob)?;
        file.seek(SeekFrom::Start(offset))?;
        let left = usize::try_from(blob.size.saturating_sub(offset)).unwrap_or(limit);
        let mut bytes = Vec::with_capacity(limit.min(left));
        file.take(limit as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    pub fn file(&self, blob: &Blob) -> io::Result<File> {
        File::open(self.path(blob))
    }

    fn path(&self, blob: &Blob) -> PathBuf {
        self.folder.join(&blob.sha256)
    }
}

/// A file on its way into [`Blobs`]. Dropping it leaves nothing.
#[derive(Debug)]
pub struct BlobWriter {
    file: NamedTempFile,
    hash: Sha256,
    size: u64,
}

impl BlobWriter {
    pub fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.hash.update(bytes);
        self.size += bytes.len() as u64;
        Ok(())
    }

    pub fn size(&self) -> u64 {
        self.size
    }
}

fn prepare(folder: &Path) -> io::Result<()> {
    let incoming = folder.join(INCOMING);
    if incoming.exists() {
        std::fs::remove_dir_all(&incoming)?;
    }
    std::fs::create_dir_all(incoming)
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(blobs: &Blobs, pieces: &[&[u8]]) -> Blob {
        let mut writer = blobs.writer().unwrap();
        for piece in pieces {
            writer.append(piece).unwrap();
        }
        blobs.keep(writer).unwrap()
    }

    #[test]
    fn equal_contents_are_one_file_and_survive_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(folder.path()).unwrap();
        let blob = kept(&blobs, &[b"a", b"bc"]);
        assert_eq!(blob, kept(&blobs, &[b"abc"]));
        assert_eq!(
            blob.sha256,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        drop(blobs);
        let blobs = Blobs::open(folder.path()).unwrap();
        assert_eq!(blobs.read(&blob, 1, 10).unwrap(), b"bc");
        assert_eq!(blobs.read(&blob, 3, 10).unwrap(), b"");
        let files = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(files, 2, "the content and the folder of what comes in");
    }

    #[test]
    fn what_was_not_finished_is_deleted_at_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(folder.path()).unwrap();
        let left = blobs.scratch().unwrap().keep().unwrap().1;
        assert!(left.exists());
        Blobs::open(folder.path()).unwrap();
        assert!(!left.exists());
    }
}
