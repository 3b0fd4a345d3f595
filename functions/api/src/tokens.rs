//! Access tokens: JSON web tokens signed with Ed25519. Keys are exchanged by adding a new one and
//! signing with it; tokens of the old ones are good as long as those are listed.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::errors::Error as JwtError;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use patchbay_domain::Timestamp;
use patchbay_domain::ids::{SessionId, UserId};
use patchbay_domain::session::Session;
use ring::digest;
use ring::signature::{Ed25519KeyPair, KeyPair};
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

mod ed25519;

/// Short: what is stored about a user is read with every request, but whoever gets hold of a token
/// should not have it for long.
pub(crate) const LIFETIME: Duration = Duration::from_mins(10);

const ISSUER: &str = "patchbay";
const AUDIENCE: &str = "patchbay-api";
/// Tells an access token from every other kind of JWT (RFC 9068).
const TYPE: &str = "at+jwt";

/// There is no key, or one that is not a 32-byte Ed25519 seed.
#[derive(Debug, thiserror::Error)]
#[error("access tokens need at least one signing key, and each has to be 32 bytes")]
pub struct SigningKeyError;

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenError {
    #[error("not a token of ours")]
    Invalid,
    #[error("expired")]
    Expired,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: UserId,
    sid: SessionId,
    /// The generation of the session's tokens to which it belongs.
    generation: u32,
    iat: i64,
    exp: i64,
}

/// What a token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bearer {
    pub(crate) user: UserId,
    pub(crate) session: SessionId,
    pub(crate) generation: u32,
}

impl From<&Session> for Bearer {
    fn from(session: &Session) -> Self {
        Self {
            user: session.owner,
            session: session.id,
            generation: session.generation,
        }
    }
}

pub(crate) struct Tokens {
    signing: EncodingKey,
    key_id: String,
    verifying: Vec<Verifying>,
    validation: Validation,
}

struct Verifying {
    key_id: String,
    public: Vec<u8>,
    key: DecodingKey,
}

/// The public half of a key, as a JSON web key (RFC 8037).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SigningKey)]
pub(crate) struct KeyView {
    #[schema(example = "OKP")]
    kty: &'static str,
    #[schema(example = "Ed25519")]
    crv: &'static str,
    #[schema(example = "EdDSA")]
    alg: &'static str,
    #[serde(rename = "use")]
    #[schema(example = "sig")]
    usage: &'static str,
    kid: String,
    /// The 32 bytes of the public key, in base64url.
    x: String,
}

impl Tokens {
    /// Signs with the first of these seeds, and takes tokens of all of them.
    pub(crate) fn new(seeds: &[SecretSlice<u8>]) -> Result<Self, SigningKeyError> {
        ed25519::install();
        let mut verifying = Vec::with_capacity(seeds.len());
        for seed in seeds {
            let Ok(pair) = Ed25519KeyPair::from_seed_unchecked(seed.expose_secret()) else {
                return Err(SigningKeyError);
            };
            let public = pair.public_key().as_ref();
            let fingerprint = digest::digest(&digest::SHA256, public);
            verifying.push(Verifying {
                key_id: URL_SAFE_NO_PAD.encode(fingerprint.as_ref().split_at(12).0),
                public: public.to_vec(),
                key: DecodingKey::from_ed_der(public),
            });
        }
        let (Some(seed), Some(first)) = (seeds.first(), verifying.first()) else {
            return Err(SigningKeyError);
        };
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // The library would read the machine's clock; `verify` compares with the given time.
        validation.validate_exp = false;
        Ok(Self {
            signing: EncodingKey::from_ed_der(seed.expose_secret()),
            key_id: first.key_id.clone(),
            verifying,
            validation,
        })
    }

