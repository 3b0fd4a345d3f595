//! The styles of a text as a tree.
//!
//! Spans of a [`Text`] may overlap in any way and Discord's markers must nest, so each style is cut
//! where it crosses one of a higher rank. What Discord takes literally (code, addresses, emoji) is
//! never cut by a marker, and is left out of a style whose end marker it contains.

use std::cmp::Reverse;
use std::ops::Range;

use super::atoms::{atoms, code};
use super::blocks::Blocks;
use super::link;
use super::ranges::{crosses, inside, overlap, trimmed};
use crate::text::{Style, Text};

/// A styled part, or something taken literally.
#[derive(Debug, Clone)]
pub(super) struct Mark {
    pub(super) range: Range<usize>,
    pub(super) kind: Kind,
}

/// In the order of rank: where two cross, the later one is cut.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Spoiler,
    Link {
        url: String,
    },
    Strikethrough,
    Underline,
    Bold,
    Italic,
    /// Shown as code.
    Code,
    /// Written instead of the text, as it is.
    Literal(String),
    /// A bare web address.
    Address,
    /// One of [`Blocks::pres`].
    Pre(usize),
}

impl Kind {
    pub(super) const fn is_atom(&self) -> bool {
        matches!(
            self,
            Self::Code | Self::Literal(_) | Self::Address | Self::Pre(_)
        )
    }

    pub(super) const fn is_code(&self) -> bool {
        matches!(self, Self::Code | Self::Pre(_))
    }

    /// What must not stand in something literal within this style.
    const fn end_marker(&self) -> Option<&'static str> {
        match self {
            Self::Spoiler => Some("||"),
            Self::Strikethrough => Some("~~"),
            Self::Underline => Some("__"),
            Self::Bold => Some("**"),
            Self::Italic => Some("*"),
            Self::Link { .. } | Self::Code | Self::Literal(_) | Self::Address | Self::Pre(_) => {
                None
            }
        }
    }
}

/// The marks of a text, nested in one another; an outer one comes before what it holds.
pub(super) fn marks(text: &Text, blocks: &Blocks, edges: &[usize]) -> Vec<Mark> {
    let whole = text.as_str();
    let atoms = atoms(text, blocks);
    let mut styles: Vec<Mark> = text
        .spans()
        .iter()
        .filter_map(|span| {
            let kind = kind_of(&span.style, &whole[span.range.clone()])?;
            let mut range = span.range.clone();
            if kind == Kind::Spoiler {
                // A secret may rather grow than shrink.
                for atom in atoms
                    .iter()
                    .filter(|atom| overlap(&atom.range, &span.range))
                {
                    range = range.start.min(atom.range.start)..range.end.max(atom.range.end);
                }
            }
            Some(Mark { range, kind })
        })
        .collect();
    let code = code(text, &atoms);
    styles.sort_by(|a, b| (&a.kind, a.range.start).cmp(&(&b.kind, b.range.start)));

    let mut accepted: Vec<Mark> = Vec::new();
    for style in merged_spoilers(styles) {
        let pieces = if matches!(style.kind, Kind::Link { .. }) {
            // A link in a link's label is not read as one.
            let links = accepted
                .iter()
                .filter(|mark| matches!(mark.kind, Kind::Link { .. }));
            minus(style.range, links)
        } else {
            vec![style.range]
        };
        for piece in pieces {
            let pieces = around_atoms(whole, piece, &style.kind, &atoms, &code);
            accept(whole, pieces, &style.kind, edges, blocks, &mut accepted);
        }
    }
    accept(whole, code, &Kind::Code, edges, blocks, &mut accepted);
    accepted.extend(atoms);
    accepted.sort_by(|a, b| {
        (a.range.start, Reverse(a.range.end), &a.kind).cmp(&(
            b.range.start,
            Reverse(b.range.end),
            &b.kind,
        ))
    });
    accepted
}

fn kind_of(style: &Style, shown: &str) -> Option<Kind> {
    match style {
        Style::Spoiler => Some(Kind::Spoiler),
        Style::Link { url } => {
            link::needs_markup(shown, url).then(|| Kind::Link { url: url.clone() })
        }
        Style::Strikethrough => Some(Kind::Strikethrough),
        Style::Underline => Some(Kind::Underline),
        Style::Bold => Some(Kind::Bold),
        Style::Italic => Some(Kind::Italic),
        Style::Code
        | Style::Pre { .. }
        | Style::Quote
        | Style::ExpandableQuote
        | Style::Heading { .. }
        | Style::Subtext
        | Style::Mention(_)
        | Style::CustomEmoji(_)
        | Style::Timestamp { .. } => None,
    }
}

