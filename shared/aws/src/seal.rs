//! Encryption at rest: each item under a data key of its own, that key under a master key. Both
//! layers are bound to tenant, item, purpose and master key version, so that nothing sealed can be
//! read in another's place.

use std::fmt;
use std::sync::Arc;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use patchbay_app::ports::{PortError, PortResult};
use secrecy::{ExposeSecret, SecretSlice};
use tokio::sync::RwLock;
use zeroize::Zeroizing;

use crate::error::{corrupt, unavailable};
use crate::secrets::{Key, Keys, Secrets};

const NONCE: usize = 12;

/// What a sealed item belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Binding {
    pub(crate) tenant: String,
    pub(crate) item: String,
    pub(crate) purpose: &'static str,
}

impl Binding {
    fn aad(&self, layer: &str, version: &str) -> Vec<u8> {
        let Self {
            tenant,
            item,
            purpose,
        } = self;
        format!("{tenant}|{item}|{purpose}|{version}|{layer}").into_bytes()
    }
}

/// A nonce and a ciphertext for the data key and for the secret each, and which master key.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Sealed {
    pub(crate) version: String,
    pub(crate) wrapped_key: Vec<u8>,
    pub(crate) ciphertext: Vec<u8>,
}

impl fmt::Debug for Sealed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Sealed")
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// The seal is broken, or it is the seal of something else.
struct Broken;

/// Seals under the master keys that Secrets Manager has, which are fetched once, and again when a
/// version turns up that is not known yet.
pub(crate) struct Sealer {
    secrets: Secrets,
    name: String,
    keys: RwLock<Option<Arc<Keys>>>,
}

impl Sealer {
    pub(crate) fn new(secrets: Secrets, name: &str) -> Self {
        Self {
            secrets,
            name: name.to_owned(),
            keys: RwLock::default(),
        }
    }

    pub(crate) async fn seal(
        &self,
        binding: &Binding,
        secret: &SecretSlice<u8>,
    ) -> PortResult<Sealed> {
        let known = self.keys.read().await.clone();
        let keys = match known {
            Some(keys) => keys,
            None => self.fetch().await?,
        };
        seal(&keys, binding, secret)
    }

    pub(crate) async fn open(
        &self,
        binding: &Binding,
        sealed: &Sealed,
    ) -> PortResult<SecretSlice<u8>> {
        let known = self.keys.read().await.clone();
        let keys = match known {
            Some(keys) if keys.version(&sealed.version).is_some() => keys,
            Some(_) | None => self.fetch().await?,
        };
        open(&keys, binding, sealed)
    }

    async fn fetch(&self) -> PortResult<Arc<Keys>> {
        let keys = Arc::new(self.secrets.keys(&self.name).await?);
        *self.keys.write().await = Some(keys.clone());
        Ok(keys)
    }
}

fn seal(keys: &Keys, binding: &Binding, secret: &SecretSlice<u8>) -> PortResult<Sealed> {
    let (version, master) = keys.current();
    let mut data_key: Key = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *data_key).map_err(unavailable("random numbers"))?;
    let wrapped_key = encrypt(master, &*data_key, &binding.aad("key", version))?;
    let ciphertext = encrypt(
        &data_key,
        secret.expose_secret(),
        &binding.aad("secret", version),
    )?;
    Ok(Sealed {
        version: version.to_owned(),
        wrapped_key,
        ciphertext,
    })
}

fn open(keys: &Keys, binding: &Binding, sealed: &Sealed) -> PortResult<SecretSlice<u8>> {
    const OPERATION: &str = "opening a sealed item";
    let Some(master) = keys.version(&sealed.version) else {
        let what = format!("master key version {} is gone", sealed.version);
        return Err(corrupt(OPERATION, what));
    };
    let aad = |layer| binding.aad(layer, &sealed.version);
    let broken = |Broken| corrupt(OPERATION, format!("the seal of {} is broken", binding.item));
    let wrapped = decrypt(master, &sealed.wrapped_key, &aad("key")).map_err(broken)?;
    let data_key: [u8; 32] = wrapped
        .as_slice()
        .try_into()
        .ok()
        .ok_or_else(|| broken(Broken))?;
    let data_key = Zeroizing::new(data_key);
    let mut secret = decrypt(&data_key, &sealed.ciphertext, &aad("secret")).map_err(broken)?;
    Ok(SecretSlice::from(std::mem::take(&mut *secret)))
}

