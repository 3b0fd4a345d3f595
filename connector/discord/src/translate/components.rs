//! What is said in components. (Component Reference)

use patchbay_domain::text::discord::{MentionNames, parse};
use patchbay_domain::{Attachment, Cover, MediaKind, Text};
use serde_json::Value;

use super::attachments::{Shelf, kind_of};
use super::embeds::linked;

/// A message has no more than these, one within the other. (Component Reference, "Legacy Message
/// Component Behavior")
const DEEPEST: usize = 8;

/// Texts and files, in their order.
#[derive(Debug, Default)]
pub(super) struct Laid {
    pub(super) texts: Vec<Text>,
    pub(super) files: Vec<Attachment>,
}

/// Of buttons only those say something that lead somewhere; what there is to choose means nothing
/// elsewhere.
pub(super) fn read(components: &[Value], names: &impl MentionNames, shelf: Shelf<'_>) -> Laid {
    let mut laid = Laid::default();
    for component in components {
        lay(component, names, shelf, DEEPEST, &mut laid);
    }
    laid
}

fn lay(
    component: &Value,
    names: &impl MentionNames,
    shelf: Shelf<'_>,
    depth: usize,
    laid: &mut Laid,
) {
    const BUTTON: u64 = 2;
    const TEXT_DISPLAY: u64 = 10;
    const THUMBNAIL: u64 = 11;
    const MEDIA_GALLERY: u64 = 12;
    const FILE: u64 = 13;
    let Some(kind) = component["type"].as_u64().filter(|_| depth > 0) else {
        return;
    };
    match kind {
        BUTTON => laid.texts.extend(link_of(component)),
        TEXT_DISPLAY => {
            let content = component["content"].as_str().unwrap_or_default();
            laid.texts.push(parse(content, names));
        }
        THUMBNAIL => show(component, "media", shelf, laid),
        MEDIA_GALLERY => {
            for item in list(component, "items") {
                show(item, "media", shelf, laid);
            }
        }
        FILE => show(component, "file", shelf, laid),
        // Rows, sections and containers.
        _ => {
            for inner in list(component, "components") {
                lay(inner, names, shelf, depth - 1, laid);
            }
            lay(&component["accessory"], names, shelf, depth - 1, laid);
        }
    }
}

fn list<'a>(component: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    component[name].as_array().into_iter().flatten()
}

fn link_of(button: &Value) -> Option<Text> {
    let url = button["url"].as_str()?;
    let label = button["label"].as_str().unwrap_or(url);
    Some(linked(Text::plain(label), Some(url)))
}

fn show(holder: &Value, name: &str, shelf: Shelf<'_>, laid: &mut Laid) {
    let media = &holder[name];
    let Some(url) = media["url"].as_str() else {
        return;
    };
    let mime = media["content_type"].as_str();
    let kind = match (mime, name) {
        (Some(mime), _) => kind_of(mime),
        (None, "file") => MediaKind::Document,
        (None, _) => MediaKind::Photo,
    };
    let Some(mut file) = shelf.take(url, kind, mime) else {
        // A file of the message itself is among its attachments.
        if !url.starts_with("attachment://") {
            laid.texts.push(Text::plain(url));
        }
        return;
    };
    let side = |name: &str| {
        media[name]
            .as_u64()
            .and_then(|side| u32::try_from(side).ok())
    };
    file.dimensions = side("width").zip(side("height"));
    file.bytes = holder["size"].as_u64();
    if holder["spoiler"].as_bool() == Some(true) {
        file.cover = Cover::Spoiler;
    }
    if let Some(description) = holder["description"].as_str() {
        file.caption = Text::plain(description);
    }
    laid.files.push(file);
}