/// Takes spoilers that grew into one another as one; the others are as they were.
fn merged_spoilers(styles: Vec<Mark>) -> Vec<Mark> {
    let mut merged: Vec<Mark> = Vec::with_capacity(styles.len());
    for style in styles {
        match merged.last_mut() {
            Some(last)
                if style.kind == Kind::Spoiler
                    && last.kind == Kind::Spoiler
                    && style.range.start <= last.range.end =>
            {
                last.range.end = last.range.end.max(style.range.end);
            }
            _ => merged.push(style),
        }
    }
    merged
}

/// Cuts `pieces` at block edges and where they cross what was accepted before, and takes what is
/// left when the white space at the ends is off.
fn accept(
    whole: &str,
    pieces: Vec<Range<usize>>,
    kind: &Kind,
    edges: &[usize],
    blocks: &Blocks,
    accepted: &mut Vec<Mark>,
) {
    let mut pieces: Vec<Range<usize>> = pieces
        .into_iter()
        .flat_map(|piece| cut_at(&piece, inside(edges, &piece)))
        .collect();
    while let Some(piece) = pieces.pop() {
        let range = visible(whole, piece, kind, blocks);
        // No marker is read in code, so code lies within every style that it meets.
        let mut crossed = accepted.iter().map(|mark| &mark.range).filter(|other| {
            crosses(other, &range) || (*kind == Kind::Code && overlap(other, &range))
        });
        let edge = crossed.find_map(|other| {
            let mut edges = [other.start, other.end].into_iter();
            edges.find(|edge| range.start < *edge && *edge < range.end)
        });
        if let Some(edge) = edge {
            pieces.extend([range.start..edge, edge..range.end]);
        } else if !range.is_empty() {
            accepted.push(Mark {
                range,
                kind: kind.clone(),
            });
        }
    }
}

fn cut_at(range: &Range<usize>, cuts: &[usize]) -> Vec<Range<usize>> {
    let starts = std::iter::once(range.start).chain(cuts.iter().copied());
    let ends = cuts.iter().copied().chain([range.end]);
    starts.zip(ends).map(|(start, end)| start..end).collect()
}

/// What of `range` a marker can hug: without white space at its ends, and without a last character
/// that the end marker is made of, because no backslash guards it there.
fn visible(whole: &str, range: Range<usize>, kind: &Kind, blocks: &Blocks) -> Range<usize> {
    let indented = blocks
        .pres
        .iter()
        .any(|pre| pre.range.contains(&range.start));
    if indented {
        return range;
    }
    let range = trimmed(whole, range, char::is_whitespace);
    if blocks
        .items
        .iter()
        .any(|item| item.bullet.start <= range.start && range.end <= item.bullet.end)
    {
        return range.end..range.end;
    }
    let last = if *kind == Kind::Spoiler {
        '|'
    } else if *kind == Kind::Strikethrough {
        '~'
    } else {
        return range;
    };
    let kept = whole[range.clone()].trim_end_matches(|c: char| c == last || c.is_whitespace());
    range.start..range.start + kept.len()
}

/// The pieces of a style between the atoms that it may not hold or would cut.
fn around_atoms(
    whole: &str,
    range: Range<usize>,
    kind: &Kind,
    atoms: &[Mark],
    code: &[Range<usize>],
) -> Vec<Range<usize>> {
    let ends = |literal: &str| {
        kind.end_marker()
            .is_some_and(|marker| literal.contains(marker))
    };
    let mut holes: Vec<Mark> = Vec::new();
    for atom in atoms {
        if !overlap(&atom.range, &range) {
            continue;
        }
        let covered = range.start <= atom.range.start && atom.range.end <= range.end;
        let literal = if let Kind::Literal(literal) = &atom.kind {
            literal
        } else {
            &whole[atom.range.clone()]
        };
        if !covered
            || (*kind != Kind::Spoiler && matches!(atom.kind, Kind::Pre(_)))
            || ends(literal)
        {
            holes.push(atom.clone());
        }
    }
    for code in code {
        if overlap(code, &range) && ends(&whole[code.clone()]) {
            holes.push(Mark {
                range: code.clone(),
                kind: Kind::Code,
            });
        }
    }
    minus(range, &holes)
}

/// What of `range` is left without the holes.
pub(super) fn minus<'m>(
    range: Range<usize>,
    holes: impl IntoIterator<Item = &'m Mark>,
) -> Vec<Range<usize>> {
    let mut holes: Vec<&Range<usize>> = holes.into_iter().map(|hole| &hole.range).collect();
    holes.sort_by_key(|hole| hole.start);
    let mut pieces = Vec::new();
    let mut start = range.start;
    for hole in holes {
        if start < hole.start.min(range.end) {
            pieces.push(start..hole.start.min(range.end));
        }
        start = start.max(hole.end);
    }
    if start < range.end {
        pieces.push(start..range.end);
    }
    pieces
}
