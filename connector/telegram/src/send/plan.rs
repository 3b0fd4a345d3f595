//! What becomes of a content that may be too much for one message.
//!
//! - What can't be carried is told in words at the end of the text.
//! - Files stand in pieces of one to ten that Telegram takes as one album, in their order.
//! - The text is the caption of the first piece, if that takes one. Otherwise it comes before it.
//! - What of a caption is too long goes on in texts right after its piece. It is cut like any
//!   other text, where it reads best.

use patchbay_app::ports::Piece;
use patchbay_domain::text::{LengthUnit, split};
use patchbay_domain::{Attachment, Content, Endpoint, Text};

use super::form::Form;
use super::words;

/// core.telegram.org/api/config, `message_length_max` and `caption_length_limit_default`, in
/// UTF-16 units.
const LONGEST_MESSAGE: usize = 4096;
const LONGEST_CAPTION: usize = 1024;
const LARGEST_ALBUM: usize = 10;

pub(super) fn plan(content: &Content, destination: &Endpoint) -> Vec<Piece> {
    let (carried, mut text) = sort(content, destination);
    let groups = group(carried);
    let mut pieces = Vec::new();
    if !groups.first().is_some_and(|group| takes_caption(group)) {
        pieces.extend(texts(&std::mem::take(&mut text)));
    }
    for group in groups {
        pieces.extend(captioned(std::mem::take(&mut text), group));
    }
    if pieces.is_empty() {
        // White space alone. That Telegram refuses it is to be seen.
        pieces.push(Piece {
            text: content.text.clone(),
            attachments: Vec::new(),
        });
    }
    pieces
}

/// What is carried as it is, and all that is said in the message's own text.
fn sort(content: &Content, destination: &Endpoint) -> (Vec<Attachment>, Text) {
    let mut carried = Vec::new();
    let mut said = vec![content.text.clone()];
    for attachment in &content.attachments {
        match words::instead(attachment, destination) {
            Some(words) => said.extend([words, attachment.caption.clone()]),
            None => carried.push(attachment.clone()),
        }
    }
    (carried, Text::lines(&said))
}

/// Neighbours that can stand in one album together.
fn group(attachments: Vec<Attachment>) -> Vec<Vec<Attachment>> {
    let mut groups: Vec<Vec<Attachment>> = Vec::new();
    for attachment in attachments {
        match groups.last_mut() {
            Some(group) if joins(&attachment, group) => group.push(attachment),
            _ => groups.push(vec![attachment]),
        }
    }
    groups
}

fn joins(attachment: &Attachment, group: &[Attachment]) -> bool {
    let company = |it: &Attachment| it.file.as_ref().and_then(|_| Form::of(it).company());
    let is_alike = |first| company(first).is_some() && company(first) == company(attachment);
    group.len() < LARGEST_ALBUM && group.first().is_some_and(is_alike)
}

fn takes_caption(group: &[Attachment]) -> bool {
    let takes = |first: &Attachment| first.file.is_some() && Form::of(first).takes_caption();
    group.first().is_some_and(takes)
}

/// The group under a text, and what doesn't fit there.
fn captioned(text: Text, mut group: Vec<Attachment>) -> Vec<Piece> {
    let mut rests = Vec::new();
    let mut caption = text;
    if let Some(first) = group.first_mut() {
        caption = Text::lines([&caption, &std::mem::take(&mut first.caption)]);
    }
    let mut limit = |caption: &mut Text, takes: bool| {
        let (fits, rest) = cut(caption, if takes { LONGEST_CAPTION } else { 0 });
        *caption = fits;
        rests.push(rest);
    };
    limit(&mut caption, takes_caption(&group));
    for attachment in group.iter_mut().skip(1) {
        limit(&mut attachment.caption, true);
    }
    let piece = Piece {
        text: caption,
        attachments: group,
    };
    let rests = rests.iter().flat_map(texts);
    std::iter::once(piece).chain(rests).collect()
}

fn cut(text: &Text, limit: usize) -> (Text, Text) {
    if limit == 0 {
        return (Text::default(), text.clone());
    }
    let first = split(text, limit, LengthUnit::Utf16).into_iter().next();
    let first = first.unwrap_or_default();
    let rest = text.slice(first.as_str().len()..text.as_str().len());
    (first, rest)
}

/// Telegram takes no message of white space alone.
fn texts(text: &Text) -> Vec<Piece> {
    let parts = split(text, LONGEST_MESSAGE, LengthUnit::Utf16);
    let parts = parts
        .into_iter()
        .filter(|it| !it.as_str().trim().is_empty());
    let piece = |text| Piece {
        text,
        attachments: Vec::new(),
    };
    parts.map(piece).collect()
}

#[cfg(test)]
mod tests;
