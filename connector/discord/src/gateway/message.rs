//! Reading a message in spite of what may be wrong with it.

use serde_json::Value;
use serenity::model::channel::Message;

/// What we have no use for, and what changes its form most often.
const UNUSED: [&str; 14] = [
    "activity",
    "application",
    "call",
    "components",
    "embeds",
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
const DISPENSABLE: [&str; 4] = ["poll", "sticker_items", "member", "message_snapshots"];

/// Reads a message as Discord sends it over the gateway or REST.
///
/// Parts that we have no use for are not even looked at. If it still can't be read, it is read
/// without the parts that can be done without, and the failure is logged.
pub(super) fn read(mut object: Value) -> Result<Message, serde_json::Error> {
    pare(&mut object, &UNUSED);
    let failure = match serde_json::from_value(object.clone()) {
        Ok(message) => return Ok(message),
        Err(failure) => failure,
    };
    let text = |name| object.get(name).and_then(Value::as_str);
    let (id, channel) = (text("id"), text("channel_id"));
    tracing::error!(
        message = id,
        channel,
        error = &failure as &dyn std::error::Error,
        "a message has an unknown form and is read without its extras"
    );
    pare(&mut object, &DISPENSABLE);
    serde_json::from_value(object)
}

fn pare(object: &mut Value, parts: &[&str]) {
    if let Some(fields) = object.as_object_mut() {
        for part in parts {
            fields.remove(*part);
        }
        // Serenity wants the list to be there.
        fields.insert("embeds".to_owned(), Value::Array(Vec::new()));
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
            json!({"components": [{"type": 17, "accent": {}}], "embeds": "none"}),
            json!({"interaction_metadata": 5, "referenced_message": {"type": "odd"}}),
            json!({"poll": "odd"}),
            json!({"sticker_items": [{"id": "x"}], "message_snapshots": 1, "member": []}),
            json!({"a_field_of_tomorrow": true}),
        ] {
            let read = read(message(&odd)).unwrap_or_else(|error| panic!("{odd}: {error}"));
            assert_eq!(read.content, "hello", "{odd}");
        }
    }

    #[test]
    fn a_message_without_its_author_is_not_read() {
        assert!(read(message(&json!({"author": null}))).is_err());
    }
}
