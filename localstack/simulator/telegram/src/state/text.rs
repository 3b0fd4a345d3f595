use serde::{Deserialize, Serialize};

use super::ids::UserId;
use super::media::Media;
use super::refusal::Refusal;

/// A formatted range, in UTF-16 units and with the Bot API's names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entity {
    pub(crate) offset: u32,
    pub(crate) length: u32,
    #[serde(flatten)]
    pub(crate) kind: EntityKind,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum EntityKind {
    Mention,
    Hashtag,
    Cashtag,
    BotCommand,
    Url,
    Email,
    PhoneNumber,
    BankCard,
    Bold,
    Italic,
    Underline,
    Strikethrough,
    Spoiler,
    Blockquote,
    ExpandableBlockquote,
    Code,
    Pre {
        #[serde(default)]
        language: String,
    },
    TextLink {
        url: String,
    },
    TextMention {
        user: MentionedUser,
    },
    CustomEmoji {
        custom_emoji_id: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MentionedUser {
    pub(crate) id: UserId,
}

const LONGEST_TEXT: usize = 4096;
const LONGEST_CAPTION: usize = 1024;

/// Which limit a text is under.
#[derive(Debug, Clone, Copy)]
pub(crate) enum TextRole {
    Message,
    Caption,
}

impl TextRole {
    pub(crate) fn beside(media: Option<&Media>) -> Self {
        if media.is_some() {
            Self::Caption
        } else {
            Self::Message
        }
    }
}

/// The first address in a text, written out or under a word.
pub(crate) fn link(text: &str, entities: &[Entity]) -> Option<String> {
    let written = ["https://", "http://"]
        .iter()
        .filter_map(|scheme| text.find(scheme))
        .min();
    let written = written.and_then(|start| text[start..].split_whitespace().next());
    let hidden = || {
        entities.iter().find_map(|entity| {
            if let EntityKind::TextLink { url } = &entity.kind {
                Some(url.clone())
            } else {
                None
            }
        })
    };
    written.map(str::to_owned).or_else(hidden)
}

/// Trims the text as the platform does and moves the entities along with it.
pub(crate) fn normalised(
    text: &str,
    entities: &[Entity],
    role: TextRole,
) -> Result<(String, Vec<Entity>), Refusal> {
    let whole = units(text);
    for entity in entities {
        let end = entity.offset.checked_add(entity.length);
        if entity.length == 0 || end.is_none_or(|end| end > whole) {
            return Err(Refusal::bad("ENTITY_BOUNDS_INVALID"));
        }
    }
    let leading = units(text) - units(text.trim_start());
    let trimmed = text.trim();
    let kept = units(trimmed);
    match role {
        TextRole::Message if trimmed.is_empty() => return Err(Refusal::bad("MESSAGE_EMPTY")),
        TextRole::Message if kept as usize > LONGEST_TEXT => {
            return Err(Refusal::bad("MESSAGE_TOO_LONG"));
        }
        TextRole::Caption if kept as usize > LONGEST_CAPTION => {
            return Err(Refusal::bad("MEDIA_CAPTION_TOO_LONG"));
        }
        TextRole::Message | TextRole::Caption => {}
    }
    let mut moved: Vec<Entity> = entities
        .iter()
        .filter_map(|entity| {
            let start = entity.offset.saturating_sub(leading).min(kept);
            let end = (entity.offset + entity.length)
                .saturating_sub(leading)
                .min(kept);
            (start < end).then(|| Entity {
                offset: start,
                length: end - start,
                kind: entity.kind.clone(),
            })
        })
        .collect();
    moved.sort_by_key(|entity| (entity.offset, std::cmp::Reverse(entity.length)));
    Ok((trimmed.to_owned(), moved))
}

/// UTF-16 units; a text that does not fit `u32` is refused long before by its frame.
fn units(text: &str) -> u32 {
    u32::try_from(text.encode_utf16().count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bold(offset: u32, length: u32) -> Entity {
        Entity {
            offset,
            length,
            kind: EntityKind::Bold,
        }
    }

    #[test]
    fn trimming_moves_and_clips_entities() {
        let (text, entities) =
            normalised("  😀 bold  ", &[bold(5, 6), bold(0, 2)], TextRole::Message).unwrap();
        assert_eq!(text, "😀 bold");
        assert_eq!(entities, [bold(3, 4)]);
    }

    #[test]
    fn limits_are_counted_in_utf16_units() {
        let emoji = "😀".repeat(2049);
        for (text, role, name) in [
            (" \n", TextRole::Message, "MESSAGE_EMPTY"),
            (emoji.as_str(), TextRole::Message, "MESSAGE_TOO_LONG"),
            (emoji.as_str(), TextRole::Caption, "MEDIA_CAPTION_TOO_LONG"),
        ] {
            assert_eq!(normalised(text, &[], role).unwrap_err().name, name);
        }
        assert!(normalised(&"😀".repeat(2048), &[], TextRole::Message).is_ok());
        assert_eq!(
            normalised("a", &[bold(0, 2)], TextRole::Message)
                .unwrap_err()
                .name,
            "ENTITY_BOUNDS_INVALID"
        );
    }

    #[test]
    fn entities_are_written_as_the_bot_api_writes_them() {
        let json = r#"{"offset":1,"length":2,"type":"text_link","url":"https://a.example/"}"#;
        let entity: Entity = serde_json::from_str(json).unwrap();
        assert_eq!(
            entity.kind,
            EntityKind::TextLink {
                url: "https://a.example/".to_owned()
            }
        );
        assert_eq!(serde_json::to_string(&entity).unwrap(), json);
    }
}
