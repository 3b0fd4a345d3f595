//! Plain text that Discord is to show as it is.

use std::ops::Range;

/// Where a piece of text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Position {
    /// Directly behind an opening marker, where some clients look for blocks again.
    AfterMarker,
    Elsewhere,
}

/// Writes `text[range]` with a backslash before whatever would be taken as markup. A link's label
/// holds balanced brackets as they are.
pub(super) fn escape(
    text: &str,
    range: Range<usize>,
    position: Position,
    in_label: bool,
) -> String {
    let mut escaped = String::with_capacity(range.len() + 8);
    let line_start = text[..range.start]
        .rfind('\n')
        .map_or(0, |newline| newline + 1);
    let mut markers = block_markers(text, line_start);
    for (offset, char) in text[range.clone()].char_indices() {
        let at = range.start + offset;
        let rest = &text[at + char.len_utf8()..];
        let starts_block =
            at < markers.blocks_until || (at == range.start && position == Position::AfterMarker);
        let guard = match char {
            '\\' | '*' | '_' | '~' | '`' | '|' => true,
            '[' => !in_label,
            '<' => rest.starts_with(|c: char| c.is_ascii_alphanumeric() || "@#:/".contains(c)),
            '>' | '#' => starts_block,
            '-' => starts_block && rest.starts_with('#'),
            '.' => markers.number_dot == Some(at),
            ':' => rest.starts_with("//") || names_an_emoji(rest),
            _ => false,
        };
        if guard {
            escaped.push('\\');
        }
        escaped.push(char);
        if char == '\n' {
            markers = block_markers(text, at + 1);
        }
    }
    escaped
}

/// What at the beginning of a line could make it a block.
struct Markers {
    /// Before this byte stand only white space, bullets and the first character after them.
    blocks_until: usize,
    /// The dot of a list number, which Discord would count anew.
    number_dot: Option<usize>,
}

fn block_markers(text: &str, line_start: usize) -> Markers {
    let line = text[line_start..].split('\n').next().unwrap_or_default();
    let mut rest = line;
    loop {
        rest = rest.trim_start();
        match rest
            .strip_prefix(['-', '+'])
            .filter(|after| after.starts_with(' '))
        {
            Some(after) => rest = after,
            None => break,
        }
    }
    let at = line_start + line.len() - rest.len();
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let numbered = digits > 0 && rest[digits..].starts_with(". ");
    Markers {
        blocks_until: at + 1,
        number_dot: numbered.then_some(at + digits),
    }
}

/// Whether the text after a colon is a name with a colon behind, which clients show as an emoji.
fn names_an_emoji(rest: &str) -> bool {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '+' | '-');
    let length = rest.chars().take(64).take_while(|c| is_name(*c)).count();
    rest[..length].contains(|c: char| !c.is_ascii_digit()) && rest[length..].starts_with(':')
}

/// One character on its own, guarded whatever stands around it.
pub(super) fn guard(char: char) -> String {
    if char.is_ascii_punctuation() {
        format!("\\{char}")
    } else {
        char.to_string()
    }
}
