//! Tables, and the version they are at.

use rusqlite::Connection;

const VERSION: i32 = 1;

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS queues (
        name TEXT PRIMARY KEY,
        record TEXT NOT NULL
    ) WITHOUT ROWID, STRICT;

    CREATE TABLE IF NOT EXISTS messages (
        sequence INTEGER PRIMARY KEY,
        queue TEXT NOT NULL,
        id TEXT NOT NULL,
        body TEXT NOT NULL,
        attributes TEXT,
        system_attributes TEXT,
        message_group TEXT,
        deduplication_id TEXT,
        sequence_number INTEGER,
        enqueued_at INTEGER NOT NULL,
        dead_letter_source TEXT,
        visible_at INTEGER NOT NULL,
        -- NULL while the message waits
        received_at INTEGER,
        receive_count INTEGER NOT NULL,
        first_received_at INTEGER
    ) STRICT;
    CREATE INDEX IF NOT EXISTS messages_by_queue ON messages (queue);

    CREATE TABLE IF NOT EXISTS duplicates (
        queue TEXT NOT NULL,
        -- empty where the queue deduplicates over all groups
        message_group TEXT NOT NULL,
        deduplication_id TEXT NOT NULL,
        message_id TEXT NOT NULL,
        sequence_number INTEGER NOT NULL,
        expires_at INTEGER NOT NULL,
        PRIMARY KEY (queue, message_group, deduplication_id)
    ) WITHOUT ROWID, STRICT;
    CREATE INDEX IF NOT EXISTS duplicates_by_expiry ON duplicates (queue, expires_at);

    CREATE TABLE IF NOT EXISTS moves (
        handle TEXT PRIMARY KEY,
        started_at INTEGER NOT NULL,
        task TEXT NOT NULL
    ) WITHOUT ROWID, STRICT;

    CREATE TABLE IF NOT EXISTS sequences (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        reserved_below INTEGER NOT NULL
    ) STRICT;
";

#[derive(Debug, thiserror::Error)]
pub(crate) enum SchemaError {
    #[error("the database is of version {found}, and this program knows versions up to {VERSION}")]
    Newer { found: i32 },
}

/// A commit waits for the disk (`synchronous = FULL`): what was acknowledged
/// outlives a power cut, not just the process.
pub(super) fn prepare(connection: &Connection) -> Result<(), super::JournalError> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    let found: i32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > VERSION {
        return Err(SchemaError::Newer { found }.into());
    }
    connection.execute_batch(TABLES)?;
    connection.pragma_update(None, "user_version", VERSION)?;
    Ok(())
}
