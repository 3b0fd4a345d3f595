use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ids::{PartitionId, UserId};
use crate::plan::Plan;
use crate::time::Timestamp;

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub id: UserId,
    pub email: Email,
    /// An Argon2id hash in PHC form.
    pub password_hash: String,
    pub partition: PartitionId,
    #[serde(default)]
    pub role: Role,
    #[serde(default)]
    pub plan: Plan,
    pub created_at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sees what is theirs.
    #[default]
    User,
    /// Also looks after users and queues.
    Admin,
}

/// An e-mail address in the one form under which it is unique: trimmed and in lower case.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an e-mail address")]
pub struct ParseEmailError;

impl Email {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Email {
    type Err = ParseEmailError;

    fn from_str(text: &str) -> Result<Self, ParseEmailError> {
        let address = text.trim().to_lowercase();
        let (local, domain) = address.rsplit_once('@').ok_or(ParseEmailError)?;
        let is_plain = |part: &str| {
            !part.is_empty()
                && !part
                    .chars()
                    .any(|c| c.is_whitespace() || c.is_control() || c == '@')
        };
        let is_domain = is_plain(domain)
            && domain.contains('.')
            && domain.split('.').all(|label| !label.is_empty());
        if address.len() <= 254 && local.len() <= 64 && is_plain(local) && is_domain {
            Ok(Self(address))
        } else {
            Err(ParseEmailError)
        }
    }
}

impl TryFrom<String> for Email {
    type Error = ParseEmailError;

    fn try_from(text: String) -> Result<Self, ParseEmailError> {
        text.parse()
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

impl fmt::Debug for Email {
    /// An address is personal data: logs show only its domain.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let domain = self.0.rsplit_once('@').map_or("", |(_, domain)| domain);
        write!(formatter, "…@{domain}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_form_and_is_not_logged() {
        let email: Email = " Ann.Lee@Example.COM ".parse().unwrap();
        assert_eq!(email.as_str(), "ann.lee@example.com");
        assert_eq!(format!("{email:?}"), "…@example.com");
        for wrong in [
            "",
            "ann",
            "@example.com",
            "ann@",
            "ann@example",
            "a nn@example.com",
            "a@b..c",
            "a@b@c.d",
        ] {
            assert_eq!(wrong.parse::<Email>(), Err(ParseEmailError), "{wrong}");
        }
    }
}
