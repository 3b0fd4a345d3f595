use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{Files, FilesError, Stored};

/// How much is made and written at a time.
const PORTION: usize = 64 * 1024;
const BLOCK: usize = 32;

/// What the operator wants to be in a file.
#[derive(Debug, Clone, Deserialize)]
#[serde(
    untagged,
    expecting = "a file needs `bytes` and, if wanted, `seed`, or `content` in base64"
)]
pub(crate) enum Content {
    /// So many bytes that follow from the seed.
    Made {
        bytes: u64,
        #[serde(default)]
        seed: u64,
    },
    /// In base64.
    Given { content: String },
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ContentError {
    #[error("`content` is not base64")]
    NotBase64(#[source] base64::DecodeError),
    #[error(transparent)]
    Files(#[from] FilesError),
}

/// The SHA-256 of the seed and a counter, for one counter after the other. The simulated
/// Telegram makes the same bytes of the same seed.
struct Blocks {
    seed: u64,
    counter: u64,
}

impl Blocks {
    fn fill(&mut self, portion: &mut [u8]) {
        for block in portion.chunks_mut(BLOCK) {
            let hashed = [self.seed.to_le_bytes(), self.counter.to_le_bytes()].concat();
            self.counter += 1;
            block.copy_from_slice(&Sha256::digest(hashed)[..block.len()]);
        }
    }
}

impl Content {
    pub(crate) async fn store(&self, files: &Files) -> Result<Stored, ContentError> {
        let mut incoming = files.write()?;
        match self {
            Self::Given { content } => {
                let bytes = STANDARD.decode(content).map_err(ContentError::NotBase64)?;
                incoming.write(&bytes).await?;
            }
            Self::Made { bytes, seed } => {
                let mut blocks = Blocks {
                    seed: *seed,
                    counter: 0,
                };
                let mut portion = vec![0; PORTION];
                let mut left = *bytes;
                while left > 0 {
                    let length = usize::try_from(left).unwrap_or(PORTION).min(PORTION);
                    blocks.fill(&mut portion[..length]);
                    incoming.write(&portion[..length]).await?;
                    left -= length as u64;
                }
            }
        }
        Ok(incoming.finish().await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_follow_from_the_seed() {
        let made = |seed: u64| {
            let mut bytes = [0; 40];
            Blocks { seed, counter: 0 }.fill(&mut bytes);
            bytes
        };
        let block = |counter: u8| {
            let mut hashed = [0; 16];
            (hashed[0], hashed[8]) = (3, counter);
            Sha256::digest(hashed)
        };
        assert_eq!(made(3)[..32], block(0)[..]);
        assert_eq!(made(3)[32..], block(1)[..8]);
        assert_ne!(made(3), made(4));
    }
}
