//! What `SQLite`'s errors say about a file.

use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
use rusqlite::ffi::SQLITE_IOERR_SHORT_READ;

/// Whether the file is damaged, as opposed to out of reach. A page that is cut
/// off counts as an I/O error, and is damage all the same.
pub(crate) fn is_damage(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|error| {
        matches!(error.code, NotADatabase | DatabaseCorrupt)
            || error.extended_code == SQLITE_IOERR_SHORT_READ
    })
}
