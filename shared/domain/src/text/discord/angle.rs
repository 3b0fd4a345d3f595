//! What Discord writes between `<` and `>`: mentions, emoji, timestamps, links without preview.

use super::time::in_utc;
use super::{MentionNames, delimiter};
use crate::ids::{DiscordChannelId, DiscordUserId};
use crate::text::{CustomEmoji, Mentioned, Style, TimestampFormat};

/// What stands in angle brackets: the text to show, and its style if it has one.
pub(super) struct Angle {
    pub(super) shown: String,
    pub(super) style: Option<Style>,
    /// Bytes with both brackets.
    pub(super) length: usize,
}

/// Reads the construct that `source` begins with; gives the bytes looked at as well.
pub(super) fn read(source: &str, names: &impl MentionNames) -> (Option<Angle>, usize) {
    let Some(rest) = source.strip_prefix('<') else {
        return (None, 0);
    };
    let Some(end) = rest
        .find(['>', '<', '\n'])
        .filter(|end| rest[*end..].starts_with('>'))
    else {
        return (None, rest.find(['<', '\n']).unwrap_or(rest.len()));
    };
    let angle = inner(&rest[..end], names).map(|(shown, style)| Angle {
        shown,
        style,
        length: end + 2,
    });
    (angle, end)
}

fn inner(inner: &str, names: &impl MentionNames) -> Option<(String, Option<Style>)> {
    if let Some(mentioned) = mention(inner, names) {
        return Some(mentioned);
    }
    if let Some(rest) = inner.strip_prefix("t:") {
        return timestamp(rest);
    }
    if let Some(rest) = inner.strip_prefix('/') {
        let (name, id) = rest.rsplit_once(':')?;
        id_of(id)?;
        return (!name.trim().is_empty()).then(|| (format!("/{name}"), None));
    }
    if is_web_url(inner) && !inner.contains(char::is_whitespace) {
        return Some((
            inner.to_owned(),
            Some(Style::Link {
                url: inner.to_owned(),
            }),
        ));
    }
    emoji(inner).or_else(|| navigation(inner))
}

fn mention(inner: &str, names: &impl MentionNames) -> Option<(String, Option<Style>)> {
    let (sign, id, name, mentioned) = if let Some(id) = inner.strip_prefix("@&") {
        let id = id_of(id)?;
        ('@', id, names.role(id), Mentioned::DiscordRole(id))
    } else if let Some(id) = inner.strip_prefix('@') {
        let id = id_of(id.strip_prefix('!').unwrap_or(id))?;
        let user = DiscordUserId(id);
        ('@', id, names.user(user), Mentioned::DiscordUser(user))
    } else if let Some(id) = inner.strip_prefix('#') {
        let id = id_of(id)?;
        let channel = DiscordChannelId(id);
        (
            '#',
            id,
            names.channel(channel),
            Mentioned::DiscordChannel(channel),
        )
    } else {
        return None;
    };
    let shown = name.map_or_else(|| format!("{sign}{id}"), |name| format!("{sign}{name}"));
    Some((shown, Some(Style::Mention(mentioned))))
}

fn timestamp(rest: &str) -> Option<(String, Option<Style>)> {
    let (unix, format) = match rest.split_once(':') {
        None => (rest, TimestampFormat::LongDateShortTime),
        Some((unix, letter)) => {
            let mut letters = letter.chars();
            let format = TimestampFormat::from_letter(letters.next()?)?;
            if letters.next().is_some() {
                return None;
            }
            (unix, format)
        }
    };
    let unix: i64 = unix.parse().ok().filter(|_| !unix.starts_with('+'))?;
    let style = Style::Timestamp {
        unix,
        format: Some(format),
    };
    Some((in_utc(unix, format), Some(style)))
}

fn emoji(inner: &str) -> Option<(String, Option<Style>)> {
    let (animated, rest) = match inner.strip_prefix("a:") {
        Some(rest) => (true, rest),
        None => (false, inner.strip_prefix(':')?),
    };
    let (name, id) = rest.split_once(':')?;
    let id = id_of(id).filter(|_| is_emoji_name(name))?;
    let style = Style::CustomEmoji(CustomEmoji::Discord { id, animated });
    Some((format!(":{name}:"), Some(style)))
}

/// A link to a part of the server; Discord shows it under the part's English name too.
fn navigation(inner: &str) -> Option<(String, Option<Style>)> {
    let (id, part) = inner.split_once(':')?;
    if id != "id" {
        id_of(id)?;
    }
    let shown = match part.split_once(':').map_or(part, |(part, _)| part) {
        "customize" => "Channels & Roles",
        "browse" => "Browse Channels",
        "guide" => "Server Guide",
        "linked-roles" => "Linked Roles",
        _ => return None,
    };
    Some((shown.to_owned(), None))
}

fn id_of(digits: &str) -> Option<u64> {
    digits
        .parse()
        .ok()
        .filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()))
}

pub(super) fn is_emoji_name(name: &str) -> bool {
    (2..=32).contains(&name.len()) && name.bytes().all(delimiter::is_word)
}

pub(super) fn is_web_url(url: &str) -> bool {
    web_url_prefix(url).is_some_and(|length| length == url.len())
}

/// The bytes of the web address that `text` begins with: up to white space or `<`, without the
/// punctuation that ends a sentence.
pub(super) fn web_url_prefix(text: &str) -> Option<usize> {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))?;
    let scheme = text.len() - rest.len();
    let address = &rest[..rest
        .find(|c: char| c == '<' || c.is_whitespace())
        .unwrap_or(rest.len())];
    let address = address.trim_end_matches(['.', ',', ':', ';', '"', '\'', ')', ']']);
    (address.chars().nth(1).is_some()).then_some(scheme + address.len())
}
