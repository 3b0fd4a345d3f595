//! What a chat holds.

use anyhow::{Context, Result};
use serde_json::Value;

use super::files::Held;
use super::world::{Chat, World};

const PAGE: usize = 100;
/// A Discord id tells its moment, counted from the beginning of 2015.
const DISCORD_EPOCH_MS: i64 = 1_420_070_400_000;

/// A text as a chat holds it, or its markdown, and its entities where they are apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) text: String,
    pub(super) entities: Vec<Value>,
}

/// What is seen as one message. An album is one, also where it is several messages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) ids: Vec<String>,
    pub(super) shown: Shown,
    pub(super) files: Vec<Held>,
    /// The id of the message that it answers.
    pub(super) answers: Option<String>,
    pub(super) at_ms: i64,
    pub(super) album: Option<String>,
}

/// All of it, oldest first.
pub(super) async fn found(world: &World, chat: &Chat) -> Result<Vec<Found>> {
    let (control, path) = match chat {
        Chat::Telegram(chat) => (&world.telegram, format!("/chats/{chat}/messages")),
        Chat::Discord(channel) => (&world.discord, format!("/channels/{channel}/messages")),
    };
    let mut found = Vec::new();
    let mut after = "0".to_owned();
    loop {
        let page = control
            .get(&format!("{path}?limit={PAGE}&after={after}"))
            .await?;
        let messages = page.as_array().cloned().unwrap_or_default();
        for message in &messages {
            after = id(&message["id"]).context("a message has an id")?;
            let read = match chat {
                Chat::Telegram(_) => of_telegram(message)?,
                Chat::Discord(_) => of_discord(message)?,
            };
            gather(&mut found, read);
        }
        if messages.len() < PAGE {
            return Ok(found);
        }
    }
}

/// Adds a message, or to the album before it another part.
fn gather(found: &mut Vec<Found>, read: Found) {
    match found.last_mut() {
        Some(album)
            if read.album.is_some() && read.album == album.album && read.shown.text.is_empty() =>
        {
            album.ids.extend(read.ids);
            album.files.extend(read.files);
            // The album is there when the last part is.
            album.at_ms = read.at_ms;
        }
        _ => found.push(read),
    }
}

/// A number or a text.
pub(super) fn id(value: &Value) -> Option<String> {
    match value {
        Value::String(id) => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn text(message: &Value, field: &str) -> String {
    message[field].as_str().unwrap_or_default().to_owned()
}

fn of_discord(message: &Value) -> Result<Found> {
    let own = text(message, "id");
    let number: i64 = own.parse().context("a message has an id")?;
    let files = message["attachments"].as_array().into_iter().flatten();
    Ok(Found {
        ids: vec![own],
        shown: Shown {
            text: text(message, "content"),
            entities: vec![],
        },
        files: files
            .map(|file| Held {
                sha256: text(file, "sha256"),
                kind: None,
            })
            .collect(),
        answers: id(&message["message_reference"]["message_id"]),
        at_ms: (number >> 22) + DISCORD_EPOCH_MS,
        album: None,
    })
}

fn of_telegram(message: &Value) -> Result<Found> {
    let mut entities = message["entities"].as_array().cloned().unwrap_or_default();
    let number = |entity: &Value, field: &str| entity[field].as_i64().unwrap_or(0);
    entities.sort_by_key(|entity| {
        (
            number(entity, "offset"),
            -number(entity, "length"),
            entity["type"].to_string(),
        )
    });
    let media = message["media"].as_object().into_iter().flatten();
    Ok(Found {
        ids: vec![id(&message["id"]).context("a message has an id")?],
        shown: Shown {
            text: text(message, "text"),
            entities,
        },
        files: media
            .map(|(kind, file)| Held {
                sha256: text(file, "sha256"),
                kind: Some(kind.clone()),
            })
            .collect(),
        answers: id(&message["reply_to"]),
        at_ms: message["at_ms"]
            .as_i64()
            .context("a message has its moment")?,
        album: id(&message["grouped_id"]),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_parts_of_an_album_are_one_message() {
        let photo = |id: u32, text: &str, album: Option<&str>| {
            let media = json!({"photo": {"sha256": id.to_string()}});
            let message =
                json!({"id": id, "at_ms": id, "text": text, "media": media, "grouped_id": album});
            of_telegram(&message).unwrap()
        };
        let mut found = Vec::new();
        for message in [
            photo(1, "0/1 first", Some("a")),
            photo(2, "", Some("a")),
            photo(3, "", Some("b")),
            photo(4, "0/2 no album", None),
            photo(5, "", None),
        ] {
            gather(&mut found, message);
        }
        let ids: Vec<&[String]> = found.iter().map(|message| &*message.ids).collect();
        assert_eq!(ids, [&["1", "2"][..], &["3"], &["4"], &["5"]]);
        assert_eq!(found[0].at_ms, 2);
        assert_eq!(found[0].files.len(), 2);
    }

    #[test]
    fn both_platforms_tell_what_is_answered() {
        let telegram = json!({"id": 7, "at_ms": 1, "text": "x", "reply_to": 5});
        assert_eq!(
            of_telegram(&telegram).unwrap().answers.as_deref(),
            Some("5")
        );
        let discord = json!({"id": "7", "content": "x", "message_reference": {"message_id": "5"}});
        assert_eq!(of_discord(&discord).unwrap().answers.as_deref(), Some("5"));
        let plain = json!({"id": "7", "content": "x", "message_reference": null});
        assert_eq!(of_discord(&plain).unwrap().answers, None);
    }
}
