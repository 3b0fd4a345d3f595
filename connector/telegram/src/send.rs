//! Writing messages.
//!
//! - [`plan`](mod@plan): the pieces of a content, with [`form`] and [`words`] for what a file
//!   becomes
//! - [`piece`]: one piece, and [`post`] for whatever appears exactly once; [`recover`] finds what
//!   was sent although no answer came
//! - [`cargo`]: the media of a piece, by reference ([`mod@reference`]) or uploaded ([`upload`],
//!   [`parts`]), in the terms of the schema ([`media`], [`special`])
//! - [`forward`] (with [`original`] for what is gone by then), [`rewrite`], [`react`], [`erase`]: what else can be done with messages

mod cargo;
mod destination;
mod erase;
mod form;
mod forward;
mod media;
mod original;
mod parts;
mod piece;
mod plan;
mod post;
mod react;
mod recover;
mod reference;
mod rewrite;
mod special;
mod upload;
mod words;

use std::sync::Arc;

use async_trait::async_trait;
use patchbay_app::ports::{
    Attempt, Files, Forwarding, Outgoing, Piece, PortResult, Reacting, Replacement, Rewrite,
    SendError, Sender, Sent, Standing,
};
use patchbay_domain::ids::{FileId, MessageId};
use patchbay_domain::{Content, Endpoint, FailReason, Reaction, Timestamp};

use crate::telegram::Shared;

/// Sends through whichever of this process's sessions is the destination's account.
#[derive(Clone)]
pub struct TelegramSender {
    shared: Arc<Shared>,
}

impl TelegramSender {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }
}

#[async_trait]
impl Sender for TelegramSender {
    async fn plan(&self, content: &Content, destination: &Endpoint) -> PortResult<Vec<Piece>> {
        Ok(plan::plan(content, destination))
    }

    async fn send(
        &self,
        outgoing: &Outgoing,
        files: &dyn Files,
        attempt: Attempt,
    ) -> Result<Vec<Sent>, SendError> {
        self.send_piece(outgoing, files, attempt).await.map(sent)
    }

    async fn find(
        &self,
        outgoing: &Outgoing,
        since: Timestamp,
    ) -> Result<Option<Vec<Sent>>, SendError> {
        let found = self.find_piece(outgoing, since).await?;
        Ok(found.map(sent))
    }

    async fn forward(
        &self,
        forwarding: &Forwarding,
        attempt: Attempt,
    ) -> Result<Vec<Option<Sent>>, SendError> {
        let forwarded = self.forward_messages(forwarding, attempt).await?;
        let each = forwarded.into_iter();
        Ok(each.map(|message| message.map(alone)).collect())
    }

    async fn rewrite(&self, rewrite: &Rewrite, files: &dyn Files) -> Result<(), SendError> {
        self.rewrite_message(rewrite, files).await
    }

    async fn react(&self, reacting: &Reacting) -> Result<Vec<Reaction>, SendError> {
        self.react_to(reacting).await
    }

    async fn delete(&self, standing: &Standing) -> Result<(), SendError> {
        self.erase(standing).await
    }

    /// Each file is a message of its own here, which is rewritten instead.
    async fn replace_file(
        &self,
        _replacement: &Replacement,
        _files: &dyn Files,
    ) -> Result<FileId, SendError> {
        Err(SendError::Fail(FailReason::Refused {
            code: "no file among others".to_owned(),
        }))
    }

    /// Each file is a message of its own here, so the message goes with it.
    async fn remove_file(&self, standing: &Standing, _file: FileId) -> Result<(), SendError> {
        self.erase(standing).await
    }
}

fn sent(messages: Vec<MessageId>) -> Vec<Sent> {
    messages.into_iter().map(alone).collect()
}

fn alone(message: MessageId) -> Sent {
    Sent {
        message,
        file: None,
    }
}
