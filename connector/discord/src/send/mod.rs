//! Writing to Discord.

mod attributed;
mod split;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use patchbay_app::ports::{
    Attempt, Files, Forwarding, Outgoing, Piece, Rewrite, SendError, Sender, Sent, Standing,
};
use patchbay_domain::ids::{DiscordChannelId, FileId, MessageId};
use patchbay_domain::text::discord::render;
use patchbay_domain::{Content, Endpoint, FailReason, Notification, SendKey, Timestamp};
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;
use serenity::builder::{CreateAllowedMentions, CreateMessage};
use serenity::model::channel::{MessageFlags, Nonce};

use crate::discord::Inner;
use crate::persist::Failure;
use crate::rest::{HISTORY_PAGE, RestError};
use crate::snowflake;
pub(crate) use attributed::Attributed;

/// Sends as the bot, and makes each message appear once.
///
/// Discord refuses a second message with the same nonce, but remembers a nonce for some minutes
/// only. A message whose first attempt is longer ago is looked for in the destination's history
/// before it is sent again.
#[derive(Clone)]
pub struct DiscordSender {
    discord: Arc<Inner>,
}

/// What of a message in the history tells whether it is the one that was sent.
#[derive(Deserialize)]
struct InHistory {
    id: MessageId,
    author: SentAuthor,
    content: String,
    #[serde(default)]
    nonce: Option<Nonce>,
}

#[derive(Deserialize)]
struct SentAuthor {
    id: patchbay_domain::ids::DiscordUserId,
}

impl DiscordSender {
    /// Discord speaks of "the past few minutes" (Create Message, `enforce_nonce`).
    const NONCE_IS_REMEMBERED: Duration = Duration::from_mins(2);
    /// A wait as short as this isn't worth putting the task back into its queue.
    const PATIENCE: Duration = Duration::from_secs(2);
    /// Looking through the history must come to its end, or it begins anew each time.
    const HISTORY_PATIENCE: Duration = Duration::from_secs(20);
    /// What the clocks may differ by after the difference that Discord's answers tell.
    const CLOCK_TOLERANCE: Duration = Duration::from_millis(500);

    pub(crate) fn new(discord: Arc<Inner>) -> Self {
        Self { discord }
    }

    async fn create(
        &self,
        channel: DiscordChannelId,
        content: &str,
        outgoing: &Outgoing,
    ) -> Result<MessageId, RestError> {
        let flags = match outgoing.notification {
            Notification::Sound => MessageFlags::empty(),
            Notification::Silent => MessageFlags::SUPPRESS_NOTIFICATIONS,
        };
        let message = CreateMessage::new()
            .content(content)
            .flags(flags)
            .allowed_mentions(CreateAllowedMentions::new())
            .nonce(Nonce::String(outgoing.key.nonce()))
            .enforce_nonce(true);
        self.discord
            .rest
            .create_message(channel, &message, Self::PATIENCE)
            .await
    }

    /// The message that an attempt since then has left in the channel.
    async fn find(
        &self,
        channel: DiscordChannelId,
        content: &str,
        key: SendKey,
        since: Timestamp,
    ) -> Result<Option<MessageId>, RestError> {
        let me = self.discord.identity().await?.user;
        let nonce = key.nonce();
        let mut after = self.just_before(since);
        loop {
            let rest = &self.discord.rest;
            let page = rest.history(channel, after, Self::HISTORY_PATIENCE).await?;
            let mut sent: Vec<InHistory> = page.iter().filter_map(|raw| read(raw)).collect();
            sent.sort_unstable_by_key(|message| message.id);
            let is_it = |message: &&InHistory| {
                message.author.id == me
                    && !self.discord.attributed.is_of_another(key, message.id)
                    && match &message.nonce {
                        Some(Nonce::String(theirs)) => *theirs == nonce,
                        Some(Nonce::Number(_)) => false,
                        // Discord keeps the nonce to itself once it has forgotten it.
                        None => message.content.trim() == content.trim(),
                    }
            };
            if let Some(found) = sent.iter().find(is_it) {
                return Ok(Some(found.id));
            }
            match sent.last().filter(|_| page.len() == HISTORY_PAGE) {
                Some(newest) => after = newest.id,
                None => return Ok(None),
            }
        }
    }

    fn just_before(&self, since: Timestamp) -> MessageId {
        let theirs = self.discord.rest.on_platform_clock(since);
        let tolerance = i64::try_from(Self::CLOCK_TOLERANCE.as_millis()).unwrap_or_default();
        snowflake::before(Timestamp(theirs.0.saturating_sub(tolerance)))
    }

