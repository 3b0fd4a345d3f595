use std::collections::BTreeSet;
use std::fmt;

use regex::Regex;
use serde::{Deserialize, Serialize};

use super::options::is_default;
use super::replacement::{Case, compile};
use super::word::{Folded, Word};
use crate::content::{Author, MediaKind};
use crate::event::Post;
use crate::text::{Style, Text};

/// Which messages a pair forwards. What is blocked stays back; then each kind of thing that is
/// allowed, if any is, has to be there.
///
/// Words and patterns are looked for in the text and in the addresses of its links.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Filters {
    #[serde(skip_serializing_if = "is_default")]
    pub allow_words: Vec<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub block_words: Vec<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub allow_patterns: Vec<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub block_patterns: Vec<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub allow_media: BTreeSet<MediaKind>,
    #[serde(skip_serializing_if = "is_default")]
    pub block_media: BTreeSet<MediaKind>,
    /// Ids, or names in upper or lower case.
    #[serde(skip_serializing_if = "is_default")]
    pub allow_authors: Vec<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub block_authors: Vec<String>,
}

/// What held a message back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", content = "value", rename_all = "snake_case")]
pub enum Rule {
    BlockAuthor(String),
    BlockMedia(MediaKind),
    BlockWord(String),
    BlockPattern(String),
    /// It is by none of the authors that are allowed.
    AllowAuthors,
    /// It has no media of a kind that is allowed.
    AllowMedia,
    /// There is none of the words and patterns in it that are allowed.
    AllowText,
    /// After the replacements, and without the media that are not wanted, nothing is left.
    NothingLeft,
    /// After the replacements it would be too long.
    TooLong,
    /// A pattern of the pair can't be read any more.
    Unreadable(String),
}

impl Rule {
    pub const fn name(&self) -> &'static str {
        match self {
            Self::BlockAuthor(_) => "block_author",
            Self::BlockMedia(_) => "block_media",
            Self::BlockWord(_) => "block_word",
            Self::BlockPattern(_) => "block_pattern",
            Self::AllowAuthors => "allow_authors",
            Self::AllowMedia => "allow_media",
            Self::AllowText => "allow_text",
            Self::NothingLeft => "nothing_left",
            Self::TooLong => "too_long",
            Self::Unreadable(_) => "unreadable",
        }
    }

    /// The word, pattern, author or kind of media, where the rule is about one.
    pub fn value(&self) -> Option<String> {
        match self {
            Self::BlockAuthor(value)
            | Self::BlockWord(value)
            | Self::BlockPattern(value)
            | Self::Unreadable(value) => Some(value.clone()),
            Self::BlockMedia(kind) => Some(kind.name().to_owned()),
            Self::AllowAuthors
            | Self::AllowMedia
            | Self::AllowText
            | Self::NothingLeft
            | Self::TooLong => None,
        }
    }

    /// Why, for whoever asks what became of a message.
    pub const fn explanation(&self) -> &'static str {
        match self {
            Self::BlockAuthor(_) => "its author is blocked",
            Self::BlockMedia(_) => "it carries media of a kind that is blocked",
            Self::BlockWord(_) => "a blocked word is in it",
            Self::BlockPattern(_) => "a blocked pattern is in it",
            Self::AllowAuthors => "it is by none of the authors that are allowed",
            Self::AllowMedia => "it carries no media of a kind that is allowed",
            Self::AllowText => "there is none of the allowed words and patterns in it",
            Self::NothingLeft => {
                "nothing is left of it after the replacements, without the media that are not wanted"
            }
            Self::TooLong => "it would be too long after the replacements",
            Self::Unreadable(_) => "a pattern of the pair can't be read; write it anew",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.value() {
            Some(value) => write!(formatter, "{} {value:?}", self.name()),
            None => formatter.write_str(self.name()),
        }
    }
}

/// Filters that are ready for use.
#[derive(Debug, Clone)]
pub(super) struct Sieve {
    allow_words: Vec<Word>,
    block_words: Vec<Word>,
    allow_patterns: Vec<Regex>,
    block_patterns: Vec<Regex>,
    allow_media: BTreeSet<MediaKind>,
    block_media: BTreeSet<MediaKind>,
    allow_authors: Vec<String>,
    block_authors: Vec<String>,
}

