//! The data folder, which belongs to one process at a time.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::error::StartError;

const LOCK: &str = "lock";

/// Holds the folder's lock until it is dropped. The lock belongs to the open
/// file, so the operating system frees it however the process ends.
#[derive(Debug)]
pub(crate) struct DataFolder {
    path: PathBuf,
    _lock: File,
}

impl DataFolder {
    pub(crate) fn open(path: &Path) -> Result<Self, StartError> {
        let unusable = |source| StartError::FolderUnusable {
            folder: path.to_owned(),
            source,
        };
        create(path).map_err(unusable)?;
        let mut lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path.join(LOCK))
            .map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let process = read_process(&mut lock);
                return Err(StartError::FolderInUse {
                    folder: path.to_owned(),
                    process,
                });
            }
            Err(TryLockError::Error(source)) => return Err(unusable(source)),
        }
        write_process(&mut lock).map_err(unusable)?;
        Ok(Self {
            path: path.to_owned(),
            _lock: lock,
        })
    }

    pub(crate) fn dynamodb(&self) -> PathBuf {
        self.path.join("dynamodb.sqlite")
    }

    pub(crate) fn sqs(&self) -> PathBuf {
        self.path.join("sqs.sqlite")
    }

    pub(crate) fn secrets(&self) -> PathBuf {
        self.path.join("secrets.json")
    }
}

/// What is in there is for its owner's eyes only.
fn create(path: &Path) -> Result<(), std::io::Error> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Who holds the lock, if that can be read: only to name it to a person.
fn read_process(lock: &mut File) -> Option<u32> {
    let mut text = String::new();
    lock.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

fn write_process(lock: &mut File) -> Result<(), std::io::Error> {
    lock.set_len(0)?;
    lock.rewind()?;
    writeln!(lock, "{}", std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_opened_once_and_again_when_it_is_closed() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("deep/data");
        let folder = DataFolder::open(&path).unwrap();
        let refused = DataFolder::open(&path).unwrap_err();
        let StartError::FolderInUse {
            folder: named,
            process,
        } = refused
        else {
            panic!("{refused:?}")
        };
        assert_eq!((named, process), (path.clone(), Some(std::process::id())));
        drop(folder);
        DataFolder::open(&path).unwrap();
    }

    #[test]
    fn a_folder_that_is_a_file_is_unusable() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let refused = DataFolder::open(file.path()).unwrap_err();
        assert!(
            matches!(refused, StartError::FolderUnusable { .. }),
            "{refused:?}"
        );
    }
}