    pub(crate) fn issue(&self, bearer: Bearer, now: Timestamp) -> Result<SecretString, JwtError> {
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: bearer.user,
            sid: bearer.session,
            generation: bearer.generation,
            iat: now.seconds(),
            exp: now.plus(LIFETIME).seconds(),
        };
        let header = Header {
            typ: Some(TYPE.to_owned()),
            kid: Some(self.key_id.clone()),
            ..Header::new(Algorithm::EdDSA)
        };
        jsonwebtoken::encode(&header, &claims, &self.signing).map(SecretString::from)
    }

    /// Whose token it is.
    pub(crate) fn verify(&self, token: &str, now: Timestamp) -> Result<Bearer, TokenError> {
        let header = jsonwebtoken::decode_header(token).ok();
        let header = header.filter(|header| header.typ.as_deref() == Some(TYPE));
        let key = header.and_then(|header| {
            let mut keys = self.verifying.iter();
            keys.find(|key| header.kid.as_deref() == Some(key.key_id.as_str()))
        });
        let data = key
            .and_then(|key| jsonwebtoken::decode::<Claims>(token, &key.key, &self.validation).ok());
        let claims = data.ok_or(TokenError::Invalid)?.claims;
        if claims.exp <= now.seconds() {
            return Err(TokenError::Expired);
        }
        Ok(Bearer {
            user: claims.sub,
            session: claims.sid,
            generation: claims.generation,
        })
    }

    /// What others need to check our tokens.
    pub(crate) fn public_keys(&self) -> Vec<KeyView> {
        let view = |key: &Verifying| KeyView {
            kty: "OKP",
            crv: "Ed25519",
            alg: "EdDSA",
            usage: "sig",
            kid: key.key_id.clone(),
            x: URL_SAFE_NO_PAD.encode(&key.public),
        };
        self.verifying.iter().map(view).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
    const ANN: Bearer = Bearer {
        user: UserId::from_bits(7),
        session: SessionId::from_bits(8),
        generation: 9,
    };

    fn tokens(seed: u8) -> Tokens {
        Tokens::new(&[vec![seed; 32].into()]).unwrap()
    }

    /// A token of the right key with one thing changed.
    fn signed(change: impl FnOnce(&mut Header, &mut serde_json::Value)) -> String {
        let tokens = tokens(1);
        let mut header = Header {
            typ: Some(TYPE.to_owned()),
            kid: Some(tokens.key_id.clone()),
            ..Header::new(Algorithm::EdDSA)
        };
        let mut claims = serde_json::json!({
            "iss": ISSUER, "aud": AUDIENCE, "sub": ANN.user.to_string(),
            "sid": ANN.session.to_string(), "generation": ANN.generation,
            "iat": NOW.seconds(), "exp": NOW.seconds() + 1,
        });
        change(&mut header, &mut claims);
        jsonwebtoken::encode(&header, &claims, &tokens.signing).unwrap()
    }

    #[test]
    fn a_token_names_its_user_until_it_expires() {
        let tokens = tokens(1);
        let token = tokens.issue(ANN, NOW).unwrap();
        let last = Timestamp(NOW.plus(LIFETIME).0 - 1);
        assert_eq!(tokens.verify(token.expose_secret(), last), Ok(ANN));
        let late = tokens.verify(token.expose_secret(), NOW.plus(LIFETIME));
        assert_eq!(late, Err(TokenError::Expired));
    }

    #[test]
    fn what_is_not_exactly_a_token_of_ours_is_refused() {
        assert_eq!(tokens(1).verify(&signed(|_, _| {}), NOW), Ok(ANN));
        let cases = [
            (
                "other key id",
                signed(|header, _| header.kid = Some("other".to_owned())),
            ),
            ("no key id", signed(|header, _| header.kid = None)),
            (
                "other type",
                signed(|header, _| header.typ = Some("JWT".to_owned())),
            ),
            (
                "other issuer",
                signed(|_, claims| claims["iss"] = "else".into()),
            ),
            (
                "other audience",
                signed(|_, claims| claims["aud"] = "else".into()),
            ),
            (
                "no audience",
                signed(|_, claims| drop(claims.as_object_mut().unwrap().remove("aud"))),
            ),
            (
                "no issuer",
                signed(|_, claims| drop(claims.as_object_mut().unwrap().remove("iss"))),
            ),
            (
                "no end",
                signed(|_, claims| drop(claims.as_object_mut().unwrap().remove("exp"))),
            ),
            (
                "an end in words",
                signed(|_, claims| claims["exp"] = "never".into()),
            ),
            (
                "other kind of subject",
                signed(|_, claims| claims["sub"] = "acc_1".into()),
            ),
            (
                "no session",
                signed(|_, claims| drop(claims.as_object_mut().unwrap().remove("sid"))),
            ),
        ];
        for (case, token) in cases {
            assert_eq!(
                tokens(1).verify(&token, NOW),
                Err(TokenError::Invalid),
                "{case}"
            );
        }
    }

    #[test]
    fn a_forged_token_is_refused() {
        let token = signed(|_, _| {});
        assert_eq!(tokens(2).verify(&token, NOW), Err(TokenError::Invalid));
        let (message, signature) = token.rsplit_once('.').unwrap();
        let (_, claims) = message.split_once('.').unwrap();
        let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"at+jwt"}"#);
        let hmac = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"at+jwt"}"#);
        let forged = [
            format!("{message}."),
            message.to_owned(),
            format!("{message}.{}", "A".repeat(signature.len())),
            format!("{none}.{claims}."),
            format!("{hmac}.{claims}.{signature}"),
            String::new(),
        ];
        for token in forged {
            assert_eq!(
                tokens(1).verify(&token, NOW),
                Err(TokenError::Invalid),
                "{token}"
            );
        }
    }

    #[test]
    fn a_key_is_exchanged_without_anybody_noticing() {
        let (old, new) = (vec![1; 32], vec![2; 32]);
        let issued = tokens(1).issue(ANN, NOW).unwrap();
        let both = Tokens::new(&[new.into(), old.into()]).unwrap();
        assert_eq!(both.verify(issued.expose_secret(), NOW), Ok(ANN));
        let issued = both.issue(ANN, NOW).unwrap();
        assert_eq!(tokens(2).verify(issued.expose_secret(), NOW), Ok(ANN));
        let old = tokens(1).verify(issued.expose_secret(), NOW);
        assert_eq!(old, Err(TokenError::Invalid));
        let listed: Vec<String> = both.public_keys().into_iter().map(|key| key.kid).collect();
        assert_eq!(listed, [tokens(2).key_id, tokens(1).key_id]);
    }

    #[test]
    fn no_seed_and_a_seed_of_another_length_are_refused() {
        assert!(Tokens::new(&[]).is_err());
        assert!(Tokens::new(&[vec![1; 32].into(), vec![1; 31].into()]).is_err());
    }
}
