//! Changing and removing messages of our own, and opening the thread that they are in.

use std::time::Duration;

use patchbay_domain::ids::{DiscordChannelId, MessageId};

use super::super::route::Route;
use super::super::{Request, Rest, RestError, Written};

/// How many messages go at once. (Bulk Delete Messages, `messages`)
pub(crate) const MOST_DELETED_AT_ONCE: usize = 100;

impl Rest {
    /// Opens a thread that was archived.
    pub(crate) async fn unarchive(
        &self,
        thread: DiscordChannelId,
        patience: Duration,
    ) -> Result<(), RestError> {
        let route = Route::EditChannel(thread);
        let body = serde_json::json!({ "archived": false });
        let request = Request::json(route, &body, patience)?;
        self.answer(request).await.map(drop)
    }

    pub(crate) async fn edit_message(
        &self,
        channel: DiscordChannelId,
        message: MessageId,
        changes: &Written<'_>,
        patience: Duration,
    ) -> Result<(), RestError> {
        let route = Route::EditMessage { channel, message };
        let request = Request::written(route, changes, patience);
        self.answer(request).await.map(drop)
    }

    pub(crate) async fn delete_message(
        &self,
        channel: DiscordChannelId,
        message: MessageId,
        patience: Duration,
    ) -> Result<(), RestError> {
        let route = Route::DeleteMessage { channel, message };
        let request = Request::new(route, patience);
        self.answer(request).await.map(drop)
    }

    /// From 2 to [`MOST_DELETED_AT_ONCE`], none older than two weeks. Those that are gone count as
    /// deleted.
    pub(crate) async fn delete_messages(
        &self,
        channel: DiscordChannelId,
        messages: &[MessageId],
        patience: Duration,
    ) -> Result<(), RestError> {
        let route = Route::DeleteMessages(channel);
        let body = serde_json::json!({ "messages": messages });
        let request = Request::json(route, &body, patience)?;
        self.answer(request).await.map(drop)
    }
}
