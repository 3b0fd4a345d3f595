//! Where a message goes, and as whom.

use std::sync::Arc;
use std::time::Duration;

use grammers_tl_types::{self as tl, RemoteCall};
use patchbay_app::ports::SendError;
use patchbay_domain::ids::{AccountId, MessageId, TelegramChatId, TopicId};
use patchbay_domain::{Endpoint, FailReason, Text};

use super::TelegramSender;
use crate::account::LiveAccount;
use crate::connection::{Connection, InvokeError};
use crate::refusal;
use crate::translate::entities;

const UNTIL_CONNECTED: Duration = Duration::from_secs(1);
const UNTIL_RECONNECTED: Duration = Duration::from_millis(500);

pub(super) struct Destination {
    pub(super) live: Arc<LiveAccount>,
    connection: Arc<Connection>,
    pub(super) chat: TelegramChatId,
    /// Nothing for a forum's first topic, which requests don't name.
    pub(super) topic: Option<TopicId>,
    pub(super) peer: tl::enums::InputPeer,
}

impl Destination {
    pub(super) fn account(&self) -> AccountId {
        self.live.account.id
    }

    /// The account's as it is now: a long upload may outlive the one before.
    pub(super) fn connection(&self) -> Arc<Connection> {
        let now = self.live.connection();
        now.unwrap_or_else(|| Arc::clone(&self.connection))
    }

    pub(super) async fn invoke<R: RemoteCall>(
        &self,
        request: &R,
    ) -> Result<R::Return, InvokeError> {
        self.connection().invoke(request).await
    }

    pub(super) fn entities(&self, text: &Text) -> Option<Vec<tl::enums::MessageEntity>> {
        let directory = &self.live.directory;
        entities::entities(text, |user| {
            let chat = directory.get(TelegramChatId(user.0));
            chat.and_then(|chat| chat.access_hash)
        })
    }
}

impl TelegramSender {
    pub(super) async fn destination(&self, endpoint: &Endpoint) -> Result<Destination, SendError> {
        let mut to = self.account_box(endpoint)?;
        to.peer = peer(&to.live, to.chat)
            .await?
            .ok_or(SendError::Fail(FailReason::DestinationLost))?;
        Ok(to)
    }

    /// Where only the account matters. In private chats and basic groups it numbers the messages
    /// itself, so that they can be named without the chat, which may not be there any more.
    pub(super) fn account_box(&self, endpoint: &Endpoint) -> Result<Destination, SendError> {
        let Endpoint::Telegram {
            account,
            chat,
            topic,
        } = endpoint
        else {
            return Err(SendError::Fail(FailReason::DestinationLost));
        };
        let live = self
            .shared
            .live(*account)
            .ok_or_else(|| not_connected(*account))?;
        let now = self.shared.ports.clock.now();
        if live.logged_out().is_some() {
            return Err(SendError::Fail(FailReason::LoggedOut));
        }
        if let Some(until) = live.flood_until(now) {
            return Err(SendError::Limited {
                after: until.since(now),
            });
        }
        let connection = live.connection().ok_or_else(|| not_connected(*account))?;
        Ok(Destination {
            live,
            connection,
            chat: *chat,
            topic: topic.filter(|topic| *topic != TopicId::GENERAL),
            peer: tl::enums::InputPeer::Empty,
        })
    }

    /// What a failed send means for its messages and for all others of the account.
    pub(super) fn failed(
        &self,
        live: &LiveAccount,
        random_ids: &[i64],
        error: &InvokeError,
    ) -> SendError {
        let Some(refused) = error.refusal() else {
            return SendError::Retry {
                after: UNTIL_RECONNECTED,
                why: error.to_string(),
            };
        };
        self.note(live, refused);
        let verdict = refusal::of_send(refused);
        if !matches!(verdict, SendError::Retry { .. }) {
            for random_id in random_ids {
                self.shared.own.gave_up(*random_id);
            }
        }
        verdict
    }

    /// The same for what changes or forwards messages that stand.
    pub(super) fn not_changed(
        &self,
        live: &LiveAccount,
        random_ids: &[i64],
        error: &InvokeError,
    ) -> SendError {
        let verdict = self.failed(live, random_ids, error);
        error.refusal().map_or(verdict, refusal::of_change)
    }

    fn note(&self, live: &LiveAccount, refused: &grammers_mtsender::RpcError) {
        let now = self.shared.ports.clock.now();
        if refusal::ends_session(refused) {
            live.set_logged_out(&refused.name);
        } else if let Some((reason, rest)) = refusal::limitation(refused) {
            live.limited(reason, now, now.plus(rest));
        } else if let Some(wait) = refusal::flood_wait(refused) {
            live.flooded(now.plus(wait));
        }
    }
}

/// How the account addresses a chat; nothing if it is not in it.
pub(super) async fn peer(
    live: &LiveAccount,
    chat: TelegramChatId,
) -> Result<Option<tl::enums::InputPeer>, SendError> {
    let me = live.account.telegram_user;
    if let Some(peer) = live.directory.input_peer(chat, me) {
        return Ok(Some(peer));
    }
    if !live.look_for_chats().await {
        return Err(not_connected(live.account.id));
    }
    Ok(live.directory.input_peer(chat, me))
}

/// The same as a channel, if it is one or a supergroup.
pub(super) fn channel(peer: &tl::enums::InputPeer) -> Option<tl::enums::InputChannel> {
    if let tl::enums::InputPeer::Channel(channel) = peer {
        let channel = tl::types::InputChannel {
            channel_id: channel.channel_id,
            access_hash: channel.access_hash,
        };
        Some(channel.into())
    } else {
        None
    }
}

pub(super) fn not_connected(account: AccountId) -> SendError {
    SendError::Retry {
        after: UNTIL_CONNECTED,
        why: format!("{account} is not connected"),
    }
}

/// Telegram's own number for a message.
pub(super) fn number(message: MessageId) -> Option<i32> {
    i32::try_from(message.0).ok()
}