/// What words and patterns are looked for in.
struct Passages<'a> {
    written: Vec<&'a str>,
    folded: Vec<Folded>,
}

impl Sieve {
    pub(super) fn new(filters: &Filters) -> Result<Self, Rule> {
        let words = |words: &[String]| words.iter().map(|word| Word::new(word)).collect();
        let patterns = |patterns: &[String]| -> Result<Vec<Regex>, Rule> {
            let compiled = patterns.iter().map(|pattern| {
                compile(pattern, Case::Sensitive).map_err(|_why| Rule::Unreadable(pattern.clone()))
            });
            compiled.collect()
        };
        Ok(Self {
            allow_words: words(&filters.allow_words),
            block_words: words(&filters.block_words),
            allow_patterns: patterns(&filters.allow_patterns)?,
            block_patterns: patterns(&filters.block_patterns)?,
            allow_media: filters.allow_media.clone(),
            block_media: filters.block_media.clone(),
            allow_authors: filters.allow_authors.clone(),
            block_authors: filters.block_authors.clone(),
        })
    }

    /// The first rule that holds the post back.
    pub(super) fn refuses(&self, post: &Post) -> Option<Rule> {
        let kinds = || post.content.attachments.iter().map(|media| media.kind);
        if let Some(author) = self
            .block_authors
            .iter()
            .find(|name| is_by(name, &post.author))
        {
            return Some(Rule::BlockAuthor(author.clone()));
        }
        if let Some(kind) = kinds().find(|kind| self.block_media.contains(kind)) {
            return Some(Rule::BlockMedia(kind));
        }
        let passages = Passages::of(post);
        if let Some(word) = self
            .block_words
            .iter()
            .find(|word| passages.have_word(word))
        {
            return Some(Rule::BlockWord(word.written.clone()));
        }
        if let Some(pattern) = self
            .block_patterns
            .iter()
            .find(|p| passages.match_pattern(p))
        {
            return Some(Rule::BlockPattern(pattern.as_str().to_owned()));
        }
        let is_by_allowed = self
            .allow_authors
            .iter()
            .any(|name| is_by(name, &post.author));
        if !self.allow_authors.is_empty() && !is_by_allowed {
            return Some(Rule::AllowAuthors);
        }
        if !self.allow_media.is_empty() && !kinds().any(|kind| self.allow_media.contains(&kind)) {
            return Some(Rule::AllowMedia);
        }
        let is_any_text = self.allow_words.is_empty() && self.allow_patterns.is_empty();
        let is_text_allowed = is_any_text
            || self.allow_words.iter().any(|word| passages.have_word(word))
            || self
                .allow_patterns
                .iter()
                .any(|pattern| passages.match_pattern(pattern));
        (!is_text_allowed).then_some(Rule::AllowText)
    }
}

impl<'a> Passages<'a> {
    fn of(post: &'a Post) -> Self {
        let captions = post.content.attachments.iter();
        let texts = std::iter::once(&post.content.text).chain(captions.map(|media| &media.caption));
        let texts: Vec<&Text> = texts.collect();
        let mut written: Vec<&str> = texts.iter().map(|text| text.as_str()).collect();
        let spans = texts.iter().flat_map(|text| text.spans());
        written.extend(spans.filter_map(|span| match &span.style {
            Style::Link { url } => Some(url.as_str()),
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
            | Style::Mention(_)
            | Style::CustomEmoji(_)
            | Style::Timestamp { .. } => None,
        }));
        let folded = written.iter().map(|text| Folded::new(text)).collect();
        Self { written, folded }
    }

    fn have_word(&self, word: &Word) -> bool {
        self.folded.iter().any(|text| word.is_in(text))
    }

    fn match_pattern(&self, pattern: &Regex) -> bool {
        self.written.iter().any(|text| pattern.is_match(text))
    }
}

fn is_by(name: &str, author: &Author) -> bool {
    name == author.id || name.to_lowercase() == author.name.to_lowercase()
}
