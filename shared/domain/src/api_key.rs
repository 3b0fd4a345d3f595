//! Keys for programs that act for a user.

mod secret;

use std::collections::BTreeSet;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ids::{ApiKeyId, UserId};
use crate::time::Timestamp;

pub use secret::{ApiKeySecret, ParseSecretError, SecretHash};

/// What an API key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Look at accounts, servers, chats and pairs.
    Read,
    /// Make, change and delete pairs.
    Pairs,
    /// Look at forwarded messages, and retry them.
    Messages,
    /// Look at figures.
    Analytics,
}

impl Scope {
    pub const ALL: [Self; 4] = [Self::Read, Self::Pairs, Self::Messages, Self::Analytics];

    /// As it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Pairs => "pairs",
            Self::Messages => "messages",
            Self::Analytics => "analytics",
        }
    }
}

/// What its owner calls a key: 1 to 64 characters, without spaces around them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyName(String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("has to be 1 to {max} characters long, none of them a control character", max = KeyName::MAX)]
pub struct ParseKeyNameError;

impl KeyName {
    pub const MAX: usize = 64;

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyName {
    type Err = ParseKeyNameError;

    fn from_str(text: &str) -> Result<Self, ParseKeyNameError> {
        let name = text.trim();
        let is_name = !name.is_empty()
            && text.chars().count() <= Self::MAX
            && !name.chars().any(char::is_control);
        is_name
            .then(|| Self(name.to_owned()))
            .ok_or(ParseKeyNameError)
    }
}

impl TryFrom<String> for KeyName {
    type Error = ParseKeyNameError;

    fn try_from(text: String) -> Result<Self, ParseKeyNameError> {
        text.parse()
    }
}

impl From<KeyName> for String {
    fn from(name: KeyName) -> Self {
        name.0
    }
}

/// A key as its owner knows it. What it may do stays as it was made: whoever holds a key can rely
/// on it, and whoever wants another one makes another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    pub id: ApiKeyId,
    pub owner: UserId,
    pub name: KeyName,
    pub scopes: BTreeSet<Scope>,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    /// Up to a minute earlier than the last use.
    pub last_used_at: Option<Timestamp>,
    pub secret: SecretHash,
    /// The last four characters of the secret, by which its owner recognises it.
    pub hint: String,
    /// The secret before the present one, while it still works.
    pub previous: Option<PreviousSecret>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviousSecret {
    pub secret: SecretHash,
    pub until: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApiKeyState {
    Active,
    /// Its secret and the one before both work.
    Rotating {
        until: Timestamp,
    },
    Expired,
}

impl ApiKey {
    pub fn state(&self, now: Timestamp) -> ApiKeyState {
        if self.expires_at.is_some_and(|end| end <= now) {
            return ApiKeyState::Expired;
        }
        match &self.previous {
            Some(previous) if now < previous.until => ApiKeyState::Rotating {
                until: previous.until,
            },
            Some(_) | None => ApiKeyState::Active,
        }
    }

    /// The key with another secret; the present one works until `until`, and one before it no
    /// longer.
    #[must_use]
    pub fn rotate(self, secret: &ApiKeySecret, until: Timestamp, now: Timestamp) -> Self {
        let until = self.expires_at.map_or(until, |end| end.min(until));
        let present = PreviousSecret {
            secret: self.secret,
            until,
        };
        Self {
            secret: secret.hash(),
            hint: secret.hint(),
            previous: Some(present).filter(|_| now < until),
            ..self
        }
    }

    /// What the present secret opens.
    pub fn grant(&self) -> Grant {
        Grant {
            key: self.id,
            owner: self.owner,
            scopes: self.scopes.clone(),
            expires_at: self.expires_at,
        }
    }

    /// All secrets that work, each with what it opens.
    pub fn grants(&self) -> impl Iterator<Item = (SecretHash, Grant)> {
        let previous = self.previous.as_ref().map(|previous| {
            let grant = Grant {
                expires_at: Some(previous.until),
                ..self.grant()
            };
            (previous.secret, grant)
        });
        std::iter::once((self.secret, self.grant())).chain(previous)
    }
}

/// What one secret of a key opens, and until when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    pub key: ApiKeyId,
    pub owner: UserId,
    pub scopes: BTreeSet<Scope>,
    pub expires_at: Option<Timestamp>,
}

impl Grant {
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn after(seconds: i64) -> Timestamp {
        Timestamp(NOW.0 + seconds * 1000)
    }

    fn key(expires_at: Option<Timestamp>) -> ApiKey {
        let secret = ApiKeySecret::from_bits([1, 2]);
        ApiKey {
            id: ApiKeyId::from_bits(1),
            owner: UserId::from_bits(2),
            name: "build".parse().unwrap(),
            scopes: BTreeSet::from([Scope::Read]),
            created_at: NOW,
            expires_at,
            last_used_at: None,
            secret: secret.hash(),
            hint: secret.hint(),
            previous: None,
        }
    }

    #[test]
    fn a_name_is_short_and_of_one_line() {
        assert_eq!(
            "  build 7 ✓ ".parse::<KeyName>().unwrap().as_str(),
            "build 7 ✓"
        );
        let long = "x".repeat(65);
        for wrong in [
            "",
            " \t ",
            "a\nb",
            "a\u{7f}b",
            &long,
            &format!("{:65}", "a"),
        ] {
            assert_eq!(
                wrong.parse::<KeyName>(),
                Err(ParseKeyNameError),
                "{wrong:?}"
            );
        }
        assert!("é".repeat(64).parse::<KeyName>().is_ok());
    }

    #[test]
    fn a_rotated_key_has_two_secrets_for_a_while() {
        let [second, third] = [3, 4].map(|bits| ApiKeySecret::from_bits([bits, bits]));
        let first = key(None);
        let rotated = first.clone().rotate(&second, after(60), NOW);
        assert_eq!(
            (rotated.secret, &rotated.hint),
            (second.hash(), &second.hint())
        );
        assert_eq!(
            rotated.state(after(59)),
            ApiKeyState::Rotating { until: after(60) }
        );
        assert_eq!(rotated.state(after(60)), ApiKeyState::Active);
        let grants: Vec<_> = rotated.grants().collect();
        assert_eq!(grants[0], (second.hash(), first.grant()));
        assert_eq!(grants[1].0, first.secret);
        assert!(grants[1].1.is_good(after(59)) && !grants[1].1.is_good(after(60)));

        let again = rotated.clone().rotate(&third, after(60), NOW);
        let secrets: Vec<_> = again.grants().map(|(secret, _)| secret).collect();
        assert_eq!(secrets, [third.hash(), second.hash()], "the first is gone");
        let at_once = rotated.rotate(&third, NOW, NOW);
        assert_eq!(at_once.previous, None);
    }

    #[test]
    fn a_former_secret_does_not_outlive_its_key() {
        let key = key(Some(after(30)));
        assert_eq!(key.state(after(29)), ApiKeyState::Active);
        assert_eq!(key.state(after(30)), ApiKeyState::Expired);
        let rotated = key.rotate(&ApiKeySecret::from_bits([5, 6]), after(60), NOW);
        assert!(
            rotated
                .grants()
                .all(|(_, grant)| grant.expires_at == Some(after(30)))
        );
        assert_eq!(rotated.state(after(30)), ApiKeyState::Expired);
    }
}
