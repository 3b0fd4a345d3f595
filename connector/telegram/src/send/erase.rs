//! Deleting messages, for everybody.

use grammers_tl_types::functions;
use patchbay_app::ports::{SendError, Standing};
use patchbay_domain::Endpoint;

use super::TelegramSender;
use super::destination::{channel, number};
use crate::peer;

/// core.telegram.org/method/messages.deleteMessages: at most 100 at once.
const AT_ONCE: usize = 100;

impl TelegramSender {
    /// Telegram passes over messages that are gone.
    pub(super) async fn erase(&self, standing: &Standing) -> Result<(), SendError> {
        let to = match standing.destination {
            Endpoint::Telegram { chat, .. } if peer::channel_id(chat).is_none() => {
                self.account_box(&standing.destination)?
            }
            Endpoint::Telegram { .. } | Endpoint::Discord { .. } => {
                self.destination(&standing.destination).await?
            }
        };
        let ids: Vec<i32> = standing
            .messages
            .iter()
            .filter_map(|id| number(*id))
            .collect();
        for ids in ids.chunks(AT_ONCE) {
            let id = ids.to_vec();
            let deleted = if let Some(channel) = channel(&to.peer) {
                let request = functions::channels::DeleteMessages { channel, id };
                to.invoke(&request).await
            } else {
                let request = functions::messages::DeleteMessages { revoke: true, id };
                to.invoke(&request).await
            };
            if let Err(error) = deleted {
                let failed = self.not_changed(&to.live, &[], &error);
                if failed != SendError::MessageGone {
                    return Err(failed);
                }
            }
        }
        Ok(())
    }
}
