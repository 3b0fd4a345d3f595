use std::collections::BTreeSet;
use std::ops::Deref;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::bounds;
use super::filter::Filters;
use super::program::are_small;
use super::replacement::{Case, Find, Replacement, Substitution, TOO_LARGE, compile};
use crate::content::MediaKind;
use crate::task::Persona;

/// How a pair forwards, within its bounds. The default changes nothing.
///
/// Options that were stored are taken as they are, so that a pair can be read whatever the bounds
/// have become since.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Options(Draft);

/// Options that nobody has checked yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Draft {
    /// What its owner calls the pair.
    #[serde(skip_serializing_if = "is_default")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub mode: Mode,
    #[serde(skip_serializing_if = "is_default")]
    pub silent: Silent,
    /// How long each message is held back, in seconds.
    #[serde(skip_serializing_if = "is_default")]
    pub delay: u32,
    #[serde(skip_serializing_if = "is_default")]
    pub events: Events,
    #[serde(skip_serializing_if = "is_default")]
    pub filters: Filters,
    /// Applied one after the other.
    #[serde(skip_serializing_if = "is_default")]
    pub replacements: Vec<Replacement>,
    /// As whom messages appear on Discord, in the place of the bot. In copy mode.
    #[serde(skip_serializing_if = "is_default")]
    pub appear_as: Option<Persona>,
    /// Lines before each text, with Discord's markdown.
    #[serde(skip_serializing_if = "is_default")]
    pub header: Option<String>,
    /// Lines after each text, with Discord's markdown.
    #[serde(skip_serializing_if = "is_default")]
    pub footer: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub gap_policy: GapPolicy,
    #[serde(skip_serializing_if = "is_default")]
    pub duplicates: Duplicates,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// As if the destination's account or bot had written it.
    #[default]
    Copy,
    /// It shows who wrote it: natively where the platform can, else by name and link.
    Forward,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Silent {
    /// Without a sound where the source's message was.
    #[default]
    AsSource,
    Always,
}

/// What else than new texts is forwarded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "these are switches, turned one by one"
)]
pub struct Events {
    pub edits: bool,
    pub deletions: bool,
    /// Whether reactions are shown under what was delivered.
    pub reactions: bool,
    /// Whether a reply shows as one.
    pub replies: bool,
    pub media: BTreeSet<MediaKind>,
}

impl Default for Events {
    fn default() -> Self {
        Self {
            edits: true,
            deletions: true,
            reactions: false,
            replies: true,
            media: MediaKind::ALL.into(),
        }
    }
}

/// What becomes of a message that several pairs of its owner bring to one destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Duplicates {
    #[default]
    Forward,
    /// Of the pairs that ask for this, the first one brings it.
    Suppress,
}

/// What becomes of messages that were posted while nobody listened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapPolicy {
    #[default]
    All,
    Last(u16),
    Skip,
}

/// Something in a draft that can't stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// Where, as a JSON pointer.
    pub place: String,
    pub what: String,
}

impl Deref for Options {
    type Target = Draft;

    fn deref(&self) -> &Draft {
        &self.0
    }
}

impl Options {
    /// Checks a draft; all that is wrong with it is told at once.
    pub fn parse(draft: Draft) -> Result<Self, Vec<Flaw>> {
        let mut check = Check::default();
        check.lines(&draft);
        check.filters(&draft.filters);
        check.replacements(&draft.replacements);
        check.numbers(&draft);
        if check.flaws.is_empty() {
            check.whole(&draft);
        }
        if check.flaws.is_empty() {
            Ok(Self(draft))
        } else {
            Err(check.flaws)
        }
    }

    pub fn into_draft(self) -> Draft {
        self.0
    }

    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// How long each message is held back.
    pub fn delay(&self) -> Duration {
        Duration::from_secs(self.delay.into())
    }
}

const CONTROL: &str = "may not have control characters in it";

#[derive(Default)]
struct Check {
    flaws: Vec<Flaw>,
}

/// Whether a text may have several lines.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lines {
    One,
    Many,
}

