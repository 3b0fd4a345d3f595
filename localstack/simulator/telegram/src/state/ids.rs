use std::fmt;

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct UserId(pub(crate) i64);

/// A basic group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct GroupId(pub(crate) i64);

/// A channel or a supergroup: the platform numbers both in one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct ChannelId(pub(crate) i64);

/// A photo or a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct FileId(pub(crate) i64);

/// The last eight bytes of the SHA-1 of an auth key, which name it on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct KeyId(pub(crate) [u8; 8]);

/// Names one message over all the boxes that hold a copy of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SharedId(pub(crate) u64);

/// What a message is addressed to, written as the Bot API's dialog id: a user is positive,
/// a basic group is `-id` and a channel is `-100…id`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "i64", try_from = "i64")]
pub(crate) enum Peer {
    User(UserId),
    Group(GroupId),
    Channel(ChannelId),
}

const CHANNEL_BASE: i64 = 1_000_000_000_000;

#[derive(Debug, thiserror::Error)]
#[error("0 names no chat")]
pub(crate) struct NoSuchPeer;

impl From<Peer> for i64 {
    fn from(peer: Peer) -> Self {
        match peer {
            Peer::User(user) => user.0,
            Peer::Group(group) => -group.0,
            Peer::Channel(channel) => -CHANNEL_BASE - channel.0,
        }
    }
}

impl TryFrom<i64> for Peer {
    type Error = NoSuchPeer;

    fn try_from(id: i64) -> Result<Self, NoSuchPeer> {
        match id {
            0 => Err(NoSuchPeer),
            1.. => Ok(Self::User(UserId(id))),
            id if id > -CHANNEL_BASE => Ok(Self::Group(GroupId(-id))),
            id => Ok(Self::Channel(ChannelId(-CHANNEL_BASE - id))),
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", i64::from(*self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dialog_ids_are_those_of_the_bot_api() {
        for (peer, id) in [
            (Peer::User(UserId(7)), 7),
            (Peer::Group(GroupId(7)), -7),
            (Peer::Channel(ChannelId(1_234_567_890)), -1_001_234_567_890),
        ] {
            assert_eq!(i64::from(peer), id);
            assert_eq!(Peer::try_from(id).unwrap(), peer);
        }
        assert!(Peer::try_from(0).is_err());
    }
}
