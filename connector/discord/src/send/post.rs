//! Sending as the bot.

use std::time::Duration;

use patchbay_app::ports::{Attempt, Files, Outgoing};
use patchbay_domain::text::discord::render;
use patchbay_domain::{Special, Text};

use super::history::{By, Wanted};
use super::payload::{ByBot, Payload};
use super::{DiscordSender, Target};
use crate::rest::{Created, RestError};

/// A reply without the right to read the history. (Opcodes and Status Codes, "JSON")
const CANNOT_REPLY: u32 = 160_002;

impl DiscordSender {
    /// Discord speaks of "the past few minutes" (Create Message, `enforce_nonce`).
    const NONCE_IS_REMEMBERED: Duration = Duration::from_mins(2);

    pub(super) async fn post(
        &self,
        target: Target,
        outgoing: &Outgoing,
        files: &dyn Files,
        attempt: Attempt,
    ) -> Result<Created, RestError> {
        match self.post_as_is(target, outgoing, files, attempt).await {
            Err(error) if error.code().is_some() && question(outgoing).is_some() => {
                // It takes a right of its own to ask questions; everybody may tell of one.
                let told = told(outgoing);
                self.post_as_is(target, &told, files, attempt).await
            }
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
            let question = question(outgoing);
            let carried = &outgoing.piece.attachments;
            let wanted = Wanted {
                by: By::Bot,
                content: &content,
                files: if question.is_some() { &[] } else { carried },
                poll: question,
                key: outgoing.key,
            };
            if let Some(found) = self.find(target, &wanted, since).await? {
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

/// What is asked, if the piece is a poll.
fn question(outgoing: &Outgoing) -> Option<&str> {
    let attachments = outgoing.piece.attachments.iter();
    attachments
        .filter_map(|attachment| match &attachment.special {
            Some(Special::Poll(poll)) => Some(poll.question.as_str()),
            Some(
                Special::Location(_)
                | Special::Contact(_)
                | Special::Dice { .. }
                | Special::Told { .. },
            )
            | None => None,
        })
        .next()
}

fn told(outgoing: &Outgoing) -> Outgoing {
    let mut told = outgoing.clone();
    let specials = outgoing.piece.attachments.iter();
    let specials = specials.filter_map(|attachment| attachment.special.as_ref());
    let words: Vec<Text> = specials.map(Special::to_text).collect();
    told.piece.text = Text::lines(std::iter::once(&outgoing.piece.text).chain(&words));
    told.piece.attachments.clear();
    told
}
