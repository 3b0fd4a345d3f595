//! What bots and webhooks say in embeds. (Message Resource, "Embed Object")

use patchbay_domain::text::discord::{MentionNames, parse};
use patchbay_domain::text::{Span, Style};
use patchbay_domain::{Attachment, MediaKind, Text};
use serde::Deserialize;

use super::attachments::Shelf;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Embed {
    #[serde(rename = "type")]
    kind: Option<String>,
    title: Option<String>,
    description: Option<String>,
    url: Option<String>,
    author: Option<EmbedAuthor>,
    fields: Option<Vec<EmbedField>>,
    image: Option<EmbedImage>,
    footer: Option<EmbedFooter>,
}

#[derive(Debug, Deserialize)]
struct EmbedAuthor {
    name: String,
    #[serde(default)]
    url: Option<String>,
}

#[derive(Debug, Deserialize)]
struct EmbedField {
    name: String,
    value: String,
}

#[derive(Debug, Deserialize)]
struct EmbedImage {
    url: String,
}

#[derive(Debug, Deserialize)]
struct EmbedFooter {
    text: String,
}

impl Embed {
    /// Whether Discord itself made it, to show what is behind a link in the text.
    pub(super) fn is_preview(&self, content: &str) -> bool {
        let is_rich = self.kind.as_deref().is_none_or(|kind| kind == "rich");
        let repeats = |url: &String| !url.is_empty() && content.contains(url.as_str());
        !is_rich || self.url.as_ref().is_some_and(repeats)
    }

    pub(super) fn to_text(&self, names: &impl MentionNames) -> Text {
        let said = |markdown: &str| parse(markdown, names);
        let mut lines = Vec::new();
        if let Some(EmbedAuthor { name, url }) = &self.author {
            lines.push(linked(Text::plain(name.as_str()), url.as_deref()));
        }
        let title = self
            .title
            .as_deref()
            .map(|title| styled(&said(title), Style::Bold));
        // An address without a title shows nothing on Discord either.
        lines.extend(title.map(|title| linked(title, self.url.as_deref())));
        lines.extend(self.description.as_deref().map(said));
        for field in self.fields.iter().flatten() {
            lines.push(styled(&said(&field.name), Style::Bold));
            lines.push(said(&field.value));
        }
        let footer = self.footer.as_ref();
        lines
            .extend(footer.map(|footer| styled(&Text::plain(footer.text.as_str()), Style::Italic)));
        Text::lines(&lines)
    }

    /// The picture in it, if Discord has it; else its address.
    pub(super) fn picture(&self, shelf: Shelf<'_>) -> Option<Result<Attachment, Text>> {
        let url = self.image.as_ref()?.url.as_str();
        let taken = shelf.take(url, MediaKind::Photo, None);
        Some(taken.ok_or_else(|| Text::plain(url)))
    }
}

pub(super) fn linked(text: Text, url: Option<&str>) -> Text {
    match url {
        Some(url) if !url.is_empty() => {
            let url = url.to_owned();
            styled(&text, Style::Link { url })
        }
        _ => text,
    }
}

fn styled(text: &Text, style: Style) -> Text {
    let range = 0..text.as_str().len();
    let spans = text.spans().iter().cloned();
    let spans = spans.chain([Span { range, style }]).collect();
    Text::new(text.as_str().to_owned(), spans)
}
