//! Changing and removing what stands.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use patchbay_app::ports::{Files, Rewrite, Standing};
use patchbay_domain::ids::{DiscordChannelId, FileId, MessageId};
use patchbay_domain::text::discord::render;
use patchbay_domain::{Attachment, Persona, Timestamp};

use super::payload::{Described, Payload};
use super::persona::Writer;
use super::verdict::{
    INVALID_WEBHOOK_TOKEN, MISSING_PERMISSIONS, NOT_THE_AUTHOR, TOO_OLD_TO_DELETE_AT_ONCE,
    UNKNOWN_MESSAGE, UNKNOWN_WEBHOOK,
};
use super::{DiscordSender, Target};
use crate::rest::{Created, MOST_DELETED_AT_ONCE, RestError, Written};
use crate::snowflake;

/// The channels where messages go one by one: to delete several at once takes a right that
/// deleting one's own doesn't, and Discord holds it against us to be asked without.
#[derive(Default)]
pub(crate) struct OneByOne {
    refused: Mutex<HashMap<DiscordChannelId, Timestamp>>,
}

impl OneByOne {
    /// After that it is tried again.
    const REMEMBERED: Duration = Duration::from_mins(30);
    const MOST: usize = 10_000;

    fn contains(&self, channel: DiscordChannelId, now: Timestamp) -> bool {
        let refused = self.lock().get(&channel).copied();
        refused.is_some_and(|at| now.since(at) < Self::REMEMBERED)
    }

