//! Forwarding messages as Telegram does it, with the name of whoever wrote them.

use patchbay_app::ports::{Attempt, Forwarding, SendError};
use patchbay_domain::ids::MessageId;
use patchbay_domain::{Endpoint, FailReason, Notification};

use grammers_tl_types::functions::messages;

use super::TelegramSender;
use super::destination::{number, peer};
use super::post::{Part, Request, Unsent};
use crate::own::{Carries, Look};

impl TelegramSender {
    /// The answer ends before the first message of an album that is not there any more.
    pub(super) async fn forward_messages(
        &self,
        forwarding: &Forwarding,
        attempt: Attempt,
    ) -> Result<Vec<MessageId>, SendError> {
        let to = self.destination(&forwarding.destination).await?;
        let source = match forwarding.source {
            Endpoint::Telegram { account, chat, .. } if account == to.account() => chat,
            // Another account has other numbers for the messages.
            Endpoint::Telegram { .. } | Endpoint::Discord { .. } => return Err(not_alike()),
        };
        let parts = parts(forwarding);
        if let Some(known) = self.known(&parts) {
            return Ok(known);
        }
        let from_peer = peer(&to.live, source).await?;
        let from_peer = from_peer.ok_or(SendError::MessageGone)?;
        let request = Request::Forward(Box::new(messages::ForwardMessages {
            silent: forwarding.notification == Notification::Silent,
            background: false,
            with_my_score: false,
            drop_author: false,
            drop_media_captions: false,
            noforwards: false,
            allow_paid_floodskip: false,
            from_ephemeral: false,
            from_peer,
            id: forwarding
                .messages
                .iter()
                .filter_map(|it| number(*it))
                .collect(),
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
        match self.post(&to, &request, &parts, attempt).await {
            Ok(messages) => {
                let there: Vec<MessageId> = messages.into_iter().map_while(|it| it).collect();
                Some(there)
                    .filter(|it| !it.is_empty())
                    .ok_or(SendError::MessageGone)
            }
            Err(Unsent::Failed(failed)) => Err(failed),
            Err(Unsent::Reference(error) | Unsent::Reply(error) | Unsent::Other(error)) => {
                let ids: Vec<i64> = parts.iter().map(|part| part.random_id).collect();
                Err(self.not_changed(&to.live, &ids, &error))
            }
        }
    }
}

fn parts(forwarding: &Forwarding) -> Vec<Part> {
    let places = 0..forwarding.messages.len();
    let part = |place| Part {
        random_id: forwarding.key.part(place).random_id(),
        look: Look {
            text: None,
            carries: Carries::Forward,
        },
        bytes: None,
    };
    places.map(part).collect()
}

fn not_alike() -> SendError {
    SendError::Fail(FailReason::Refused {
        code: "ANOTHER_ACCOUNT".to_owned(),
    })
}
