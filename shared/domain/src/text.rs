//! The text of a message with its styles, and what the platforms make of it.
//!
//! A [`Text`] is neutral: Telegram's entities come and go through UTF-16 offsets ([`utf16`]),
//! Discord's markdown through [`discord`]; [`split`](mod@split) cuts what is too long.

use std::cmp::Reverse;
use std::ops::Range;

use serde::{Deserialize, Serialize};

mod cluster;
pub mod discord;
pub mod split;
mod style;
pub mod utf16;

pub use split::{LengthUnit, split};
pub use style::{CustomEmoji, Mentioned, Style, TimestampFormat};
pub use utf16::utf16_len;

/// Plain text and the styles of its parts.
///
/// Every span lies within the text, on char boundaries, and covers something. Spans are sorted by
/// where they start, the longer first; two spans of the same style never overlap.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Unchecked")]
pub struct Text {
    text: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    spans: Vec<Span>,
}

/// A style and the bytes of the text that have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    pub range: Range<usize>,
    pub style: Style,
}

#[derive(Deserialize)]
struct Unchecked {
    text: String,
    #[serde(default)]
    spans: Vec<Span>,
}

impl From<Unchecked> for Text {
    fn from(unchecked: Unchecked) -> Self {
        Self::new(unchecked.text, unchecked.spans)
    }
}

impl Text {
    /// Takes any spans: clamps them to the text, widens them to char boundaries, drops empty ones
    /// and merges those of one style.
    pub fn new(text: String, mut spans: Vec<Span>) -> Self {
        spans.retain(|span| !span.range.is_empty());
        for span in &mut spans {
            span.range = floor_char(&text, span.range.start)..ceil_char(&text, span.range.end);
        }
        spans.retain(|span| !span.range.is_empty());
        let spans = merge(spans);
        Self { text, spans }
    }

    pub fn plain(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            spans: Vec::new(),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The part of the text in `range` (bytes, widened to char boundaries) with its styles.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Self {
        let start = floor_char(&self.text, range.start);
        let end = ceil_char(&self.text, range.end).max(start);
        let spans = self
            .spans
            .iter()
            .filter(|span| span.range.start < end && start < span.range.end)
            .map(|span| Span {
                range: span.range.start.max(start) - start..span.range.end.min(end) - start,
                style: span.style.clone(),
            })
            .collect();
        Self::new(self.text[start..end].to_owned(), spans)
    }

    /// Those of the parts that say something, each in lines of its own.
    pub fn lines<'a>(parts: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut whole = Self::default();
        for part in parts.into_iter().filter(|part| !part.is_empty()) {
            if !whole.is_empty() {
                whole.append(&Self::plain("\n"));
            }
            whole.append(part);
        }
        whole
    }

    /// Adds `other` at the end; a style that goes on across the seam becomes one span where its
    /// kind allows.
    pub fn append(&mut self, other: &Self) {
        let seam = self.text.len();
        let mut text = std::mem::take(&mut self.text);
        let mut spans = std::mem::take(&mut self.spans);
        text.push_str(&other.text);
        spans.extend(other.spans.iter().map(|span| Span {
            range: span.range.start + seam..span.range.end + seam,
            style: span.style.clone(),
        }));
        *self = Self::new(text, spans);
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::plain(text)
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::plain(text)
    }
}

fn floor_char(text: &str, index: usize) -> usize {
    let mut index = index.min(text.len());
    while !text.is_char_boundary(index) {
        index -= 1;
    }
    index
}

fn ceil_char(text: &str, index: usize) -> usize {
    let mut index = index.min(text.len());
    while !text.is_char_boundary(index) {
        index += 1;
    }
    index
}

fn merge(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_by(|a, b| {
        (&a.style, a.range.start, a.range.end).cmp(&(&b.style, b.range.start, b.range.end))
    });
    let mut merged: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        if let Some(last) = merged.last_mut()
            && last.style == span.style
            && (span.range.start < last.range.end
                || (span.range.start == last.range.end && span.style.joins()))
        {
            last.range.end = last.range.end.max(span.range.end);
        } else {
            merged.push(span);
        }
    }
    merged.sort_by(|a, b| {
        (a.range.start, Reverse(a.range.end), &a.style).cmp(&(
            b.range.start,
            Reverse(b.range.end),
            &b.style,
        ))
    });
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(range: Range<usize>, style: Style) -> Span {
        Span { range, style }
    }

    #[test]
    fn spans_are_clamped_widened_and_emptied() {
        #[expect(
            clippy::reversed_empty_ranges,
            reason = "an invalid span is what is tested"
        )]
        let text = Text::new(
            "aé😀".to_owned(),
            vec![
                span(2..2, Style::Bold),
                span(2..4, Style::Italic),
                span(5..99, Style::Underline),
                span(6..1, Style::Spoiler),
                span(50..60, Style::Code),
            ],
        );
        assert_eq!(
            text.spans(),
            [span(1..7, Style::Italic), span(3..7, Style::Underline)]
        );
    }

    #[test]
    fn the_same_style_merges_where_it_overlaps_or_joins() {
        let text = Text::new(
            "abcdefgh".to_owned(),
            vec![
                span(2..4, Style::Bold),
                span(0..2, Style::Bold),
                span(4..6, Style::Quote),
                span(6..8, Style::Quote),
                span(
                    0..3,
                    Style::Link {
                        url: "https://a".into(),
                    },
                ),
                span(
                    2..5,
                    Style::Link {
                        url: "https://b".into(),
                    },
                ),
            ],
        );
        assert_eq!(
            text.spans(),
            [
                span(0..4, Style::Bold),
                span(
                    0..3,
                    Style::Link {
                        url: "https://a".into()
                    }
                ),
                span(
                    2..5,
                    Style::Link {
                        url: "https://b".into()
                    }
                ),
                span(4..6, Style::Quote),
                span(6..8, Style::Quote),
            ]
        );
    }

    #[test]
    fn a_slice_keeps_its_styles_and_appending_restores_the_whole() {
        let whole = Text::new(
            "one two three".to_owned(),
            vec![span(0..7, Style::Bold), span(4..13, Style::Italic)],
        );
        let mut joined = whole.slice(0..5);
        assert_eq!(joined.as_str(), "one t");
        assert_eq!(
            joined.spans(),
            [span(0..5, Style::Bold), span(4..5, Style::Italic)]
        );
        joined.append(&whole.slice(5..99));
        assert_eq!(joined, whole);
    }

    #[test]
    fn what_is_read_back_is_valid_whatever_was_stored() {
        let text = Text::new("héllo".to_owned(), vec![span(0..3, Style::Bold)]);
        let json = serde_json::to_string(&text).unwrap();
        insta::assert_snapshot!(json, @r#"{"text":"héllo","spans":[{"range":{"start":0,"end":3},"style":"bold"}]}"#);
        assert_eq!(serde_json::from_str::<Text>(&json).unwrap(), text);

        let wild = r#"{"text":"é","spans":[{"range":{"start":1,"end":900},"style":"bold"}]}"#;
        let text: Text = serde_json::from_str(wild).unwrap();
        assert_eq!(text.spans(), [span(0..2, Style::Bold)]);
    }
}
