//! Markdown that is too long for one message.

use super::escape::guard;
use super::render;
use crate::text::split::first_cut;
use crate::text::{LengthUnit, Text};

/// Renders `text` as messages of at most `limit` code points, escapes and markers counted.
///
/// Parts that hold nothing but white space, which Discord refuses, are left out. A style that
/// makes even one character too long, such as a link to a very long address, is dropped.
pub fn render_split(text: &Text, limit: usize) -> Vec<String> {
    let limit = limit.max(2);
    let mut parts = Vec::new();
    let mut rest = text.clone();
    while !rest.is_empty() {
        let (rendered, taken) = match first_part(&rest, limit) {
            Ok(part) => part,
            Err(least) => {
                let spans = rest.spans().iter();
                let kept: Vec<_> = spans
                    .filter(|span| span.range.start >= least)
                    .cloned()
                    .collect();
                if kept.len() < rest.spans().len() {
                    rest = Text::new(rest.as_str().to_owned(), kept);
                    continue;
                }
                guarded_start(rest.as_str(), limit)
            }
        };
        rest = rest.slice(taken..rest.as_str().len());
        if !rendered.trim().is_empty() {
            parts.push(rendered);
        }
    }
    parts
}

/// The first part and the bytes of the text that it shows, or the bytes of the shortest part that
/// was tried, if that is too long.
fn first_part(text: &Text, limit: usize) -> Result<(String, usize), usize> {
    // A part that shows more characters than it is written with (a timestamp, an emoji) could be
    // longer; it is not worth looking further for.
    let mut room = limit;
    loop {
        let taken = first_cut(text, room, LengthUnit::CodePoints);
        let part = text.slice(0..taken);
        let rendered = render(&part);
        let length = rendered.chars().count();
        if length <= limit {
            return Ok((rendered, taken));
        }
        let shown = part.as_str().chars().count();
        if shown <= 2 {
            return Err(taken);
        }
        room = (shown * limit / length).clamp(shown / 2, shown - 1).max(2);
    }
}

/// As much as fits when everything that could be markup is escaped.
fn guarded_start(text: &str, limit: usize) -> (String, usize) {
    let mut rendered = String::new();
    let mut taken = 0;
    let mut length = 0;
    for char in text.chars() {
        let guarded = guard(char);
        length += guarded.chars().count();
        if length > limit {
            break;
        }
        rendered.push_str(&guarded);
        taken += char.len_utf8();
    }
    (rendered, taken)
}
