//! Reading a message in spite of what may be wrong with it.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serenity::model::channel::Message;
use serenity::model::user::User;

use super::embeds::Embed;

/// A message as Discord sends it over the gateway or REST.
#[derive(Debug)]
pub(crate) struct Received {
    /// Without what is in `said` and `forwarded`.
    pub(crate) message: Message,
    pub(super) said: Said,
    /// What the messages say that it forwards.
    pub(super) forwarded: Vec<Said>,
}

/// What somebody said in a message.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) content: String,
    pub(super) mentions: Vec<User>,
    pub(super) flags: u64,
    pub(super) files: Vec<FileObject>,
    pub(super) stickers: Vec<StickerObject>,
    pub(super) embeds: Vec<Embed>,
    /// Components are of too many kinds to be read beforehand.
    pub(super) components: Vec<Value>,
    pub(super) poll: Option<PollObject>,
}

/// (Message Resource, "Attachment Structure")
#[derive(Debug, Deserialize)]
pub(super) struct FileObject {
    pub(super) filename: String,
    #[serde(default)]
    pub(super) title: Option<String>,
    #[serde(default)]
    pub(super) description: Option<String>,
    #[serde(default)]
    pub(super) content_type: Option<String>,
    pub(super) size: u64,
    pub(super) url: String,
    #[serde(default)]
    pub(super) width: Option<u32>,
    #[serde(default)]
    pub(super) height: Option<u32>,
    #[serde(default)]
    pub(super) duration_secs: Option<f64>,
    #[serde(default)]
    pub(super) waveform: Option<String>,
    #[serde(default)]
    pub(super) flags: u64,
}

/// (Sticker Resource, "Sticker Item Structure")
#[derive(Debug, Deserialize)]
pub(super) struct StickerObject {
    pub(super) id: serenity::model::id::StickerId,
    pub(super) name: String,
    #[serde(default)]
    pub(super) format_type: u8,
}

