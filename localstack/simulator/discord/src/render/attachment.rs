use serde_json::{Value, json};

use crate::world::{Attachment, Message, World};

/// The attachment was marked as a spoiler.
const IS_SPOILER: u64 = 1 << 3;
/// What a file is called that anybody can see is a spoiler.
const SPOILER_PREFIX: &str = "SPOILER_";
/// In an embed, an address that begins so names a file of the message.
const ATTACHED: &str = "attachment://";
/// Where an embed can show a picture.
const PICTURES: [(&str, &str); 4] = [
    ("image", "url"),
    ("thumbnail", "url"),
    ("author", "icon_url"),
    ("footer", "icon_url"),
];

/// The names of the files that the message's embeds show.
fn embedded(message: &Message) -> impl Iterator<Item = &str> {
    let pictures = message.embeds.iter().flat_map(|embed| {
        let found = |(part, field)| embed.get(part)?.get(field)?.as_str();
        PICTURES.into_iter().filter_map(found)
    });
    pictures.filter_map(|address| address.strip_prefix(ATTACHED))
}

impl World {
    pub(crate) fn render_attachment(&self, attachment: &Attachment) -> Value {
        let file = &attachment.file;
        let link = self.link_to(attachment);
        let is_spoiler = file.spoiler || file.filename.starts_with(SPOILER_PREFIX);
        let mut rendered = json!({
            "id": attachment.id,
            "filename": file.filename,
            "size": file.size,
            "url": link,
            "proxy_url": link,
            "flags": if is_spoiler { IS_SPOILER } else { 0 },
        });
        let voice = file.voice.as_ref();
        for (name, value) in [
            ("title", json!(file.title)),
            ("content_type", json!(file.content_type)),
            ("description", json!(file.description)),
            ("width", json!(file.width)),
            ("height", json!(file.height)),
            (
                "duration_secs",
                json!(voice.map(|voice| voice.duration_secs)),
            ),
            ("waveform", json!(voice.map(|voice| &voice.waveform))),
        ] {
            if !value.is_null() {
                rendered[name] = value;
            }
        }
        rendered
    }

    /// A file that an embed shows is not shown again.
    pub(super) fn render_attachments(&self, message: &Message) -> Vec<Value> {
        let shown = |attachment: &&Attachment| {
            !embedded(message).any(|name| name == attachment.file.filename)
        };
        let attachments = message.attachments.iter().filter(shown);
        attachments
            .map(|attachment| self.render_attachment(attachment))
            .collect()
    }

    pub(super) fn render_embeds(&self, message: &Message) -> Vec<Value> {
        if message.flags & Message::SUPPRESS_EMBEDS != 0 {
            return Vec::new();
        }
        let embeds = message.embeds.iter();
        embeds
            .map(|embed| self.render_embed(message, embed))
            .chain(message.previews.iter().cloned())
            .collect()
    }

    /// An embed that a bot or a webhook wrote has the type `rich`, whatever it asked for.
    fn render_embed(&self, message: &Message, embed: &Value) -> Value {
        let mut embed = embed.clone();
        if let Some(fields) = embed.as_object_mut() {
            fields.insert("type".to_owned(), json!("rich"));
        }
        for (part, field) in PICTURES {
            let Some(address) = embed.get_mut(part).and_then(|part| part.get_mut(field)) else {
                continue;
            };
            let name = address.as_str().and_then(|it| it.strip_prefix(ATTACHED));
            let mut files = message.attachments.iter();
            let file = files.find(|attachment| Some(attachment.file.filename.as_str()) == name);
            if let Some(file) = file {
                *address = json!(self.link_to(file));
            }
        }
        embed
    }
}
