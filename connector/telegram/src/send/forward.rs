//! Forwarding messages as Telegram does it, with the name of whoever wrote them.

use patchbay_app::ports::{Attempt, Forwarding, SendError};
use patchbay_domain::ids::{MessageId, TelegramChatId};
use patchbay_domain::{Endpoint, FailReason, Notification};

use grammers_tl_types as tl;
use tl::enums::InputPeer;
use tl::functions::messages;

use super::TelegramSender;
use super::destination::{Destination, channel, number, peer};
use super::original::Original;
use super::post::{Part, Request, Unsent};
use super::recover::Likeness;
use crate::history;
use crate::own::{Carries, Look};

/// What is forwarded from, and its messages there.
struct Bundle<'a> {
    from: InputPeer,
    chat: TelegramChatId,
    forwarding: &'a Forwarding,
    messages: Vec<(i32, Part)>,
}

impl Bundle<'_> {
    fn parts(&self) -> Vec<Part> {
        self.messages.iter().map(|(_, part)| part.clone()).collect()
    }

    fn numbers(&self) -> Vec<i32> {
        self.messages.iter().map(|(number, _)| *number).collect()
    }
}

impl TelegramSender {
    /// For each message, what it became; nothing for those that are not there any more.
    pub(super) async fn forward_messages(
        &self,
        forwarding: &Forwarding,
        attempt: Attempt,
    ) -> Result<Vec<Option<MessageId>>, SendError> {
        let to = self.destination(&forwarding.destination).await?;
        let chat = match forwarding.source {
            Endpoint::Telegram { account, chat, .. } if account == to.account() => chat,
            // Another account has other numbers for the messages.
            Endpoint::Telegram { .. } | Endpoint::Discord { .. } => return Err(not_alike()),
        };
        let parts = parts(forwarding);
        if let Some(known) = self.known(&parts) {
            return Ok(all(known));
        }
        let Some(from) = peer(&to.live, chat).await? else {
            return self.made_before(&to, forwarding, parts, attempt).await;
        };
        let numbers = forwarding.messages.iter();
        let numbers = numbers.map(|message| number(*message).unwrap_or_default());
        let bundle = Bundle {
            from,
            chat,
            forwarding,
            messages: numbers.zip(parts.iter().cloned()).collect(),
        };
        match self.forward_there(&to, &bundle, attempt).await {
            Err(SendError::MessageGone) => {}
            outcome => return outcome,
        }
        match self.made_before(&to, forwarding, parts, attempt).await {
            Err(SendError::MessageGone) => self.forward_others(&to, bundle, attempt).await,
            outcome => outcome,
        }
    }

    /// Telegram may refuse all for one that is gone.
    async fn forward_others(
        &self,
        to: &Destination,
        mut bundle: Bundle<'_>,
        attempt: Attempt,
    ) -> Result<Vec<Option<MessageId>>, SendError> {
        let asked = bundle.numbers();
        if asked.len() == 1 {
            return Err(SendError::MessageGone);
        }
        let there = self.still_there(to, &bundle).await?;
        bundle.messages.retain(|(number, _)| there.contains(number));
        if bundle.messages.is_empty() || bundle.messages.len() == asked.len() {
            return Err(SendError::MessageGone);
        }
        let mut sent = self.forward_there(to, &bundle, attempt).await?.into_iter();
        let each = asked.into_iter().map(|number| {
            let is_there = there.contains(&number);
            is_there.then(|| sent.next().flatten()).flatten()
        });
        Ok(each.collect())
    }

    /// Those of the messages that are not gone.
    async fn still_there(
        &self,
        to: &Destination,
        bundle: &Bundle<'_>,
    ) -> Result<Vec<i32>, SendError> {
        let channel = channel(&bundle.from);
        let asked = history::numbered(&to.connection(), channel, &bundle.numbers()).await;
        let found = asked.map_err(|error| self.not_changed(&to.live, &[], &error))?;
        let found = found.written();
        let in_chat = found.filter(|message| crate::peer::of_peer(&message.peer_id) == bundle.chat);
        Ok(in_chat.map(|message| message.id).collect())
    }

    async fn forward_there(
        &self,
        to: &Destination,
        bundle: &Bundle<'_>,
        attempt: Attempt,
    ) -> Result<Vec<Option<MessageId>>, SendError> {
        let parts = bundle.parts();
        let request = Request::Forward(Box::new(messages::ForwardMessages {
            silent: bundle.forwarding.notification == Notification::Silent,
            background: false,
            with_my_score: false,
            drop_author: false,
            drop_media_captions: false,
            noforwards: false,
            allow_paid_floodskip: false,
            from_ephemeral: false,
            from_peer: bundle.from.clone(),
            id: bundle.numbers(),
            random_id: parts.iter().map(|part| part.random_id).collect(),
            to_peer: to.peer.clone(),
            top_msg_id: to.topic.map(|topic| topic.0),
            reply_to: None,
            schedule_date: None,
            schedule_repeat_period: None,
            send_as: None,
            quick_reply_shortcut: None,
            effect: None,
            video_timestamp: None,
            allow_paid_stars: None,
            suggested_post: None,
        }));
        match self.post(to, &request, &parts, attempt).await {
            Ok(messages) if messages.iter().any(Option::is_some) => Ok(messages),
            Ok(_) => Err(SendError::MessageGone),
            Err(Unsent::Failed(failed)) => Err(failed),
            Err(Unsent::Reference(error) | Unsent::Reply(error) | Unsent::Other(error)) => {
                let ids: Vec<i64> = parts.iter().map(|part| part.random_id).collect();
                Err(self.not_changed(&to.live, &ids, &error))
            }
        }
    }

    /// What was forwarded can be gone by now, though an earlier attempt has forwarded it.
    async fn made_before(
        &self,
        to: &Destination,
        forwarding: &Forwarding,
        mut parts: Vec<Part>,
        attempt: Attempt,
    ) -> Result<Vec<Option<MessageId>>, SendError> {
        let Attempt::Again { since } = attempt else {
            return Err(SendError::MessageGone);
        };
        for (part, original) in parts.iter_mut().zip(Original::of(forwarding)) {
            part.original = Some(original);
        }
        let found = self.look_for(to, &parts, since, Likeness::Same).await?;
        found.map(all).ok_or(SendError::MessageGone)
    }
}

fn all(messages: Vec<MessageId>) -> Vec<Option<MessageId>> {
    messages.into_iter().map(Some).collect()
}

fn parts(forwarding: &Forwarding) -> Vec<Part> {
    let places = 0..forwarding.messages.len();
    let part = |place| Part {
        random_id: forwarding.key.part(place).random_id(),
        look: Look {
            text: None,
            carries: Carries::Forward,
        },
        original: None,
        bytes: None,
    };
    places.map(part).collect()
}

fn not_alike() -> SendError {
    SendError::Fail(FailReason::Refused {
        code: "ANOTHER_ACCOUNT".to_owned(),
    })
}
