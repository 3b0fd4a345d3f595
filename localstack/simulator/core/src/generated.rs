use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Content that anybody can compute again: `SHA-256(seed, 0) SHA-256(seed, 1) …`, cut off after
/// so many bytes, where the seed and the counter are eight bytes each, the lowest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generated {
    pub bytes: u64,
    #[serde(default)]
    pub seed: u64,
}

/// A multiple of what one hash gives.
const PIECE: u64 = 1 << 16;
const HASH: u64 = 32;

impl Generated {
    /// The content, in pieces that fit into memory.
    pub fn pieces(self) -> impl Iterator<Item = Vec<u8>> {
        let starts = (0..self.bytes).step_by(1 << 16);
        starts.map(move |start| {
            let end = (start + PIECE).min(self.bytes);
            let mut piece = Vec::new();
            for counter in start / HASH..end.div_ceil(HASH) {
                let mut hash = Sha256::new();
                hash.update(self.seed.to_le_bytes());
                hash.update(counter.to_le_bytes());
                piece.extend_from_slice(&hash.finalize());
            }
            piece.truncate(usize::try_from(end - start).unwrap_or(usize::MAX));
            piece
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_as_long_as_asked_for_and_the_same_each_time() {
        for bytes in [0, 1, 32, 33, PIECE, PIECE + 1, 3 * PIECE - 7] {
            let content =
                |seed| -> Vec<u8> { Generated { bytes, seed }.pieces().flatten().collect() };
            assert_eq!(content(1).len() as u64, bytes);
            assert_eq!(content(1), content(1));
            assert!(bytes < 32 || content(1) != content(2));
        }
        let first: Vec<u8> = Generated { bytes: 4, seed: 0 }.pieces().flatten().collect();
        // SHA-256 of sixteen zero bytes.
        assert_eq!(first, [0x37, 0x47, 0x08, 0xff]);
    }
}