impl Check {
    fn flaw(&mut self, place: impl Into<String>, what: impl Into<String>) {
        self.flaws.push(Flaw {
            place: place.into(),
            what: what.into(),
        });
    }

    fn text(&mut self, place: &str, text: &str, most: usize, lines: Lines) {
        let length = text.chars().count();
        let is_control = |c: char| c.is_control() && !(lines == Lines::Many && c == '\n');
        if length == 0 || length > most {
            self.flaw(place, format!("has to be 1 to {most} characters long"));
        } else if text.chars().any(is_control) {
            self.flaw(place, CONTROL);
        } else if text.trim().is_empty() {
            self.flaw(place, "has to be more than white space");
        }
    }

    fn list(&mut self, place: &str, texts: &[String], most: usize, longest: usize) {
        if texts.len() > most {
            self.flaw(place, format!("has to be at most {most} long"));
        }
        for (index, text) in texts.iter().enumerate().take(most) {
            self.text(&format!("{place}/{index}"), text, longest, Lines::One);
        }
    }

    fn patterns(&mut self, place: &str, patterns: &[String]) {
        let before = self.flaws.len();
        self.list(place, patterns, bounds::PATTERNS, bounds::PATTERN);
        if self.flaws.len() > before {
            return;
        }
        for (index, pattern) in patterns.iter().enumerate() {
            if let Err(what) = compile(pattern, Case::Sensitive) {
                self.flaw(format!("{place}/{index}"), what);
            }
        }
    }

    fn lines(&mut self, draft: &Draft) {
        if let Some(name) = &draft.name {
            self.text("/name", name, bounds::NAME, Lines::One);
        }
        if let Some(persona) = &draft.appear_as {
            self.persona(persona);
        }
        for (place, lines) in [("/header", &draft.header), ("/footer", &draft.footer)] {
            if let Some(lines) = lines {
                self.text(place, lines, bounds::LINES, Lines::Many);
            }
        }
    }

    /// Discord takes no name with these words in it. (Webhook Resource, Create Webhook)
    fn persona(&mut self, persona: &Persona) {
        const NAME: &str = "/appear_as/name";
        self.text(NAME, &persona.name, bounds::PERSONA, Lines::One);
        let name = persona.name.to_lowercase();
        if let Some(word) = ["discord", "clyde"]
            .iter()
            .find(|word| name.contains(**word))
        {
            self.flaw(NAME, format!("may not have {word:?} in it"));
        }
        if let Some(url) = &persona.avatar_url {
            let place = "/appear_as/avatar_url";
            self.text(place, url, bounds::URL, Lines::One);
            if !url.starts_with("https://") || url.contains(char::is_whitespace) {
                self.flaw(place, "has to be an address that begins with https://");
            }
        }
    }

    fn filters(&mut self, filters: &Filters) {
        for (place, words) in [
            ("/filters/allow_words", &filters.allow_words),
            ("/filters/block_words", &filters.block_words),
        ] {
            self.list(place, words, bounds::WORDS, bounds::WORD);
        }
        for (place, authors) in [
            ("/filters/allow_authors", &filters.allow_authors),
            ("/filters/block_authors", &filters.block_authors),
        ] {
            self.list(place, authors, bounds::AUTHORS, bounds::AUTHOR);
        }
        self.patterns("/filters/allow_patterns", &filters.allow_patterns);
        self.patterns("/filters/block_patterns", &filters.block_patterns);
    }

