use std::fmt;
use std::str::FromStr;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Random characters, each worth 5.95 bits: 190 in all.
const RANDOM: u32 = 32;
const CHECKSUM: u32 = 6;
const LENGTH: usize = ApiKeySecret::PREFIX.len() + (RANDOM + CHECKSUM) as usize;

/// What a program shows to prove that it holds a key: `pbk_`, 32 random characters, and 6 that are
/// the CRC-32 of all before, each of 0-9, A-Z, a-z. The prefix lets scanners find a leaked one, the
/// checksum lets a mistyped one be refused without looking it up.
#[derive(Clone)]
pub struct ApiKeySecret(SecretString);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not the secret of an API key: expected pbk_ and 38 letters and digits with a right checksum"
)]
pub struct ParseSecretError;

impl ApiKeySecret {
    pub const PREFIX: &str = "pbk_";

    /// Of 256 random bits, of which 190 are used.
    pub fn from_bits(bits: [u128; 2]) -> Self {
        let mut text = String::with_capacity(LENGTH);
        text.push_str(Self::PREFIX);
        for half in bits {
            push_base62(&mut text, half, RANDOM / 2);
        }
        let sum = checksum(&text);
        push_base62(&mut text, sum, CHECKSUM);
        Self(SecretString::from(text))
    }

    /// Shown to the owner of the key, once.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    pub fn hash(&self) -> SecretHash {
        SecretHash(Sha256::digest(self.expose().as_bytes()).into())
    }

    /// Its last four characters.
    pub fn hint(&self) -> String {
        self.expose().split_at(LENGTH - 4).1.to_owned()
    }
}

impl FromStr for ApiKeySecret {
    type Err = ParseSecretError;

    fn from_str(text: &str) -> Result<Self, ParseSecretError> {
        let random = text.strip_prefix(Self::PREFIX).ok_or(ParseSecretError)?;
        if text.len() != LENGTH || !random.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(ParseSecretError);
        }
        let (checked, sum) = text.split_at(LENGTH - CHECKSUM as usize);
        let mut expected = String::new();
        push_base62(&mut expected, checksum(checked), CHECKSUM);
        // Anybody can work out a checksum, so that nothing is lost if this takes more or less time.
        if sum != expected {
            return Err(ParseSecretError);
        }
        Ok(Self(SecretString::from(text)))
    }
}

impl fmt::Debug for ApiKeySecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("pbk_…")
    }
}

fn checksum(text: &str) -> u128 {
    crc32fast::hash(text.as_bytes()).into()
}

/// The last `digits` of a number, the highest first.
fn push_base62(text: &mut String, number: u128, digits: u32) {
    for place in (0..digits).rev() {
        let digit = usize::try_from(number / 62_u128.pow(place) % 62).unwrap_or_default();
        text.extend(ALPHABET.get(digit).copied().map(char::from));
    }
}

/// SHA-256 of a secret: all that is stored of it. The secret has more bits than anybody could try,
/// so that a slow hash would only make each request dearer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretHash([u8; 32]);

impl fmt::Display for SecretHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl Serialize for SecretHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SecretHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let mut hash = [0; 32];
        let is_hex = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_hex {
            return Err(de::Error::custom("a hash is 64 hexadecimal digits"));
        }
        for (place, byte) in hash.iter_mut().enumerate() {
            let digits = text.get(2 * place..2 * place + 2).unwrap_or_default();
            *byte = u8::from_str_radix(digits, 16).map_err(de::Error::custom)?;
        }
        Ok(Self(hash))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_secret_has_one_form() {
        let secret = ApiKeySecret::from_bits([0, u128::MAX]);
        let text = secret.expose();
        assert_eq!(text, "pbk_0000000000000000M5Tflk9n8mt7Fhc74Ce9nC");
        assert_eq!((text.len(), secret.hint().as_str()), (42, "e9nC"));
        assert_eq!(format!("{secret:?}"), "pbk_…");
        let hash = secret.hash();
        assert_eq!(
            serde_json::from_value::<SecretHash>(serde_json::json!(hash)).unwrap(),
            hash
        );
        assert!(serde_json::from_str::<SecretHash>("\"7\"").is_err());
    }

    proptest! {
        #[test]
        fn what_is_made_reads_back(bits: [u128; 2]) {
            let secret = ApiKeySecret::from_bits(bits);
            let read: ApiKeySecret = secret.expose().parse().unwrap();
            prop_assert_eq!(read.hash(), secret.hash());
        }

        #[test]
        fn one_wrong_character_is_noticed(bits: [u128; 2], place in 0_usize..42, by: char) {
            let secret = ApiKeySecret::from_bits(bits);
            let mut text: Vec<char> = secret.expose().chars().collect();
            prop_assume!(text[place] != by);
            text[place] = by;
            let text: String = text.into_iter().collect();
            prop_assert_eq!(text.parse::<ApiKeySecret>().err(), Some(ParseSecretError));
        }

        #[test]
        fn anything_else_is_refused(text: String) {
            prop_assert!(text.parse::<ApiKeySecret>().is_err());
        }
    }

    #[test]
    fn secrets_do_not_resemble_their_neighbours() {
        let texts: std::collections::HashSet<String> = (0..1000)
            .map(|bits| ApiKeySecret::from_bits([bits, 0]).expose().to_owned())
            .collect();
        assert_eq!(texts.len(), 1000);
    }
}
