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
    pub password_hash: PasswordHash,
    pub partition: PartitionId,
    #[serde(default)]
    pub role: Role,
    #[serde(default)]
    pub plan: Plan,
    #[serde(default)]
    pub profile: Profile,
    pub created_at: Timestamp,
    /// From when on everything of theirs is being deleted.
    #[serde(default)]
    pub leaving_since: Option<Timestamp>,
}

impl User {
    /// A user of the least plan, in one of `partitions` shares.
    pub fn new(
        id: UserId,
        email: Email,
        password_hash: impl Into<PasswordHash>,
        partitions: u16,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            email,
            password_hash: password_hash.into(),
            partition: PartitionId::of_new_user(id, partitions),
            role: Role::default(),
            plan: Plan::default(),
            profile: Profile::default(),
            created_at: now,
            leaving_since: None,
        }
    }
}

/// An Argon2id hash in PHC form. Whoever has it can try passwords on it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasswordHash(String);

impl PasswordHash {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for PasswordHash {
    fn from(hash: String) -> Self {
        Self(hash)
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PasswordHash(…)")
    }
}

/// What users say about themselves, for the dashboard.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    pub name: Option<DisplayName>,
    pub language: Option<Language>,
    pub time_zone: Option<TimeZone>,
}

/// Text of one line that keeps to a rule.
macro_rules! line {
    ($(#[$meta:meta])* $name:ident, $is_good:expr, $expected:literal) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = ParseProfileError;

            fn from_str(text: &str) -> Result<Self, ParseProfileError> {
                let is_good: fn(&str) -> bool = $is_good;
                if is_good(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(ParseProfileError { expected: $expected })
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = ParseProfileError;

            fn try_from(text: String) -> Result<Self, ParseProfileError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(line: $name) -> Self {
                line.0
            }
        }
    };
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("has to be {expected}")]
pub struct ParseProfileError {
    expected: &'static str,
}

line!(
    DisplayName,
    |text| (1..=80).contains(&text.chars().count())
        && !text.chars().any(char::is_control)
        && !text.trim().is_empty(),
    "1 to 80 characters in one line, not only spaces"
);
line!(
    /// A language, and perhaps a country: `en`, `pt-BR`.
    Language,
    |text| {
        let (language, country) = text.split_once('-').unwrap_or((text, "ZZ"));
        (2..=3).contains(&language.len())
            && language.bytes().all(|byte| byte.is_ascii_lowercase())
            && country.len() == 2
            && country.bytes().all(|byte| byte.is_ascii_uppercase())
    },
    "a language such as en, or one with a country such as pt-BR"
);
line!(
    /// As the time zone database names it: `Europe/Madrid`.
    TimeZone,
    |text| (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+-/".contains(&byte)),
    "the name of a time zone such as Europe/Madrid"
);

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
    fn what_users_say_of_themselves_is_bounded() {
        for right in ["en", "pt-BR", "fil"] {
            assert!(right.parse::<Language>().is_ok(), "{right}");
        }
        for wrong in ["", "e", "EN", "en-", "en-br", "en-BR-x", "engl"] {
            assert!(wrong.parse::<Language>().is_err(), "{wrong}");
        }
        assert!("America/Port-au-Prince".parse::<TimeZone>().is_ok());
        for wrong in ["", "Europe Madrid", &"x".repeat(65)] {
            assert!(wrong.parse::<TimeZone>().is_err(), "{wrong}");
        }
        assert!("é".repeat(80).parse::<DisplayName>().is_ok());
        for wrong in ["", "  ", "a\nb", &"x".repeat(81)] {
            assert!(wrong.parse::<DisplayName>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_logged_of_a_user_tells_no_hash() {
        let hash = "$argon2id$v=19$m=19456,t=2,p=1$salt$hash";
        let email = "ann@example.com".parse().unwrap();
        let user = User::new(
            UserId::from_bits(1),
            email,
            hash.to_owned(),
            1,
            Timestamp(0),
        );
        let logged = format!("{user:?}");
        assert!(logged.contains("PasswordHash(…)"), "{logged}");
        assert!(!logged.contains("argon2id"), "{logged}");
        let stored = serde_json::to_value(&user).unwrap();
        assert_eq!(stored["password_hash"], hash);
    }

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
