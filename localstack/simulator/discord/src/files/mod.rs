//! The bytes of files: on disk, each content once, named by its hash.
//!
//! The journal keeps hashes only. A content is whole on disk before a change that names it is
//! written down, so whatever the journal knows of is there after a kill.

mod content;
mod media_type;
mod picture;

use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tempfile::{NamedTempFile, TempDir};
use tokio::fs::File;
use tokio::io::AsyncWriteExt;

pub(crate) use content::{Content, ContentError};
pub(crate) use media_type::media_type_of;

use crate::entropy::{NoEntropy, hex, random_bytes};
use picture::{Picture, SNIFFED};

/// Under this name, beside the contents, stands what links to them are signed with.
const KEY: &str = "key";
const KEY_BYTES: usize = 32;

#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    #[error("the files in {folder} cannot be read or written; look at its rights and at the space")]
    Io {
        folder: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("the key that links are signed with cannot be made")]
    Entropy(#[from] NoEntropy),
}

/// A content that is on disk.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) sha256: String,
    pub(crate) size: u64,
    /// What its first bytes say it shows.
    pub(crate) picture: Option<Picture>,
}

/// Where contents are kept.
#[derive(Debug)]
pub(crate) struct Files {
    folder: PathBuf,
    key: Vec<u8>,
    /// Without a journal nothing is kept: the folder goes away with the simulator.
    _temporary: Option<TempDir>,
}

impl Files {
    /// The folder beside the journal, or one that does not outlive the simulator.
    pub(crate) fn open(journal: Option<&Path>) -> Result<Self, FilesError> {
        let failed = |folder: &Path| {
            let folder = folder.to_owned();
            move |source| FilesError::Io { folder, source }
        };
        let temporary = match journal {
            Some(_) => None,
            None => Some(TempDir::new().map_err(failed(&std::env::temp_dir()))?),
        };
        let folder = match (&temporary, journal) {
            (Some(temporary), _) => temporary.path().to_owned(),
            (None, Some(journal)) => journal.with_extension("files"),
            (None, None) => PathBuf::new(),
        };
        let mut files = Self {
            folder,
            key: Vec::new(),
            _temporary: temporary,
        };
        files.prepare().map_err(failed(&files.folder))?;
        let key = files.folder.join(KEY);
        files.key = match std::fs::read(&key) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let bytes = random_bytes::<KEY_BYTES>()?.to_vec();
                std::fs::write(&key, &bytes).map_err(failed(&files.folder))?;
                bytes
            }
            Err(error) => return Err(failed(&files.folder)(error)),
        };
        Ok(files)
    }

    /// What was still being written when the process ended was never acknowledged.
    fn prepare(&self) -> io::Result<()> {
        let incoming = self.incoming();
        if incoming.exists() {
            std::fs::remove_dir_all(&incoming)?;
        }
        std::fs::create_dir_all(incoming)?;
        std::fs::create_dir_all(self.folder.join("contents"))
    }

    pub(crate) fn key(&self) -> &[u8] {
        &self.key
    }

    fn incoming(&self) -> PathBuf {
        self.folder.join("incoming")
    }

    fn path(&self, sha256: &str) -> PathBuf {
        self.folder.join("contents").join(sha256)
    }

    pub(crate) fn failed(&self, source: io::Error) -> FilesError {
        FilesError::Io {
            folder: self.folder.clone(),
            source,
        }
    }

    pub(crate) async fn read(&self, sha256: &str) -> Result<File, FilesError> {
        let file = File::open(self.path(sha256)).await;
        file.map_err(|source| self.failed(source))
    }

    /// A content that is going to be written. Dropped unfinished, it leaves nothing.
    pub(crate) fn write(&self) -> Result<Incoming<'_>, FilesError> {
        let begun = || {
            let named = NamedTempFile::new_in(self.incoming())?;
            let file = File::from_std(named.as_file().try_clone()?);
            Ok((named, file))
        };
        let (named, file) = begun().map_err(|source| self.failed(source))?;
        Ok(Incoming {
            files: self,
            named,
            file,
            hash: Sha256::new(),
            size: 0,
            head: Vec::new(),
        })
    }
}

/// A content on its way to the disk.
pub(crate) struct Incoming<'a> {
    files: &'a Files,
    named: NamedTempFile,
    file: File,
    hash: Sha256,
    size: u64,
    head: Vec<u8>,
}

impl Incoming<'_> {
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) -> Result<(), FilesError> {
        let wanted = SNIFFED.saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend_from_slice(&bytes[..wanted]);
        self.hash.update(bytes);
        self.size += bytes.len() as u64;
        let written = self.file.write_all(bytes).await;
        written.map_err(|source| self.files.failed(source))
    }

    pub(crate) async fn finish(mut self) -> Result<Stored, FilesError> {
        let flushed = self.file.flush().await;
        flushed.map_err(|source| self.files.failed(source))?;
        let sha256 = hex(&self.hash.finalize());
        let path = self.files.path(&sha256);
        if !path.exists() {
            let persisted = self.named.persist(path);
            persisted.map_err(|error| self.files.failed(error.error))?;
        }
        Ok(Stored {
            sha256,
            size: self.size,
            picture: Picture::of(&self.head),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(folder: &Path) -> usize {
        std::fs::read_dir(folder).unwrap().count()
    }

    #[tokio::test]
    async fn what_was_not_finished_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let journal = folder.path().join("a.journal");
        let files = Files::open(Some(&journal)).unwrap();
        let mut dropped = files.write().unwrap();
        dropped.write(b"half").await.unwrap();
        assert_eq!(entries(&files.incoming()), 1);
        drop(dropped);
        assert_eq!(entries(&files.incoming()), 0);

        // What a killed process leaves is cleared away at the next start; the key stays.
        std::fs::write(files.incoming().join("left"), "half").unwrap();
        let again = Files::open(Some(&journal)).unwrap();
        assert_eq!(entries(&again.incoming()), 0);
        assert_eq!(again.key(), files.key());
    }

    #[tokio::test]
    async fn one_content_is_kept_once() {
        let files = Files::open(None).unwrap();
        for _ in 0..2 {
            let mut incoming = files.write().unwrap();
            incoming.write(b"same").await.unwrap();
            let stored = incoming.finish().await.unwrap();
            assert_eq!(stored.size, 4);
            assert!(files.read(&stored.sha256).await.is_ok());
        }
        assert_eq!(entries(&files.folder.join("contents")), 1);
        assert_eq!(entries(&files.incoming()), 0);
    }
}
