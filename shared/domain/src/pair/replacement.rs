use std::ops::Range;

use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

use super::bounds;
use crate::text::{Span, Style, Text};

/// Writes one thing in the place of another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replacement {
    pub find: String,
    /// For a pattern, `$1` and `${name}` stand for what its groups found.
    pub with: String,
    #[serde(default)]
    pub kind: Find,
    #[serde(default)]
    pub case: Case,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Find {
    #[default]
    Literal,
    Pattern,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Case {
    #[default]
    Sensitive,
    Insensitive,
}

/// A pattern, compiled within its bounds, or what is wrong with it and where.
pub(super) fn compile(pattern: &str, case: Case) -> Result<Regex, String> {
    let built = RegexBuilder::new(pattern)
        .case_insensitive(case == Case::Insensitive)
        .nest_limit(bounds::NESTING)
        .size_limit(bounds::COMPILED_BYTES)
        .dfa_size_limit(bounds::COMPILED_BYTES)
        .build();
    built.map_err(|error| {
        if matches!(error, regex::Error::CompiledTooBig(_)) {
            TOO_LARGE.to_owned()
        } else {
            misspelt(pattern).unwrap_or_else(|| error.to_string())
        }
    })
}

pub(super) const TOO_LARGE: &str =
    "is too large once compiled: repeat less, or use narrower classes such as [a-z] for \\w";

/// The library's own message is several lines with a drawing; this is one with a number.
fn misspelt(pattern: &str) -> Option<String> {
    let parsed = regex_syntax::ParserBuilder::new()
        .nest_limit(bounds::NESTING)
        .build()
        .parse(pattern);
    let (what, place) = match parsed.err()? {
        regex_syntax::Error::Parse(error) => (error.kind().to_string(), error.span().start.offset),
        regex_syntax::Error::Translate(error) => {
            (error.kind().to_string(), error.span().start.offset)
        }
        _ => return None,
    };
    let character = pattern.get(..place)?.chars().count() + 1;
    Some(format!(
        "is no regular expression: at character {character}: {what}"
    ))
}

/// A replacement that is ready for use.
#[derive(Debug, Clone)]
pub(super) struct Substitution {
    regex: Regex,
    with: With,
}

#[derive(Debug, Clone)]
enum With {
    Text(String),
    /// With groups in it.
    Template(String),
}

/// What was cut out of a text, and what stands there now.
struct Cut {
    from: Range<usize>,
    to: Range<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Edge {
    Start,
    End,
}

impl Substitution {
    pub(super) fn new(replacement: &Replacement) -> Result<Self, String> {
        let with = replacement.with.clone();
        let (regex, with) = match replacement.kind {
            Find::Literal => (
                compile(&regex::escape(&replacement.find), replacement.case)?,
                With::Text(with),
            ),
            Find::Pattern => (
                compile(&replacement.find, replacement.case)?,
                With::Template(with),
            ),
        };
        Ok(Self { regex, with })
    }

    pub(super) fn finds_nothing_at_all(&self) -> bool {
        self.regex.is_match("")
    }

    /// Nothing if the result would be too long.
    ///
    /// A style of all of what is replaced is the style of what stands there then; one that covers
    /// a part of it keeps to what is left. What stands for something else, such as a mention, is
    /// plain text once it reads differently.
    pub(super) fn apply(&self, text: &Text) -> Option<Text> {
        let source = text.as_str();
        let mut out = String::with_capacity(source.len());
        let mut cuts = Vec::new();
        let mut done = 0;
        for captures in self.regex.captures_iter(source) {
            let Some(found) = captures.get(0).filter(|found| !found.is_empty()) else {
                continue;
            };
            out.push_str(&source[done..found.start()]);
            let begin = out.len();
            match &self.with {
                With::Text(with) => out.push_str(with),
                With::Template(with) => captures.expand(with, &mut out),
            }
            if out.len() > bounds::RESULT_BYTES {
                return None;
            }
            cuts.push(Cut {
                from: found.range(),
                to: begin..out.len(),
            });
            done = found.end();
        }
        if cuts.is_empty() {
            return Some(text.clone());
        }
        out.push_str(&source[done..]);
        if out.len() > bounds::RESULT_BYTES {
            return None;
        }
        let spans = text
            .spans()
            .iter()
            .filter(|span| !(stands_for_something(&span.style) && is_cut(&cuts, &span.range)))
            .map(|span| Span {
                range: moved(&cuts, span.range.start, Edge::Start)
                    ..moved(&cuts, span.range.end, Edge::End),
                style: span.style.clone(),
            });
        let spans = spans.collect();
        Some(Text::new(out, spans))
    }
}

/// Where a place of the old text is in the new one.
fn moved(cuts: &[Cut], place: usize, edge: Edge) -> usize {
    let before = cuts.partition_point(|cut| cut.from.end <= place);
    match cuts.get(before) {
        Some(cut) if cut.from.start < place => match edge {
            Edge::Start => cut.to.end,
            Edge::End => cut.to.start,
        },
        Some(_) | None => match before.checked_sub(1).and_then(|last| cuts.get(last)) {
            Some(last) => last.to.end + (place - last.from.end),
            None => place,
        },
    }
}

fn is_cut(cuts: &[Cut], range: &Range<usize>) -> bool {
    let first = cuts.partition_point(|cut| cut.from.end <= range.start);
    cuts.get(first)
        .is_some_and(|cut| cut.from.start < range.end)
}

fn stands_for_something(style: &Style) -> bool {
    match style {
        Style::Mention(_) | Style::CustomEmoji(_) | Style::Timestamp { .. } => true,
        Style::Quote
        | Style::ExpandableQuote
        | Style::Heading { .. }
        | Style::Subtext
        | Style::Pre { .. }
        | Style::Spoiler
        | Style::Bold
        | Style::Italic
        | Style::Underline
        | Style::Strikethrough
        | Style::Code
        | Style::Link { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::TelegramUserId;
    use crate::text::Mentioned;

    fn replaced(text: &Text, find: &str, with: &str, kind: Find, case: Case) -> Text {
        let replacement = Replacement {
            find: find.to_owned(),
            with: with.to_owned(),
            kind,
            case,
        };
        let substitution = Substitution::new(&replacement).unwrap();
        substitution.apply(text).unwrap()
    }

    fn styled(text: &str, spans: &[(Range<usize>, Style)]) -> Text {
        let span = |(range, style): &(Range<usize>, Style)| Span {
            range: range.clone(),
            style: style.clone(),
        };
        Text::new(text.to_owned(), spans.iter().map(span).collect())
    }

    #[test]
    fn styles_stay_with_what_they_cover() {
        let (bold, italic) = (Style::Bold, Style::Italic);
        let cases = [
            // Over all of it, exactly it, a part of its start and of its end, within it, beside it.
            (0..9, Some(0..10)),
            (3..6, Some(3..7)),
            (0..5, Some(0..3)),
            (4..9, Some(7..10)),
            (4..5, None),
            (0..3, Some(0..3)),
            (6..9, Some(7..10)),
            (3..9, Some(3..10)),
        ];
        for (before, after) in cases {
            let text = styled("abcdefghi", &[(before.clone(), bold.clone())]);
            let found = replaced(&text, "def", "12é", Find::Literal, Case::Sensitive);
            let spans: Vec<_> = after
                .into_iter()
                .map(|range| (range, bold.clone()))
                .collect();
            assert_eq!(found, styled("abc12éghi", &spans), "{before:?}");
        }
        let text = styled("x y x", &[(0..1, bold.clone()), (2..5, italic.clone())]);
        let found = replaced(&text, "X", "", Find::Literal, Case::Insensitive);
        assert_eq!(found, styled(" y ", &[(1..3, italic)]));
    }

    #[test]
    fn groups_are_filled_in_and_a_literal_is_no_pattern() {
        let text = Text::plain("a.b 2026-09 $1");
        for (find, with, kind, expected) in [
            (
                r"(\d+)-(?<month>\d+)",
                "${month}/$1",
                Find::Pattern,
                "a.b 09/2026 $1",
            ),
            (".", "$1", Find::Literal, "a$1b 2026-09 $1"),
            ("z", "y", Find::Pattern, "a.b 2026-09 $1"),
        ] {
            let found = replaced(&text, find, with, kind, Case::Sensitive);
            assert_eq!(found.as_str(), expected, "{find}");
        }
    }

    #[test]
    fn a_mention_that_reads_differently_mentions_nobody() {
        let mention = Style::Mention(Mentioned::TelegramUser(TelegramUserId(7)));
        let text = styled("hi @ann", &[(3..7, mention.clone())]);
        let other = replaced(&text, "ann", "bob", Find::Literal, Case::Sensitive);
        assert_eq!(other, Text::plain("hi @bob"));
        let same = replaced(&text, "hi", "ho", Find::Literal, Case::Sensitive);
        assert_eq!(same, styled("ho @ann", &[(3..7, mention)]));
    }

    #[test]
    fn a_text_does_not_grow_without_bounds() {
        let text = Text::plain("a".repeat(4_096));
        let replacement = Replacement {
            find: "a".to_owned(),
            with: "b".repeat(256),
            kind: Find::Literal,
            case: Case::Sensitive,
        };
        let substitution = Substitution::new(&replacement).unwrap();
        assert_eq!(substitution.apply(&text), None);
    }

    #[test]
    fn what_is_wrong_with_a_pattern_is_said_with_its_place() {
        let wrong = |pattern: &str| compile(pattern, Case::Sensitive).unwrap_err();
        insta::assert_snapshot!(wrong("é(b"), @"is no regular expression: at character 2: unclosed group");
        insta::assert_snapshot!(wrong(r"a\q"), @"is no regular expression: at character 2: unrecognized escape sequence");
        insta::assert_snapshot!(wrong("(?=a)"), @"is no regular expression: at character 1: look-around, including look-ahead and look-behind, is not supported");
        insta::assert_snapshot!(wrong(r"\p{Nowhere}"), @"is no regular expression: at character 1: Unicode property not found");
        assert_eq!(wrong(r"(\w{50}){50}"), TOO_LARGE);
        let deep = "(".repeat(100) + &")".repeat(100);
        assert!(wrong(&deep).contains("nest"), "{}", wrong(&deep));
    }
}
