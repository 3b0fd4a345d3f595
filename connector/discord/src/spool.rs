//! Files of unknown length on their way: they are kept on disk until it is known.

use std::io::{Read, Seek, SeekFrom, Write};

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use patchbay_app::ports::{FileError, FileStream};
use tokio::task::spawn_blocking;

pub(crate) type Chunks = std::pin::Pin<Box<dyn Stream<Item = Result<Bytes, FileError>> + Send>>;

/// A file without a name, which is gone with this.
pub(crate) struct Spool {
    file: std::fs::File,
    pub(crate) bytes: u64,
}

impl Spool {
    const CHUNK: usize = 64 * 1024;

    /// Reads a file to its end. Nothing, if it has more bytes than are allowed.
    pub(crate) async fn keep(mut stream: FileStream, most: u64) -> Result<Option<Self>, FileError> {
        let mut file = blocking(tempfile::tempfile).await?;
        let mut bytes = 0;
        while let Some(chunk) = stream.chunks.next().await {
            let chunk = chunk?;
            bytes += u64::try_from(chunk.len()).unwrap_or(u64::MAX);
            if bytes > most {
                return Ok(None);
            }
            file = blocking(move || file.write_all(&chunk).map(|()| file)).await?;
        }
        Ok(Some(Self { file, bytes }))
    }

    /// From its beginning. One reader at a time: they share the place.
    pub(crate) async fn read(&self) -> Result<Chunks, FileError> {
        let clone = self.file.try_clone().map_err(of_disk)?;
        let begin = move || {
            let mut file = clone;
            file.seek(SeekFrom::Start(0)).map(|_| file)
        };
        let file = blocking(begin).await?;
        let chunks = stream::try_unfold(file, |mut file| async {
            let read = move || {
                let mut chunk = vec![0; Self::CHUNK];
                let read = file.read(&mut chunk)?;
                chunk.truncate(read);
                Ok((Bytes::from(chunk), file))
            };
            let (chunk, file) = blocking(read).await?;
            Ok((!chunk.is_empty()).then_some((chunk, file)))
        });
        Ok(Box::pin(chunks))
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T, FileError> {
    match spawn_blocking(work).await {
        Ok(done) => done.map_err(of_disk),
        Err(panicked) => Err(FileError::Retry {
            why: panicked.to_string(),
        }),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn of_disk(error: std::io::Error) -> FileError {
    FileError::Retry {
        why: format!("the disk: {error}"),
    }
}
