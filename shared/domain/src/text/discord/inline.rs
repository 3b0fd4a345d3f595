//! From markdown to text: what stands within a line.

use super::delimiter::{Found, Fragment, Pair};
use super::parse::{Context, Parser, separator_length};
use super::{MentionNames, SEPARATOR, angle};
use crate::text::{Span, Style};

/// Discord shows this as it is typed, although a backslash and underscores are in it.
const SHRUG: &str = "¯\\_(ツ)_/¯";

impl<N: MentionNames> Parser<'_, N> {
    /// Reads the construct that begins at `at`; gives its length.
    pub(super) fn inline(
        &mut self,
        fragment: &mut Fragment<'_>,
        at: usize,
        context: Context,
    ) -> Option<usize> {
        let source = fragment.source;
        let (style, found) = match source.as_bytes().get(at)? {
            b'*' => longer(
                fragment.star(at).map(|found| (Style::Italic, found)),
                fragment
                    .pair(at, Pair::Stars)
                    .map(|found| (Style::Bold, found)),
            )?,
            b'_' => longer(
                fragment.underscore(at).map(|found| (Style::Italic, found)),
                fragment
                    .pair(at, Pair::Underscores)
                    .map(|found| (Style::Underline, found)),
            )?,
            b'~' => (Style::Strikethrough, fragment.pair(at, Pair::Tildes)?),
            b'|' => (Style::Spoiler, fragment.pair(at, Pair::Pipes)?),
            b'`' => return self.code(fragment, at),
            b'<' => return self.angle(fragment, at),
            b'[' if !context.in_link => return self.link(fragment, at, context),
            b'h' => {
                let length = angle::web_url_prefix(&source[at..])?;
                self.push_str(&source[at..at + length]);
                return Some(length);
            }
            _ => {
                return source[at..].starts_with(SHRUG).then(|| {
                    self.push_str(SHRUG);
                    SHRUG.len()
                });
            }
        };
        self.styled(style, &source[found.content], context);
        Some(found.end - at + separator_length(&source[found.end..]))
    }

    fn code(&mut self, fragment: &mut Fragment<'_>, at: usize) -> Option<usize> {
        let (style, content, end) = if let Some(found) = fragment.fence(at) {
            let (language, content) = language_and_code(&fragment.source[found.content]);
            (
                Style::Pre {
                    language: language.map(str::to_owned),
                },
                content,
                found.end,
            )
        } else {
            let found = fragment.code(at)?;
            (
                Style::Code,
                without_padding(&fragment.source[found.content]),
                found.end,
            )
        };
        let start = self.text.len();
        self.push_str(&without_separators(content));
        self.spans.push(Span {
            range: start..self.text.len(),
            style,
        });
        Some(end - at + separator_length(&fragment.source[end..]))
    }

    fn angle(&mut self, fragment: &mut Fragment<'_>, at: usize) -> Option<usize> {
        let (angle, steps) = angle::read(&fragment.source[at..], self.names);
        self.steps_left = self.steps_left.saturating_sub(steps);
        let angle = angle?;
        let start = self.text.len();
        self.push_str(&angle.shown);
        let range = start..self.text.len();
        self.spans
            .extend(angle.style.map(|style| Span { range, style }));
        Some(angle.length)
    }

    /// A masked link; a label that is itself an address is not masked, and all of it is text.
    fn link(&mut self, fragment: &mut Fragment<'_>, at: usize, context: Context) -> Option<usize> {
        let (found, url) = fragment.link(at)?;
        let source = fragment.source;
        let url = unescaped(&source[url]);
        let label = &source[found.content];
        if !angle::is_web_url(&url) || label.trim().is_empty() {
            return None;
        }
        if label.contains("http://") || label.contains("https://") || label.contains("```") {
            self.push_str(&source[at..found.end]);
        } else {
            self.styled(Style::Link { url }, label, context.in_link());
        }
        Some(found.end - at)
    }
}

/// Of two readings the longer is right, the first if they are as long.
fn longer(first: Option<(Style, Found)>, second: Option<(Style, Found)>) -> Option<(Style, Found)> {
    match (first, second) {
        (Some(first), Some(second)) if second.1.end > first.1.end => Some(second),
        (first, second) => first.or(second),
    }
}

/// The word on the line of the opening marker is the language, if code follows.
fn language_and_code(inside: &str) -> (Option<&str>, &str) {
    let named = inside.split_once('\n').filter(|(first, rest)| {
        is_language(first.trim_end()) && !rest.trim_matches('\n').is_empty()
    });
    match named {
        Some((first, rest)) => (Some(first.trim_end()), rest.trim_matches('\n')),
        None => (None, inside.trim_matches('\n')),
    }
}

pub(super) fn is_language(word: &str) -> bool {
    !word.is_empty()
        && word
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'+' | b'-' | b'.' | b'#'))
}

/// One space that keeps a backtick of the code apart from the marker is not shown.
fn without_padding(code: &str) -> &str {
    let code = match code.strip_prefix(' ') {
        Some(rest) if rest.trim_start_matches(' ').starts_with('`') => rest,
        _ => code,
    };
    match code.strip_suffix(' ') {
        Some(rest) if rest.trim_end_matches(' ').ends_with('`') => rest,
        _ => code,
    }
}

fn without_separators(code: &str) -> String {
    let mut kept = String::with_capacity(code.len());
    let mut rest = code.chars().peekable();
    while let Some(char) = rest.next() {
        if !(char == SEPARATOR && kept.ends_with('`') && rest.peek() == Some(&'`')) {
            kept.push(char);
        }
    }
    kept
}

fn unescaped(url: &str) -> String {
    let mut kept = String::with_capacity(url.len());
    let mut rest = url.chars().peekable();
    while let Some(char) = rest.next() {
        let guards = char == '\\' && rest.peek().is_some_and(char::is_ascii_punctuation);
        kept.extend(if guards { rest.next() } else { Some(char) });
    }
    kept
}
