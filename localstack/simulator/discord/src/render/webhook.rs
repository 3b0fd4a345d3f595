use serde_json::{Value, json};

use crate::ids::UserId;
use crate::world::{Webhook, World};

impl World {
    /// The webhook for somebody who holds its token.
    pub(crate) fn render_webhook(webhook: &Webhook) -> Value {
        json!({
            "id": webhook.id,
            "type": 1,
            "guild_id": webhook.guild,
            "channel_id": webhook.channel,
            "name": webhook.name,
            "avatar": webhook.avatar,
            "application_id": webhook.application,
            "token": webhook.token,
        })
    }

    /// The webhook for a bot, which learns the token only of its own.
    pub(crate) fn render_webhook_for(&self, webhook: &Webhook, bot: UserId) -> Value {
        let mut rendered = Self::render_webhook(webhook);
        if let Ok(creator) = self.user(webhook.creator) {
            rendered["user"] = Self::render_user(creator);
        }
        if webhook.creator != bot
            && let Some(fields) = rendered.as_object_mut()
        {
            fields.remove("token");
        }
        rendered
    }
}
