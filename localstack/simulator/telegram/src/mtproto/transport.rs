//! The framings full, abridged, intermediate and padded intermediate, told apart by the first
//! bytes that a client sends.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

const LONGEST_FRAME: usize = 4 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transport {
    Full,
    Abridged,
    Intermediate,
    PaddedIntermediate,
}

#[derive(Debug)]
pub(crate) struct FrameReader<R> {
    stream: R,
    transport: Transport,
    /// Bytes of the first frame that were read to tell the transport.
    pending: Vec<u8>,
    sequence: u32,
}

#[derive(Debug)]
pub(crate) struct FrameWriter<W> {
    stream: W,
    transport: Transport,
    sequence: u32,
}

pub(crate) async fn accept<R, W>(
    mut reader: R,
    writer: W,
) -> io::Result<(FrameReader<R>, FrameWriter<W>)>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let mut head = [0; 4];
    reader.read_exact(&mut head[..1]).await?;
    let (transport, pending) = if head[0] == 0xef {
        (Transport::Abridged, Vec::new())
    } else {
        reader.read_exact(&mut head[1..]).await?;
        match head {
            [0xee, 0xee, 0xee, 0xee] => (Transport::Intermediate, Vec::new()),
            [0xdd, 0xdd, 0xdd, 0xdd] => (Transport::PaddedIntermediate, Vec::new()),
            length => (Transport::Full, length.to_vec()),
        }
    };
    Ok((
        FrameReader {
            stream: reader,
            transport,
            pending,
            sequence: 0,
        },
        FrameWriter {
            stream: writer,
            transport,
            sequence: 0,
        },
    ))
}

impl<R: AsyncRead + Unpin> FrameReader<R> {
    pub(crate) async fn next(&mut self) -> io::Result<Vec<u8>> {
        match self.transport {
            Transport::Full => self.full().await,
            Transport::Abridged => {
                let head = self.exactly(1).await?;
                let words = match head[0] & 0x7f {
                    0x7f => {
                        let more = self.exactly(3).await?;
                        u32::from_le_bytes([more[0], more[1], more[2], 0])
                    }
                    short => u32::from(short),
                };
                self.exactly(length(words.saturating_mul(4))?).await
            }
            Transport::Intermediate | Transport::PaddedIntermediate => {
                let head = self.word().await?;
                self.exactly(length(head & 0x7fff_ffff)?).await
            }
        }
    }

    async fn full(&mut self) -> io::Result<Vec<u8>> {
        let head = self.word().await?;
        let whole = length(head)?;
        if whole < 12 {
            return Err(broken("a full frame is shorter than its own fields"));
        }
        let rest = self.exactly(whole - 4).await?;
        let (checked, sum) = rest.split_at(rest.len() - 4);
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&head.to_le_bytes());
        hasher.update(checked);
        if hasher.finalize().to_le_bytes() != *sum {
            return Err(broken("a full frame's checksum is wrong"));
        }
        if checked[..4] != self.sequence.to_le_bytes() {
            return Err(broken("a full frame is out of sequence"));
        }
        self.sequence += 1;
        Ok(checked[4..].to_vec())
    }

    async fn word(&mut self) -> io::Result<u32> {
        let bytes = self.exactly(4).await?;
        Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    async fn exactly(&mut self, count: usize) -> io::Result<Vec<u8>> {
        let mut bytes = std::mem::take(&mut self.pending);
        let have = bytes.len();
        bytes.resize(count, 0);
        self.stream.read_exact(&mut bytes[have..]).await?;
        Ok(bytes)
    }
}

impl<W: AsyncWrite + Unpin> FrameWriter<W> {
    pub(crate) async fn send(&mut self, data: &[u8]) -> io::Result<()> {
        let mut frame = Vec::with_capacity(data.len() + 16);
        match self.transport {
            Transport::Full => {
                frame.extend(word(data.len() + 12)?.to_le_bytes());
                frame.extend(self.sequence.to_le_bytes());
                frame.extend(data);
                frame.extend(crc32fast::hash(&frame).to_le_bytes());
                self.sequence += 1;
            }
            Transport::Abridged => {
                let words = word(data.len() / 4)?;
                match u8::try_from(words) {
                    Ok(short) if short < 0x7f => frame.push(short),
                    Ok(_) | Err(_) => {
                        frame.push(0x7f);
                        frame.extend(&words.to_le_bytes()[..3]);
                    }
                }
                frame.extend(data);
            }
            Transport::Intermediate | Transport::PaddedIntermediate => {
                frame.extend(word(data.len())?.to_le_bytes());
                frame.extend(data);
            }
        }
        self.stream.write_all(&frame).await
    }

    /// A transport error such as 404, unknown auth key. The full transport has it in place of
    /// a length.
    pub(crate) async fn send_error(&mut self, code: i32) -> io::Result<()> {
        let bytes = (-code).to_le_bytes();
        if self.transport == Transport::Full {
            self.stream.write_all(&bytes).await
        } else {
            self.send(&bytes).await
        }
    }

    pub(crate) async fn close(mut self) -> io::Result<()> {
        self.stream.shutdown().await
    }
}

fn length(bytes: u32) -> io::Result<usize> {
    usize::try_from(bytes)
        .ok()
        .filter(|length| *length <= LONGEST_FRAME)
        .ok_or_else(|| broken("a frame is too long"))
}

fn word(number: usize) -> io::Result<u32> {
    u32::try_from(number).map_err(|_too_long| broken("a frame is too long"))
}

fn broken(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn framed(transport: Transport, data: &[u8]) -> Vec<u8> {
        let mut stream = Vec::new();
        FrameWriter {
            stream: &mut stream,
            transport,
            sequence: 0,
        }
        .send(data)
        .await
        .unwrap();
        stream
    }

    #[tokio::test]
    async fn every_transport_is_told_by_its_first_bytes() {
        for (tag, transport) in [
            (&[][..], Transport::Full),
            (&[0xef][..], Transport::Abridged),
            (&[0xee; 4][..], Transport::Intermediate),
            (&[0xdd; 4][..], Transport::PaddedIntermediate),
        ] {
            for size in [8, 4 * 0x7f, 4 * 0x100] {
                let data = vec![7; size];
                let mut sent = tag.to_vec();
                sent.extend(framed(transport, &data).await);
                let (mut reader, writer) = accept(sent.as_slice(), Vec::new()).await.unwrap();
                assert_eq!(writer.transport, transport);
                assert_eq!(reader.next().await.unwrap(), data);
            }
        }
    }

    #[tokio::test]
    async fn a_full_frame_with_a_wrong_checksum_is_refused() {
        let mut sent = framed(Transport::Full, &[7; 8]).await;
        sent[9] ^= 1;
        let (mut reader, _) = accept(sent.as_slice(), Vec::new()).await.unwrap();
        assert_eq!(
            reader.next().await.unwrap_err().kind(),
            io::ErrorKind::InvalidData
        );
    }
}
