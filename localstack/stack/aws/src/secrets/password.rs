//! Random passwords, by the rules of `GetRandomPassword`.

use serde::Deserialize;

use super::error::SecretsError;

const LONGEST: usize = 4_096;
const DEFAULT_LENGTH: usize = 32;
const PUNCTUATION: &str = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(clippy::struct_excessive_bools, reason = "the request's own fields")]
pub(super) struct PasswordRules {
    password_length: Option<usize>,
    #[serde(default)]
    exclude_characters: String,
    #[serde(default)]
    exclude_numbers: bool,
    #[serde(default)]
    exclude_punctuation: bool,
    #[serde(default)]
    exclude_uppercase: bool,
    #[serde(default)]
    exclude_lowercase: bool,
    #[serde(default)]
    include_space: bool,
    require_each_included_type: Option<bool>,
}

impl PasswordRules {
    /// `below` draws a number below its argument.
    pub(super) fn draw(
        &self,
        mut below: impl FnMut(usize) -> Result<usize, SecretsError>,
    ) -> Result<String, SecretsError> {
        let length = self.password_length.unwrap_or(DEFAULT_LENGTH);
        let kinds = self.kinds();
        let each = self.require_each_included_type.unwrap_or(true);
        if length == 0 || length > LONGEST || kinds.is_empty() || (each && length < kinds.len()) {
            return Err(SecretsError::InvalidParameter(
                "A password has 1 to 4096 characters, at least one for each kind of character."
                    .into(),
            ));
        }
        let all: Vec<char> = kinds.concat();
        let mut password: Vec<char> = Vec::with_capacity(length);
        if each {
            for kind in &kinds {
                password.push(kind[below(kind.len())?]);
            }
        }
        while password.len() < length {
            password.push(all[below(all.len())?]);
        }
        // The characters of each kind came first; nobody should know where they are.
        for last in (1..password.len()).rev() {
            password.swap(last, below(last + 1)?);
        }
        Ok(password.into_iter().collect())
    }

    fn kinds(&self) -> Vec<Vec<char>> {
        let chosen: [(bool, Vec<char>); 5] = [
            (!self.exclude_lowercase, ('a'..='z').collect()),
            (!self.exclude_uppercase, ('A'..='Z').collect()),
            (!self.exclude_numbers, ('0'..='9').collect()),
            (!self.exclude_punctuation, PUNCTUATION.chars().collect()),
            (self.include_space, vec![' ']),
        ];
        chosen
            .into_iter()
            .filter(|(chosen, _)| *chosen)
            .map(|(_, mut kind)| {
                kind.retain(|c| !self.exclude_characters.contains(*c));
                kind
            })
            .filter(|kind| !kind.is_empty())
            .collect()
    }
}

/// An even draw from the system's random numbers.
pub(super) fn random_below(bound: usize) -> Result<usize, SecretsError> {
    let bound = bound as u64;
    // Numbers at the very top would favour the small ones.
    let fair = u64::MAX - u64::MAX % bound;
    loop {
        let drawn = getrandom::u64().map_err(|_no_entropy| {
            SecretsError::InvalidRequest("The system has no random numbers.".into())
        })?;
        if drawn < fair {
            return Ok(usize::try_from(drawn % bound).unwrap_or_default());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(json: &str) -> PasswordRules {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn passwords_keep_to_their_rules() {
        for _ in 0..50 {
            let password = rules(r#"{"PasswordLength":4}"#).draw(random_below).unwrap();
            assert_eq!(password.len(), 4);
            for kind in ["a-z", "A-Z", "0-9"] {
                let range = kind.as_bytes()[0]..=kind.as_bytes()[2];
                assert!(
                    password.bytes().any(|byte| range.contains(&byte)),
                    "{password}: {kind}"
                );
            }
            let digits = r#"{"PasswordLength":9,"ExcludePunctuation":true,"ExcludeUppercase":true,
                "ExcludeLowercase":true,"ExcludeCharacters":"01234"}"#;
            let password = rules(digits).draw(random_below).unwrap();
            assert!(
                password.bytes().all(|byte| (b'5'..=b'9').contains(&byte)),
                "{password}"
            );
        }
    }

    #[test]
    fn impossible_rules_are_refused() {
        for json in [
            r#"{"PasswordLength":0}"#,
            r#"{"PasswordLength":3}"#,
            r#"{"PasswordLength":5000}"#,
        ] {
            let drawn = rules(json).draw(random_below);
            assert!(
                matches!(drawn, Err(SecretsError::InvalidParameter(_))),
                "{json}"
            );
        }
    }
}