    fn replacements(&mut self, replacements: &[Replacement]) {
        const PLACE: &str = "/replacements";
        if replacements.len() > bounds::REPLACEMENTS {
            let most = bounds::REPLACEMENTS;
            return self.flaw(PLACE, format!("has to be at most {most} long"));
        }
        for (index, replacement) in replacements.iter().enumerate() {
            let find = format!("{PLACE}/{index}/find");
            let length = replacement.find.chars().count();
            if length == 0 || length > bounds::FIND {
                let most = bounds::FIND;
                self.flaw(find, format!("has to be 1 to {most} characters long"));
            } else {
                match Substitution::new(replacement) {
                    Ok(substitution) if substitution.finds_nothing_at_all() => {
                        self.flaw(find, "finds the empty text, which is everywhere");
                    }
                    Ok(_) => {}
                    Err(what) => self.flaw(find, what),
                }
            }
            let place = format!("{PLACE}/{index}/with");
            if replacement.with.chars().count() > bounds::WITH {
                let most = bounds::WITH;
                self.flaw(place, format!("has to be at most {most} characters long"));
            } else if replacement
                .with
                .chars()
                .any(|c| c.is_control() && c != '\n')
            {
                self.flaw(place, CONTROL);
            }
        }
    }

    fn numbers(&mut self, draft: &Draft) {
        if draft.delay > bounds::DELAY {
            let most = bounds::DELAY;
            self.flaw("/delay", format!("has to be at most {most} seconds"));
        }
        match draft.gap_policy {
            GapPolicy::Last(count) if !(1..=bounds::LAST).contains(&count) => {
                let most = bounds::LAST;
                self.flaw("/gap_policy/last", format!("has to be from 1 to {most}"));
            }
            GapPolicy::All | GapPolicy::Last(_) | GapPolicy::Skip => {}
        }
    }

    fn whole(&mut self, draft: &Draft) {
        let bytes: usize = texts(draft).map(str::len).sum();
        if bytes > bounds::TOTAL_BYTES {
            let most = bounds::TOTAL_BYTES;
            let what = format!("has {bytes} bytes of text in it; at most {most} are kept");
            self.flaw("", what);
        }
        let filters = &draft.filters;
        let in_filters = filters.allow_patterns.iter().chain(&filters.block_patterns);
        let in_replacements = draft.replacements.iter().filter_map(|r| match r.kind {
            Find::Pattern => Some(&r.find),
            Find::Literal => None,
        });
        if !are_small(in_filters.chain(in_replacements).map(String::as_str)) {
            self.flaw(
                "",
                format!("has patterns that take too much room together: the whole {TOO_LARGE}"),
            );
        }
    }
}

/// Everything in a draft that takes room.
fn texts(draft: &Draft) -> impl Iterator<Item = &str> {
    let filters = &draft.filters;
    let lists = [
        &filters.allow_words,
        &filters.block_words,
        &filters.allow_patterns,
        &filters.block_patterns,
        &filters.allow_authors,
        &filters.block_authors,
    ];
    let lines = [&draft.name, &draft.header, &draft.footer];
    let replacements = draft.replacements.iter().flat_map(|r| [&r.find, &r.with]);
    let persona = draft.appear_as.iter();
    let persona = persona.flat_map(|p| std::iter::once(&p.name).chain(&p.avatar_url));
    let lists = lists.into_iter().flatten();
    let lines = lines.into_iter().flatten();
    let all = lists.chain(lines).chain(replacements).chain(persona);
    all.map(String::as_str)
}

pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flaws(change: impl FnOnce(&mut Draft)) -> String {
        let mut draft = Draft::default();
        change(&mut draft);
        let flaws = Options::parse(draft).map(|_| ()).unwrap_err();
        let lines = flaws
            .iter()
            .map(|flaw| format!("{}: {}", flaw.place, flaw.what));
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn everything_that_is_wrong_is_told_with_its_place() {
        let long = "x".repeat(300);
        let found = flaws(|draft| {
            draft.name = Some(" ".to_owned());
            draft.header = Some("a\nb\tc".to_owned());
            draft.footer = Some(long.clone());
            draft.delay = 43_201;
            draft.gap_policy = GapPolicy::Last(1_001);
            draft.filters.block_words = vec!["ok".to_owned(), String::new(), "a\nb".to_owned()];
            draft.filters.allow_words = vec!["w".to_owned(); 101];
            draft.filters.allow_authors = vec![long.clone()];
            draft.filters.block_patterns = vec!["ok".to_owned(), "a(".to_owned()];
            draft.filters.allow_patterns = vec![String::new()];
            let replacement = |find: &str, with: &str| Replacement {
                find: find.to_owned(),
                with: with.to_owned(),
                kind: Find::Pattern,
                case: Case::Sensitive,
            };
            draft.replacements = vec![
                replacement("a*", ""),
                replacement("[", &long),
                replacement("", ""),
            ];
        });
        insta::assert_snapshot!(found, @r#"
        /name: has to be more than white space
        /header: may not have control characters in it
        /footer: has to be 1 to 256 characters long
        /filters/allow_words: has to be at most 100 long
        /filters/block_words/1: has to be 1 to 64 characters long
        /filters/block_words/2: may not have control characters in it
        /filters/allow_authors/0: has to be 1 to 64 characters long
        /filters/allow_patterns/0: has to be 1 to 256 characters long
        /filters/block_patterns/1: is no regular expression: at character 2: unclosed group
        /replacements/0/find: finds the empty text, which is everywhere
        /replacements/1/find: is no regular expression: at character 1: unclosed character class
        /replacements/1/with: has to be at most 256 characters long
        /replacements/2/find: has to be 1 to 256 characters long
        /delay: has to be at most 43200 seconds
        /gap_policy/last: has to be from 1 to 1000
        "#);
    }

    #[test]
    fn the_whole_is_bounded_too() {
        let large = flaws(|draft| {
            draft.filters.block_words = vec!["x".repeat(64); 100];
            draft.filters.allow_words = vec!["é".repeat(32); 100];
        });
        insta::assert_snapshot!(large, @": has 12800 bytes of text in it; at most 8192 are kept");
        let compiled = flaws(|draft| {
            draft.filters.block_patterns = vec![r"\w+".to_owned(); 10];
        });
        insta::assert_snapshot!(compiled, @r#": has patterns that take too much room together: the whole is too large once compiled: repeat less, or use narrower classes such as [a-z] for \w"#);
    }

    /// As much as the bounds allow, applied to as long a message as there is: every pattern is
    /// compiled within its limit, so that matching is linear in both.
    #[test]
    fn the_most_that_is_allowed_is_applied_to_the_longest_message() {
        let mut draft = Draft::default();
        draft.filters.block_words = (0..40).map(|n| format!("word{n}")).collect();
        draft.filters.block_patterns = (0..10).map(|n| format!("(a|aa)+{n}$")).collect();
        let options = Options::parse(draft).unwrap();
        let post: crate::event::Post = serde_json::from_value(serde_json::json!({
            "author": { "id": "1", "name": "" },
            "content": { "text": { "text": "a".repeat(4_096) } },
            "notification": "sound", "origin": "person",
        }))
        .unwrap();
        assert_eq!(
            options.apply(&post),
            super::super::Outcome::Passed(post.clone())
        );
    }

    #[test]
    fn what_is_stored_is_small_and_reads_back() {
        let default = serde_json::to_string(&Options::default()).unwrap();
        assert_eq!(default, "{}");
        assert_eq!(
            serde_json::from_str::<Options>("{}").unwrap(),
            Options::default()
        );
        let options = Options::parse(Draft {
            name: Some("News".to_owned()),
            delay: 5,
            gap_policy: GapPolicy::Last(10),
            events: Events {
                edits: false,
                media: [MediaKind::Photo].into(),
                ..Events::default()
            },
            ..Draft::default()
        })
        .unwrap();
        let json = serde_json::to_string(&options).unwrap();
        insta::assert_snapshot!(json, @r#"{"name":"News","delay":5,"events":{"edits":false,"deletions":true,"reactions":false,"replies":true,"media":["photo"]},"gap_policy":{"last":10}}"#);
        assert_eq!(serde_json::from_str::<Options>(&json).unwrap(), options);
        // A field of a later version is left alone.
        let later = r#"{"mode":"forward","colour":"red"}"#;
        assert_eq!(
            serde_json::from_str::<Options>(later).unwrap().mode,
            Mode::Forward
        );
    }
}
