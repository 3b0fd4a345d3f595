mod check;

use std::collections::BTreeSet;
use std::ops::Deref;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::filter::Filters;
use super::replacement::Replacement;
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
        let flaws = check::flaws(&draft);
        if flaws.is_empty() {
            Ok(Self(draft))
        } else {
            Err(flaws)
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

pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pair::{Case, Find};

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