/// A fresh nonce, and after it the ciphertext.
fn encrypt(key: &Key, plain: &[u8], aad: &[u8]) -> Result<Vec<u8>, PortError> {
    let mut nonce = [0; NONCE];
    getrandom::fill(&mut nonce).map_err(unavailable("random numbers"))?;
    let ciphertext = Aes256Gcm::new((&**key).into())
        .encrypt(&Nonce::from(nonce), Payload { msg: plain, aad })
        .map_err(|error| corrupt("sealing an item", error.to_string()))?;
    Ok([nonce.as_slice(), &ciphertext].concat())
}

fn decrypt(key: &Key, sealed: &[u8], aad: &[u8]) -> Result<Zeroizing<Vec<u8>>, Broken> {
    let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE>().ok_or(Broken)?;
    let payload = Payload {
        msg: ciphertext,
        aad,
    };
    // The cause says nothing, on purpose: whoever forges learns nothing from it.
    let plain = Aes256Gcm::new((&**key).into()).decrypt(&Nonce::from(*nonce), payload);
    plain.ok().map(Zeroizing::new).ok_or(Broken)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binding() -> Binding {
        Binding {
            tenant: "usr_1".into(),
            item: "acc_1".into(),
            purpose: "telegram_session",
        }
    }

    fn secret() -> SecretSlice<u8> {
        SecretSlice::from(b"attack at dawn".to_vec())
    }

    fn opened(keys: &Keys, binding: &Binding, sealed: &Sealed) -> Option<Vec<u8>> {
        open(keys, binding, sealed)
            .ok()
            .map(|secret| secret.expose_secret().to_vec())
    }

    #[test]
    fn old_versions_stay_readable_and_new_items_use_the_new_one() {
        let old = Keys::of("1", &[("1", 1)]);
        let both = Keys::of("2", &[("1", 1), ("2", 2)]);
        let before = seal(&old, &binding(), &secret()).unwrap();
        let after = seal(&both, &binding(), &secret()).unwrap();
        assert_eq!((&*before.version, &*after.version), ("1", "2"));
        for sealed in [&before, &after] {
            assert_eq!(
                opened(&both, &binding(), sealed).unwrap(),
                b"attack at dawn"
            );
        }
        let error = open(&old, &binding(), &after).unwrap_err().to_string();
        assert!(error.contains("version 2 is gone"), "{error}");
    }

    #[test]
    fn what_belongs_to_another_or_was_changed_stays_closed() {
        let keys = Keys::of("1", &[("1", 1), ("2", 1)]);
        let sealed = seal(&keys, &binding(), &secret()).unwrap();
        let others = [
            Binding {
                tenant: "usr_2".into(),
                ..binding()
            },
            Binding {
                item: "acc_2".into(),
                ..binding()
            },
            Binding {
                purpose: "login_session",
                ..binding()
            },
        ];
        for other in others {
            assert_eq!(opened(&keys, &other, &sealed), None, "{other:?}");
        }
        let flip = |bytes: &[u8], at: usize| {
            let mut bytes = bytes.to_vec();
            bytes[at] ^= 1;
            bytes
        };
        let changed = (0..sealed.ciphertext.len())
            .map(|at| Sealed {
                ciphertext: flip(&sealed.ciphertext, at),
                ..sealed.clone()
            })
            .chain((0..sealed.wrapped_key.len()).map(|at| Sealed {
                wrapped_key: flip(&sealed.wrapped_key, at),
                ..sealed.clone()
            }))
            .chain([
                Sealed {
                    version: "2".into(),
                    ..sealed.clone()
                },
                Sealed {
                    ciphertext: vec![],
                    ..sealed.clone()
                },
            ]);
        for changed in changed {
            assert_eq!(opened(&keys, &binding(), &changed), None);
        }
    }

    #[test]
    fn the_same_secret_never_looks_the_same_and_is_never_shown() {
        let keys = Keys::of("1", &[("1", 1)]);
        let [one, other] = [(); 2].map(|()| seal(&keys, &binding(), &secret()).unwrap());
        assert_ne!(one.ciphertext, other.ciphertext);
        assert_ne!(one.wrapped_key, other.wrapped_key);
        assert!(one.ciphertext.windows(6).all(|window| window != b"attack"));
        assert_eq!(format!("{one:?}"), r#"Sealed { version: "1", .. }"#);
    }
}
