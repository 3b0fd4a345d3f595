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
