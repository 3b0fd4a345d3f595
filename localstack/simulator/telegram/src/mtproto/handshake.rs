//! The exchange of an auth key by Diffie-Hellman, which comes before anything encrypted.

use grammers_crypto::{AuthKey, aes, generate_key_data_from_nonce};
use grammers_tl_types::{
    Cursor, Deserializable, Identifiable, Serializable, enums, functions, types,
};
use num_bigint::BigUint;
use sha1::{Digest, Sha1};

use super::rsa::{RsaKey, left_padded};
use super::srp::{GENERATOR, prime};
use super::violation::Violation;

/// The product of two 31-bit primes. Factoring it is a proof of work that protects nothing
/// here, so it needs no other value each time.
const SEMIPRIME: u64 = 0x17ED_4894_1A08_F981;

#[derive(Debug, Default)]
pub(crate) enum Handshake {
    #[default]
    Nothing,
    AwaitingParams {
        nonce: [u8; 16],
        server_nonce: [u8; 16],
    },
    AwaitingClientHalf {
        nonce: [u8; 16],
        server_nonce: [u8; 16],
        new_nonce: [u8; 32],
        secret: BigUint,
    },
}

#[derive(Debug)]
pub(crate) enum Step {
    Reply(Vec<u8>),
    Done {
        reply: Vec<u8>,
        key: Box<[u8; 256]>,
        salt: i64,
    },
}

impl Handshake {
    /// Answers one unencrypted request. `now` is in Unix seconds.
    pub(crate) fn answer(
        &mut self,
        rsa: &RsaKey,
        now: i32,
        request: &[u8],
    ) -> Result<Step, Violation> {
        let cursor = &mut Cursor::from_slice(request);
        match u32::deserialize(cursor)? {
            functions::ReqPqMulti::CONSTRUCTOR_ID | functions::ReqPq::CONSTRUCTOR_ID => {
                Ok(self.offer(rsa, <[u8; 16]>::deserialize(cursor)?))
            }
            functions::ReqDhParams::CONSTRUCTOR_ID => {
                self.params(rsa, now, &functions::ReqDhParams::deserialize(cursor)?)
            }
            functions::SetClientDhParams::CONSTRUCTOR_ID => {
                self.finish(functions::SetClientDhParams::deserialize(cursor)?)
            }
            _ => Err(Violation(
                "an unencrypted request is not part of the key exchange",
            )),
        }
    }

    fn offer(&mut self, rsa: &RsaKey, nonce: [u8; 16]) -> Step {
        let server_nonce: [u8; 16] = rand::random();
        *self = Self::AwaitingParams {
            nonce,
            server_nonce,
        };
        let offer = types::ResPq {
            nonce,
            server_nonce,
            pq: SEMIPRIME.to_be_bytes().to_vec(),
            server_public_key_fingerprints: vec![rsa.fingerprint],
        };
        Step::Reply(enums::ResPq::Pq(offer).to_bytes())
    }

    fn params(
        &mut self,
        rsa: &RsaKey,
        now: i32,
        request: &functions::ReqDhParams,
    ) -> Result<Step, Violation> {
        let Self::AwaitingParams {
            nonce,
            server_nonce,
        } = *self
        else {
            return Err(Violation("req_DH_params before req_pq"));
        };
        let opened = rsa.open(&request.encrypted_data)?;
        let inner = enums::PQInnerData::from_bytes(&opened)?;
        let (inner_nonce, inner_server, new_nonce) = match inner {
            enums::PQInnerData::Data(it) => (it.nonce, it.server_nonce, it.new_nonce),
            enums::PQInnerData::Dc(it) => (it.nonce, it.server_nonce, it.new_nonce),
            enums::PQInnerData::Temp(it) => (it.nonce, it.server_nonce, it.new_nonce),
            enums::PQInnerData::TempDc(it) => (it.nonce, it.server_nonce, it.new_nonce),
        };
        if (inner_nonce, inner_server) != (nonce, server_nonce) {
            return Err(Violation(
                "the nonces of req_DH_params are not those of req_pq",
            ));
        }
        let random: [[u8; 32]; 8] = rand::random();
        let secret = BigUint::from_bytes_be(random.as_flattened());
        let p = prime();
        let public = BigUint::from(GENERATOR).modpow(&secret, &p);
        let answer = enums::ServerDhInnerData::Data(types::ServerDhInnerData {
            nonce,
            server_nonce,
            g: i32::from(GENERATOR),
            dh_prime: p.to_bytes_be(),
            g_a: left_padded::<256>(&public.to_bytes_be())?.to_vec(),
            server_time: now,
        })
        .to_bytes();
        let mut sealed = Sha1::digest(&answer).to_vec();
        sealed.extend(answer);
        sealed.resize(sealed.len().next_multiple_of(16), 0);
        let (key, iv) = generate_key_data_from_nonce(&server_nonce, &new_nonce);
        aes::ige_encrypt(&mut sealed, &key, &iv);
        *self = Self::AwaitingClientHalf {
            nonce,
            server_nonce,
            new_nonce,
            secret,
        };
        let reply = types::ServerDhParamsOk {
            nonce,
            server_nonce,
            encrypted_answer: sealed,
        };
        Ok(Step::Reply(enums::ServerDhParams::Ok(reply).to_bytes()))
    }

    fn finish(&mut self, request: functions::SetClientDhParams) -> Result<Step, Violation> {
        let Self::AwaitingClientHalf {
            nonce,
            server_nonce,
            new_nonce,
            secret,
        } = std::mem::take(self)
        else {
            return Err(Violation("set_client_DH_params before req_DH_params"));
        };
        let mut opened = request.encrypted_data;
        if opened.len() < 32 || !opened.len().is_multiple_of(16) {
            return Err(Violation("set_client_DH_params is too short"));
        }
        let (key, iv) = generate_key_data_from_nonce(&server_nonce, &new_nonce);
        aes::ige_decrypt(&mut opened, &key, &iv);
        let (hash, data) = opened.split_at(20);
        let cursor = &mut Cursor::from_slice(data);
        let enums::ClientDhInnerData::Data(inner) = enums::ClientDhInnerData::deserialize(cursor)?;
        if Sha1::digest(&data[..cursor.pos()])[..] != *hash || inner.nonce != nonce {
            return Err(Violation("set_client_DH_params does not fit its hash"));
        }
        let shared = BigUint::from_bytes_be(&inner.g_b).modpow(&secret, &prime());
        let key: [u8; 256] = left_padded(&shared.to_bytes_be())?;
        let mut salt = [0; 8];
        for (byte, (a, b)) in salt.iter_mut().zip(new_nonce.iter().zip(server_nonce)) {
            *byte = a ^ b;
        }
        let proof = AuthKey::from_bytes(key).calc_new_nonce_hash(&new_nonce, 1);
        let reply = types::DhGenOk {
            nonce,
            server_nonce,
            new_nonce_hash1: proof,
        };
        Ok(Step::Done {
            reply: enums::SetClientDhParamsAnswer::DhGenOk(reply).to_bytes(),
            key: Box::new(key),
            salt: i64::from_le_bytes(salt),
        })
    }
}
