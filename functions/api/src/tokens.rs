//! Access tokens: JSON web tokens signed with Ed25519.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::errors::Error as JwtError;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use patchbay_domain::Timestamp;
use patchbay_domain::ids::UserId;
use ring::digest;
use ring::signature::{Ed25519KeyPair, KeyPair};
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use serde::{Deserialize, Serialize};

mod ed25519;

/// Short, since a token can't be called back.
pub(crate) const LIFETIME: Duration = Duration::from_mins(10);

const ISSUER: &str = "patchbay";
const AUDIENCE: &str = "patchbay-api";
/// Tells an access token from every other kind of JWT (RFC 9068).
const TYPE: &str = "at+jwt";

/// The signing key is not a 32-byte Ed25519 seed.
#[derive(Debug, thiserror::Error)]
#[error("the signing key of access tokens has to be 32 bytes")]
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
    iat: i64,
    exp: i64,
}

pub(crate) struct Tokens {
    signing: EncodingKey,
    verifying: DecodingKey,
    key_id: String,
    validation: Validation,
}

impl Tokens {
    pub(crate) fn new(seed: &SecretSlice<u8>) -> Result<Self, SigningKeyError> {
        ed25519::install();
        let Ok(pair) = Ed25519KeyPair::from_seed_unchecked(seed.expose_secret()) else {
            return Err(SigningKeyError);
        };
        let public = pair.public_key().as_ref();
        let fingerprint = digest::digest(&digest::SHA256, public);
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // The library would read the machine's clock; `verify` compares with the given time.
        validation.validate_exp = false;
        Ok(Self {
            signing: EncodingKey::from_ed_der(seed.expose_secret()),
            verifying: DecodingKey::from_ed_der(public),
            key_id: URL_SAFE_NO_PAD.encode(fingerprint.as_ref().split_at(12).0),
            validation,
        })
    }

    pub(crate) fn issue(&self, user: UserId, now: Timestamp) -> Result<SecretString, JwtError> {
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: user,
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
    pub(crate) fn verify(&self, token: &str, now: Timestamp) -> Result<UserId, TokenError> {
        let Ok(data) = jsonwebtoken::decode::<Claims>(token, &self.verifying, &self.validation)
        else {
            return Err(TokenError::Invalid);
        };
        let is_ours = data.header.typ.as_deref() == Some(TYPE)
            && data.header.kid.as_deref() == Some(self.key_id.as_str());
        if !is_ours {
            return Err(TokenError::Invalid);
        }
        if data.claims.exp <= now.seconds() {
            return Err(TokenError::Expired);
        }
        Ok(data.claims.sub)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
    const USER: UserId = UserId::from_bits(7);

    fn tokens(seed: u8) -> Tokens {
        Tokens::new(&vec![seed; 32].into()).unwrap()
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
            "iss": ISSUER, "aud": AUDIENCE, "sub": USER.to_string(),
            "iat": NOW.seconds(), "exp": NOW.seconds() + 1,
        });
        change(&mut header, &mut claims);
        jsonwebtoken::encode(&header, &claims, &tokens.signing).unwrap()
    }

    #[test]
    fn a_token_names_its_user_until_it_expires() {
        let tokens = tokens(1);
        let token = tokens.issue(USER, NOW).unwrap();
        let last = Timestamp(NOW.plus(LIFETIME).0 - 1);
        assert_eq!(tokens.verify(token.expose_secret(), last), Ok(USER));
        let late = tokens.verify(token.expose_secret(), NOW.plus(LIFETIME));
        assert_eq!(late, Err(TokenError::Expired));
    }

    #[test]
    fn what_is_not_exactly_a_token_of_ours_is_refused() {
        assert_eq!(tokens(1).verify(&signed(|_, _| {}), NOW), Ok(USER));
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
    fn a_seed_of_another_length_is_refused() {
        assert!(Tokens::new(&vec![1; 31].into()).is_err());
    }
}
