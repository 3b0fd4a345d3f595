use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Actor, Change, Rejection, World};
use crate::ids::{ApplicationId, ChannelId, GuildId, UserId, WebhookId};
use crate::intents::Intents;
use crate::permissions::Permissions;

const MOST_IN_A_CHANNEL: usize = 15;

#[derive(Debug)]
pub(crate) struct Webhook {
    pub(crate) id: WebhookId,
    pub(crate) guild: GuildId,
    pub(crate) channel: ChannelId,
    pub(crate) name: String,
    pub(crate) token: String,
    /// The hash that names the picture.
    pub(crate) avatar: Option<String>,
    pub(crate) creator: UserId,
    /// The application that made it, when a bot did.
    pub(crate) application: Option<ApplicationId>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CreateWebhook {
    pub(crate) bot: UserId,
    pub(crate) channel: ChannelId,
    pub(crate) name: String,
    pub(crate) token: String,
    #[serde(default)]
    pub(crate) avatar: Option<String>,
}

impl Change for CreateWebhook {
    type Output = WebhookId;

    fn apply(self, world: &mut World) -> Result<WebhookId, Rejection> {
        let channel = world.require(self.bot, self.channel, Permissions::MANAGE_WEBHOOKS)?;
        let Some(guild) = channel.guild().filter(|_| channel.kind.holds_webhooks()) else {
            return Err(Rejection::WrongChannelType);
        };
        let there = world
            .webhooks
            .values()
            .filter(|webhook| webhook.channel == self.channel);
        if there.count() >= MOST_IN_A_CHANNEL {
            return Err(Rejection::TooManyWebhooks);
        }
        let webhook = Webhook {
            id: WebhookId(world.next_id()),
            guild,
            channel: self.channel,
            name: self.name,
            token: self.token,
            avatar: self.avatar,
            creator: self.bot,
            application: Some(ApplicationId(self.bot.0)),
        };
        let id = webhook.id;
        world.webhooks.insert(id, webhook);
        world.publish_webhooks(guild, self.channel);
        Ok(id)
    }
}

/// What becomes of a picture.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AvatarEdit {
    #[default]
    Keep,
    Remove,
    Set(String),
}

/// The webhook's holder needs no permission; a bot needs one in the channel it leaves and in
/// the one it goes to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct EditWebhook {
    pub(crate) actor: Actor,
    pub(crate) webhook: WebhookId,
    pub(crate) name: Option<String>,
    pub(crate) channel: Option<ChannelId>,
    #[serde(default)]
    pub(crate) avatar: AvatarEdit,
}

impl Change for EditWebhook {
    type Output = ();

    fn apply(self, world: &mut World) -> Result<(), Rejection> {
        let webhook = world.webhook(self.webhook)?;
        let (guild, from) = (webhook.guild, webhook.channel);
        world.require_of(self.actor, from, Permissions::MANAGE_WEBHOOKS)?;
        if let Some(to) = self.channel {
            let to = world.require_of(self.actor, to, Permissions::MANAGE_WEBHOOKS)?;
            if to.guild() != Some(guild) || !to.kind.holds_webhooks() {
                return Err(Rejection::WrongChannelType);
            }
        }
        let webhook = world
            .webhooks
            .get_mut(&self.webhook)
            .ok_or(Rejection::UnknownWebhook)?;
        if let Some(name) = self.name {
            webhook.name = name;
        }
        match self.avatar {
            AvatarEdit::Keep => {}
            AvatarEdit::Remove => webhook.avatar = None,
            AvatarEdit::Set(hash) => webhook.avatar = Some(hash),
        }
        if let Some(to) = self.channel {
            webhook.channel = to;
        }
        world.publish_webhooks(guild, from);
        if let Some(to) = self.channel.filter(|&to| to != from) {
            world.publish_webhooks(guild, to);
        }
        Ok(())
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct DeleteWebhook {
    pub(crate) actor: Actor,
    pub(crate) webhook: WebhookId,
}

impl Change for DeleteWebhook {
    type Output = ();

    fn apply(self, world: &mut World) -> Result<(), Rejection> {
        let webhook = world.webhook(self.webhook)?;
        let (guild, channel) = (webhook.guild, webhook.channel);
        world.require_of(self.actor, channel, Permissions::MANAGE_WEBHOOKS)?;
        world.webhooks.remove(&self.webhook);
        world.publish_webhooks(guild, channel);
        Ok(())
    }
}

impl World {
    fn publish_webhooks(&mut self, guild: GuildId, channel: ChannelId) {
        let payload = json!({ "guild_id": guild, "channel_id": channel });
        self.publish_to_guild("WEBHOOKS_UPDATE", guild, Intents::GUILD_WEBHOOKS, &payload);
    }
}
