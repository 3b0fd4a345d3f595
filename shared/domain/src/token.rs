//! Secrets that somebody is given once and brings back. Only their hashes are kept.

use std::fmt;
use std::str::FromStr;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::ids::{SessionId, UserId};

/// The SHA-256 of a secret. The secret has at least 128 random bits, so that nobody gets from one
/// to the other.
#[derive(Clone, Copy, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TokenHash([u8; 32]);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a hash: expected 64 hexadecimal digits")]
pub struct ParseHashError;

impl TokenHash {
    pub fn of(secret: &str) -> Self {
        Self(Sha256::digest(secret.as_bytes()).into())
    }
}

impl PartialEq for TokenHash {
    /// Takes as long wherever the difference is.
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Display for TokenHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TokenHash(…)")
    }
}

impl FromStr for TokenHash {
    type Err = ParseHashError;

    fn from_str(text: &str) -> Result<Self, ParseHashError> {
        let is_hash = text.len() == 64 && text.bytes().all(is_digit);
        let mut bytes = [0; 32];
        for (place, byte) in bytes.iter_mut().enumerate() {
            let pair = text.get(2 * place..2 * place + 2).filter(|_| is_hash);
            *byte = pair
                .and_then(|pair| u8::from_str_radix(pair, 16).ok())
                .ok_or(ParseHashError)?;
        }
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for TokenHash {
    type Error = ParseHashError;

    fn try_from(text: String) -> Result<Self, ParseHashError> {
        text.parse()
    }
}

impl From<TokenHash> for String {
    fn from(hash: TokenHash) -> Self {
        hash.to_string()
    }
}

/// What a mailed token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Becoming a user.
    Registration,
    /// Choosing a new password.
    Forgotten,
    /// Having another address.
    NewEmail,
}

impl Purpose {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Registration => "pbv_",
            Self::Forgotten => "pbp_",
            Self::NewEmail => "pbe_",
        }
    }
}

/// What is mailed to prove that its receiver reads the mail of an address. The hash covers what it
/// is good for, so that it is good for nothing else.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct MailToken {
    purpose: Purpose,
    secret: u128,
}

impl MailToken {
    /// Of its text.
    pub const LENGTH: usize = 4 + 32;

    pub const fn new(purpose: Purpose, secret: u128) -> Self {
        Self { purpose, secret }
    }

    pub fn text(&self) -> SecretString {
        format!("{}{:032x}", self.purpose.prefix(), self.secret).into()
    }

    /// Nothing, if the text is no token for this purpose. Spaces around it are no matter: people
    /// copy it.
    pub fn parse(purpose: Purpose, text: &str) -> Option<Self> {
        let digits = text.trim().strip_prefix(purpose.prefix())?;
        if digits.len() != 32 || !digits.bytes().all(is_digit) {
            return None;
        }
        let secret = u128::from_str_radix(digits, 16).ok()?;
        Some(Self { purpose, secret })
    }

    pub fn hash(&self) -> TokenHash {
        let (prefix, secret) = (self.purpose.prefix(), self.secret);
        TokenHash::of(&format!("{prefix}{secret:032x}"))
    }
}

impl fmt::Debug for MailToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.purpose.prefix())
    }
}

/// What renews a session. It names the session and which of its tokens it is; that it belongs to
/// the family is proven by a secret that all tokens of the session share, and that it is this very
/// one by a secret of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RefreshToken {
    pub owner: UserId,
    pub session: SessionId,
    pub generation: u32,
    pub family_secret: u128,
    pub secret: u128,
}

impl RefreshToken {
    const PREFIX: &'static str = "pbr_";
    /// Of its text.
    pub const LENGTH: usize = Self::PREFIX.len() + 4 * 32 + 8;

    pub fn text(&self) -> SecretString {
        let Self {
            owner,
            session,
            generation,
            family_secret,
            secret,
        } = self;
        let (owner, session) = (owner.bits(), session.bits());
        let prefix = Self::PREFIX;
        format!(
            "{prefix}{owner:032x}{session:032x}{generation:08x}{family_secret:032x}{secret:032x}"
        )
        .into()
    }

    /// Nothing, if the text is no such token.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(Self::PREFIX)?;
        if text.len() != Self::LENGTH || !digits.bytes().all(is_digit) {
            return None;
        }
        let bits = |place: usize| u128::from_str_radix(digits.get(place..place + 32)?, 16).ok();
        Some(Self {
            owner: UserId::from_bits(bits(0)?),
            session: SessionId::from_bits(bits(32)?),
            generation: u32::from_str_radix(digits.get(64..72)?, 16).ok()?,
            family_secret: bits(72)?,
            secret: bits(104)?,
        })
    }

    /// Of what all tokens of the session share.
    pub fn family(&self) -> TokenHash {
        TokenHash::of(&format!("{:032x}", self.family_secret))
    }

    /// Of what this token alone has.
    pub fn hash(&self) -> TokenHash {
        TokenHash::of(&format!("{:032x}", self.secret))
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "RefreshToken({} …)", self.session)
    }
}

const fn is_digit(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    const TOKEN: RefreshToken = RefreshToken {
        owner: UserId::from_bits(1),
        session: SessionId::from_bits(u128::MAX),
        generation: 7,
        family_secret: 3,
        secret: 4,
    };

    #[test]
    fn a_refresh_token_reads_back_and_nothing_else_does() {
        let text = TOKEN.text();
        let text = text.expose_secret();
        assert_eq!(text.len(), RefreshToken::LENGTH);
        assert_eq!(RefreshToken::parse(text), Some(TOKEN));
        let wrong = [
            String::new(),
            text.to_uppercase(),
            format!("{text}0"),
            text[..text.len() - 1].to_owned(),
            text.replacen('0', "+", 1),
            text.replacen("00", "é", 1),
            text.replacen("pbr_", "pbk_", 1),
        ];
        for wrong in wrong {
            assert_eq!(RefreshToken::parse(&wrong), None, "{wrong}");
        }
        assert!(!format!("{TOKEN:?}").contains("0004"));
    }

    #[test]
    fn a_mailed_token_is_good_for_one_purpose() {
        let token = MailToken::new(Purpose::Registration, 7);
        let text = token.text();
        let text = text.expose_secret();
        assert_eq!(text.len(), MailToken::LENGTH);
        assert_eq!(MailToken::parse(Purpose::Registration, text), Some(token));
        let copied = format!(" {text}\n");
        assert_eq!(
            MailToken::parse(Purpose::Registration, &copied),
            Some(token)
        );
        assert_eq!(MailToken::parse(Purpose::Forgotten, text), None);
        let other = MailToken::new(Purpose::Forgotten, 7);
        assert_ne!(other.hash(), token.hash());
        assert!(!format!("{token:?}").contains('7'));
    }

    #[test]
    fn a_hash_reads_back_and_is_not_shown() {
        let hash = TokenHash::of("secret");
        assert_eq!(hash.to_string().parse(), Ok(hash));
        assert_ne!(hash, TokenHash::of("secret "));
        assert!(!format!("{hash:?}").contains(&hash.to_string()[..8]));
        for wrong in ["", "é", &"g".repeat(64), &"0".repeat(63)] {
            assert_eq!(wrong.parse::<TokenHash>(), Err(ParseHashError), "{wrong}");
        }
        assert_ne!(TOKEN.family(), TOKEN.hash());
    }
}
