//! Encryption of single messages (`MTProto` 2.0).

use grammers_crypto::aes;
use sha2::{Digest, Sha256};

use super::violation::Violation;
use crate::state::KeyId;

/// A client's message, decrypted.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) salt: i64,
    pub(crate) session: i64,
    pub(crate) message_id: i64,
    pub(crate) sequence: i32,
    pub(crate) body: Vec<u8>,
}

/// A message for a client, before its encryption.
#[derive(Debug)]
pub(crate) struct Sealed {
    pub(crate) salt: i64,
    pub(crate) session: i64,
    pub(crate) message_id: i64,
    pub(crate) sequence: i32,
    pub(crate) body: Vec<u8>,
}

/// Where in the auth key the two directions take their bytes from.
const FROM_CLIENT: usize = 0;
const TO_CLIENT: usize = 8;

pub(crate) fn open(key: &[u8; 256], frame: &[u8]) -> Result<Opened, Violation> {
    if frame.len() < 24 + 32 {
        return Err(Violation("an encrypted message is too short"));
    }
    // A padded transport leaves bytes after the last whole block.
    let blocks = (frame.len() - 24) / 16 * 16;
    let (claimed, body) = (&frame[8..24], &frame[24..24 + blocks]);
    let (aes_key, iv) = derived(key, claimed, FROM_CLIENT);
    let mut plain = body.to_vec();
    aes::ige_decrypt(&mut plain, &aes_key, &iv);
    if message_key(key, &plain, FROM_CLIENT) != *claimed {
        return Err(Violation("a message key does not fit its message"));
    }
    let long = |at: usize| {
        plain[at..]
            .first_chunk()
            .map_or(0, |it| i64::from_le_bytes(*it))
    };
    let int = |at: usize| {
        plain[at..]
            .first_chunk()
            .map_or(0, |it| i32::from_le_bytes(*it))
    };
    let length = usize::try_from(int(28)).ok();
    let body = length
        .and_then(|length| plain.get(32..32_usize.checked_add(length)?))
        .ok_or(Violation("a message is longer than its frame"))?;
    Ok(Opened {
        salt: long(0),
        session: long(8),
        message_id: long(16),
        sequence: int(24),
        body: body.to_vec(),
    })
}

pub(crate) fn seal(key: &[u8; 256], id: KeyId, message: &Sealed) -> Vec<u8> {
    let mut plain = Vec::with_capacity(message.body.len() + 64);
    plain.extend(message.salt.to_le_bytes());
    plain.extend(message.session.to_le_bytes());
    plain.extend(message.message_id.to_le_bytes());
    plain.extend(message.sequence.to_le_bytes());
    // A body is far below the two gigabytes that would not fit its field.
    plain.extend(
        u32::try_from(message.body.len())
            .unwrap_or(u32::MAX)
            .to_le_bytes(),
    );
    plain.extend(&message.body);
    let padding = 16 + (16 - plain.len() % 16) % 16;
    let random: [u8; 32] = rand::random();
    plain.extend(&random[..padding]);
    let message_key = message_key(key, &plain, TO_CLIENT);
    let (aes_key, iv) = derived(key, &message_key, TO_CLIENT);
    aes::ige_encrypt(&mut plain, &aes_key, &iv);
    let mut frame = id.0.to_vec();
    frame.extend(message_key);
    frame.extend(plain);
    frame
}

fn message_key(key: &[u8; 256], plain: &[u8], x: usize) -> [u8; 16] {
    let large = Sha256::new()
        .chain_update(&key[88 + x..120 + x])
        .chain_update(plain)
        .finalize();
    let mut middle = [0; 16];
    middle.copy_from_slice(&large[8..24]);
    middle
}

fn derived(key: &[u8; 256], message_key: &[u8], x: usize) -> ([u8; 32], [u8; 32]) {
    let a = Sha256::new()
        .chain_update(message_key)
        .chain_update(&key[x..x + 36])
        .finalize();
    let b = Sha256::new()
        .chain_update(&key[40 + x..76 + x])
        .chain_update(message_key)
        .finalize();
    let (mut aes_key, mut iv) = ([0; 32], [0; 32]);
    aes_key[..8].copy_from_slice(&a[..8]);
    aes_key[8..24].copy_from_slice(&b[8..24]);
    aes_key[24..].copy_from_slice(&a[24..]);
    iv[..8].copy_from_slice(&b[..8]);
    iv[8..24].copy_from_slice(&a[8..24]);
    iv[24..].copy_from_slice(&b[24..]);
    (aes_key, iv)
}

#[cfg(test)]
mod tests {
    use grammers_crypto::{AuthKey, DequeBuffer, decrypt_data_v2, encrypt_data_v2};

    use super::*;

    const KEY: [u8; 256] = [9; 256];

    #[test]
    fn a_clients_library_reads_what_is_sealed() {
        let message = Sealed {
            salt: 1,
            session: 2,
            message_id: 3,
            sequence: 4,
            body: vec![5; 20],
        };
        let mut frame = seal(&KEY, KeyId::of(&KEY), &message);
        let plain = decrypt_data_v2(&mut frame, &AuthKey::from_bytes(KEY)).unwrap();
        assert_eq!(plain[..8], 1_i64.to_le_bytes());
        assert_eq!(plain[32..52], [5; 20]);
    }

    #[test]
    fn what_a_clients_library_seals_is_opened_and_tampering_is_seen() {
        let mut buffer = DequeBuffer::with_capacity(64, 64);
        for field in [1_i64, 2, 3] {
            buffer.extend(field.to_le_bytes());
        }
        buffer.extend(4_i32.to_le_bytes());
        buffer.extend(8_i32.to_le_bytes());
        buffer.extend([5; 8]);
        encrypt_data_v2(&mut buffer, &AuthKey::from_bytes(KEY));
        let mut frame = buffer[..].to_vec();
        let opened = open(&KEY, &frame).unwrap();
        assert_eq!((opened.salt, opened.session, opened.message_id), (1, 2, 3));
        assert_eq!((opened.sequence, opened.body), (4, vec![5; 8]));
        frame[30] ^= 1;
        assert!(open(&KEY, &frame).is_err());
    }
}
