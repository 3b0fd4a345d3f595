use std::collections::{HashMap, VecDeque};

use super::{Nonce, Posted};
use crate::ids::UserId;
use crate::time::Timestamp;

/// The message a nonce stands for, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Claimed {
    posted: Posted,
    at: Timestamp,
}

/// The nonces of the past few minutes, each with its author.
#[derive(Debug, Default)]
pub(super) struct Nonces {
    claims: HashMap<(UserId, Nonce), Claimed>,
    oldest_first: VecDeque<((UserId, Nonce), Claimed)>,
}

impl Nonces {
    pub(super) fn claim(&mut self, user: UserId, nonce: Nonce, posted: Posted, at: Timestamp) {
        let (key, claimed) = ((user, nonce), Claimed { posted, at });
        self.claims.insert(key.clone(), claimed);
        self.oldest_first.push_back((key, claimed));
    }

    pub(super) fn claimed(&self, user: UserId, nonce: &Nonce) -> Option<Posted> {
        self.claims
            .get(&(user, nonce.clone()))
            .map(|claimed| claimed.posted)
    }

    pub(super) fn expire(&mut self, now: Timestamp, window_ms: u64) {
        let expired = |claimed: &Claimed| now.millis_since(claimed.at) >= window_ms;
        while self
            .oldest_first
            .front()
            .is_some_and(|(_, claimed)| expired(claimed))
        {
            let Some((key, claimed)) = self.oldest_first.pop_front() else {
                return;
            };
            // A later message may have claimed the nonce anew.
            if self.claims.get(&key) == Some(&claimed) {
                self.claims.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{ChannelId, MessageId};

    #[test]
    fn a_nonce_claimed_anew_lives_on() {
        let nonce = Nonce::Number(1);
        let posted = |message| Posted {
            channel: ChannelId(1),
            message: MessageId(message),
        };
        let mut nonces = Nonces::default();
        nonces.claim(
            UserId(1),
            nonce.clone(),
            posted(1),
            Timestamp::from_millis(0),
        );
        nonces.claim(
            UserId(1),
            nonce.clone(),
            posted(2),
            Timestamp::from_millis(50),
        );
        nonces.expire(Timestamp::from_millis(100), 100);
        assert_eq!(nonces.claimed(UserId(1), &nonce), Some(posted(2)));
        assert_eq!(nonces.claimed(UserId(2), &nonce), None);
        nonces.expire(Timestamp::from_millis(150), 100);
        assert_eq!(nonces.claimed(UserId(1), &nonce), None);
    }
}
