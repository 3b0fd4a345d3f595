//! The server's half of the two-step password check (SRP-6a with the platform's own hashes).

use hmac::Hmac;
use num_bigint::BigUint;
use sha2::{Digest, Sha256, Sha512};

use super::rsa::left_padded;
use super::violation::Violation;
use crate::state::Password;

pub(crate) const GENERATOR: u8 = 3;
const ROUNDS: u32 = 100_000;

/// The safe prime that the platform itself uses, which every client knows to be good.
const PRIME: &[u8] = b"\
c71caeb9c6b1c9048e6c522f70f13f73980d40238e3e21c14934d037563d930f\
48198a0aa7c14058229493d22530f4dbfa336f6e0ac925139543aed44cce7c37\
20fd51f69458705ac68cd4fe6b6b13abdc9746512969328454f18faf8c595f64\
2477fe96bb2a941d5bcd1d4ac8cc49880708fa9b378e3c4f3a9060bee67cf9a4\
a4a695811051907e162753b56b0f6b410dba74d8a84b2a14b3144e0ef1284754\
fd17ed950d5965b4b9dd46582db1178d169c6bc465b0d6ff9ca3928fef5b9ae4\
e418fc15e83ebea0f87fa9ff5eed70050ded2849f47bf959d956850ce929851f\
0d8115f635b105ee2e4e15d04b2454bf6f4fadf034b10403119cd8e3b92fcc5b";

pub(crate) fn prime() -> BigUint {
    BigUint::parse_bytes(PRIME, 16).unwrap_or_default()
}

/// Turns a password into what the platform keeps of it. Slow on purpose.
pub(crate) fn verifier(password: &str, [salt1, salt2]: [[u8; 16]; 2]) -> Password {
    let salted = |data: &[u8], salt: &[u8]| hash(&[salt, data, salt]);
    let first = salted(&salted(password.as_bytes(), &salt1), &salt2);
    let mut stretched = [0_u8; 64];
    // The only error is a wrong output length, and this one is right.
    let _stretched = pbkdf2::pbkdf2::<Hmac<Sha512>>(&first, &salt1, ROUNDS, &mut stretched);
    let x = BigUint::from_bytes_be(&salted(&stretched, &salt2));
    let verifier = BigUint::from(GENERATOR).modpow(&x, &prime());
    Password {
        salt1: salt1.to_vec(),
        salt2: salt2.to_vec(),
        verifier: verifier.to_bytes_be(),
    }
}

/// One question to a client, good for one answer.
#[derive(Debug)]
pub(crate) struct Challenge {
    pub(crate) id: i64,
    pub(crate) public: [u8; 256],
    password: Password,
    secret: BigUint,
}

impl Challenge {
    pub(crate) fn new(password: Password, secret: &[u8; 256], id: i64) -> Result<Self, Violation> {
        let (p, g) = (prime(), BigUint::from(GENERATOR));
        let verifier = BigUint::from_bytes_be(&password.verifier);
        let secret = BigUint::from_bytes_be(secret);
        let k = number(&[&p.to_bytes_be(), &padded(&g)?]);
        let public = padded(&((k * verifier + g.modpow(&secret, &p)) % &p))?;
        Ok(Self {
            id,
            public,
            password,
            secret,
        })
    }

    pub(crate) fn accepts(&self, a: &[u8], proof: &[u8]) -> bool {
        self.expected(a).is_ok_and(|expected| expected == proof)
    }

    fn expected(&self, a: &[u8]) -> Result<[u8; 32], Violation> {
        let p = prime();
        let client = BigUint::from_bytes_be(a);
        if &client % &p == BigUint::ZERO {
            return Err(Violation("a client's public value is zero"));
        }
        let client_public = left_padded::<256>(a)?;
        let u = number(&[&client_public, &self.public]);
        let verifier = BigUint::from_bytes_be(&self.password.verifier);
        let shared = (client * verifier.modpow(&u, &p)).modpow(&self.secret, &p);
        let shared = hash(&[&padded(&shared)?]);
        let prime_hash = hash(&[&p.to_bytes_be()]);
        let generator_hash = hash(&[&padded(&BigUint::from(GENERATOR))?]);
        let mut mixed = [0; 32];
        for (byte, (a, b)) in mixed.iter_mut().zip(prime_hash.iter().zip(generator_hash)) {
            *byte = a ^ b;
        }
        Ok(hash(&[
            &mixed,
            &hash(&[&self.password.salt1]),
            &hash(&[&self.password.salt2]),
            &client_public,
            &self.public,
            &shared,
        ]))
    }

    pub(crate) fn password(&self) -> &Password {
        &self.password
    }
}

fn padded(number: &BigUint) -> Result<[u8; 256], Violation> {
    left_padded(&number.to_bytes_be())
}

fn number(parts: &[&[u8]]) -> BigUint {
    BigUint::from_bytes_be(&hash(parts))
}

fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use grammers_crypto::two_factor_auth::calculate_2fa;

    use super::*;

    #[test]
    fn a_clients_library_proves_the_right_password_and_no_other() {
        let password = verifier("hunter2", [[1; 16], [2; 16]]);
        let challenge = Challenge::new(password.clone(), &[3; 256], 7).unwrap();
        let proof = |typed: &str| {
            calculate_2fa(
                &password.salt1,
                &password.salt2,
                &prime().to_bytes_be(),
                &i32::from(GENERATOR),
                challenge.public.to_vec(),
                vec![5; 256],
                typed,
            )
        };
        let (m1, a) = proof("hunter2");
        assert!(challenge.accepts(&a, &m1));
        let (m1, a) = proof("hunter3");
        assert!(!challenge.accepts(&a, &m1));
        assert!(!challenge.accepts(&[0; 256], &m1));
    }
}
