//! Finding what an earlier attempt has left in a channel.

use std::error::Error;
use std::time::Duration;

use patchbay_app::ports::Outgoing;
use patchbay_domain::ids::{DiscordUserId, MessageId};
use patchbay_domain::{Attachment, SendKey, Timestamp};
use serde::Deserialize;
use serde_json::value::RawValue;
use serenity::model::channel::Nonce;
use serenity::model::id::ApplicationId;

use super::files::{may_be_named, name_of};
use super::poll::question;
use super::{DiscordSender, Target};
use crate::rest::{Created, HISTORY_PAGE, RestError};
use crate::snowflake;

/// What was sent, or not.
pub(super) struct Wanted<'a> {
    pub(super) by: By<'a>,
    pub(super) content: &'a str,
    pub(super) files: &'a [Attachment],
    pub(super) poll: Option<&'a str>,
    pub(super) key: SendKey,
}

pub(super) enum By<'a> {
    Bot,
    /// By a webhook of ours, under this name.
    Webhook {
        name: &'a str,
    },
}

/// What of a message in the history tells whether it is the one that was sent.
#[derive(Deserialize)]
struct InHistory {
    #[serde(flatten)]
    message: Created,
    author: SentAuthor,
    #[serde(default)]
    webhook_id: Option<serenity::model::id::WebhookId>,
    #[serde(default)]
    application_id: Option<ApplicationId>,
    #[serde(default)]
    nonce: Option<Nonce>,
    #[serde(default)]
    poll: Option<SentPoll>,
}

#[derive(Deserialize)]
struct SentAuthor {
    id: DiscordUserId,
    #[serde(default)]
    username: String,
}

#[derive(Deserialize)]
struct SentPoll {
    question: SentQuestion,
}

#[derive(Deserialize)]
struct SentQuestion {
    #[serde(default)]
    text: Option<String>,
}

impl<'a> Wanted<'a> {
    pub(super) fn of(outgoing: &'a Outgoing, content: &'a str) -> Self {
        let by = match &outgoing.persona {
            Some(persona) => By::Webhook {
                name: &persona.name,
            },
            None => By::Bot,
        };
        let poll = question(&outgoing.piece);
        Self {
            by,
            content,
            files: match poll {
                Some(_) => &[],
                None => &outgoing.piece.attachments,
            },
            poll,
            key: outgoing.key,
        }
    }
}

impl DiscordSender {
    /// Looking through the history must come to its end, or it begins anew each time.
    const HISTORY_PATIENCE: Duration = Duration::from_secs(20);
    /// What the clocks may differ by after the difference that Discord's answers tell.
    const CLOCK_TOLERANCE: Duration = Duration::from_millis(500);

    /// The message that an attempt since then has left.
    pub(super) async fn look_for(
        &self,
        target: Target,
        wanted: &Wanted<'_>,
        since: Timestamp,
    ) -> Result<Option<Created>, RestError> {
        let me = self.discord.identity().await?;
        let channel = target.holder();
        let mut after = self.just_before(since);
        loop {
            let rest = &self.discord.rest;
            let page = rest.history(channel, after, Self::HISTORY_PATIENCE).await?;
            let mut sent: Vec<InHistory> = page.iter().filter_map(|raw| read(raw)).collect();
            sent.sort_unstable_by_key(|sent| sent.message.id);
            let newest = sent.last().map(|sent| sent.message.id);
            let is_it = |sent: &InHistory| {
                let is_by = match wanted.by {
                    By::Bot => sent.author.id == me.user,
                    By::Webhook { name } => sent.is_by_webhook(me.application, name),
                };
                let attributed = &self.discord.attributed;
                is_by && !attributed.is_of_another(wanted.key, sent.message.id) && sent.says(wanted)
            };
            if let Some(found) = sent.into_iter().find(is_it) {
                tracing::info!(%channel, message = %found.message.id, "an earlier attempt had arrived");
                return Ok(Some(found.message));
            }
            match newest.filter(|_| page.len() == HISTORY_PAGE) {
                Some(newest) => after = newest,
                None => return Ok(None),
            }
        }
    }

    fn just_before(&self, since: Timestamp) -> MessageId {
        let theirs = self.discord.rest.on_platform_clock(since);
        let tolerance = i64::try_from(Self::CLOCK_TOLERANCE.as_millis()).unwrap_or_default();
        snowflake::before(Timestamp(theirs.0.saturating_sub(tolerance)))
    }
}

impl InHistory {
    fn is_by_webhook(&self, application: u64, name: &str) -> bool {
        let is_ours = self.application_id.map(ApplicationId::get) == Some(application);
        self.webhook_id.is_some() && is_ours && self.author.username == name
    }

    fn says(&self, wanted: &Wanted<'_>) -> bool {
        match &self.nonce {
            Some(Nonce::String(theirs)) => *theirs == wanted.key.nonce(),
            Some(Nonce::Number(_)) => false,
            // Discord keeps the nonce to itself once it has forgotten it, and webhooks have none.
            None => self.has_content(wanted) && self.has_files(wanted.files),
        }
    }

    fn has_content(&self, wanted: &Wanted<'_>) -> bool {
        let poll = self.poll.as_ref();
        let question = poll.and_then(|poll| poll.question.text.as_deref());
        question == wanted.poll && is_same(&self.message.content, wanted.content)
    }

    fn has_files(&self, files: &[Attachment]) -> bool {
        let theirs = &self.message.attachments;
        theirs.len() == files.len()
            && files.iter().zip(theirs).all(|(ours, theirs)| {
                ours.bytes.is_none_or(|bytes| bytes == theirs.size)
                    && may_be_named(&name_of(ours), &theirs.filename)
            })
    }
}

/// Whether two contents are of one message. What it answers may have been edited or deleted between
/// two attempts, so that they quote it differently.
fn is_same(theirs: &str, ours: &str) -> bool {
    unquoted(theirs) == unquoted(ours)
}

/// Without the line that quotes what is answered.
fn unquoted(content: &str) -> &str {
    let content = content.trim();
    let quoted = content.strip_prefix("> ");
    let rest = quoted.map(|quoted| quoted.split_once('\n').map_or("", |(_, rest)| rest));
    rest.unwrap_or(content).trim()
}

fn read(raw: &RawValue) -> Option<InHistory> {
    serde_json::from_str(raw.get())
        .inspect_err(|error| {
            let error: &dyn Error = error;
            tracing::error!(error, "a message in the history can't be read");
        })
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_known_again_whatever_it_quotes() {
        let rows = [
            ("yes", "yes", true),
            (" yes\n", "yes", true),
            ("> is it?\nyes", "> was it?\nyes", true),
            ("> is it?\nyes", "yes", true),
            ("> is it?", "", true),
            ("> is it?\nyes", "> is it?\nno", false),
            ("yes", "no", false),
            ("is it?\nyes", "yes", false),
        ];
        for (theirs, ours, expected) in rows {
            assert_eq!(is_same(theirs, ours), expected, "{theirs:?} {ours:?}");
        }
    }
}
