use std::fmt;

use sha2::{Digest, Sha256};

use crate::chat::ChatId;
use crate::event::Revision;
use crate::ids::{MessageId, PairId};

/// Names one effect on a destination: the same message through the same pair has the same key,
/// however often it is tried and whoever tries it. Platforms that can are given it, so that they
/// refuse the second send.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SendKey([u8; 32]);

impl SendKey {
    pub fn of_task(pair: PairId, chat: ChatId, message: MessageId, revision: Revision) -> Self {
        let text = format!("{pair}|{chat}|{message}|{}", revision.0);
        Self(Sha256::digest(text).into())
    }

    /// The key of one of the messages into which a task is split.
    #[must_use]
    pub fn part(self, part: usize) -> Self {
        Self(
            Sha256::new()
                .chain_update(self.0)
                .chain_update(part.to_be_bytes())
                .finalize()
                .into(),
        )
    }

    /// Telegram's `random_id`.
    pub fn random_id(self) -> i64 {
        self.0.first_chunk().copied().map_or(0, i64::from_be_bytes)
    }

    /// Discord's `nonce`: at most 25 characters.
    pub fn nonce(self) -> String {
        self.to_string().chars().take(24).collect()
    }
}

impl fmt::Display for SendKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for SendKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::TelegramChatId;

    fn key(message: u64, revision: u64) -> SendKey {
        SendKey::of_task(
            PairId::from_bits(7),
            ChatId::Telegram(TelegramChatId(-1_001_234)),
            MessageId(message),
            Revision(revision),
        )
    }

    #[test]
    fn a_key_is_stable_across_versions() {
        // A deployment must recognise what the one before it sent: these never change.
        insta::assert_snapshot!(key(5, 0), @"ea682b6315f7fa683c1530156d3edfb92b5321df608fd3d2639064b2dfb16090");
        insta::assert_snapshot!(key(5, 0).part(0).nonce(), @"b52677a7ac2d3bc43e988840");
        insta::assert_snapshot!(key(5, 0).part(0).random_id(), @"-5393491941697700924");
    }

    #[test]
    fn message_revision_and_part_each_make_another_key() {
        let keys = [
            key(5, 0),
            key(6, 0),
            key(5, 1),
            key(5, 0).part(0),
            key(5, 0).part(1),
        ];
        for (i, a) in keys.iter().enumerate() {
            assert!(
                keys[i + 1..]
                    .iter()
                    .all(|b| a != b && a.nonce() != b.nonce() && a.random_id() != b.random_id())
            );
        }
        assert!(key(5, 0).nonce().len() <= 25);
    }
}
