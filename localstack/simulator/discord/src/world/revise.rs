use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Actor, Author, Change, Message, MessageKind, Rejection, Revision, World};
use crate::ids::{ChannelId, MessageId, WebhookId, created_at};
use crate::permissions::Permissions;

/// Messages older than this can only be deleted one by one.
const BULK_DELETE_MILLIS: u64 = 14 * 24 * 3600 * 1000;

/// Who edits or deletes a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reviser {
    Actor(Actor),
    /// Whoever holds the webhook's token, and only for what the webhook sent.
    Webhook(WebhookId),
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct EditMessage {
    pub(crate) reviser: Reviser,
    pub(crate) channel: ChannelId,
    pub(crate) message: MessageId,
    pub(crate) revision: Revision,
}

impl Change for EditMessage {
    type Output = ();

    fn apply(self, world: &mut World) -> Result<(), Rejection> {
        let message = world.revisable(self.reviser, self.channel, self.message)?;
        world.may_revise_in(self.reviser, self.channel)?;
        if let Reviser::Actor(Actor::Bot(user)) = self.reviser {
            let own = matches!(message.author, Author::User(author) if author == user);
            if !own && !self.revision.only_flags() {
                return Err(Rejection::NotTheAuthor);
            }
            if !own {
                world.require(user, self.channel, Permissions::MANAGE_MESSAGES)?;
            }
        }
        if matches!(message.kind, MessageKind::System(_)) {
            return Err(Rejection::SystemMessage);
        }
        if message.flags & Message::IS_VOICE_MESSAGE != 0 && !self.revision.only_flags() {
            return Err(Rejection::VoiceIsNotEdited);
        }
        if let Reviser::Actor(Actor::Bot(user)) = self.reviser
            && !self.revision.new_files.is_empty()
        {
            world.require(user, self.channel, Permissions::ATTACH_FILES)?;
        }
        let mut revised = message.clone();
        if let Some(kept) = &self.revision.attachments {
            revised.attachments = World::retained(message, kept)?;
        }
        let most = world.settings.attachment_limit;
        if revised.attachments.len() + self.revision.new_files.len() > most {
            return Err(Rejection::TooManyAttachments(most));
        }
        world.revise(&mut revised, self.revision);
        if revised.is_empty() {
            return Err(Rejection::EmptyMessage);
        }
        world.publish_message("MESSAGE_UPDATE", &revised);
        world.keep(revised);
        Ok(())
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct DeleteMessage {
    pub(crate) reviser: Reviser,
    pub(crate) channel: ChannelId,
    pub(crate) message: MessageId,
}

impl Change for DeleteMessage {
    type Output = ();

    fn apply(self, world: &mut World) -> Result<(), Rejection> {
        let message = world.revisable(self.reviser, self.channel, self.message)?;
        if self.reviser != Reviser::Actor(Actor::Operator) && message.is_permanent() {
            return Err(Rejection::SystemMessage);
        }
        if let Reviser::Actor(Actor::Bot(user)) = self.reviser
            && !matches!(message.author, Author::User(author) if author == user)
        {
            world.require(user, self.channel, Permissions::MANAGE_MESSAGES)?;
        }
        let mut payload = json!({ "id": message.id, "channel_id": message.channel });
        if let Some(guild) = message.guild {
            payload["guild_id"] = json!(guild);
        }
        world.forget(self.channel, self.message);
        world.note_deletion(self.channel, self.message);
        world.publish_deletion("MESSAGE_DELETE", self.channel, &payload);
        Ok(())
    }
}

/// Deletes many at once; ids that name nothing are passed over.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct DeleteMessages {
    pub(crate) actor: Actor,
    pub(crate) channel: ChannelId,
    pub(crate) messages: Vec<MessageId>,
}

impl Change for DeleteMessages {
    type Output = ();

