//! What a cursor holds: a place in a list, and a proof that it was given out for this very list.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use patchbay_domain::ids::UserId;
use ring::hmac;
use secrecy::{ExposeSecret, SecretSlice};
use serde::Serialize;

/// Cursors are signed with a key of their own, so that what is signed here is no token.
const LABEL: &[u8] = b"patchbay cursor 1";
const TAG: usize = 32;

/// A list as somebody asked for it: whose, where, and by which filters.
#[derive(Debug, Serialize)]
pub(super) struct List {
    pub(super) user: UserId,
    /// With the ids in it.
    pub(super) path: String,
    /// Without what may differ from page to page, in an order of its own.
    pub(super) filters: Vec<(String, String)>,
}

/// Signs with the first of its keys, and knows what each of them has signed.
pub(crate) struct Cursors(Vec<hmac::Key>);

impl Cursors {
    pub(crate) fn new(seeds: &[SecretSlice<u8>]) -> Self {
        let key = |seed: &SecretSlice<u8>| {
            let seed = hmac::Key::new(hmac::HMAC_SHA256, seed.expose_secret());
            hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&seed, LABEL).as_ref())
        };
        Self(seeds.iter().map(key).collect())
    }

    pub(super) fn write(&self, list: &List, place: &str) -> Option<String> {
        let tag = hmac::sign(self.0.first()?, &signed(list, place)?);
        Some(URL_SAFE_NO_PAD.encode([tag.as_ref(), place.as_bytes()].concat()))
    }

    /// The place, if the cursor is one of this list.
    pub(super) fn read(&self, list: &List, cursor: &str) -> Option<String> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (tag, place) = bytes.split_at_checked(TAG)?;
        let place = std::str::from_utf8(place).ok()?;
        let message = signed(list, place)?;
        let is_ours = |key| hmac::verify(key, &message, tag).is_ok();
        self.0.iter().any(is_ours).then(|| place.to_owned())
    }
}

/// As JSON, in which no two lists look the same.
fn signed(list: &List, place: &str) -> Option<Vec<u8>> {
    serde_json::to_vec(&(list, place)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list() -> List {
        List {
            user: UserId::from_bits(1),
            path: "/v1/pairs".to_owned(),
            filters: vec![("state".to_owned(), "active".to_owned())],
        }
    }

    fn cursors(seeds: &[u8]) -> Cursors {
        let seeds: Vec<SecretSlice<u8>> = seeds.iter().map(|seed| vec![*seed; 32].into()).collect();
        Cursors::new(&seeds)
    }

    #[test]
    fn a_cursor_is_good_for_its_own_list_alone() {
        let cursors = cursors(&[1]);
        let cursor = cursors.write(&list(), "pair_1").unwrap();
        assert_eq!(cursors.read(&list(), &cursor).as_deref(), Some("pair_1"));
        let others = [
            List {
                user: UserId::from_bits(2),
                ..list()
            },
            List {
                path: "/v1/pairs/".to_owned(),
                ..list()
            },
            List {
                filters: vec![],
                ..list()
            },
            List {
                filters: vec![("state".to_owned(), "paused".to_owned())],
                ..list()
            },
        ];
        for other in others {
            assert_eq!(cursors.read(&other, &cursor), None, "{other:?}");
        }
    }

    #[test]
    fn a_changed_cursor_is_none() {
        let cursors = cursors(&[1]);
        let cursor = cursors.write(&list(), "pair_1").unwrap();
        let bytes = URL_SAFE_NO_PAD.decode(&cursor).unwrap();
        for at in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[at] ^= 1;
            let changed = URL_SAFE_NO_PAD.encode(bytes);
            assert_eq!(cursors.read(&list(), &changed), None, "{at}");
        }
        for nonsense in ["", "!", "bm9uc2Vuc2U", &cursor[1..], &format!("{cursor}=")] {
            assert_eq!(cursors.read(&list(), nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn cursors_outlive_a_change_of_keys() {
        let old = cursors(&[1]).write(&list(), "pair_1").unwrap();
        let both = cursors(&[2, 1]);
        assert!(both.read(&list(), &old).is_some());
        let new = both.write(&list(), "pair_1").unwrap();
        assert_eq!(cursors(&[1]).read(&list(), &new), None);
    }
}
