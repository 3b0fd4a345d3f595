//! Sending under a name of its own: by a webhook that is ours.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use patchbay_app::ports::{Attempt, Files, Outgoing};
use patchbay_domain::Persona;
use patchbay_domain::ids::{DiscordChannelId, MessageId};
use patchbay_domain::text::discord::render;
use serenity::model::id::WebhookId;
use tokio::sync::OnceCell;

use super::history::Wanted;
use super::payload::{ByWebhook, Payload};
use super::verdict::{INVALID_WEBHOOK_TOKEN, UNKNOWN_WEBHOOK};
use super::{DiscordSender, Target};
use crate::rest::{Created, RestError, Webhook};

/// What our webhooks are called in a channel's settings.
const NAME: &str = "Patchbay";

/// By whom a message of ours was sent.
pub(super) enum Writer {
    Bot,
    Webhook(Webhook),
    /// A webhook that somebody removed.
    Gone,
}

/// The webhooks of ours, by channel, as far as they were asked for.
#[derive(Default)]
pub(crate) struct Webhooks {
    known: Mutex<HashMap<DiscordChannelId, Arc<OnceCell<Webhook>>>>,
}

impl Webhooks {
    fn of(&self, channel: DiscordChannelId) -> Arc<OnceCell<Webhook>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(channel).or_default())
    }

    fn forget(&self, channel: DiscordChannelId, gone: WebhookId) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let webhook = known.get(&channel).and_then(|cell| cell.get());
        if webhook.is_some_and(|webhook| webhook.id == gone) {
            known.remove(&channel);
        }
    }
}

impl DiscordSender {
    /// Webhooks know no nonces: before anything is sent a second time, it is looked for.
    pub(super) async fn send_as(
        &self,
        persona: &Persona,
        target: Target,
        outgoing: &Outgoing,
        files: &dyn Files,
        attempt: Attempt,
    ) -> Result<Created, RestError> {
        let content = render(&outgoing.piece.text);
        let attachments = outgoing.piece.attachments.as_slice();
        let payload = Payload {
            by_webhook: Some(ByWebhook::of(persona)),
            ..Payload::new(&content, outgoing)
        };
        if let Attempt::Again { since } = attempt {
            let wanted = Wanted::of(outgoing, &content);
            if let Some(found) = self.look_for(target, &wanted, since).await? {
                return Ok(found);
            }
        }
        let message = payload.write(attachments, files).await?;
        let (rest, thread) = (&self.discord.rest, target.thread);
        let webhook = self.webhook(target.channel).await?;
        let executed = rest.execute_webhook(&webhook, thread, &message, Self::PATIENCE);
        match executed.await {
            Err(error) if is_gone(&error) => {
                self.discord.webhooks.forget(target.channel, webhook.id);
                let webhook = self.webhook(target.channel).await?;
                rest.execute_webhook(&webhook, thread, &message, Self::PATIENCE)
                    .await
            }
            executed => executed,
        }
    }

    /// Ours in the channel, made if need be.
    async fn webhook(&self, channel: DiscordChannelId) -> Result<Webhook, RestError> {
        let cell = self.discord.webhooks.of(channel);
        let ask = async || {
            let mut present = self.own_webhooks(channel).await?.into_iter();
            if let Some(webhook) = present.next() {
                return Ok(webhook);
            }
            let rest = &self.discord.rest;
            rest.create_webhook(channel, NAME, Self::PATIENCE).await
        };
        cell.get_or_try_init(ask).await.cloned()
    }

    async fn own_webhooks(&self, channel: DiscordChannelId) -> Result<Vec<Webhook>, RestError> {
        let me = self.discord.identity().await?.application;
        let all = self.discord.rest.webhooks(channel, Self::PATIENCE).await?;
        let is_ours = |webhook: &Webhook| {
            webhook.application_id.is_some_and(|by| by.get() == me) && webhook.token.is_some()
        };
        Ok(all.into_iter().filter(is_ours).collect())
    }

    /// Who wrote the message, and so can change it. A pair's persona may have changed since.
    pub(super) async fn writer_of(
        &self,
        target: Target,
        message: MessageId,
    ) -> Result<Writer, RestError> {
        #[derive(serde::Deserialize)]
        struct Sent {
            #[serde(default)]
            webhook_id: Option<WebhookId>,
        }
        let rest = &self.discord.rest;
        let sent: Sent = rest.message(target.holder(), message).await?;
        if sent.webhook_id.is_none() {
            return Ok(Writer::Bot);
        }
        let cell = self.discord.webhooks.of(target.channel);
        let known = cell.get().filter(|known| Some(known.id) == sent.webhook_id);
        if let Some(known) = known {
            return Ok(Writer::Webhook(known.clone()));
        }
        let mut all = self.own_webhooks(target.channel).await?.into_iter();
        let found = all.find(|webhook| Some(webhook.id) == sent.webhook_id);
        let Some(found) = found else {
            return Ok(Writer::Gone);
        };
        // Kept for what comes next, unless another one is known by now.
        cell.get_or_init(async || found.clone()).await;
        Ok(Writer::Webhook(found))
    }

    pub(super) fn known_webhook(&self, channel: DiscordChannelId) -> Option<Webhook> {
        self.discord.webhooks.of(channel).get().cloned()
    }
}

/// Whether somebody removed the webhook, or gave it another token.
fn is_gone(error: &RestError) -> bool {
    matches!(error.code(), Some(UNKNOWN_WEBHOOK | INVALID_WEBHOOK_TOKEN))
}
