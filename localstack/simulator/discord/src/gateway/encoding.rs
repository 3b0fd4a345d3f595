use std::io::{self, Write};

use axum::extract::ws::Message;
use flate2::write::ZlibEncoder;
use flate2::{Compress, Compression, FlushCompress, Status};

/// Payloads shorter than this are not worth compressing one by one.
const WORTH_COMPRESSING: usize = 1024;
const CHUNK: usize = 4096;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transport {
    Plain,
    /// One zlib stream over the whole connection, flushed after each payload.
    ZlibStream,
}

/// Turns payloads into frames.
#[derive(Debug)]
pub(super) struct Encoder {
    stream: Option<Compress>,
    compress_payloads: bool,
}

impl Encoder {
    pub(super) fn new(transport: Transport) -> Self {
        let stream =
            (transport == Transport::ZlibStream).then(|| Compress::new(Compression::fast(), true));
        Self {
            stream,
            compress_payloads: false,
        }
    }

    /// Compresses large payloads one by one from now on, unless the stream is compressed.
    pub(super) fn compress_payloads(&mut self) {
        self.compress_payloads = true;
    }

    pub(super) fn encode(&mut self, payload: &str) -> io::Result<Message> {
        if let Some(stream) = &mut self.stream {
            return Ok(Message::Binary(flushed(stream, payload.as_bytes())?.into()));
        }
        if self.compress_payloads && payload.len() >= WORTH_COMPRESSING {
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(payload.as_bytes())?;
            return Ok(Message::Binary(encoder.finish()?.into()));
        }
        Ok(Message::Text(payload.into()))
    }
}

/// What the stream puts out for this input, up to and including the flush.
fn flushed(stream: &mut Compress, input: &[u8]) -> io::Result<Vec<u8>> {
    let mut output = Vec::with_capacity(input.len() / 4 + CHUNK);
    let mut rest = input;
    loop {
        let before = stream.total_in();
        let status = stream.compress_vec(rest, &mut output, FlushCompress::Sync)?;
        let taken = usize::try_from(stream.total_in() - before).map_err(io::Error::other)?;
        rest = rest.get(taken..).unwrap_or_default();
        let has_room = output.len() < output.capacity();
        if rest.is_empty() && has_room {
            return Ok(output);
        }
        if status == Status::StreamEnd {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        output.reserve(CHUNK);
    }
}

#[cfg(test)]
mod tests {
    use flate2::{Decompress, FlushDecompress};

    use super::*;

    #[test]
    fn every_payload_of_a_stream_can_be_read_when_it_arrives() {
        let mut encoder = Encoder::new(Transport::ZlibStream);
        let mut reader = Decompress::new(true);
        for length in [1, 10, 4096, 100_000, 3] {
            let payload = "abcdefghijklmnopqrstuvw"
                .chars()
                .cycle()
                .step_by(7)
                .take(length)
                .collect::<String>();
            let Message::Binary(frame) = encoder.encode(&payload).unwrap() else {
                panic!("not a binary frame")
            };
            assert_eq!(frame[frame.len() - 4..], [0, 0, 0xff, 0xff]);
            let mut read = Vec::with_capacity(length + 64);
            reader
                .decompress_vec(&frame, &mut read, FlushDecompress::Sync)
                .unwrap();
            assert_eq!(String::from_utf8(read).unwrap(), payload);
        }
    }

    #[test]
    fn only_large_payloads_are_compressed_one_by_one_and_only_on_request() {
        let large = "x".repeat(5000);
        let mut encoder = Encoder::new(Transport::Plain);
        assert!(matches!(encoder.encode(&large).unwrap(), Message::Text(_)));
        encoder.compress_payloads();
        assert!(matches!(encoder.encode("small").unwrap(), Message::Text(_)));
        let Message::Binary(frame) = encoder.encode(&large).unwrap() else {
            panic!("not compressed")
        };
        let mut read = String::new();
        io::Read::read_to_string(&mut flate2::read::ZlibDecoder::new(&frame[..]), &mut read)
            .unwrap();
        assert_eq!(read, large);
    }
}
