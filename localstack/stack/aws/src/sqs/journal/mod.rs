//! The queues on disk: every operation's changes are committed before the
//! operation is answered.
//!
//! One thread owns the database. It writes whatever has piled up while the last
//! commit was under way as one transaction, so the cost of a commit is shared
//! by all who wait for it.

mod rows;
mod schema;

use std::path::Path;
use std::sync::mpsc;
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::oneshot;

pub(crate) use self::schema::SchemaError;
use super::change::Change;
use super::state::State;
use crate::clock::Timestamp;
use crate::sqlite;

/// Enough to share a commit among many clients, few enough to keep the first
/// of them from waiting long.
const LARGEST_TRANSACTION: usize = 2_048;

#[derive(Debug, thiserror::Error)]
pub(crate) enum JournalError {
    #[error("the database can't be read or written")]
    Sqlite(#[from] rusqlite::Error),
    #[error(transparent)]
    Schema(#[from] SchemaError),
    #[error("a kept {what} makes no sense")]
    Malformed {
        what: &'static str,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("the journal's thread can't be started")]
    Thread(#[source] std::io::Error),
}

impl JournalError {
    /// Whether the file is damaged, as opposed to out of reach.
    pub(crate) fn is_damage(&self) -> bool {
        match self {
            Self::Malformed { .. } => true,
            Self::Sqlite(error) => sqlite::is_damage(error),
            Self::Schema(_) | Self::Thread(_) => false,
        }
    }
}

/// Resolves when the changes are on disk, or to an error when they never will be.
pub(crate) type Committed = oneshot::Receiver<()>;

struct Entry {
    changes: Vec<Change>,
    committed: oneshot::Sender<()>,
}

#[derive(Debug)]
pub(crate) struct Journal {
    entries: mpsc::Sender<Entry>,
    thread: JoinHandle<()>,
}

impl Journal {
    /// Opens or creates the database and reads the queues back.
    pub(crate) fn open(path: &Path, now: Timestamp) -> Result<(Self, State), JournalError> {
        let connection = Connection::open(path)?;
        schema::prepare(&connection)?;
        let state = rows::read(&connection, now)?;
        let (entries, inbox) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("sqs-journal".into())
            .spawn(move || write_entries(connection, &inbox))
            .map_err(JournalError::Thread)?;
        Ok((Self { entries, thread }, state))
    }

    /// Takes changes in the order they were made; call it under the same lock.
    /// With no changes it still waits for those taken before.
    pub(crate) fn take(&self, changes: Vec<Change>) -> Committed {
        let (committed, receiver) = oneshot::channel();
        // When the thread has ended, the entry and with it the sender are
        // dropped, which the receiver sees.
        drop(self.entries.send(Entry { changes, committed }));
        receiver
    }

    /// Writes what is left, and closes the database.
    pub(crate) fn close(self) {
        drop(self.entries);
        if self.thread.join().is_err() {
            tracing::error!("the queues' journal ended in a panic");
        }
    }
}

/// Ends when nobody can send any more, or at the first failure: from then on
/// memory and disk differ, and nothing more may be acknowledged.
fn write_entries(mut connection: Connection, inbox: &mpsc::Receiver<Entry>) {
    while let Ok(first) = inbox.recv() {
        let entries: Vec<Entry> = std::iter::once(first)
            .chain(inbox.try_iter().take(LARGEST_TRANSACTION))
            .collect();
        if let Err(error) = commit(&mut connection, &entries) {
            tracing::error!(%error, "the queues can't be written to disk any more");
            return;
        }
        for entry in entries {
            // The client may have gone in the meantime.
            entry.committed.send(()).ok();
        }
    }
    if let Err((_, error)) = connection.close() {
        tracing::warn!(%error, "the queues' database was not closed cleanly");
    }
}

fn commit(connection: &mut Connection, entries: &[Entry]) -> Result<(), JournalError> {
    if entries.iter().all(|entry| entry.changes.is_empty()) {
        return Ok(());
    }
    let transaction = connection.transaction()?;
    for change in entries.iter().flat_map(|entry| &entry.changes) {
        rows::write(&transaction, change)?;
    }
    transaction.commit()?;
    Ok(())
}

#[cfg(test)]
pub(crate) mod testing {
    //! The rows without the thread, to compare what was kept with what was meant.

    use super::*;

    pub(crate) struct Rows(Connection);

    impl Rows {
        pub(crate) fn in_memory() -> Self {
            let connection = Connection::open_in_memory().unwrap();
            schema::prepare(&connection).unwrap();
            Self(connection)
        }

        pub(crate) fn write(&self, changes: &[Change]) {
            for change in changes {
                rows::write(&self.0, change).unwrap();
            }
        }

        pub(crate) fn read(&self, now: Timestamp) -> State {
            rows::read(&self.0, now).unwrap()
        }
    }
}
