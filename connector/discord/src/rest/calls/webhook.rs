//! Webhooks, and what is said through them.

use std::time::Duration;

use patchbay_domain::ids::{DiscordChannelId, MessageId};
use secrecy::SecretString;
use serde::Deserialize;
use serenity::model::id::{ApplicationId, WebhookId};

use super::super::route::Route;
use super::super::{Request, Rest, RestError, Written};
use super::Created;

/// One that a channel has. Whoever has its token can write through it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Webhook {
    pub(crate) id: WebhookId,
    #[serde(default)]
    pub(crate) application_id: Option<ApplicationId>,
    /// Told of those that are ours.
    #[serde(default)]
    pub(crate) token: Option<SecretString>,
}

impl Rest {
    pub(crate) async fn webhooks(
        &self,
        channel: DiscordChannelId,
        patience: Duration,
    ) -> Result<Vec<Webhook>, RestError> {
        self.call(Request::new(Route::Webhooks(channel), patience))
            .await
    }

    pub(crate) async fn create_webhook(
        &self,
        channel: DiscordChannelId,
        name: &str,
        patience: Duration,
    ) -> Result<Webhook, RestError> {
        let route = Route::CreateWebhook(channel);
        let body = serde_json::json!({ "name": name });
        self.call(Request::json(route, &body, patience)?).await
    }

    pub(crate) async fn execute_webhook(
        &self,
        webhook: &Webhook,
        thread: Option<DiscordChannelId>,
        message: &Written<'_>,
        patience: Duration,
    ) -> Result<Created, RestError> {
        let route = Route::ExecuteWebhook(webhook.id);
        let request = Request::written(route, message, patience);
        self.call(by_webhook(request, webhook, thread, Wait::ForMessage))
            .await
    }

    pub(crate) async fn edit_webhook_message(
        &self,
        webhook: &Webhook,
        thread: Option<DiscordChannelId>,
        message: MessageId,
        changes: &Written<'_>,
        patience: Duration,
    ) -> Result<(), RestError> {
        let id = webhook.id;
        let route = Route::EditWebhookMessage {
            webhook: id,
            message,
        };
        let request = Request::written(route, changes, patience);
        let request = by_webhook(request, webhook, thread, Wait::No);
        self.answer(request).await.map(drop)
    }

    pub(crate) async fn delete_webhook_message(
        &self,
        webhook: &Webhook,
        thread: Option<DiscordChannelId>,
        message: MessageId,
        patience: Duration,
    ) -> Result<(), RestError> {
        let id = webhook.id;
        let route = Route::DeleteWebhookMessage {
            webhook: id,
            message,
        };
        let request = by_webhook(Request::new(route, patience), webhook, thread, Wait::No);
        self.answer(request).await.map(drop)
    }
}

#[derive(Clone, Copy)]
enum Wait {
    /// Or else Discord doesn't tell which message it became.
    ForMessage,
    No,
}

fn by_webhook<'a>(
    mut request: Request<'a>,
    webhook: &'a Webhook,
    thread: Option<DiscordChannelId>,
    wait: Wait,
) -> Request<'a> {
    request.webhook_token = webhook.token.as_ref();
    match wait {
        Wait::ForMessage => request.query.push(("wait", "true".to_owned())),
        Wait::No => {}
    }
    if let Some(thread) = thread {
        request.query.push(("thread_id", thread.to_string()));
    }
    request
}
