use serde_json::{Value, json};

use crate::world::{Channel, Location, Overwrite, OverwriteKind, World};

fn render_overwrite(overwrite: &Overwrite) -> Value {
    let kind = match overwrite.kind {
        OverwriteKind::Role => 0,
        OverwriteKind::Member => 1,
    };
    json!({
        "id": overwrite.id,
        "type": kind,
        "allow": overwrite.allow,
        "deny": overwrite.deny,
    })
}

impl World {
    pub(crate) fn render_channel(&self, channel: &Channel) -> Value {
        match &channel.location {
            Location::Direct { person, .. } => {
                let recipient = self.user(*person).map(Self::render_user);
                json!({
                    "id": channel.id,
                    "type": channel.kind.number(),
                    "last_message_id": channel.last_message,
                    "flags": 0,
                    "recipients": [recipient.unwrap_or_default()],
                })
            }
            Location::Guild {
                guild,
                parent,
                position,
                overwrites,
            } => json!({
                "id": channel.id,
                "type": channel.kind.number(),
                "guild_id": guild,
                "name": channel.name,
                "topic": channel.topic,
                "position": position,
                "parent_id": parent,
                "permission_overwrites":
                    overwrites.iter().map(render_overwrite).collect::<Vec<_>>(),
                "nsfw": channel.nsfw,
                "rate_limit_per_user": channel.rate_limit_per_user,
                "last_message_id": channel.last_message,
                "last_pin_timestamp": null,
                "flags": 0,
            }),
        }
    }
}
