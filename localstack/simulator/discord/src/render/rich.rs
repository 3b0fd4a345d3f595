//! What a message has besides text and files.

use serde_json::{Value, json};

use crate::ids::UserId;
use crate::world::{Emoji, Guild, Message, Poll, Reaction, Sticker, World};

impl World {
    pub(crate) fn render_emojis(guild: &Guild) -> Vec<Value> {
        let render = |emoji: &Emoji| {
            json!({
                "id": emoji.id,
                "name": emoji.name,
                "animated": emoji.animated,
                "roles": [],
                "require_colons": true,
                "managed": false,
                "available": true,
            })
        };
        guild.emojis.values().map(render).collect()
    }

    pub(crate) fn render_stickers(guild: &Guild) -> Vec<Value> {
        let render = |sticker: &Sticker| {
            let mut rendered = render_sticker_item(sticker);
            rendered["guild_id"] = json!(guild.id);
            rendered["description"] = Value::Null;
            rendered["tags"] = json!("");
            rendered["type"] = json!(2);
            rendered["available"] = json!(true);
            rendered
        };
        guild.stickers.values().map(render).collect()
    }

    /// Adds what the message has of reactions and a poll.
    pub(super) fn render_extras(message: &Message, viewer: UserId, rendered: &mut Value) {
        if !message.reactions.is_empty() {
            let reactions = message.reactions.iter();
            rendered["reactions"] = reactions
                .map(|reaction| render_reaction(reaction, viewer))
                .collect();
        }
        if let Some(poll) = &message.poll {
            rendered["poll"] = render_poll(poll);
        }
    }
}

pub(super) fn render_sticker_item(sticker: &Sticker) -> Value {
    json!({
        "id": sticker.id,
        "name": sticker.name,
        "format_type": sticker.format.number(),
    })
}

fn render_reaction(reaction: &Reaction, viewer: UserId) -> Value {
    let count = reaction.users.len();
    json!({
        "emoji": reaction.emoji.render(),
        "count": count,
        "count_details": { "burst": 0, "normal": count },
        "me": reaction.users.contains(&viewer),
        "me_burst": false,
        "burst_colors": [],
    })
}

fn render_poll(poll: &Poll) -> Value {
    let answers = poll.asked.answers.iter().zip(1..).map(|(answer, number)| {
        let mut media = json!({ "text": answer.text });
        if let Some(emoji) = &answer.emoji {
            media["emoji"] = emoji.clone();
        }
        json!({ "answer_id": number, "poll_media": media })
    });
    json!({
        "question": { "text": poll.asked.question },
        "answers": answers.collect::<Vec<_>>(),
        "expiry": poll.expiry.iso8601(),
        "allow_multiselect": poll.asked.allow_multiselect,
        "layout_type": 1,
        "results": { "is_finalized": false, "answer_counts": [] },
    })
}