    fn apply(self, world: &mut World) -> Result<(), Rejection> {
        let needed = Permissions::MANAGE_MESSAGES;
        let guild = world.require_of(self.actor, self.channel, needed)?.guild();
        let now = world.now();
        let too_old = |id: &MessageId| now.millis_since(created_at(id.0)) > BULK_DELETE_MILLIS;
        if self.actor != Actor::Operator && self.messages.iter().any(too_old) {
            return Err(Rejection::TooOldToBulkDelete);
        }
        let mut gone = self.messages;
        gone.retain(|id| world.forget(self.channel, *id));
        for message in &gone {
            world.note_deletion(self.channel, *message);
        }
        if !gone.is_empty() {
            let mut payload = json!({ "ids": gone, "channel_id": self.channel });
            if let Some(guild) = guild {
                payload["guild_id"] = json!(guild);
            }
            world.publish_deletion("MESSAGE_DELETE_BULK", self.channel, &payload);
        }
        Ok(())
    }
}

impl World {
    fn revisable(
        &self,
        reviser: Reviser,
        channel: ChannelId,
        id: MessageId,
    ) -> Result<&Message, Rejection> {
        match reviser {
            Reviser::Actor(actor) => {
                self.require_of(actor, channel, Permissions::VIEW_CHANNEL)?;
                self.message(channel, id)
            }
            Reviser::Webhook(webhook) => self.message(channel, id).and_then(|message| {
                let own = matches!(message.author, Author::Webhook { webhook: author, .. }
                    if author == webhook);
                if own {
                    Ok(message)
                } else {
                    Err(Rejection::UnknownMessage)
                }
            }),
        }
    }

    /// Nothing is edited in an archived thread, and in a locked one only by moderators.
    fn may_revise_in(&self, reviser: Reviser, channel: ChannelId) -> Result<(), Rejection> {
        let channel = self.channel(channel)?;
        let moderates = match reviser {
            Reviser::Actor(Actor::Operator) => return Ok(()),
            Reviser::Actor(Actor::Bot(user)) => self.moderates(user, channel),
            Reviser::Webhook(_) => false,
        };
        match channel.thread() {
            Some(thread) if thread.archived => Err(Rejection::ThreadArchived),
            Some(thread) if thread.locked && !moderates => Err(Rejection::ThreadLocked),
            Some(_) | None => Ok(()),
        }
    }

    /// Whether there was such a message.
    fn forget(&mut self, channel: ChannelId, id: MessageId) -> bool {
        let all = self.messages.get_mut(&channel);
        let gone = all.and_then(|all| all.remove(&id));
        if let Some(message) = &gone {
            self.let_go_of_files(message);
        }
        gone.is_some()
    }

    fn revise(&mut self, message: &mut Message, revision: Revision) {
        let only_flags = revision.only_flags();
        if let Some(content) = revision.content {
            let allowed = &revision.allowed_mentions;
            let mentions = self.mentions(
                message.channel,
                &content,
                allowed,
                message.mentions_everyone,
            );
            message.mentioned_users = mentions.users;
            message.mentioned_roles = mentions.roles;
            message.mentions_everyone = mentions.everyone;
            message.content = content;
            // New links are looked at again.
            message.previews.clear();
        }
        let new = self.attach(message.channel, revision.new_files);
        let mut places = revision.new_places.into_iter();
        for file in new {
            let all = &mut message.attachments;
            let place = places.next().unwrap_or(usize::MAX).min(all.len());
            all.insert(place, file);
        }
        if let Some(embeds) = revision.embeds {
            message.embeds = embeds;
        }
        if let Some(components) = revision.components {
            message.components = components;
        }
        if let Some(flags) = revision.flags {
            let kept = message.flags & !Message::SUPPRESS_EMBEDS;
            message.flags = kept | (flags & Message::SUPPRESS_EMBEDS);
        }
        if !only_flags {
            message.edited_at = Some(self.now());
        }
    }
}
