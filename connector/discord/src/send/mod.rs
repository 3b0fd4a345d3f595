//! Writing to Discord.
//!
//! - `plan`: which messages say what is to be said; `split` cuts texts, `told` is what stands for
//!   what Discord doesn't take
//! - `payload`, `files`: a message as Discord reads it, and the files that go with it
//! - `post`, `persona`: sending once, as the bot or by a webhook; `history` finds earlier attempts
//! - `change`, `replace`: edits and deletions; `react`, `presentation`: reactions
//! - `verdict`: what a failure means

mod attributed;
mod change;
mod files;
mod history;
mod payload;
mod persona;
mod plan;
mod poll;
mod post;
mod presentation;
mod react;
mod replace;
mod split;
mod told;
mod verdict;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use patchbay_app::ports::{
    Attempt, Files, Forwarding, Outgoing, Piece, PortResult, Reacting, Replacement, Rewrite,
    SendError, Sender, Sent, Standing,
};
use patchbay_domain::guild::Guild;
use patchbay_domain::ids::{DiscordChannelId, FileId};
use patchbay_domain::text::discord::render;
use patchbay_domain::{Attachment, Content, Endpoint, FailReason, Reaction, Timestamp};

use crate::discord::Inner;
use crate::rest::{Created, RestError};
pub(crate) use attributed::Attributed;
pub(crate) use change::OneByOne;
use history::Wanted;
pub(crate) use persona::Webhooks;
pub(crate) use told::mark;
pub(crate) use verdict::verdict;
use verdict::{THREAD_ARCHIVED, TOO_LARGE};

/// Sends as the bot or by a webhook, and makes each message appear once.
///
/// Discord refuses a second message with the same nonce, but remembers a nonce for some minutes
/// only, and webhooks have none. Where no nonce helps, the message is looked for in the
/// destination's history before it is sent again.
#[derive(Clone)]
pub struct DiscordSender {
    discord: Arc<Inner>,
}

/// Where messages go: a channel, or a thread in it.
#[derive(Debug, Clone, Copy)]
struct Target {
    channel: DiscordChannelId,
    thread: Option<DiscordChannelId>,
}

impl Target {
    fn of(endpoint: &Endpoint) -> Result<Self, SendError> {
        match *endpoint {
            Endpoint::Discord {
                channel, thread, ..
            } => Ok(Self { channel, thread }),
            Endpoint::Telegram { .. } => Err(SendError::Fail(FailReason::DestinationLost)),
        }
    }

    /// What holds the messages.
    fn holder(self) -> DiscordChannelId {
        self.thread.unwrap_or(self.channel)
    }
}

impl DiscordSender {
    /// A wait as short as this isn't worth putting the task back into its queue.
    const PATIENCE: Duration = Duration::from_secs(2);

    pub(crate) fn new(discord: Arc<Inner>) -> Self {
        Self { discord }
    }

    async fn send_piece(
        &self,
        target: Target,
        outgoing: &Outgoing,
        files: &dyn Files,
        attempt: Attempt,
    ) -> Result<Created, RestError> {
        match &outgoing.persona {
            Some(persona) => {
                let sending = self.send_as(persona, target, outgoing, files, attempt);
                Box::pin(sending).await
            }
            None => Box::pin(self.post(target, outgoing, files, attempt)).await,
        }
    }
}

impl DiscordSender {
    /// How large a file may be, by what is kept of the server, so that every process plans alike. Where
    /// that changes between two attempts, one of them tells of a file that the other has sent; they
    /// have one nonce, which leaves the first of them. Nobody is asked for what every server takes.
    async fn most_bytes(&self, content: &Content, destination: &Endpoint) -> PortResult<u64> {
        let usual = Guild::MOST_BYTES_A_FILE;
        let is_large = |file: &Attachment| file.bytes.is_some_and(|bytes| bytes > usual);
        let Endpoint::Discord { guild, .. } = destination else {
            return Ok(usual);
        };
        if !content.attachments.iter().any(is_large) {
            return Ok(usual);
        }
        let known = self.discord.ports.chats.guild(*guild).await?;
        Ok(known.map_or(usual, |guild| guild.most_bytes_a_file()))
    }

    /// A message wakes up a thread that was archived, an edit or a reaction doesn't. Who may post in
    /// it may wake it up too, unless it is locked. (Threads, "Archived Threads")
    async fn awake<T, F: Future<Output = Result<T, RestError>>>(
        &self,
        target: Target,
        attempt: impl Fn() -> F,
    ) -> Result<T, RestError> {
        match (attempt().await, target.thread) {
            (Err(error), Some(thread)) if error.code() == Some(THREAD_ARCHIVED) => {
                self.discord.rest.unarchive(thread, Self::PATIENCE).await?;
                attempt().await
            }
            (done, _) => done,
        }
    }
}

