//! The ways in which a client names people, chats and messages.

use grammers_tl_types::enums;

use super::Call;
use crate::state::{
    CHANNEL_INVALID, CHANNEL_PRIVATE, ChannelId, GroupId, Mailbox, PEER_ID_INVALID, Peer, Refusal,
    USER_ID_INVALID, UserId,
};

impl Call<'_> {
    /// A chat that the caller names with the right access hash.
    pub(super) fn peer(&self, input: &enums::InputPeer) -> Result<Peer, Refusal> {
        match input {
            enums::InputPeer::Empty => Err(PEER_ID_INVALID),
            enums::InputPeer::PeerSelf => self.me().map(Peer::User),
            enums::InputPeer::Chat(chat) => {
                let id = GroupId(chat.chat_id);
                self.state().group(id).map(|_| Peer::Group(id))
            }
            enums::InputPeer::User(user) => self
                .known_user(user.user_id, user.access_hash)
                .map(Peer::User),
            enums::InputPeer::Channel(channel) => self
                .known_channel(channel.channel_id, channel.access_hash)
                .map(Peer::Channel),
            enums::InputPeer::UserFromMessage(user) => self
                .state()
                .user(UserId(user.user_id))
                .map(|user| Peer::User(user.id)),
            enums::InputPeer::ChannelFromMessage(channel) => self
                .readable(ChannelId(channel.channel_id))
                .map(Peer::Channel),
        }
    }

    pub(super) fn user(&self, input: &enums::InputUser) -> Result<UserId, Refusal> {
        match input {
            enums::InputUser::Empty => Err(USER_ID_INVALID),
            enums::InputUser::UserSelf => self.me(),
            enums::InputUser::User(user) => self
                .known_user(user.user_id, user.access_hash)
                .map_err(|_unknown| USER_ID_INVALID),
            enums::InputUser::FromMessage(user) => {
                self.state().user(UserId(user.user_id)).map(|user| user.id)
            }
        }
    }

    /// A channel that the caller may read.
    pub(super) fn channel(&self, input: &enums::InputChannel) -> Result<ChannelId, Refusal> {
        let id = match input {
            enums::InputChannel::Empty => return Err(CHANNEL_INVALID),
            enums::InputChannel::Channel(channel) => {
                self.known_channel(channel.channel_id, channel.access_hash)?
            }
            enums::InputChannel::FromMessage(channel) => ChannelId(channel.channel_id),
        };
        self.readable(id)
    }

    pub(super) fn readable(&self, id: ChannelId) -> Result<ChannelId, Refusal> {
        let me = self.me()?;
        let channel = self
            .state()
            .channel(id)
            .map_err(|_unknown| CHANNEL_PRIVATE)?;
        channel.check_read(me).map(|()| id)
    }

    /// What the caller may read: a chat of its own, or a channel that is open to it.
    pub(super) fn readable_peer(&self, input: &enums::InputPeer) -> Result<Peer, Refusal> {
        let peer = self.peer(input)?;
        if let Peer::Channel(id) = peer {
            self.readable(id)?;
        }
        Ok(peer)
    }

    fn known_user(&self, id: i64, access_hash: i64) -> Result<UserId, Refusal> {
        let user = self
            .state()
            .user(UserId(id))
            .map_err(|_unknown| PEER_ID_INVALID)?;
        if user.access_hash == access_hash || self.me()? == user.id {
            Ok(user.id)
        } else {
            Err(PEER_ID_INVALID)
        }
    }

    fn known_channel(&self, id: i64, access_hash: i64) -> Result<ChannelId, Refusal> {
        let channel = self.state().channel(ChannelId(id))?;
        if channel.access_hash == access_hash {
            Ok(channel.id)
        } else {
            Err(CHANNEL_INVALID)
        }
    }
}

/// The numbers of the messages that a client asks for.
pub(super) fn message_ids(mailbox: &Mailbox, input: &[enums::InputMessage]) -> Vec<i32> {
    input
        .iter()
        .filter_map(|message| match message {
            enums::InputMessage::Id(message) => Some(message.id),
            enums::InputMessage::ReplyTo(message) => {
                let answer = mailbox.get(message.id)?;
                answer.reply().map(|reply| reply.message)
            }
            // Pins and bot buttons, which no chat here has.
            enums::InputMessage::Pinned | enums::InputMessage::CallbackQuery(_) => None,
        })
        .collect()
}
