//! Making messages appear exactly once.

use std::collections::HashMap;
use std::time::Duration;

use grammers_tl_types as tl;
use patchbay_app::ports::{Attempt, SendError};
use patchbay_domain::ids::MessageId;
use patchbay_domain::{FailReason, Timestamp};
use tl::functions::messages;

use super::TelegramSender;
use super::destination::Destination;
use super::original::Original;
use super::recover::{self, Likeness};
use crate::connection::InvokeError;
use crate::own::{Look, Sending};
use crate::refusal;
use crate::translate::message;

const UNTIL_FOUND: Duration = Duration::from_secs(2);
/// By then Telegram has told the number of what was sent, or its history shows it as it was sent.
const CLOSEST_AFTER: Duration = Duration::from_secs(30);
const GIVEN_UP_AFTER: Duration = Duration::from_mins(10);

/// A request that makes messages.
pub(super) enum Request {
    Text(Box<messages::SendMessage>),
    Media(Box<messages::SendMedia>),
    Album(Box<messages::SendMultiMedia>),
    Forward(Box<messages::ForwardMessages>),
}

impl Request {
    async fn make(&self, to: &Destination) -> Result<tl::enums::Updates, InvokeError> {
        match self {
            Self::Text(request) => to.invoke(&**request).await,
            Self::Media(request) => to.invoke(&**request).await,
            Self::Album(request) => to.invoke(&**request).await,
            Self::Forward(request) => to.invoke(&**request).await,
        }
    }
}

/// One of the messages that a request makes.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) random_id: i64,
    pub(super) look: Look,
    /// What it is a forward of, where that is needed to know it.
    pub(super) original: Option<Original>,
    /// Of its file, where it is known and Telegram leaves the file as it is.
    pub(super) bytes: Option<u64>,
}

/// Why nothing was sent.
#[derive(Debug)]
pub(super) enum Unsent {
    /// Telegram does not take a file by its reference.
    Reference(InvokeError),
    /// The message to be answered is not there.
    Reply(InvokeError),
    Other(InvokeError),
    Failed(SendError),
}

impl TelegramSender {
    /// What an earlier attempt is known to have sent.
    pub(super) fn known(&self, parts: &[Part]) -> Option<Vec<MessageId>> {
        let own = &self.shared.own;
        parts
            .iter()
            .map(|it| own.message_of(it.random_id))
            .collect()
    }

    /// Makes the request and learns which message each part became, if Telegram tells.
    pub(super) async fn post(
        &self,
        to: &Destination,
        request: &Request,
        parts: &[Part],
        attempt: Attempt,
    ) -> Result<Vec<Option<MessageId>>, Unsent> {
        let now = self.shared.ports.clock.now();
        for part in parts {
            self.shared.own.sets_out(Sending {
                author: to.live.account.telegram_user,
                chat: to.chat,
                random_id: part.random_id,
                look: part.look.clone(),
                at: now,
            });
        }
        let error = match request.make(to).await {
            Ok(updates) => {
                to.live.sent();
                return Ok(self.learn(to, parts, &updates));
            }
            Err(error) => error,
        };
        if error.is("RANDOM_ID_DUPLICATE") {
            let since = match attempt {
                Attempt::First => now,
                Attempt::Again { since } => since,
            };
            let found = self.recognise(to, parts, since).await;
            let found = found.map_err(Unsent::Failed)?;
            return Ok(found.into_iter().map(Some).collect());
        }
        let unsent = match error.refusal() {
            Some(refused) if refusal::is_about_reference(refused) => Unsent::Reference(error),
            Some(refused) if refusal::is_about_reply(refused) => Unsent::Reply(error),
            Some(_) | None => return Err(Unsent::Other(error)),
        };
        // Whatever is done about it, this has had no effect.
        for part in parts {
            self.shared.own.gave_up(part.random_id);
        }
        Err(unsent)
    }

    fn learn(
        &self,
        to: &Destination,
        parts: &[Part],
        updates: &tl::enums::Updates,
    ) -> Vec<Option<MessageId>> {
        let (own, sent) = (&self.shared.own, sent_ids(updates, parts));
        let learned = parts.iter().map(|part| {
            let message = sent.get(&part.random_id).copied();
            match message {
                Some(message) => own.became(to.account(), part.random_id, message),
                None => own.gave_up(part.random_id),
            }
            message
        });
        learned.collect()
    }

    /// Telegram has the messages already. Their ids came with updates, or else the chat's own
    /// history tells them.
    async fn recognise(
        &self,
        to: &Destination,
        parts: &[Part],
        since: Timestamp,
    ) -> Result<Vec<MessageId>, SendError> {
        if let Some(known) = self.known(parts) {
            return Ok(known);
        }
        if let Some(found) = self.look_for(to, parts, since, Likeness::Same).await? {
            return Ok(found);
        }
        let looked_for = self.shared.ports.clock.now().since(since);
        if looked_for < CLOSEST_AFTER {
            return Err(not_found());
        }
        match self.look_for(to, parts, since, Likeness::Closest).await? {
            Some(found) => Ok(found),
            None if looked_for >= GIVEN_UP_AFTER => Err(gone()),
            None => Err(not_found()),
        }
    }

    /// Looks for what was sent since then in the chat's history.
    pub(super) async fn look_for(
        &self,
        to: &Destination,
        parts: &[Part],
        since: Timestamp,
        likeness: Likeness,
    ) -> Result<Option<Vec<MessageId>>, SendError> {
        let own = &self.shared.own;
        let found = recover::find(to, own, parts, since, likeness).await;
        let ids: Vec<i64> = parts.iter().map(|part| part.random_id).collect();
        let found = found.map_err(|error| self.failed(&to.live, &ids, &error))?;
        for (random_id, message) in ids.iter().zip(found.iter().flatten()) {
            own.became(to.account(), *random_id, *message);
        }
        Ok(found)
    }
}

/// Somebody removed it before it was known which message it became.
fn gone() -> SendError {
    SendError::Fail(FailReason::Refused {
        code: "RANDOM_ID_DUPLICATE".to_owned(),
    })
}

pub(super) fn not_found() -> SendError {
    SendError::Retry {
        after: UNTIL_FOUND,
        why: "it was sent, but Telegram did not say which message it became".to_owned(),
    }
}

fn sent_ids(updates: &tl::enums::Updates, parts: &[Part]) -> HashMap<i64, MessageId> {
    let updates = match updates {
        tl::enums::Updates::UpdateShortSentMessage(sent) => {
            let only = parts.first().map(|it| (it.random_id, message::id(sent.id)));
            return only.into_iter().collect();
        }
        tl::enums::Updates::Updates(all) => all.updates.as_slice(),
        tl::enums::Updates::Combined(all) => all.updates.as_slice(),
        tl::enums::Updates::UpdateShort(short) => std::slice::from_ref(&short.update),
        tl::enums::Updates::TooLong
        | tl::enums::Updates::UpdateShortMessage(_)
        | tl::enums::Updates::UpdateShortChatMessage(_) => &[],
    };
    let sent = updates.iter().filter_map(|update| {
        if let tl::enums::Update::MessageId(sent) = update {
            Some((sent.random_id, message::id(sent.id)))
        } else {
            None
        }
    });
    sent.collect()
}
