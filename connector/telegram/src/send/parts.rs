//! A file cut into parts as it comes.

use bytes::Bytes;
use futures_util::StreamExt;
use patchbay_app::ports::{FileError, FileStream};

/// core.telegram.org/api/files: all parts but the last one have the same size, at most this.
pub(super) const PART: usize = 512 << 10;

#[derive(Debug)]
pub(super) struct Part {
    pub(super) number: i32,
    pub(super) bytes: Vec<u8>,
    pub(super) is_last: bool,
}

/// Holds the part that comes next, and with it knows which one is the last.
pub(super) struct Parts {
    file: FileStream,
    has_ended: bool,
    came: u64,
    rest: Bytes,
    ahead: Option<Vec<u8>>,
    next: i32,
}

impl Parts {
    pub(super) fn of(file: FileStream) -> Self {
        Self {
            file,
            has_ended: false,
            came: 0,
            rest: Bytes::new(),
            ahead: None,
            next: 0,
        }
    }

    /// Nothing after the last one. What is not as long as its source told is not whole, or not
    /// what was meant.
    pub(super) async fn next(&mut self) -> Result<Option<Part>, FileError> {
        let bytes = match self.ahead.take() {
            Some(bytes) => bytes,
            None => self.read().await?,
        };
        if bytes.is_empty() {
            return Ok(None);
        }
        let ahead = self.read().await?;
        let is_last = ahead.is_empty();
        self.ahead = Some(ahead);
        let number = self.next;
        self.next += 1;
        Ok(Some(Part {
            number,
            bytes,
            is_last,
        }))
    }

    async fn read(&mut self) -> Result<Vec<u8>, FileError> {
        let mut part = Vec::new();
        while part.len() < PART {
            if self.rest.is_empty() {
                self.rest = self.chunk().await?;
            }
            if self.has_ended {
                break;
            }
            let taken = self.rest.len().min(PART - part.len());
            part.extend_from_slice(&self.rest.split_to(taken));
        }
        self.count(part.len())?;
        Ok(part)
    }

    /// Empty at the end.
    async fn chunk(&mut self) -> Result<Bytes, FileError> {
        if self.has_ended {
            return Ok(Bytes::new());
        }
        let chunk = self.file.chunks.next().await;
        self.has_ended = chunk.is_none();
        chunk.unwrap_or_else(|| Ok(Bytes::new()))
    }

    fn count(&mut self, bytes: usize) -> Result<(), FileError> {
        self.came += u64::try_from(bytes).unwrap_or(u64::MAX);
        let ended = bytes < PART;
        match self.file.bytes {
            Some(told) if self.came > told || (ended && self.came < told) => {
                let came = self.came;
                let why = format!("{came} bytes came of a file of {told}");
                Err(FileError::Retry { why })
            }
            Some(_) | None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    async fn lengths(
        told: Option<u64>,
        chunks: &[usize],
    ) -> Result<Vec<(i32, usize, bool)>, FileError> {
        let chunks: Vec<_> = chunks
            .iter()
            .map(|length| Ok(Bytes::from(vec![7; *length])))
            .collect();
        let mut parts = Parts::of(FileStream {
            bytes: told,
            chunks: Box::pin(stream::iter(chunks)),
        });
        let mut lengths = Vec::new();
        while let Some(part) = parts.next().await? {
            lengths.push((part.number, part.bytes.len(), part.is_last));
        }
        Ok(lengths)
    }

    #[tokio::test]
    async fn every_part_but_the_last_is_full() {
        let rows: [(&[usize], &[usize]); 6] = [
            (&[], &[]),
            (&[0, 3, 4], &[7]),
            (&[PART], &[PART]),
            (&[PART - 1, 1, 1], &[PART, 1]),
            (&[3 * PART], &[PART, PART, PART]),
            (&[2 * PART + 5, PART], &[PART, PART, PART, 5]),
        ];
        for (chunks, expected) in rows {
            let whole = chunks.iter().sum::<usize>() as u64;
            for told in [None, Some(whole)] {
                let parts = lengths(told, chunks).await.unwrap();
                let cut: Vec<usize> = parts.iter().map(|(_, length, _)| *length).collect();
                assert_eq!(cut, expected, "{chunks:?}");
                for (at, (number, _, is_last)) in parts.iter().enumerate() {
                    assert_eq!(usize::try_from(*number), Ok(at));
                    assert_eq!(*is_last, at + 1 == parts.len());
                }
            }
        }
    }

    #[tokio::test]
    async fn a_file_of_another_length_than_told_is_none() {
        for (told, chunks) in [
            (8, vec![7]),
            (6, vec![7]),
            (1, vec![]),
            (PART as u64, vec![PART, 1]),
            (PART as u64 + 1, vec![PART]),
        ] {
            let cut = lengths(Some(told), &chunks).await;
            assert!(matches!(cut, Err(FileError::Retry { .. })), "{cut:?}");
        }
    }
}
