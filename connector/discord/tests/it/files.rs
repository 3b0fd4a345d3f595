//! Files that a test makes up.

use async_trait::async_trait;
use patchbay_app::ports::{FileError, FileStream, Files};
use patchbay_domain::FileRef;

/// For messages without files.
pub(crate) struct NoFiles;

#[async_trait]
impl Files for NoFiles {
    async fn open(&self, file: &FileRef) -> Result<FileStream, FileError> {
        panic!("nobody asked for a file: {file:?}")
    }
}
