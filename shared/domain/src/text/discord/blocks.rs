//! What of a text becomes whole lines of markup.

use std::ops::Range;

use super::inline;
use super::ranges::{overlap, trimmed};
use crate::text::{Style, Text};

/// A block of code without its outer line ends.
#[derive(Debug)]
pub(super) struct Pre {
    pub(super) range: Range<usize>,
    pub(super) language: Option<String>,
}

/// What applies to whole lines; each list is sorted and disjoint.
#[derive(Debug)]
pub(super) struct Blocks {
    pub(super) pres: Vec<Pre>,
    pub(super) quotes: Vec<Range<usize>>,
    pub(super) headings: Vec<(Range<usize>, &'static str)>,
    pub(super) items: Vec<Item>,
}

/// A line with a bullet.
#[derive(Debug)]
pub(super) struct Item {
    /// The bullet, which a style leaves out so that it stays one.
    pub(super) bullet: Range<usize>,
    end: usize,
}

impl Blocks {
    pub(super) fn of(text: &Text) -> Self {
        let pres = pres(text);
        let quotes = quotes(text, &pres);
        let headings = headings(text, &pres);
        let items = items(text);
        Self {
            pres,
            quotes,
            headings,
            items,
        }
    }

    /// Where no style may go across: the edges of blocks and of list items.
    pub(super) fn edges(&self) -> Vec<usize> {
        let pres = self.pres.iter().map(|pre| &pre.range);
        let headings = self.headings.iter().map(|(range, _)| range);
        let items = self
            .items
            .iter()
            .flat_map(|item| [item.bullet.start, item.bullet.end, item.end]);
        let mut edges: Vec<usize> = pres
            .chain(&self.quotes)
            .chain(headings)
            .flat_map(|range| [range.start, range.end])
            .chain(items)
            .collect();
        // A block of code may begin behind a bullet and hold the end of that line: it stays whole.
        edges.retain(|edge| {
            let mut pres = self.pres.iter().map(|pre| &pre.range);
            !pres.any(|pre| pre.start < *edge && *edge < pre.end)
        });
        edges.sort_unstable();
        edges.dedup();
        edges
    }
}

/// The items of lists, which Discord finds by itself. Numbered ones are escaped instead, because
/// it would count them anew, and so is no bullet in code.
fn items(text: &Text) -> Vec<Item> {
    let mut items = Vec::new();
    let mut start = 0;
    for line in text.as_str().split('\n') {
        let end = start + line.len();
        let rest = line.trim_start().strip_prefix(['-', '+']);
        if let Some(rest) = rest.and_then(|rest| rest.strip_prefix(' ')) {
            let bullet = start..end - rest.len();
            let in_code = text.spans().iter().any(|span| {
                matches!(span.style, Style::Code | Style::Pre { .. })
                    && overlap(&span.range, &bullet)
            });
            if !in_code {
                items.push(Item { bullet, end });
            }
        }
        start = end + 1;
    }
    items
}

fn pres(text: &Text) -> Vec<Pre> {
    let mut pres: Vec<Pre> = Vec::new();
    for span in text.spans() {
        let Style::Pre { language } = &span.style else {
            continue;
        };
        let start = pres
            .last()
            .map_or(0, |last| last.range.end)
            .max(span.range.start);
        let range = trimmed(text.as_str(), start..span.range.end.max(start), |char| {
            char == '\n'
        });
        let content = &text.as_str()[range.clone()];
        let leaks = content.contains("||") && is_spoiler(text, &range);
        if !leaks && !content.trim().is_empty() {
            let language = language
                .clone()
                .filter(|language| inline::is_language(language));
            pres.push(Pre { range, language });
        }
    }
    pres
}

pub(super) fn is_spoiler(text: &Text, range: &Range<usize>) -> bool {
    text.spans()
        .iter()
        .any(|span| span.style == Style::Spoiler && overlap(&span.range, range))
}

fn quotes(text: &Text, pres: &[Pre]) -> Vec<Range<usize>> {
    let mut quotes: Vec<Range<usize>> = Vec::new();
    for span in text.spans() {
        if !matches!(span.style, Style::Quote | Style::ExpandableQuote) {
            continue;
        }
        let mut range = span.range.clone();
        for pre in pres.iter().filter(|pre| overlap(&pre.range, &span.range)) {
            range = range.start.min(pre.range.start)..range.end.max(pre.range.end);
        }
        let range = trimmed(text.as_str(), range, |char| char == '\n');
        if text.as_str()[range.clone()].trim().is_empty() {
            continue;
        }
        match quotes.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            _ => quotes.push(range),
        }
    }
    quotes
}

fn headings(text: &Text, pres: &[Pre]) -> Vec<(Range<usize>, &'static str)> {
    let mut headings: Vec<(Range<usize>, &'static str)> = Vec::new();
    let whole = text.as_str();
    for span in text.spans() {
        let prefix = if let Style::Heading { level } = span.style {
            ["# ", "# ", "## "]
                .get(usize::from(level))
                .copied()
                .unwrap_or("### ")
        } else if span.style == Style::Subtext {
            "-# "
        } else {
            continue;
        };
        let mut start = whole[..span.range.start]
            .rfind('\n')
            .map_or(0, |newline| newline + 1);
        for line in whole[start..].split('\n') {
            if start >= span.range.end {
                break;
            }
            let range = start..start + line.len();
            let taken = headings.last().is_some_and(|(last, _)| last.end > start)
                || pres.iter().any(|pre| overlap(&pre.range, &range));
            if !taken && !line.trim().is_empty() {
                headings.push((range, prefix));
            }
            start += line.len() + 1;
        }
    }
    headings
}