    async fn try_send(
        &self,
        channel: DiscordChannelId,
        outgoing: &Outgoing,
        attempt: Attempt,
    ) -> Result<MessageId, RestError> {
        let content = render(&outgoing.piece.text);
        if let Attempt::Again { since } = attempt
            && self.discord.ports.clock.now().since(since) >= Self::NONCE_IS_REMEMBERED
            && let Some(found) = self.find(channel, &content, outgoing.key, since).await?
        {
            tracing::info!(%channel, message = %found, "an earlier attempt had arrived");
            return Ok(found);
        }
        self.create(channel, &content, outgoing).await
    }
}

#[async_trait]
impl Sender for DiscordSender {
    fn plan(&self, content: &Content, _destination: &Endpoint) -> Vec<Piece> {
        split::split(&content.text)
            .into_iter()
            .map(|text| Piece {
                text,
                attachments: Vec::new(),
            })
            .collect()
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

    async fn send(
        &self,
        outgoing: &Outgoing,
        _files: &dyn Files,
        attempt: Attempt,
    ) -> Result<Vec<Sent>, SendError> {
        let channel = match outgoing.destination {
            Endpoint::Discord {
                channel, thread, ..
            } => thread.unwrap_or(channel),
            Endpoint::Telegram { .. } => return Err(SendError::Fail(FailReason::DestinationLost)),
        };
        let sent = self.try_send(channel, outgoing, attempt).await;
        if let Ok(message) = &sent {
            self.discord.attributed.note(outgoing.key, *message);
        }
        let sent = sent.map(|message| {
            vec![Sent {
                message,
                file: None,
            }]
        });
        sent.map_err(|error| {
            let verdict = verdict(&error);
            tracing::debug!(%channel, error = &error as &dyn Error, ?verdict, "not sent");
            verdict
        })
    }
}

fn unsupported() -> SendError {
    SendError::Fail(FailReason::Refused {
        code: "unsupported".to_owned(),
    })
}

/// What a failure means for the message. (Opcodes and Status Codes, "JSON")
fn verdict(error: &RestError) -> SendError {
    const MISSING_ACCESS: u32 = 50001;
    const MISSING_PERMISSIONS: u32 = 50013;
    const UNKNOWN_CHANNEL: u32 = 10003;
    const UNKNOWN_GUILD: u32 = 10004;
    const RETRY: Duration = Duration::from_secs(1);
    match error {
        RestError::Limited { after } => SendError::Limited { after: *after },
        RestError::Refused {
            status: StatusCode::UNAUTHORIZED,
            ..
        } => {
            tracing::error!("Discord doesn't know the bot token: nothing can be sent");
            SendError::Fail(FailReason::NotAllowed)
        }
        RestError::Refused { status, code, .. } => SendError::Fail(match (*status, *code) {
            (_, UNKNOWN_CHANNEL | UNKNOWN_GUILD) | (StatusCode::NOT_FOUND, _) => {
                FailReason::DestinationLost
            }
            (_, MISSING_ACCESS | MISSING_PERMISSIONS) | (StatusCode::FORBIDDEN, _) => {
                FailReason::NotAllowed
            }
            (status, 0) => FailReason::Refused {
                code: format!("HTTP {}", status.as_u16()),
            },
            (_, code) => FailReason::Refused {
                code: code.to_string(),
            },
        }),
        RestError::Failing { .. }
        | RestError::Unreachable { .. }
        | RestError::Unreadable { .. }
        | RestError::Unwritable(_) => SendError::Retry {
            after: RETRY.max(error.wait()),
            why: error.to_string(),
        },
    }
}

fn read(raw: &RawValue) -> Option<InHistory> {
    serde_json::from_str(raw.get())
        .inspect_err(|error| {
            tracing::error!(
                error = error as &dyn Error,
                "a message in the history can't be read"
            );
        })
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, code: u32) -> SendError {
        let body = format!(r#"{{"message":"no","code":{code}}}"#);
        verdict(&RestError::of_status(
            StatusCode::from_u16(status).unwrap(),
            body.as_bytes(),
        ))
    }

    #[test]
    fn each_refusal_says_what_becomes_of_the_message() {
        let fail = SendError::Fail;
        assert_eq!(refused(403, 50001), fail(FailReason::NotAllowed));
        assert_eq!(refused(403, 50013), fail(FailReason::NotAllowed));
        assert_eq!(refused(401, 0), fail(FailReason::NotAllowed));
        assert_eq!(refused(404, 10003), fail(FailReason::DestinationLost));
        assert_eq!(refused(404, 10004), fail(FailReason::DestinationLost));
        assert_eq!(
            refused(400, 50035),
            fail(FailReason::Refused {
                code: "50035".to_owned()
            })
        );
        assert_eq!(
            refused(413, 0),
            fail(FailReason::Refused {
                code: "HTTP 413".to_owned()
            })
        );
        for ambiguous in [408, 500, 502, 503, 302] {
            assert!(
                matches!(refused(ambiguous, 0), SendError::Retry { .. }),
                "{ambiguous}"
            );
        }
    }
}
