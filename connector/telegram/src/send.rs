//! Writing messages.

mod recover;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use grammers_tl_types as tl;
use patchbay_app::ports::{
    Attempt, Files, Forwarding, Outgoing, Piece, Rewrite, SendError, Sender, Sent, Standing,
};
use patchbay_domain::ids::{AccountId, FileId, MessageId, TelegramChatId, TopicId};
use patchbay_domain::text::{LengthUnit, split};
use patchbay_domain::{Content, Endpoint, FailReason, Notification, Timestamp};

use crate::account::LiveAccount;
use crate::connection::{Connection, InvokeError};
use crate::own::Sending;
use crate::refusal;
use crate::telegram::Shared;
use crate::translate::{entities, message};

/// core.telegram.org/api/config, `message_length_max`, in UTF-16 units.
const LONGEST_MESSAGE: usize = 4096;
const UNTIL_CONNECTED: Duration = Duration::from_secs(1);
const UNTIL_RECONNECTED: Duration = Duration::from_millis(500);
const UNTIL_FOUND: Duration = Duration::from_secs(2);

/// Sends through whichever of this process's sessions is the destination's account.
#[derive(Clone)]
pub struct TelegramSender {
    shared: Arc<Shared>,
}

/// Where a message goes.
struct Destination {
    live: Arc<LiveAccount>,
    connection: Arc<Connection>,
    chat: TelegramChatId,
    topic: Option<TopicId>,
    peer: tl::enums::InputPeer,
}

impl TelegramSender {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    async fn destination(&self, endpoint: &Endpoint) -> Result<Destination, SendError> {
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
        let me = live.account.telegram_user;
        let peer = match live.directory.input_peer(*chat, me) {
            Some(peer) => peer,
            None if !live.look_for_chats().await => return Err(not_connected(*account)),
            None => live
                .directory
                .input_peer(*chat, me)
                .ok_or(SendError::Fail(FailReason::DestinationLost))?,
        };
        Ok(Destination {
            live,
            connection,
            chat: *chat,
            topic: *topic,
            peer,
        })
    }

    /// What a failed request means for this message and for all others of the account.
    fn failed(&self, live: &LiveAccount, random_id: i64, error: &InvokeError) -> SendError {
        let Some(refused) = error.refusal() else {
            return SendError::Retry {
                after: UNTIL_RECONNECTED,
                why: error.to_string(),
            };
        };
        let now = self.shared.ports.clock.now();
        if refusal::ends_session(refused) {
            live.set_logged_out(&refused.name);
        } else if let Some((reason, rest)) = refusal::limitation(refused) {
            live.limited(reason, now, now.plus(rest));
        } else if let Some(wait) = refusal::flood_wait(refused) {
            live.flooded(now.plus(wait));
        }
        let verdict = refusal::of_send(refused);
        if !matches!(verdict, SendError::Retry { .. }) {
            self.shared.own.gave_up(random_id);
        }
        verdict
    }
}

#[async_trait]
impl Sender for TelegramSender {
    fn plan(&self, content: &Content, _destination: &Endpoint) -> Vec<Piece> {
        split(&content.text, LONGEST_MESSAGE, LengthUnit::Utf16)
            .into_iter()
            .map(|text| Piece {
                text,
                attachments: Vec::new(),
            })
            .collect()
    }

    async fn send(
        &self,
        outgoing: &Outgoing,
        _files: &dyn Files,
        attempt: Attempt,
    ) -> Result<Vec<Sent>, SendError> {
        let sent = self.send_text(outgoing, attempt).await?;
        Ok(vec![Sent {
            message: sent,
            file: None,
        }])
    }

    async fn forward(
        &self,
        _forwarding: &Forwarding,
        _attempt: Attempt,
    ) -> Result<Vec<Sent>, SendError> {
        Err(unsupported())
    }

    async fn rewrite(&self, _rewrite: &Rewrite, _files: &dyn Files) -> Result<(), SendError> {
        Err(unsupported())
    }

    async fn delete(&self, _standing: &Standing) -> Result<(), SendError> {
        Err(unsupported())
    }

    async fn remove_file(&self, _standing: &Standing, _file: FileId) -> Result<(), SendError> {
        Err(unsupported())
    }
}

