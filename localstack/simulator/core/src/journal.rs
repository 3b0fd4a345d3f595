use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// One command and the moment (Unix milliseconds) at which it was applied.
///
/// The moment is part of the entry, so that replaying reads no clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry<C> {
    pub at: i64,
    pub command: C,
}

#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("journal {path}: cannot be read or written")]
    Io {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error(
        "journal {path}: line {line} is not a command of this version; move the file away to start anew"
    )]
    Corrupt {
        path: PathBuf,
        line: usize,
        #[source]
        source: serde_json::Error,
    },
}

/// An append-only file of commands, one JSON document a line.
///
/// Every append is one `write(2)` that has returned before `append` does, so a kill of the
/// process loses nothing that was acknowledged. A last line without its newline was never
/// acknowledged and is cut off when the journal is opened.
#[derive(Debug)]
pub struct Journal {
    /// `None` keeps nothing: a simulator that lives in memory only.
    file: Option<(PathBuf, File)>,
}

impl Journal {
    pub fn in_memory() -> Self {
        Self { file: None }
    }

    /// Opens or creates the file and hands every entry in it to `replay`, oldest first.
    pub fn open<C: DeserializeOwned>(
        path: &Path,
        mut replay: impl FnMut(Entry<C>),
    ) -> Result<Self, JournalError> {
        let failed = |source| JournalError::Io {
            path: path.to_owned(),
            source,
        };
        let mut file = OpenOptions::new()
            .create(true)
            .read(true)
            .append(true)
            .open(path)
            .map_err(failed)?;
        let mut reader = BufReader::new(&mut file);
        let (mut whole, mut number, mut line) = (0_u64, 0, String::new());
        loop {
            line.clear();
            let length = reader.read_line(&mut line).map_err(failed)?;
            if length == 0 || !line.ends_with('\n') {
                break;
            }
            number += 1;
            let entry = serde_json::from_str(&line).map_err(|source| JournalError::Corrupt {
                path: path.to_owned(),
                line: number,
                source,
            })?;
            replay(entry);
            whole += length as u64;
        }
        file.set_len(whole).map_err(failed)?;
        file.seek(SeekFrom::End(0)).map_err(failed)?;
        Ok(Self {
            file: Some((path.to_owned(), file)),
        })
    }

    pub fn append<C: Serialize>(&mut self, entry: &Entry<C>) -> Result<(), JournalError> {
        let Some((path, file)) = &mut self.file else {
            return Ok(());
        };
        let failed = |source| JournalError::Io {
            path: path.clone(),
            source,
        };
        let mut line = serde_json::to_vec(entry).map_err(|error| failed(error.into()))?;
        line.push(b'\n');
        file.write_all(&line).map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replayed(path: &Path) -> (Journal, Vec<Entry<String>>) {
        let mut entries = Vec::new();
        let journal = Journal::open(path, |entry| entries.push(entry)).unwrap();
        (journal, entries)
    }

    #[test]
    fn what_was_appended_is_replayed_and_a_torn_line_is_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let first = Entry {
            at: 1,
            command: "a".to_owned(),
        };
        let second = Entry {
            at: 2,
            command: "b".to_owned(),
        };
        replayed(&path).0.append(&first).unwrap();
        OpenOptions::new()
            .append(true)
            .open(&path)
            .unwrap()
            .write_all(b"{\"at\":9,\"com")
            .unwrap();

        let (mut journal, entries) = replayed(&path);
        assert_eq!(entries, std::slice::from_ref(&first));
        journal.append(&second).unwrap();
        assert_eq!(replayed(&path).1, [first, second]);
    }

    #[test]
    fn a_line_that_is_no_command_names_the_file_and_the_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        std::fs::write(&path, "nonsense\n").unwrap();
        let error = Journal::open(&path, |_: Entry<String>| {}).unwrap_err();
        assert!(
            matches!(error, JournalError::Corrupt { line: 1, .. }),
            "{error:?}"
        );
    }
}