#[async_trait]
impl Sender for DiscordSender {
    async fn plan(&self, content: &Content, destination: &Endpoint) -> PortResult<Vec<Piece>> {
        let most = self.most_bytes(content, destination).await?;
        Ok(plan::plan(content, most))
    }

    /// A webhook can't answer a message, so with a persona `reply_to` means nothing.
    async fn send(
        &self,
        outgoing: &Outgoing,
        files: &dyn Files,
        attempt: Attempt,
    ) -> Result<Vec<Sent>, SendError> {
        let target = Target::of(&outgoing.destination)?;
        let created = match self.send_piece(target, outgoing, files, attempt).await {
            // It takes a right of its own to ask questions; everybody may tell of one.
            Err(error) if error.code().is_some() && poll::question(&outgoing.piece).is_some() => {
                let told = Outgoing {
                    piece: poll::told(&outgoing.piece),
                    ..outgoing.clone()
                };
                self.send_piece(target, &told, files, attempt).await
            }
            created => created,
        };
        let created = created.map_err(|error| match error.code() {
            Some(TOO_LARGE) if poll::question(&outgoing.piece).is_none() => {
                too_large(&outgoing.piece).unwrap_or_else(|| told_of(target, &error))
            }
            _ => told_of(target, &error),
        })?;
        self.discord.attributed.note(outgoing.key, created.id);
        Ok(sent(&created, &outgoing.piece))
    }

    async fn find(
        &self,
        outgoing: &Outgoing,
        since: Timestamp,
    ) -> Result<Option<Vec<Sent>>, SendError> {
        let target = Target::of(&outgoing.destination)?;
        let content = render(&outgoing.piece.text);
        let wanted = Wanted::of(outgoing, &content);
        let found = self.look_for(target, &wanted, since).await;
        let found = found.map_err(|error| told_of(target, &error))?;
        Ok(found.map(|created| sent(&created, &outgoing.piece)))
    }

    async fn forward(
        &self,
        _forwarding: &Forwarding,
        _attempt: Attempt,
    ) -> Result<Vec<Option<Sent>>, SendError> {
        Err(SendError::Fail(FailReason::Refused {
            code: "no native forward".to_owned(),
        }))
    }

    async fn rewrite(&self, rewrite: &Rewrite, files: &dyn Files) -> Result<(), SendError> {
        let target = Target::of(&rewrite.destination)?;
        let rewriting = self.awake(target, || Box::pin(self.change(target, rewrite, files)));
        let rewritten = rewriting.await;
        rewritten.map_err(|error| told_of(target, &error))
    }

    async fn react(&self, reacting: &Reacting) -> Result<Vec<Reaction>, SendError> {
        let target = Target::of(&reacting.destination)?;
        let reacted = self.awake(target, || self.put_reactions(target, reacting));
        let left = Box::pin(reacted).await;
        left.map_err(|error| told_of(target, &error))
    }

    async fn delete(&self, standing: &Standing) -> Result<(), SendError> {
        let target = Target::of(&standing.destination)?;
        let deleting = self.awake(target, || Box::pin(self.remove(target, standing)));
        let deleted = deleting.await;
        deleted.map_err(|error| told_of(target, &error))
    }

    async fn replace_file(
        &self,
        replacement: &Replacement,
        files: &dyn Files,
    ) -> Result<FileId, SendError> {
        let target = Target::of(&replacement.destination)?;
        let replacing = self.awake(target, || {
            Box::pin(self.replace(target, replacement, files))
        });
        let replaced = replacing.await;
        replaced.map_err(|error| told_of(target, &error))
    }

    async fn remove_file(&self, standing: &Standing, file: FileId) -> Result<(), SendError> {
        let target = Target::of(&standing.destination)?;
        let removing = self.awake(target, || Box::pin(self.take_out(target, standing, file)));
        let removed = removing.await;
        removed.map_err(|error| told_of(target, &error))
    }
}

/// One entry for each file; a poll is none.
fn sent(created: &Created, piece: &Piece) -> Vec<Sent> {
    let message = created.id;
    let count = piece.attachments.len().max(1);
    let file = |index: usize| created.attachments.get(index).map(|file| file.id);
    (0..count)
        .map(|index| Sent {
            message,
            file: file(index),
        })
        .collect()
}

/// The largest file, if there is any: of a request as a whole Discord doesn't say which.
fn too_large(piece: &Piece) -> Option<SendError> {
    let sizes = piece.attachments.iter().map(|file| file.bytes);
    let (index, _) = sizes.enumerate().max_by_key(|(_, bytes)| *bytes)?;
    let most = Guild::MOST_BYTES_A_FILE;
    Some(SendError::FileTooLarge { index, most })
}

fn told_of(target: Target, error: &RestError) -> SendError {
    let verdict = verdict(error);
    let channel = target.holder();
    let error: &dyn Error = error;
    tracing::debug!(%channel, error, ?verdict, "not done");
    verdict
}