/// (Poll Resource, "Poll Object")
#[derive(Debug, Deserialize)]
pub(super) struct PollObject {
    pub(super) question: PollMedia,
    #[serde(default)]
    pub(super) answers: Vec<PollAnswer>,
    #[serde(default)]
    pub(super) allow_multiselect: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct PollAnswer {
    pub(super) poll_media: PollMedia,
}

#[derive(Debug, Deserialize)]
pub(super) struct PollMedia {
    #[serde(default)]
    pub(super) text: Option<String>,
    #[serde(default)]
    pub(super) emoji: Option<PollEmoji>,
}

#[derive(Debug, Deserialize)]
pub(super) struct PollEmoji {
    #[serde(default)]
    pub(super) name: Option<String>,
}

/// What is read apart, each by itself, since it changes its form most often.
const APART: [&str; 6] = [
    "attachments",
    "components",
    "embeds",
    "message_snapshots",
    "poll",
    "sticker_items",
];
/// What we have no use for.
const UNUSED: [&str; 12] = [
    "activity",
    "application",
    "call",
    "interaction",
    "interaction_metadata",
    "mention_channels",
    "position",
    "reactions",
    "referenced_message",
    "resolved",
    "role_subscription_data",
    "thread",
];
/// What can be done without, if it must be.
const DISPENSABLE: [&str; 1] = ["member"];

impl Received {
    /// A part that can't be read is left out, and logged; the message is read all the same.
    pub(crate) fn read(mut object: Value) -> Result<Self, serde_json::Error> {
        let id = object.get("id").and_then(Value::as_str);
        let id = id.unwrap_or_default().to_owned();
        let said = Said::take(&mut object, &id);
        let snapshots = list(&mut object, "message_snapshots").into_iter();
        let forwarded = snapshots.filter_map(|mut snapshot| {
            let message = snapshot.get_mut("message")?;
            Some(Said::take(message, &id))
        });
        let forwarded = forwarded.collect();
        pare(&mut object, &UNUSED);
        let message = match serde_json::from_value(object.clone()) {
            Ok(message) => message,
            Err(failure) => {
                let error: &dyn std::error::Error = &failure;
                tracing::error!(
                    message = id,
                    error,
                    "a message has an unknown form and is read without its extras"
                );
                pare(&mut object, &DISPENSABLE);
                serde_json::from_value(object)?
            }
        };
        Ok(Self {
            message,
            said,
            forwarded,
        })
    }
}

impl Said {
    fn take(object: &mut Value, id: &str) -> Self {
        let files = each(list(object, "attachments"), "attachment", id);
        let stickers = each(list(object, "sticker_items"), "sticker", id);
        let embeds = each(list(object, "embeds"), "embed", id);
        let components = list(object, "components");
        let poll = object.get_mut("poll").map(Value::take);
        let poll = poll.filter(|poll| !poll.is_null());
        let poll = each(poll.into_iter().collect(), "poll", id).pop();
        let mentions = object.get("mentions").and_then(Value::as_array);
        let mentions = mentions.cloned().unwrap_or_default();
        let content = object.get("content").and_then(Value::as_str);
        Self {
            content: content.unwrap_or_default().to_owned(),
            mentions: each(mentions, "mention", id),
            flags: object.get("flags").and_then(Value::as_u64).unwrap_or(0),
            files,
            stickers,
            embeds,
            components,
            poll,
        }
    }
}

/// Those that can be read.
fn each<T: DeserializeOwned>(values: Vec<Value>, what: &'static str, message: &str) -> Vec<T> {
    let read = |value: Value| {
        serde_json::from_value(value)
            .inspect_err(|error| {
                let error: &dyn std::error::Error = error;
                tracing::error!(message, what, error, "a part of a message can't be read");
            })
            .ok()
    };
    values.into_iter().filter_map(read).collect()
}

/// Takes a list out of the object.
fn list(object: &mut Value, name: &str) -> Vec<Value> {
    match object.get_mut(name).map(Value::take) {
        Some(Value::Array(values)) => values,
        _ => Vec::new(),
    }
}

fn pare(object: &mut Value, parts: &[&str]) {
    if let Some(fields) = object.as_object_mut() {
        for part in APART.iter().chain(parts) {
            fields.remove(*part);
        }
        // Serenity wants these lists to be there.
        for part in ["attachments", "embeds"] {
            fields.insert(part.to_owned(), Value::Array(Vec::new()));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn message(changes: &Value) -> Value {
        let mut object = json!({
            "id": "175928847299117063", "channel_id": "5",
            "author": {"id": "901", "username": "alice", "discriminator": "0", "avatar": null},
            "content": "hello", "timestamp": "2016-04-30T11:18:25.796000+00:00",
            "edited_timestamp": null, "tts": false, "mention_everyone": false, "mentions": [],
            "mention_roles": [], "attachments": [], "embeds": [], "pinned": false, "type": 0,
        });
        for (name, value) in changes.as_object().unwrap() {
            object[name] = value.clone();
        }
        object
    }

    #[test]
    fn a_message_is_read_whatever_became_of_its_extras() {
        for odd in [
            json!({}),
            json!({"components": [{"type": 17, "accent": {}}, 5], "embeds": "none"}),
            json!({"embeds": [5, {"title": {}}, {"fields": "x"}], "components": 7}),
            json!({"attachments": [{"id": {}}, 7], "poll": 5}),
            json!({"attachments": null, "embeds": null, "sticker_items": null}),
            json!({"interaction_metadata": 5, "referenced_message": {"type": "odd"}}),
            json!({"poll": "odd"}),
            json!({"sticker_items": [{"id": "x"}], "message_snapshots": 1, "member": []}),
            json!({"message_snapshots": [{"message": {"content": 5, "embeds": 1}}, {}]}),
            json!({"a_field_of_tomorrow": true}),
        ] {
            let read =
                Received::read(message(&odd)).unwrap_or_else(|error| panic!("{odd}: {error}"));
            assert_eq!(read.said.content, "hello", "{odd}");
        }
    }

    #[test]
    fn one_odd_file_does_not_cost_the_others() {
        let files = json!({"attachments": [
            {"id": "1", "filename": "a", "size": 3, "url": "u"}, {"size": "odd"},
            {"id": "2", "filename": "b", "size": 4, "url": "u"},
        ]});
        let read = Received::read(message(&files)).unwrap();
        let names = read.said.files.iter().map(|file| file.filename.as_str());
        assert_eq!(names.collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn a_message_without_its_author_is_not_read() {
        assert!(Received::read(message(&json!({"author": null}))).is_err());
    }
}
