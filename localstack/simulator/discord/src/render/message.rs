use serde_json::{Value, json};

use super::rich::render_sticker_item;
use crate::ids::ChannelId;
use crate::world::{Author, Message, MessageKind, ReferenceKind, Rejection, Viewer, World};

/// The numbers of the types of messages.
const DEFAULT: u8 = 0;
const REPLY: u8 = 19;
const THREAD_STARTER_MESSAGE: u8 = 21;

fn number_of(message: &Message) -> u8 {
    match message.kind {
        MessageKind::ThreadStarter => THREAD_STARTER_MESSAGE,
        MessageKind::Written if message.is_reply() => REPLY,
        MessageKind::Written => DEFAULT,
        MessageKind::System(number) => number,
    }
}

impl World {
    /// The message as an answer to a request.
    pub(crate) fn render_message(&self, message: &Message, viewer: Viewer) -> Value {
        let mut rendered = self.render_alone(message, viewer);
        if message.flags & Message::HAS_THREAD != 0
            && let Ok(thread) = self.channel(ChannelId(message.id.0))
        {
            rendered["thread"] = self.render_channel(thread);
        }
        let Some(reference) = &message.reference else {
            return rendered;
        };
        let kind = match reference.kind {
            ReferenceKind::Reply => 0,
            ReferenceKind::Forward => 1,
        };
        rendered["message_reference"] = json!({
            "type": kind,
            "message_id": reference.message,
            "channel_id": reference.channel,
        });
        if let Some(guild) = reference.guild {
            rendered["message_reference"]["guild_id"] = json!(guild);
        }
        match (&reference.kind, &reference.snapshot) {
            (ReferenceKind::Forward, Some(snapshot)) => {
                let snapshot = self.render_snapshot(snapshot);
                rendered["message_snapshots"] = json!([{ "message": snapshot }]);
            }
            // A reply to a message that is gone says so with a null.
            (ReferenceKind::Reply, _) if matches!(message.kind, MessageKind::System(_)) => {}
            (ReferenceKind::Reply, _) => {
                rendered["referenced_message"] = self
                    .message(reference.channel, reference.message)
                    .map_or(Value::Null, |replied| self.render_alone(replied, viewer));
            }
            (ReferenceKind::Forward, None) => {}
        }
        rendered
    }

    /// The message as its creator gets it back: with the nonce, which nobody sees later.
    pub(crate) fn render_created(&self, message: &Message, viewer: Viewer) -> Value {
        let mut rendered = self.render_message(message, viewer);
        if let Some(nonce) = &message.nonce {
            rendered["nonce"] = json!(nonce);
        }
        rendered
    }

    /// The message as the gateway announces it.
    pub(crate) fn render_message_event(&self, message: &Message, viewer: Viewer) -> Value {
        let mut rendered = self.render_created(message, viewer);
        let Some(guild) = message.guild else {
            return rendered;
        };
        rendered["guild_id"] = json!(guild);
        if let Author::User(user) = message.author
            && let Ok(member) = self.render_member(guild, user)
        {
            rendered["member"] = member;
        }
        rendered
    }

    /// What a forward shows of the message it carries.
    pub(crate) fn render_snapshot(&self, message: &Message) -> Value {
        let mut rendered = json!({
            "type": number_of(message),
            "content": message.content,
            "embeds": self.render_embeds(message),
            "attachments": self.render_attachments(message),
            "components": message.components,
            "timestamp": message.sent_at.iso8601(),
            "edited_timestamp": message.edited_at.map(crate::time::Timestamp::iso8601),
            "flags": message.flags,
            "mentions": self.render_mentions(message),
            "mention_roles": message.mentioned_roles,
        });
        if !message.stickers.is_empty() {
            let items = message.stickers.iter().map(render_sticker_item);
            rendered["sticker_items"] = items.collect();
        }
        rendered
    }

    fn render_alone(&self, message: &Message, viewer: Viewer) -> Value {
        let mut rendered = self.render_snapshot(message);
        Self::render_extras(message, viewer.bot, &mut rendered);
        rendered["id"] = json!(message.id);
        rendered["channel_id"] = json!(message.channel);
        rendered["author"] = self.render_author(&message.author).unwrap_or_default();
        rendered["tts"] = json!(message.tts);
        rendered["pinned"] = json!(false);
        rendered["mention_everyone"] = json!(message.mentions_everyone);
        if let Author::Webhook {
            webhook,
            application,
            ..
        } = &message.author
        {
            rendered["webhook_id"] = json!(webhook);
            if let Some(application) = application {
                rendered["application_id"] = json!(application);
            }
        }
        if !Self::shows_content(message, viewer) {
            rendered["content"] = json!("");
            for withheld in ["embeds", "attachments", "components"] {
                rendered[withheld] = json!([]);
            }
            if let Some(fields) = rendered.as_object_mut() {
                fields.remove("poll");
            }
        }
        rendered
    }

    /// Without the intent, a bot still reads what it wrote, what mentions it and what is sent
    /// to it directly.
    pub(crate) fn shows_content(message: &Message, viewer: Viewer) -> bool {
        let own = matches!(message.author, Author::User(user) if user == viewer.bot);
        viewer.reads_content
            || own
            || message.guild.is_none()
            || message.mentioned_users.contains(&viewer.bot)
    }

    fn render_mentions(&self, message: &Message) -> Vec<Value> {
        let users = message
            .mentioned_users
            .iter()
            .filter_map(|&user| self.user(user).ok());
        users.map(Self::render_user).collect()
    }

    pub(crate) fn render_author_id(author: &Author) -> Value {
        match author {
            Author::User(user) => json!(user),
            Author::Webhook { webhook, .. } => json!(webhook),
        }
    }

    fn render_author(&self, author: &Author) -> Result<Value, Rejection> {
        match author {
            Author::User(user) => Ok(Self::render_user(self.user(*user)?)),
            Author::Webhook {
                webhook,
                name,
                avatar,
                ..
            } => Ok(json!({
                "id": webhook,
                "username": name,
                "discriminator": "0000",
                "global_name": null,
                "avatar": avatar,
                "bot": true,
                "public_flags": 0,
                "flags": 0,
            })),
        }
    }
}