    fn note(&self, channel: DiscordChannelId, now: Timestamp) {
        let mut refused = self.lock();
        if refused.len() >= Self::MOST {
            refused.retain(|_, at| now.since(*at) < Self::REMEMBERED);
        }
        refused.insert(channel, now);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<DiscordChannelId, Timestamp>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DiscordSender {
    /// Discord deletes what is younger than two weeks at once; clocks may differ.
    const YOUNG: Duration = Duration::from_hours(13 * 24);

    pub(super) async fn change(
        &self,
        target: Target,
        rewrite: &Rewrite,
        files: &dyn Files,
    ) -> Result<(), RestError> {
        let content = render(&rewrite.text);
        // A poll stays what it is.
        let are_files = |all: &&[Attachment]| all.iter().all(|it| it.file.is_some());
        let attachments = rewrite.attachments.as_deref().filter(are_files);
        let payload = Payload::change(&content, rewrite.preview, attachments);
        let changes = payload
            .write(attachments.unwrap_or_default(), files)
            .await?;
        let persona = rewrite.persona.as_ref();
        self.edit(target, rewrite.message, &changes, persona).await
    }

    pub(super) async fn edit(
        &self,
        target: Target,
        message: MessageId,
        changes: &Written<'_>,
        persona: Option<&Persona>,
    ) -> Result<(), RestError> {
        let expected = self.expected(target, persona);
        let done = self.edit_as(&expected, target, message, changes).await;
        if !is_somebody_elses(&expected, &done) {
            return done;
        }
        match self.writer_of(target, message).await? {
            Writer::Bot if matches!(expected, Writer::Bot) => done,
            Writer::Gone => Err(orphaned()),
            writer @ (Writer::Bot | Writer::Webhook(_)) => {
                self.edit_as(&writer, target, message, changes).await
            }
        }
    }

    async fn edit_as(
        &self,
        writer: &Writer,
        target: Target,
        message: MessageId,
        changes: &Written<'_>,
    ) -> Result<(), RestError> {
        let (rest, patience) = (&self.discord.rest, Self::PATIENCE);
        match writer {
            Writer::Bot => {
                let channel = target.holder();
                rest.edit_message(channel, message, changes, patience).await
            }
            Writer::Webhook(webhook) => {
                let thread = target.thread;
                rest.edit_webhook_message(webhook, thread, message, changes, patience)
                    .await
            }
            Writer::Gone => Err(unknown()),
        }
    }

    /// Who has probably written what was sent so.
    fn expected(&self, target: Target, persona: Option<&Persona>) -> Writer {
        match (persona, self.known_webhook(target.channel)) {
            (None, _) => Writer::Bot,
            (Some(_), Some(webhook)) => Writer::Webhook(webhook),
            (Some(_), None) => Writer::Gone,
        }
    }

    pub(super) async fn remove(
        &self,
        target: Target,
        standing: &Standing,
    ) -> Result<(), RestError> {
        for some in standing.messages.chunks(MOST_DELETED_AT_ONCE) {
            if self.remove_at_once(target, some).await? {
                continue;
            }
            for message in some {
                self.remove_one(target, *message, standing.persona.as_ref())
                    .await?;
            }
        }
        Ok(())
    }

    /// False if they have to go one by one.
    async fn remove_at_once(
        &self,
        target: Target,
        messages: &[MessageId],
    ) -> Result<bool, RestError> {
        let now = self.discord.ports.clock.now();
        let is_young = |id: &MessageId| now.since(snowflake::time_of(*id)) < Self::YOUNG;
        let (channel, one_by_one) = (target.holder(), &self.discord.one_by_one);
        let may_go = messages.len() > 1 && messages.iter().all(is_young);
        if !may_go || one_by_one.contains(channel, now) {
            return Ok(false);
        }
        let rest = &self.discord.rest;
        let deleted = rest.delete_messages(channel, messages, Self::PATIENCE);
        match deleted.await {
            Ok(()) => Ok(true),
            Err(error) => match error.code() {
                Some(MISSING_PERMISSIONS) => {
                    one_by_one.note(channel, now);
                    Ok(false)
                }
                Some(TOO_OLD_TO_DELETE_AT_ONCE) => Ok(false),
                _ => Err(error),
            },
        }
    }

    async fn remove_one(
        &self,
        target: Target,
        message: MessageId,
        persona: Option<&Persona>,
    ) -> Result<(), RestError> {
        let expected = self.expected(target, persona);
        let done = self.remove_as(&expected, target, message).await;
        if !is_somebody_elses(&expected, &done) {
            return gone_is_fine(done);
        }
        match self.writer_of(target, message).await {
            Ok(Writer::Bot) if matches!(expected, Writer::Bot) => done,
            // Now it takes the right to delete what others wrote.
            Ok(Writer::Gone) => gone_is_fine(self.remove_as(&Writer::Bot, target, message).await),
            Ok(writer) => gone_is_fine(self.remove_as(&writer, target, message).await),
            Err(error) => gone_is_fine(Err(error)),
        }
    }

    async fn remove_as(
        &self,
        writer: &Writer,
        target: Target,
        message: MessageId,
    ) -> Result<(), RestError> {
        let (rest, patience) = (&self.discord.rest, Self::PATIENCE);
        match writer {
            Writer::Bot => {
                let channel = target.holder();
                rest.delete_message(channel, message, patience).await
            }
            Writer::Webhook(webhook) => {
                let thread = target.thread;
                rest.delete_webhook_message(webhook, thread, message, patience)
                    .await
            }
            Writer::Gone => Err(unknown()),
        }
    }

    pub(super) async fn take_out(
        &self,
        target: Target,
        standing: &Standing,
        file: FileId,
    ) -> Result<(), RestError> {
        for message in &standing.messages {
            let read = self.discord.rest.message(target.holder(), *message).await;
            let Some(found) = found(read)? else {
                continue;
            };
            self.take_out_of(target, &found, standing.persona.as_ref(), file)
                .await?;
        }
        Ok(())
    }

    async fn take_out_of(
        &self,
        target: Target,
        message: &Created,
        persona: Option<&Persona>,
        file: FileId,
    ) -> Result<(), RestError> {
        let files = message.attachments.iter().map(|file| file.id);
        let left: Vec<FileId> = files.filter(|id| *id != file).collect();
        if left.len() == message.attachments.len() {
            return Ok(());
        }
        if left.is_empty() && message.content.is_empty() {
            return self.remove_one(target, message.id, persona).await;
        }
        let left = left.into_iter().map(|id| Described::Kept { id });
        let changes = Listed {
            attachments: left.collect(),
        };
        let changes = Written::alone(&changes)?;
        gone_is_fine(self.edit(target, message.id, &changes, persona).await)
    }
}

/// All files that the message is to have, in their order.
#[derive(serde::Serialize)]
pub(super) struct Listed {
    pub(super) attachments: Vec<Described>,
}

/// Whether it may be a message that another one wrote: the bot may not change what webhooks wrote,
/// and to a webhook the messages of all others don't exist.
fn is_somebody_elses(expected: &Writer, done: &Result<(), RestError>) -> bool {
    let Some(code) = done.as_ref().err().and_then(RestError::code) else {
        return false;
    };
    match expected {
        Writer::Bot => matches!(code, NOT_THE_AUTHOR | MISSING_PERMISSIONS),
        Writer::Webhook(_) | Writer::Gone => matches!(
            code,
            UNKNOWN_MESSAGE | UNKNOWN_WEBHOOK | INVALID_WEBHOOK_TOKEN
        ),
    }
}

/// As long as nobody has looked, nobody knows who wrote it.
fn unknown() -> RestError {
    RestError::Refused {
        status: reqwest::StatusCode::NOT_FOUND,
        code: UNKNOWN_MESSAGE,
        message: "nobody has looked who wrote it".to_owned(),
    }
}

/// Nobody can edit what a webhook wrote that is gone.
fn orphaned() -> RestError {
    RestError::Refused {
        status: reqwest::StatusCode::BAD_REQUEST,
        code: UNKNOWN_WEBHOOK,
        message: "the webhook that wrote it is gone".to_owned(),
    }
}

fn gone_is_fine(done: Result<(), RestError>) -> Result<(), RestError> {
    match done {
        Err(error) if error.code() == Some(UNKNOWN_MESSAGE) => Ok(()),
        done => done,
    }
}

fn found(read: Result<Created, RestError>) -> Result<Option<Created>, RestError> {
    match read {
        Ok(message) => Ok(Some(message)),
        Err(error) if error.code() == Some(UNKNOWN_MESSAGE) => Ok(None),
        Err(error) => Err(error),
    }
}
