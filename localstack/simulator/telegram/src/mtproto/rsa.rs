//! The simulator's own RSA key. It is public in this file and protects nothing: clients are
//! given its public half in place of the platform's.

use grammers_crypto::aes;
use grammers_tl_types::Serializable;
use num_bigint::BigUint;
use sha1::{Digest, Sha1};
use sha2::Sha256;

use super::violation::Violation;

pub(crate) const PUBLIC_KEY_PEM: &str = include_str!("simulator_public_key.pem");

const EXPONENT: [u8; 3] = [1, 0, 1];
const MODULUS: &[u8] = b"\
a6fdd0d3b815ed1ede8f64eeeae3c5666367653ebd89686c0c7e1ee871ba696d\
1db4cffbb559901ed6e55b8acd1da61bd8fda36ef346d5a3a43ced2a517b2a90\
ada9f57686bfdee8ad428d8f49dc386bed8af4b9270d025c1d0d9ce328a258a5\
e6d27e89d5a16ecceac9b29dcd4ce5341810d150e55ea0c4b173561bd2a33097\
3b3f74a21889c399f072a9d68f51332bf8240e21a9e3a2c3cb7a695fd9dd6aef\
c0ea33875799a641fbf24c114841e8d0cc044d19401ee6a7ed73b49c1537ec78\
7ccd1d0934a44049dd36ab8937dabc5cc67653c6db2ad65c7da8ee21c0078fe3\
b09df584029b59d9cacff4801c03513c4e6f70eed5fb5cdb1450ecb5941ad715";
const PRIVATE_EXPONENT: &[u8] = b"\
9dd9943f0d91170649b59ce0855858e30d58fc9def3bfc0bbbf8b1440d27a5e5\
bc618bad9077362c70a622d4c99f1a6d7dbd59727f5e9883df095886300f64e4\
edc3ed2b8fa469be8cf3398216275238c88a195a60f78320df605c1f6896f82f\
9a48f9ceab5f0b0583755ff49a79480f937abce18dc4d7e36b246db8f9c5c31f\
272d8804f949c90774ce4942a60c8f1a5ed9f76578627e52fe323fe82388857e\
ad23011b851646e63abe995b405b206b4527fb8abf2f99fc68e6dc0257081e0a\
2cb8800d03d5cea85c40f817b6c15ed691d5f9bd9872c36e4363550710ed0061\
1f40e1daa4dcf2efbfe2790052357566d31bbb1498a76639f17da674bf5651f";

#[derive(Debug)]
pub(crate) struct RsaKey {
    modulus: BigUint,
    private_exponent: BigUint,
    pub(crate) fingerprint: i64,
}

impl RsaKey {
    pub(crate) fn simulator() -> Self {
        let number = |digits| BigUint::parse_bytes(digits, 16).unwrap_or_default();
        let modulus = number(MODULUS);
        let mut published = modulus.to_bytes_be().to_bytes();
        published.extend(EXPONENT.as_slice().to_bytes());
        let hash = Sha1::digest(&published);
        let mut low = [0; 8];
        low.copy_from_slice(&hash[12..20]);
        Self {
            modulus,
            private_exponent: number(PRIVATE_EXPONENT),
            fingerprint: i64::from_le_bytes(low),
        }
    }

    /// Opens what a client encrypted for this key, padded with `RSA_PAD` or, by older clients,
    /// with a SHA-1.
    pub(crate) fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, Violation> {
        let opened = BigUint::from_bytes_be(sealed).modpow(&self.private_exponent, &self.modulus);
        let opened = left_padded::<256>(&opened.to_bytes_be())?;
        let (sealed_key, body) = opened.split_at(32);
        let body_hash = Sha256::digest(body);
        let mut key = [0; 32];
        for (byte, (sealed, hash)) in key.iter_mut().zip(sealed_key.iter().zip(body_hash)) {
            *byte = sealed ^ hash;
        }
        let mut body = body.to_vec();
        aes::ige_decrypt(&mut body, &key, &[0; 32]);
        let (reversed, hash) = body.split_at(192);
        let data: Vec<u8> = reversed.iter().rev().copied().collect();
        let expected = Sha256::new()
            .chain_update(key)
            .chain_update(&data)
            .finalize();
        if expected[..] == *hash {
            Ok(data)
        } else {
            Ok(opened[21..].to_vec())
        }
    }
}

/// A big-endian number in a field of fixed width.
pub(crate) fn left_padded<const WIDTH: usize>(number: &[u8]) -> Result<[u8; WIDTH], Violation> {
    let start = WIDTH
        .checked_sub(number.len())
        .ok_or(Violation("a number is too long"))?;
    let mut field = [0; WIDTH];
    field[start..].copy_from_slice(number);
    Ok(field)
}
