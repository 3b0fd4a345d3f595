//! Sending as the bot.

use std::time::Duration;

use patchbay_app::ports::{Attempt, Files, Outgoing};
use patchbay_domain::text::discord::render;

use super::history::Wanted;
use super::payload::{ByBot, Payload};
use super::{DiscordSender, Target};
use crate::rest::{Created, RestError};

/// A reply without the right to read the history. (Opcodes and Status Codes, "JSON")
const CANNOT_REPLY: u32 = 160_002;

impl DiscordSender {
    /// Discord speaks of "the past few minutes" (Create Message, `enforce_nonce`).
    const NONCE_IS_REMEMBERED: Duration = Duration::from_mins(2);

    /// Without an answer where the bot may not answer.
    pub(super) async fn post(
        &self,
        target: Target,
        outgoing: &Outgoing,
        files: &dyn Files,
        attempt: Attempt,
    ) -> Result<Created, RestError> {
        match self.post_as_is(target, outgoing, files, attempt).await {
            Err(error) if error.code() == Some(CANNOT_REPLY) && outgoing.reply_to.is_some() => {
                let alone = Outgoing {
                    reply_to: None,
                    ..outgoing.clone()
                };
                self.post_as_is(target, &alone, files, attempt).await
            }
            posted => posted,
        }
    }

    async fn post_as_is(
        &self,
        target: Target,
        outgoing: &Outgoing,
        files: &dyn Files,
        attempt: Attempt,
    ) -> Result<Created, RestError> {
        let content = render(&outgoing.piece.text);
        if let Attempt::Again { since } = attempt
            && self.discord.ports.clock.now().since(since) >= Self::NONCE_IS_REMEMBERED
        {
            let wanted = Wanted::of(outgoing, &content);
            if let Some(found) = self.look_for(target, &wanted, since).await? {
                return Ok(found);
            }
        }
        let payload = Payload {
            by_bot: Some(ByBot::of(outgoing)),
            ..Payload::new(&content, outgoing)
        };
        let attachments = &outgoing.piece.attachments;
        let message = payload.write(attachments, files).await?;
        let rest = &self.discord.rest;
        rest.create_message(target.holder(), &message, Self::PATIENCE)
            .await
    }
}
