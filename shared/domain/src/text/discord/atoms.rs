//! What of a text is written as it is, because Discord takes it literally.

use std::ops::Range;

use super::blocks::{Blocks, is_spoiler};
use super::layout::{Kind, Mark, minus};
use super::ranges::{crosses, overlap};
use super::{angle, link};
use crate::text::{CustomEmoji, Style, Text};

/// What is written as it is and never cut: blocks of code, emoji, timestamps, addresses; sorted
/// and disjoint.
pub(super) fn atoms(text: &Text, blocks: &Blocks) -> Vec<Mark> {
    let whole = text.as_str();
    let mut atoms: Vec<Mark> = blocks
        .pres
        .iter()
        .enumerate()
        .map(|(index, pre)| Mark {
            range: pre.range.clone(),
            kind: Kind::Pre(index),
        })
        .collect();
    let literals = text.spans().iter().filter_map(|span| {
        let literal = literal(&span.style, &whole[span.range.clone()])?;
        Some(Mark {
            range: span.range.clone(),
            kind: Kind::Literal(literal),
        })
    });
    for mark in literals.chain(addresses(text)) {
        let range = &mark.range;
        let torn = text.spans().iter().any(|span| {
            if matches!(span.style, Style::Code | Style::Pre { .. }) {
                overlap(&span.range, range)
            } else if span.style == Style::Spoiler {
                overlap(&span.range, range) && whole[range.clone()].contains("||")
            } else {
                let stays_whole = matches!(
                    span.style,
                    Style::Link { .. } | Style::Quote | Style::ExpandableQuote
                );
                stays_whole && crosses(&span.range, range)
            }
        });
        if !torn && !atoms.iter().any(|atom| overlap(&atom.range, range)) {
            atoms.push(mark);
        }
    }
    atoms.sort_by_key(|atom| atom.range.start);
    atoms
}

fn literal(style: &Style, shown: &str) -> Option<String> {
    if shown.trim() != shown || shown.is_empty() {
        return None;
    }
    if let Style::CustomEmoji(CustomEmoji::Discord { id, animated }) = style {
        let name = shown.strip_prefix(':')?.strip_suffix(':')?;
        let sign = if *animated { "a" } else { "" };
        angle::is_emoji_name(name).then(|| format!("<{sign}:{name}:{id}>"))
    } else if let Style::Timestamp { unix, format } = style {
        let letter = format.filter(|_| !shown.contains('\n'))?.letter();
        Some(format!("<t:{unix}:{letter}>"))
    } else if let Style::Link { url } = style {
        link::is_bare(shown, url).then(|| format!("<{shown}>"))
    } else {
        None
    }
}

fn addresses(text: &Text) -> Vec<Mark> {
    let whole = text.as_str();
    let mut found = Vec::new();
    let mut here = 0;
    while let Some(offset) = whole[here..].find("http") {
        let start = here + offset;
        let length = angle::web_url_prefix(&whole[start..]);
        here = start + length.unwrap_or("http".len());
        // An angle bracket would end the form that keeps an address apart from what follows, and
        // a backslash would guard the marker behind it.
        if length.is_some() && !whole[start..here].contains(['>', '\\']) {
            found.push(Mark {
                range: start..here,
                kind: Kind::Address,
            });
        }
    }
    found
}

/// Inline code outside the atoms. Where it lies under a spoiler whose end marker it contains, it
/// is text, so that the secret stays one.
pub(super) fn code(text: &Text, atoms: &[Mark]) -> Vec<Range<usize>> {
    let whole = text.as_str();
    let mut code = Vec::new();
    for span in text.spans().iter().filter(|span| span.style == Style::Code) {
        code.extend(minus(span.range.clone(), atoms));
    }
    code.retain(|range| !(whole[range.clone()].contains("||") && is_spoiler(text, range)));
    code
}
