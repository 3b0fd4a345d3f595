//! Cutting a text that is too long for one message.

use std::ops::Range;

use super::cluster;
use super::{Style, Text};

/// What a platform counts when it limits a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LengthUnit {
    /// Telegram.
    Utf16,
    /// Discord.
    CodePoints,
}

impl LengthUnit {
    pub const fn of_char(self, char: char) -> usize {
        match self {
            Self::Utf16 => char.len_utf16(),
            Self::CodePoints => 1,
        }
    }

    pub fn of(self, text: &str) -> usize {
        text.chars().map(|char| self.of_char(char)).sum()
    }
}

/// Cuts `text` into parts of at most `limit` units which, put together, are the text again.
///
/// It cuts between constructs rather than within them, and after a paragraph rather than a line,
/// a sentence or a word; a style that a cut crosses goes on in the next part. A limit below one
/// character (2 units) counts as one character. The empty text has no parts.
pub fn split(text: &Text, limit: usize, unit: LengthUnit) -> Vec<Text> {
    let constructs = Constructs::of(text);
    let mut parts = Vec::new();
    let mut start = 0;
    while start < text.as_str().len() {
        let end = cut(text.as_str(), &constructs, start, limit, unit);
        parts.push(text.slice(start..end));
        start = end;
    }
    parts
}

/// Where the first part of `text` would end.
pub(super) fn first_cut(text: &Text, limit: usize, unit: LengthUnit) -> usize {
    if text.is_empty() {
        return 0;
    }
    cut(text.as_str(), &Constructs::of(text), 0, limit, unit)
}

/// How good a place for a cut is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Break {
    CodePoint,
    Cluster,
    Word,
    Sentence,
    Line,
    Paragraph,
}

fn cut(text: &str, constructs: &Constructs, start: usize, limit: usize, unit: LengthUnit) -> usize {
    let room = reach(text, start, limit.max(2), unit);
    if room == text.len() {
        return room;
    }
    let middle = start + (room - start) / 2;
    let places: Vec<Place> = text[start..room]
        .char_indices()
        .skip(1)
        .map(|(at, _)| start + at)
        .chain([room])
        .map(|at| Place {
            at,
            kind: kind_of(text, at),
            within: constructs.around(at),
        })
        .collect();

    best(&places, |place| {
        place.at >= middle && place.within == Within::Nothing
    })
    .or_else(|| {
        let before = constructs.start_around(room)?;
        let whole = before.end - before.start;
        (before.start > start && whole <= room - start).then_some(before.start)
    })
    .or_else(|| {
        best(&places, |place| {
            place.at >= middle && place.within != Within::Atom
        })
    })
    .or_else(|| best(&places, |place| place.within != Within::Atom))
    .or_else(|| {
        last(&places, |place| {
            place.kind >= Break::Cluster && !place.in_atom()
        })
    })
    .or_else(|| last(&places, |place| place.kind >= Break::Cluster))
    .unwrap_or(room)
}

/// The end of the longest run of characters from `start` that `limit` allows.
fn reach(text: &str, start: usize, limit: usize, unit: LengthUnit) -> usize {
    let mut used = 0;
    for (at, char) in text[start..].char_indices() {
        used += unit.of_char(char);
        if used > limit {
            return start + at;
        }
    }
    text.len()
}

struct Place {
    at: usize,
    kind: Break,
    within: Within,
}

impl Place {
    fn in_atom(&self) -> bool {
        self.within == Within::Atom
    }
}

/// The last of the best places that pass, if it is at least between words.
fn best(places: &[Place], pass: impl Fn(&Place) -> bool) -> Option<usize> {
    places
        .iter()
        .filter(|place| place.kind >= Break::Word && pass(place))
        .max_by_key(|place| (place.kind, place.at))
        .map(|place| place.at)
}

fn last(places: &[Place], pass: impl Fn(&Place) -> bool) -> Option<usize> {
    places
        .iter()
        .rev()
        .find(|place| pass(place))
        .map(|place| place.at)
}

