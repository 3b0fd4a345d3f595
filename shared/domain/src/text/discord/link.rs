//! How a link is written: Discord masks only web addresses, and no label that is one itself.

use super::angle;
use super::escape::{Position, escape};

pub(super) enum LinkForm {
    /// `[label](url)`.
    Masked(String),
    /// The label as it is, and where it leads in parentheses behind it.
    Noted(String),
}

pub(super) fn form(label: &str, url: &str) -> LinkForm {
    if !is_web(url) {
        return LinkForm::Noted(escape(url, 0..url.len(), Position::Elsewhere, false));
    }
    let maskable = is_balanced(label) && !label.contains("http://") && !label.contains("https://");
    let url = encoded(url);
    if maskable {
        LinkForm::Masked(url)
    } else {
        LinkForm::Noted(format!("<{url}>"))
    }
}

/// Whether the label is the address, which `<…>` shows without a preview.
pub(super) fn is_bare(label: &str, url: &str) -> bool {
    angle::is_web_url(label)
        && label.trim_end_matches('/') == url.trim_end_matches('/')
        && !label.contains(['>', '\\'])
}

/// Whether the label alone would not say where the link leads.
pub(super) fn needs_markup(label: &str, url: &str) -> bool {
    if is_web(url) {
        !is_bare(label, url)
    } else {
        !url.ends_with(label)
    }
}

fn is_web(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

/// Brackets count even behind a backslash or in code when Discord looks for a label's end.
fn is_balanced(label: &str) -> bool {
    let mut open = 0_usize;
    for char in label.chars() {
        match char {
            '[' => open += 1,
            ']' if open == 0 => return false,
            ']' => open -= 1,
            _ => {}
        }
    }
    open == 0
}

/// The same address without what would end the link or a style around it.
fn encoded(url: &str) -> String {
    let mut encoded = String::with_capacity(url.len());
    let last = url
        .chars()
        .next_back()
        .map_or(0, |last| url.len() - last.len_utf8());
    for (at, char) in url.char_indices() {
        let doubled = matches!(char, '_' | '~') && encoded.ends_with(char);
        let ends = at == last && matches!(char, '.' | ',' | ':' | ';' | '\'');
        let taken = matches!(
            char,
            '*' | '|' | '<' | '>' | '(' | ')' | '[' | ']' | '\\' | '`' | '"'
        );
        if doubled || ends || taken || char.is_whitespace() || char.is_control() {
            for byte in char.encode_utf8(&mut [0; 4]).bytes() {
                encoded.extend(['%', hex(byte >> 4), hex(byte & 0xf)]);
            }
        } else {
            encoded.push(char);
        }
    }
    encoded
}

fn hex(digit: u8) -> char {
    char::from_digit(digit.into(), 16)
        .unwrap_or('0')
        .to_ascii_uppercase()
}
