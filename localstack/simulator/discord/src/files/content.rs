use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::{Files, FilesError, Stored};

/// How much is made and written at a time.
const PORTION: usize = 64 * 1024;
const WORD: usize = 8;

/// What the operator wants to be in a file.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Content {
    /// So many bytes that follow from the seed.
    Made { bytes: u64, seed: u64 },
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

/// xorshift64*, whose 64-bit words are written little end first.
struct Words(u64);

impl Words {
    /// Zero is the one state that leads nowhere.
    fn seeded(seed: u64) -> Self {
        Self(seed.max(1))
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn fill(&mut self, portion: &mut [u8]) {
        for word in portion.chunks_mut(WORD) {
            word.copy_from_slice(&self.next().to_le_bytes()[..word.len()]);
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
                let mut words = Words::seeded(*seed);
                let mut portion = vec![0; PORTION];
                let mut left = *bytes;
                while left > 0 {
                    let length = usize::try_from(left).unwrap_or(PORTION).min(PORTION);
                    words.fill(&mut portion[..length]);
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
        let mut bytes = [0; 12];
        Words::seeded(1).fill(&mut bytes);
        // The first word of xorshift64* from the state 1 is 0x47e4ce4b896cdd1d.
        assert_eq!(bytes[..8], 0x47e4_ce4b_896c_dd1d_u64.to_le_bytes());
        let mut unseeded = [0; 12];
        Words::seeded(0).fill(&mut unseeded);
        assert_eq!(unseeded, bytes);
    }
}
