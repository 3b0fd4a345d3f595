//! Passwords, as Argon2id hashes with the parameters that OWASP's Password Storage Cheat Sheet
//! gives as its minimum: 19 MiB, two passes, one lane.

use std::sync::Arc;

use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use patchbay_domain::user::PasswordHash;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Of a password that nobody has. Checking against it costs what checking a real one costs.
const NOBODYS_HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$oRQrnJqToSFNtUyoGGJwbQ$mpzsCuYWSgV4PoQhS3CD+jx6HU8/JFDzSjCSLVgmsDc";

#[derive(Debug, thiserror::Error)]
pub(crate) enum HashingError {
    #[error("the hash was interrupted")]
    Interrupted(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the hash can't be made or read")]
    Hash(#[source] argon2::password_hash::Error),
}

pub(crate) struct Passwords {
    permits: Arc<Semaphore>,
}

impl Passwords {
    pub(crate) fn new(at_once: usize) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(at_once.max(1))),
        }
    }

    /// The hash in PHC form, with a salt of its own.
    pub(crate) async fn hash(&self, password: SecretString) -> Result<PasswordHash, HashingError> {
        self.apart(move || {
            let hash = argon2()?.hash_password(password.expose_secret().as_bytes())?;
            Ok(hash.to_string().into())
        })
        .await
    }

    /// Whether it is the password of this hash. Where there is no hash, the answer is no and
    /// takes as long.
    pub(crate) async fn matches(
        &self,
        password: SecretString,
        hash: Option<PasswordHash>,
    ) -> Result<bool, HashingError> {
        self.apart(move || {
            let known =
                phc::PasswordHash::new(hash.as_ref().map_or(NOBODYS_HASH, PasswordHash::as_str))
                    .map_err(argon2::password_hash::Error::from)?;
            match argon2()?.verify_password(password.expose_secret().as_bytes(), &known) {
                Ok(()) => Ok(hash.is_some()),
                Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
                Err(error) => Err(error),
            }
        })
        .await
    }

    /// Off the threads that serve requests, and never too many at once. The permit goes along, so
    /// that a caller who hangs up does not make room for more.
    async fn apart<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, argon2::password_hash::Error> + Send + 'static,
    ) -> Result<T, HashingError> {
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(|error| HashingError::Interrupted(error.into()))?;
        let outcome = tokio::task::spawn_blocking(move || {
            let outcome = work();
            drop(permit);
            outcome
        });
        outcome
            .await
            .map_err(|error| HashingError::Interrupted(error.into()))?
            .map_err(HashingError::Hash)
    }
}

fn argon2() -> Result<Argon2<'static>, argon2::password_hash::Error> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_matches_its_own_hash_alone() {
        let passwords = Passwords::new(2);
        let hash = passwords.hash("correct horse".into()).await.unwrap();
        assert!(
            hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{}",
            hash.as_str()
        );
        assert_ne!(hash, passwords.hash("correct horse".into()).await.unwrap());
        assert!(
            passwords
                .matches("correct horse".into(), Some(hash.clone()))
                .await
                .unwrap()
        );
        assert!(
            !passwords
                .matches("correct horses".into(), Some(hash))
                .await
                .unwrap()
        );
        assert!(
            !passwords
                .matches("correct horse".into(), None)
                .await
                .unwrap()
        );
    }

    #[tokio::test]
    async fn checking_nobodys_password_costs_the_same() {
        let real = Passwords::new(1)
            .hash("correct horse".into())
            .await
            .unwrap();
        let costs = |hash: &str| {
            hash.split('$')
                .take(4)
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(costs(NOBODYS_HASH), costs(real.as_str()));
    }
}
