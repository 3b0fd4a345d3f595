//! What the simulators share.
//!
//! A simulator's state changes only through commands. Each command is written to a
//! [`Journal`] before its effect is answered, and applying the same commands in the same
//! order gives the same state: so a simulator killed at any moment comes back as it was.
//! The bytes of files lie beside the journal, in [`Blobs`]; commands name them by their hash.

mod blobs;
mod generated;
mod journal;

pub use blobs::{Blob, BlobWriter, Blobs};
pub use generated::Generated;
pub use journal::{Entry, Journal, JournalError};
