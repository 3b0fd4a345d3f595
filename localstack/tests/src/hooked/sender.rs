use async_trait::async_trait;
use patchbay_app::ports::{
    Attempt, Files, Forwarding, Outgoing, Piece, PortResult, Reacting, Replacement, Rewrite,
    SendError, Sender, Sent, Standing,
};
use patchbay_domain::ids::FileId;
use patchbay_domain::{Content, Endpoint, Reaction, Timestamp};

use super::{Hooked, Operation};

#[async_trait]
impl Sender for Hooked<dyn Sender> {
    async fn plan(&self, content: &Content, destination: &Endpoint) -> PortResult<Vec<Piece>> {
        self.inner.plan(content, destination).await
    }

    async fn send(
        &self,
        outgoing: &Outgoing,
        files: &dyn Files,
        attempt: Attempt,
    ) -> Result<Vec<Sent>, SendError> {
        let send = self.inner.send(outgoing, files, attempt);
        self.around(Operation::Send, send).await
    }

    async fn find(
        &self,
        outgoing: &Outgoing,
        since: Timestamp,
    ) -> Result<Option<Vec<Sent>>, SendError> {
        self.inner.find(outgoing, since).await
    }

    async fn forward(
        &self,
        forwarding: &Forwarding,
        attempt: Attempt,
    ) -> Result<Vec<Option<Sent>>, SendError> {
        let forward = self.inner.forward(forwarding, attempt);
        self.around(Operation::Forward, forward).await
    }

    async fn rewrite(&self, rewrite: &Rewrite, files: &dyn Files) -> Result<(), SendError> {
        let rewriting = self.inner.rewrite(rewrite, files);
        self.around(Operation::Rewrite, rewriting).await
    }

    async fn react(&self, reacting: &Reacting) -> Result<Vec<Reaction>, SendError> {
        let reaction = self.inner.react(reacting);
        self.around(Operation::React, reaction).await
    }

    async fn delete(&self, standing: &Standing) -> Result<(), SendError> {
        let delete = self.inner.delete(standing);
        self.around(Operation::Delete, delete).await
    }

    async fn replace_file(
        &self,
        replacement: &Replacement,
        files: &dyn Files,
    ) -> Result<FileId, SendError> {
        let replacing = self.inner.replace_file(replacement, files);
        self.around(Operation::ReplaceFile, replacing).await
    }

    async fn remove_file(&self, standing: &Standing, file: FileId) -> Result<(), SendError> {
        let removal = self.inner.remove_file(standing, file);
        self.around(Operation::RemoveFile, removal).await
    }
}