fn kind_of(text: &str, at: usize) -> Break {
    if !cluster::is_boundary(text, at) {
        return Break::CodePoint;
    }
    let before = &text[..at];
    if before.ends_with("\n\n") || before.ends_with("\n\r\n") {
        return Break::Paragraph;
    }
    if before.ends_with('\n') {
        return Break::Line;
    }
    let Some(last) = before.chars().next_back() else {
        return Break::Cluster;
    };
    if matches!(last, '。' | '！' | '？') {
        return Break::Sentence;
    }
    if !last.is_whitespace() {
        return Break::Cluster;
    }
    let ends_sentence = before
        .chars()
        .rev()
        .nth(1)
        .is_some_and(|c| matches!(c, '.' | '!' | '?' | '…'));
    if ends_sentence {
        Break::Sentence
    } else {
        Break::Word
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    Nothing,
    /// Something that reads worse when it is cut.
    Construct,
    /// Something that means nothing when it is cut.
    Atom,
}

/// What should stay whole: disjoint ranges in their order.
struct Constructs {
    atoms: Vec<Range<usize>>,
    all: Vec<Range<usize>>,
}

impl Constructs {
    fn of(text: &Text) -> Self {
        let ranges = |wanted: Within| {
            let mut joined: Vec<Range<usize>> = Vec::new();
            for span in text.spans().iter().filter(|span| {
                let kind = weight(&span.style);
                kind == wanted || kind == Within::Atom
            }) {
                match joined.last_mut() {
                    Some(last) if span.range.start < last.end => {
                        last.end = last.end.max(span.range.end);
                    }
                    _ => joined.push(span.range.clone()),
                }
            }
            joined
        };
        Self {
            atoms: ranges(Within::Atom),
            all: ranges(Within::Construct),
        }
    }

    fn around(&self, at: usize) -> Within {
        if range_around(&self.atoms, at).is_some() {
            Within::Atom
        } else if range_around(&self.all, at).is_some() {
            Within::Construct
        } else {
            Within::Nothing
        }
    }

    fn start_around(&self, at: usize) -> Option<&Range<usize>> {
        range_around(&self.all, at)
    }
}

fn range_around(ranges: &[Range<usize>], at: usize) -> Option<&Range<usize>> {
    let index = ranges.partition_point(|range| range.end <= at);
    ranges.get(index).filter(|range| range.start < at)
}

fn weight(style: &Style) -> Within {
    match style {
        Style::Bold | Style::Italic | Style::Underline | Style::Strikethrough | Style::Spoiler => {
            Within::Nothing
        }
        Style::Quote
        | Style::ExpandableQuote
        | Style::Heading { .. }
        | Style::Subtext
        | Style::Pre { .. }
        | Style::Code
        | Style::Link { .. } => Within::Construct,
        Style::Mention(_) | Style::CustomEmoji(_) | Style::Timestamp { .. } => Within::Atom,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::Span;

    fn parts(text: &Text, limit: usize, unit: LengthUnit) -> Vec<String> {
        split(text, limit, unit)
            .iter()
            .map(|part| part.as_str().to_owned())
            .collect()
    }

    #[test]
    fn the_best_break_that_leaves_no_tiny_part_wins() {
        for (text, limit, expected) in [
            ("", 5, vec![]),
            ("short", 5, vec!["short"]),
            ("one two. three four", 12, vec!["one two. ", "three four"]),
            ("a b c d. e\nf g h i", 14, vec!["a b c d. e\n", "f g h i"]),
            (
                "first\n\nsecond\nthird",
                16,
                vec!["first\n\nsecond\n", "third"],
            ),
            ("aaaa\n\nbb\ncc", 9, vec!["aaaa\n\n", "bb\ncc"]),
            ("abcdefghij", 4, vec!["abcd", "efgh", "ij"]),
            ("a\nbcdefghij", 6, vec!["a\n", "bcdefg", "hij"]),
            ("今日は。明日は。", 6, vec!["今日は。", "明日は。"]),
        ] {
            assert_eq!(
                parts(&Text::plain(text), limit, LengthUnit::CodePoints),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn what_looks_like_one_character_stays_whole() {
        for (text, limit, expected) in [
            ("ae\u{301}e\u{301}", 4, vec!["ae\u{301}", "e\u{301}"]),
            ("👍🏽👍🏽", 3, vec!["👍🏽", "👍🏽"]),
            ("🇫🇷🇩🇪", 3, vec!["🇫🇷", "🇩🇪"]),
            ("👩‍👩‍👧👩‍👩‍👧", 7, vec!["👩‍👩‍👧", "👩‍👩‍👧"]),
            ("a\r\nb", 2, vec!["a", "\r\n", "b"]),
        ] {
            assert_eq!(
                parts(&Text::plain(text), limit, LengthUnit::CodePoints),
                expected,
                "{text}"
            );
        }
        assert_eq!(
            parts(&Text::plain("a😀😀"), 4, LengthUnit::Utf16),
            ["a😀", "😀"]
        );
        assert_eq!(
            parts(&Text::plain("😀😀"), 0, LengthUnit::Utf16),
            ["😀", "😀"]
        );
    }

    #[test]
    fn a_construct_stays_whole_where_it_can_and_goes_on_where_it_cannot() {
        let pre = Style::Pre { language: None };
        let text = Text::new(
            "intro\nlet a = 1;\nlet b = 2;\nend".to_owned(),
            vec![Span {
                range: 6..27,
                style: pre.clone(),
            }],
        );
        assert_eq!(
            parts(&text, 24, LengthUnit::CodePoints),
            ["intro\n", "let a = 1;\nlet b = 2;\n", "end"]
        );
        let halves = split(&text, 18, LengthUnit::CodePoints);
        assert_eq!(halves[1].as_str(), "let b = 2;\nend");
        assert_eq!(halves[0].spans()[0].style, pre);
        assert_eq!(
            halves[1].spans()[0],
            Span {
                range: 0..10,
                style: pre
            }
        );

        let mention = Style::Mention(crate::text::Mentioned::DiscordRole(1));
        let text = Text::new(
            "hello @the big name".to_owned(),
            vec![Span {
                range: 6..19,
                style: mention,
            }],
        );
        assert_eq!(
            parts(&text, 15, LengthUnit::CodePoints),
            ["hello ", "@the big name"]
        );
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_every_part_fits(
            text in "[ab.😀é\u{301}\u{200d}🇫 \n]{0,60}",
            spans in prop::collection::vec((0usize..90, 1usize..40, 0usize..4), 0..5),
            limit in 2usize..20,
        ) {
            let styles = [
                Style::Bold,
                Style::Pre { language: None },
                Style::Link { url: "https://a.b".into() },
                Style::Italic,
            ];
            let spans = spans
                .into_iter()
                .map(|(start, length, style)| Span {
                    range: start..start + length,
                    style: styles[style].clone(),
                })
                .collect();
            let whole = Text::new(text, spans);
            for unit in [LengthUnit::Utf16, LengthUnit::CodePoints] {
                let parts = split(&whole, limit, unit);
                let mut joined = String::new();
                for part in &parts {
                    prop_assert!(!part.is_empty() && unit.of(part.as_str()) <= limit);
                    for span in part.spans() {
                        let of_whole = span.range.start + joined.len()..span.range.end + joined.len();
                        let goes_on = whole.spans().iter().any(|other| {
                            other.style == span.style
                                && other.range.start <= of_whole.start
                                && of_whole.end <= other.range.end
                        });
                        prop_assert!(goes_on);
                    }
                    joined.push_str(part.as_str());
                }
                prop_assert_eq!(&joined, whole.as_str());
                let covered = |text: &Text| -> usize {
                    text.spans().iter().map(|span| span.range.len()).sum()
                };
                prop_assert_eq!(parts.iter().map(covered).sum::<usize>(), covered(&whole));
            }
        }
    }
}
