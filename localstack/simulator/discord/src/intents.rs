use serde::{Deserialize, Serialize};

/// The groups of events a session asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Intents(pub(crate) u64);

impl Intents {
    pub(crate) const GUILDS: Self = Self(1);
    pub(crate) const GUILD_MEMBERS: Self = Self(1 << 1);
    pub(crate) const GUILD_EXPRESSIONS: Self = Self(1 << 3);
    pub(crate) const GUILD_WEBHOOKS: Self = Self(1 << 5);
    pub(crate) const GUILD_PRESENCES: Self = Self(1 << 8);
    pub(crate) const GUILD_MESSAGES: Self = Self(1 << 9);
    pub(crate) const GUILD_MESSAGE_REACTIONS: Self = Self(1 << 10);
    pub(crate) const GUILD_MESSAGE_TYPING: Self = Self(1 << 11);
    pub(crate) const DIRECT_MESSAGES: Self = Self(1 << 12);
    pub(crate) const DIRECT_MESSAGE_REACTIONS: Self = Self(1 << 13);
    pub(crate) const DIRECT_MESSAGE_TYPING: Self = Self(1 << 14);
    pub(crate) const MESSAGE_CONTENT: Self = Self(1 << 15);
    /// Bits 0 to 16, scheduled events, the two of auto moderation, the two of polls and the
    /// two of soundboards and voice that the documentation lists.
    const KNOWN: Self = Self(0x1_ffff | 1 << 20 | 1 << 21 | 1 << 24 | 1 << 25);

    pub(crate) const fn contains(self, needed: Self) -> bool {
        self.0 & needed.0 == needed.0
    }

    pub(crate) const fn are_known(self) -> bool {
        self.0 & !Self::KNOWN.0 == 0
    }
}

/// Intents that an application has only when its owner switched them on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PrivilegedIntents {
    pub(crate) message_content: bool,
    pub(crate) guild_members: bool,
    pub(crate) presences: bool,
}

impl Default for PrivilegedIntents {
    fn default() -> Self {
        Self {
            message_content: true,
            guild_members: false,
            presences: false,
        }
    }
}

impl PrivilegedIntents {
    pub(crate) fn allow(self, asked: Intents) -> bool {
        (self.message_content || !asked.contains(Intents::MESSAGE_CONTENT))
            && (self.guild_members || !asked.contains(Intents::GUILD_MEMBERS))
            && (self.presences || !asked.contains(Intents::GUILD_PRESENCES))
    }

    /// The application flags that show these switches, in the form for fewer than 100 guilds.
    pub(crate) fn application_flags(self) -> u64 {
        u64::from(self.presences) << 13
            | u64::from(self.guild_members) << 15
            | u64::from(self.message_content) << 19
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_privileged_intent_needs_its_switch() {
        let off = PrivilegedIntents {
            message_content: false,
            ..PrivilegedIntents::default()
        };
        assert!(off.allow(Intents::GUILDS));
        assert!(!off.allow(Intents::MESSAGE_CONTENT));
        assert!(PrivilegedIntents::default().allow(Intents::MESSAGE_CONTENT));
        assert!(!PrivilegedIntents::default().allow(Intents::GUILD_MEMBERS));
    }

    #[test]
    fn bits_nobody_defined_are_unknown() {
        assert!(Intents(1 | 1 << 15).are_known());
        assert!(!Intents(1 << 17).are_known());
    }
}