impl TelegramSender {
    async fn send_text(
        &self,
        outgoing: &Outgoing,
        attempt: Attempt,
    ) -> Result<MessageId, SendError> {
        let to = self.destination(&outgoing.destination).await?;
        let account = to.live.account.id;
        let random_id = outgoing.key.random_id();
        let now = self.shared.ports.clock.now();
        self.shared.own.sets_out(Sending {
            author: to.live.account.telegram_user,
            chat: to.chat,
            random_id,
            text: outgoing.piece.text.as_str().to_owned(),
            at: now,
        });
        match to.connection.invoke(&request(outgoing, &to)).await {
            Ok(updates) => {
                to.live.sent();
                let message = sent_id(&updates, random_id).ok_or_else(|| SendError::Retry {
                    after: UNTIL_FOUND,
                    why: "Telegram did not say which message it became".to_owned(),
                })?;
                self.shared.own.became(account, random_id, message);
                Ok(message)
            }
            Err(error) if error.is("RANDOM_ID_DUPLICATE") => {
                let since = match attempt {
                    Attempt::First => now,
                    Attempt::Again { since } => since,
                };
                self.find_sent(outgoing, &to, since).await
            }
            Err(error) => Err(self.failed(&to.live, random_id, &error)),
        }
    }
}

impl TelegramSender {
    /// Telegram has the message already. Its id came with an update, or else the chat's own
    /// history tells it.
    async fn find_sent(
        &self,
        outgoing: &Outgoing,
        to: &Destination,
        since: Timestamp,
    ) -> Result<MessageId, SendError> {
        let random_id = outgoing.key.random_id();
        if let Some(message) = self.shared.own.message_of(random_id) {
            return Ok(message);
        }
        let wanted = recover::Wanted {
            account: to.live.account.id,
            chat: to.chat,
            random_id,
            text: outgoing.piece.text.as_str(),
            since,
        };
        match recover::find(&to.connection, &to.peer, &self.shared.own, &wanted).await {
            Ok(Some(message)) => {
                self.shared
                    .own
                    .became(to.live.account.id, random_id, message);
                Ok(message)
            }
            Ok(None) => Err(SendError::Retry {
                after: UNTIL_FOUND,
                why: "it was sent, but is not to be found".to_owned(),
            }),
            Err(error) => Err(self.failed(&to.live, random_id, &error)),
        }
    }
}

fn unsupported() -> SendError {
    SendError::Fail(FailReason::Refused {
        code: "unsupported".to_owned(),
    })
}

fn not_connected(account: AccountId) -> SendError {
    SendError::Retry {
        after: UNTIL_CONNECTED,
        why: format!("{account} is not connected"),
    }
}

fn request(outgoing: &Outgoing, to: &Destination) -> tl::functions::messages::SendMessage {
    // What is sent to a forum's first topic names none.
    let topic = to.topic.filter(|topic| *topic != TopicId::GENERAL);
    tl::functions::messages::SendMessage {
        no_webpage: false,
        silent: outgoing.notification == Notification::Silent,
        background: false,
        clear_draft: false,
        noforwards: false,
        update_stickersets_order: false,
        invert_media: false,
        allow_paid_floodskip: false,
        peer: to.peer.clone(),
        reply_to: topic.map(in_topic),
        message: outgoing.piece.text.as_str().to_owned(),
        random_id: outgoing.key.random_id(),
        reply_markup: None,
        entities: entities::entities(&outgoing.piece.text, |user| {
            to.live
                .directory
                .get(TelegramChatId(user.0))
                .and_then(|chat| chat.access_hash)
        }),
        schedule_date: None,
        schedule_repeat_period: None,
        send_as: None,
        quick_reply_shortcut: None,
        effect: None,
        allow_paid_stars: None,
        suggested_post: None,
        rich_message: None,
    }
}

fn in_topic(topic: TopicId) -> tl::enums::InputReplyTo {
    tl::types::InputReplyToMessage {
        reply_to_msg_id: topic.0,
        top_msg_id: None,
        reply_to_peer_id: None,
        quote_text: None,
        quote_entities: None,
        quote_offset: None,
        monoforum_peer_id: None,
        todo_item_id: None,
        poll_option: None,
    }
    .into()
}

fn sent_id(updates: &tl::enums::Updates, random_id: i64) -> Option<MessageId> {
    let updates = match updates {
        tl::enums::Updates::UpdateShortSentMessage(sent) => return Some(message::id(sent.id)),
        tl::enums::Updates::Updates(all) => all.updates.as_slice(),
        tl::enums::Updates::Combined(all) => all.updates.as_slice(),
        tl::enums::Updates::UpdateShort(short) => std::slice::from_ref(&short.update),
        tl::enums::Updates::TooLong
        | tl::enums::Updates::UpdateShortMessage(_)
        | tl::enums::Updates::UpdateShortChatMessage(_) => &[],
    };
    updates.iter().find_map(|update| {
        if let tl::enums::Update::MessageId(sent) = update
            && sent.random_id == random_id
        {
            Some(message::id(sent.id))
        } else {
            None
        }
    })
}
