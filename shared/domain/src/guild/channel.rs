//! The channels and threads of a server, with what the bot may do there.

use serde::{Deserialize, Serialize};

use super::permission::{DiscordPermission, DiscordPermissions, MissingPermissions, Place};
use crate::ids::{DiscordChannelId, DiscordGuildId};

/// A channel of a server. A thread is a [`DiscordThread`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiscordChannel {
    pub id: DiscordChannelId,
    pub guild: DiscordGuildId,
    pub name: String,
    pub kind: DiscordChannelKind,
    pub category: Option<DiscordCategory>,
    /// Among the channels of its category.
    pub position: u32,
    /// Its beginning, where it is long.
    pub topic: Option<String>,
    pub is_nsfw: bool,
    pub permissions: DiscordPermissions,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DiscordChannelKind {
    #[default]
    Text,
    Announcement,
    Voice,
    Stage,
    /// Holds posts, each of which is a thread.
    Forum,
    /// A forum for pictures and videos.
    Media,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiscordCategory {
    pub id: DiscordChannelId,
    pub name: String,
}

/// An active thread of a channel, or a post of a forum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiscordThread {
    pub id: DiscordChannelId,
    pub guild: DiscordGuildId,
    /// The channel or forum in which it is.
    pub channel: DiscordChannelId,
    pub name: String,
    pub kind: DiscordThreadKind,
    /// Only who may manage threads posts in it.
    pub is_locked: bool,
    pub permissions: DiscordPermissions,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DiscordThreadKind {
    AnnouncementThread,
    PublicThread,
    PrivateThread,
}

impl DiscordChannelKind {
    /// Whether messages stand in the channel itself, and not only in its threads.
    pub const fn has_messages(self) -> bool {
        match self {
            Self::Text | Self::Announcement | Self::Voice | Self::Stage => true,
            Self::Forum | Self::Media => false,
        }
    }
}

impl DiscordChannel {
    /// Whether it can be the source of a pair.
    pub fn can_read(&self) -> bool {
        self.kind.has_messages() && self.missing().for_reading.is_empty()
    }

    /// Whether it can be the destination of a pair.
    pub fn can_post(&self) -> bool {
        self.kind.has_messages() && self.missing().for_posting.is_empty()
    }

    /// Of a forum, what is missing in its posts.
    pub fn missing(&self) -> MissingPermissions {
        let place = match self.kind {
            DiscordChannelKind::Text | DiscordChannelKind::Announcement => Place::Channel,
            DiscordChannelKind::Voice | DiscordChannelKind::Stage => Place::Voice,
            DiscordChannelKind::Forum | DiscordChannelKind::Media => Place::Thread,
        };
        self.permissions.missing(place)
    }
}

impl DiscordThread {
    /// Whether it can be the source of a pair.
    pub fn can_read(&self) -> bool {
        self.missing().for_reading.is_empty()
    }

    /// Whether it can be the destination of a pair.
    pub fn can_post(&self) -> bool {
        self.missing().for_posting.is_empty()
    }

    pub fn missing(&self) -> MissingPermissions {
        let mut missing = self.permissions.missing(Place::Thread);
        let opens = DiscordPermission::ManageThreads;
        if self.is_locked && !self.permissions.contains(opens) {
            missing.for_posting.push(opens);
        }
        missing
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use DiscordPermission as May;

    fn channel(kind: DiscordChannelKind, held: &[May]) -> DiscordChannel {
        DiscordChannel {
            id: DiscordChannelId(2),
            guild: DiscordGuildId(1),
            name: "general".to_owned(),
            kind,
            category: None,
            position: 0,
            topic: None,
            is_nsfw: false,
            permissions: held.iter().copied().collect(),
        }
    }

    #[test]
    fn a_channel_is_an_end_of_pairs_where_the_bot_may_do_what_it_takes() {
        use DiscordChannelKind::{Forum, Stage, Text, Voice};
        let read = [May::ViewChannel, May::ReadMessageHistory];
        let post = [May::ViewChannel, May::SendMessages];
        let in_voice = [May::ViewChannel, May::Connect, May::SendMessages];
        let everything = May::ALL;
        let cases: [(_, &[May], _); 9] = [
            (Text, &read, (true, false)),
            (Text, &post, (false, true)),
            (
                Text,
                &[May::SendMessages, May::ReadMessageHistory],
                (false, false),
            ),
            (
                Text,
                &[May::ViewChannel, May::SendMessagesInThreads],
                (false, false),
            ),
            (Voice, &read, (false, false)),
            (Voice, &post, (false, false)),
            (Voice, &in_voice, (false, true)),
            (Stage, &everything, (true, true)),
            (Forum, &everything, (false, false)),
        ];
        for (kind, held, expected) in cases {
            let channel = channel(kind, held);
            assert_eq!(
                (channel.can_read(), channel.can_post()),
                expected,
                "{kind:?} {held:?}"
            );
        }
    }

    #[test]
    fn a_thread_asks_for_a_right_of_its_own_and_a_locked_one_for_another() {
        let thread = |is_locked, held: &[May]| DiscordThread {
            id: DiscordChannelId(3),
            guild: DiscordGuildId(1),
            channel: DiscordChannelId(2),
            name: "plans".to_owned(),
            kind: DiscordThreadKind::PublicThread,
            is_locked,
            permissions: held.iter().copied().collect(),
        };
        let view = May::ViewChannel;
        let cases: [(_, &[May], &[May]); 4] = [
            (
                false,
                &[view, May::SendMessages],
                &[May::SendMessagesInThreads],
            ),
            (false, &[view, May::SendMessagesInThreads], &[]),
            (
                true,
                &[view, May::SendMessagesInThreads],
                &[May::ManageThreads],
            ),
            (
                true,
                &[view, May::SendMessagesInThreads, May::ManageThreads],
                &[],
            ),
        ];
        for (is_locked, held, missing) in cases {
            let thread = thread(is_locked, held);
            assert_eq!(
                thread.missing().for_posting,
                missing,
                "{is_locked} {held:?}"
            );
            assert_eq!(thread.can_post(), missing.is_empty());
            assert!(!thread.can_read());
        }
    }

    #[test]
    fn what_a_forum_lacks_is_said_of_its_posts() {
        let forum = channel(DiscordChannelKind::Forum, &[May::ViewChannel]);
        assert_eq!(forum.missing().for_posting, [May::SendMessagesInThreads]);
        assert_eq!(forum.missing().for_reading, [May::ReadMessageHistory]);
    }
}
