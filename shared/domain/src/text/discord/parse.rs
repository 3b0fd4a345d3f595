//! From markdown to text: the blocks that begin a line, and the walk through a fragment.

use super::delimiter::Fragment;
use super::{MentionNames, SEPARATOR};
use crate::text::{Span, Style, Text};

/// Deeper markers are read as text; nobody nests so deep by hand.
const MAX_DEPTH: u8 = 16;
/// Bytes that may be looked at in search of closing markers, per byte of the message. Honest
/// messages need a few; beyond it the rest is read as text.
const STEPS_PER_BYTE: usize = 64;

/// Reads the content of a Discord message.
///
/// Mentions become the names that `names` knows. Lists stay as they are written. White space that
/// Discord does not show, such as around a heading, is dropped.
pub fn parse(markdown: &str, names: &impl MentionNames) -> Text {
    read(markdown, names).0
}

/// Gives the steps taken as well.
pub(super) fn read(markdown: &str, names: &impl MentionNames) -> (Text, usize) {
    let budget = markdown.len() * STEPS_PER_BYTE + 1024;
    let mut parser = Parser {
        names,
        text: String::with_capacity(markdown.len()),
        spans: Vec::new(),
        at_line_start: true,
        steps_left: budget,
    };
    parser.fragment(markdown, Context::default());
    let steps = budget - parser.steps_left;
    (Text::new(parser.text, parser.spans), steps)
}

pub(super) struct Parser<'n, N> {
    pub(super) names: &'n N,
    pub(super) text: String,
    pub(super) spans: Vec<Span>,
    /// Nothing but spaces was shown since the line began.
    at_line_start: bool,
    pub(super) steps_left: usize,
}

/// What a fragment lies within.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Context {
    depth: u8,
    in_quote: bool,
    pub(super) in_link: bool,
}

impl Context {
    const fn deeper(self) -> Self {
        Self {
            depth: self.depth + 1,
            ..self
        }
    }

    pub(super) const fn in_link(self) -> Self {
        Self {
            in_link: true,
            ..self
        }
    }
}

impl<N: MentionNames> Parser<'_, N> {
    pub(super) fn fragment(&mut self, source: &str, context: Context) {
        let mut fragment = Fragment::new(source);
        let mut here = 0;
        while let Some(char) = source[here..].chars().next() {
            if context.depth < MAX_DEPTH && self.steps_left > 0 {
                let taken = self
                    .block(&source[here..], context)
                    .or_else(|| self.inline(&mut fragment, here, context));
                self.steps_left = self.steps_left.saturating_sub(fragment.take_steps());
                if let Some(length) = taken {
                    here += length;
                    continue;
                }
            }
            here += self.escaped(&source[here..]).unwrap_or_else(|| {
                self.push(char);
                char.len_utf8()
            });
        }
    }

    /// A backslash before anything but a letter, a digit or white space is not shown.
    fn escaped(&mut self, source: &str) -> Option<usize> {
        let next = source.strip_prefix('\\')?.chars().next()?;
        if next.is_ascii_alphanumeric() || next.is_whitespace() {
            return None;
        }
        self.at_line_start = false;
        self.text.push(next);
        Some(1 + next.len_utf8())
    }

    pub(super) fn push(&mut self, char: char) {
        self.text.push(char);
        if char == '\n' {
            self.at_line_start = true;
        } else if !char.is_whitespace() {
            self.at_line_start = false;
        }
    }

    pub(super) fn push_str(&mut self, text: &str) {
        text.chars().for_each(|char| self.push(char));
    }

    /// Reads what is `inside` and gives what it showed the style.
    pub(super) fn styled(&mut self, style: Style, inside: &str, context: Context) {
        let start = self.text.len();
        self.fragment(inside, context.deeper());
        self.spans.push(Span {
            range: start..self.text.len(),
            style,
        });
    }

    fn block(&mut self, source: &str, context: Context) -> Option<usize> {
        if !self.at_line_start || context.in_link {
            return None;
        }
        let indent = source.len() - source.trim_start_matches(' ').len();
        match source.as_bytes().get(indent)? {
            b'>' if !context.in_quote => self.quote(source, indent, context),
            b'#' => self.heading(source, indent, context),
            b'-' if indent == 0 => {
                let rest = source
                    .strip_prefix("-# ")
                    .filter(|rest| !rest.starts_with("-#"))?;
                self.line(Style::Subtext, rest, context)
                    .map(|length| 3 + length)
            }
            _ => None,
        }
    }

    fn heading(&mut self, source: &str, indent: usize, context: Context) -> Option<usize> {
        let rest = &source[indent..];
        let hashes = rest.bytes().take_while(|byte| *byte == b'#').count();
        let level = u8::try_from(hashes).ok().filter(|level| *level <= 3)?;
        let rest = rest[hashes..]
            .strip_prefix(' ')
            .filter(|rest| !rest.starts_with('#'))?;
        let length = self.line(Style::Heading { level }, rest, context)?;
        Some(indent + hashes + 1 + length)
    }

    /// The rest of the line, styled; the line's end stays outside.
    fn line(&mut self, style: Style, rest: &str, context: Context) -> Option<usize> {
        let line = rest.split('\n').next().unwrap_or_default();
        let shown = line.trim();
        if shown.is_empty() {
            return None;
        }
        self.styled(style, shown, context);
        Some(line.len())
    }

    fn quote(&mut self, source: &str, indent: usize, context: Context) -> Option<usize> {
        let context = Context {
            in_quote: true,
            ..context
        };
        if let Some(rest) = source[indent..].strip_prefix(">>> ") {
            if rest.is_empty() {
                return None;
            }
            self.styled(Style::Quote, rest, context);
            return Some(source.len());
        }
        let mut lines = Vec::new();
        let mut length = 0;
        for line in source.split('\n') {
            let Some(inside) = line.trim_start_matches(' ').strip_prefix("> ") else {
                break;
            };
            lines.push(inside);
            length += line.len() + 1;
        }
        if lines.is_empty() {
            return None;
        }
        self.styled(Style::Quote, &lines.join("\n"), context);
        self.at_line_start = false;
        // The end of the last line stands for itself, outside the quote.
        Some(length - 1)
    }
}

/// Whether `source` goes on with a separator that stands between two markers.
pub(super) fn separator_length(source: &str) -> usize {
    let separates = source
        .strip_prefix(SEPARATOR)
        .is_some_and(|rest| rest.starts_with(['*', '_', '~', '`']));
    if separates { SEPARATOR.len_utf8() } else { 0 }
}
