//! What the bot may do in a channel, as far as it matters for forwarding.

use serde::{Deserialize, Serialize};

/// (Permissions, "Bitwise Permission Flags")
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DiscordPermission {
    ViewChannel,
    ReadMessageHistory,
    SendMessages,
    SendMessagesInThreads,
    EmbedLinks,
    AttachFiles,
    AddReactions,
    SendVoiceMessages,
    SendPolls,
    ManageWebhooks,
    ManageThreads,
    Connect,
}

/// A set of them. It is kept and travels as Discord's bits, without those that don't matter here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "u64", into = "u64")]
pub struct DiscordPermissions(u64);

/// What the bot lacks in a place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MissingPermissions {
    pub for_reading: Vec<DiscordPermission>,
    pub for_posting: Vec<DiscordPermission>,
    /// Nothing is refused for want of these, but something is left out: files, previews, replies,
    /// reactions, voice messages and polls as such, the names and pictures of authors.
    pub for_everything: Vec<DiscordPermission>,
}

/// A place as permissions see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Channel,
    /// The text of a voice channel is behind the right to connect.
    Voice,
    Thread,
}

impl DiscordPermission {
    pub const ALL: [Self; 12] = [
        Self::ViewChannel,
        Self::ReadMessageHistory,
        Self::SendMessages,
        Self::SendMessagesInThreads,
        Self::EmbedLinks,
        Self::AttachFiles,
        Self::AddReactions,
        Self::SendVoiceMessages,
        Self::SendPolls,
        Self::ManageWebhooks,
        Self::ManageThreads,
        Self::Connect,
    ];

    pub const fn bit(self) -> u64 {
        match self {
            Self::AddReactions => 1 << 6,
            Self::ViewChannel => 1 << 10,
            Self::SendMessages => 1 << 11,
            Self::EmbedLinks => 1 << 14,
            Self::AttachFiles => 1 << 15,
            Self::ReadMessageHistory => 1 << 16,
            Self::Connect => 1 << 20,
            Self::ManageWebhooks => 1 << 29,
            Self::ManageThreads => 1 << 34,
            Self::SendMessagesInThreads => 1 << 38,
            Self::SendVoiceMessages => 1 << 46,
            Self::SendPolls => 1 << 49,
        }
    }
}

impl DiscordPermissions {
    /// What the bot asks for when it is added to a server.
    pub const WANTED: [DiscordPermission; 10] = [
        DiscordPermission::ViewChannel,
        DiscordPermission::ReadMessageHistory,
        DiscordPermission::SendMessages,
        DiscordPermission::SendMessagesInThreads,
        DiscordPermission::EmbedLinks,
        DiscordPermission::AttachFiles,
        DiscordPermission::AddReactions,
        DiscordPermission::SendVoiceMessages,
        DiscordPermission::SendPolls,
        DiscordPermission::ManageWebhooks,
    ];

    pub const fn bits(self) -> u64 {
        self.0
    }

    pub const fn contains(self, permission: DiscordPermission) -> bool {
        self.0 & permission.bit() != 0
    }

    pub(super) fn missing(self, place: Place) -> MissingPermissions {
        use DiscordPermission::{
            AddReactions, AttachFiles, Connect, EmbedLinks, ManageWebhooks, ReadMessageHistory,
            SendMessages, SendMessagesInThreads, SendPolls, SendVoiceMessages, ViewChannel,
        };
        let (reading, posting): (&[_], &[_]) = match place {
            Place::Channel => (
                &[ViewChannel, ReadMessageHistory],
                &[ViewChannel, SendMessages],
            ),
            Place::Voice => (
                &[ViewChannel, Connect, ReadMessageHistory],
                &[ViewChannel, Connect, SendMessages],
            ),
            Place::Thread => (
                &[ViewChannel, ReadMessageHistory],
                &[ViewChannel, SendMessagesInThreads],
            ),
        };
        let without = |needed: &[DiscordPermission]| {
            let missing = needed.iter().filter(|needed| !self.contains(**needed));
            missing.copied().collect()
        };
        MissingPermissions {
            for_reading: without(reading),
            for_posting: without(posting),
            for_everything: without(&[
                AttachFiles,
                EmbedLinks,
                ReadMessageHistory,
                AddReactions,
                SendVoiceMessages,
                SendPolls,
                ManageWebhooks,
            ]),
        }
    }
}

impl From<u64> for DiscordPermissions {
    /// From Discord's bits.
    fn from(bits: u64) -> Self {
        let known = DiscordPermission::ALL
            .iter()
            .fold(0, |known, permission| known | permission.bit());
        Self(bits & known)
    }
}

impl From<DiscordPermissions> for u64 {
    fn from(permissions: DiscordPermissions) -> Self {
        permissions.0
    }
}

impl FromIterator<DiscordPermission> for DiscordPermissions {
    fn from_iter<I: IntoIterator<Item = DiscordPermission>>(permissions: I) -> Self {
        let bits = permissions.into_iter().map(DiscordPermission::bit);
        Self(bits.fold(0, |held, bit| held | bit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_keeps_what_matters_of_discords_bits() {
        let held = DiscordPermissions::from(u64::MAX);
        assert!(DiscordPermission::ALL.iter().all(|one| held.contains(*one)));
        assert_eq!(held, DiscordPermission::ALL.into_iter().collect());
        // Administrator alone is none of them: whoever computes the bits has resolved it.
        assert_eq!(
            DiscordPermissions::from(1 << 3),
            DiscordPermissions::default()
        );
    }

    #[test]
    fn the_bot_asks_for_what_the_documentation_sums_up_to() {
        let wanted: DiscordPermissions = DiscordPermissions::WANTED.into_iter().collect();
        assert_eq!(
            wanted.bits(),
            [6, 10, 11, 14, 15, 16, 29, 38, 46, 49]
                .into_iter()
                .fold(0, |all, bit| all | 1 << bit)
        );
    }
}
