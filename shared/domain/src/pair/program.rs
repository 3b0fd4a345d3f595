use super::bounds;
use super::filter::{Rule, Sieve};
use super::options::{Events, Mode, Options, Silent};
use super::replacement::Substitution;
use crate::content::MediaKind;
use crate::event::{Notification, Post};
use crate::text::discord::{NoNames, parse};
use crate::text::{Span, Style, Text};

/// Characters of an author's name that are shown. Telegram's longest has 129.
const NAME_SHOWN: usize = 130;

/// The options of a pair, made ready to be applied to many messages.
#[derive(Debug, Clone)]
pub struct Program {
    is_plain: bool,
    sieve: Sieve,
    substitutions: Vec<Substitution>,
    header: Text,
    footer: Text,
    mode: Mode,
    silent: Silent,
    events: Events,
}

/// What a pair makes of a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Passed(Post),
    Filtered { rule: Rule },
}

impl Program {
    /// Fails only where options that were read back hold a pattern that can't be compiled.
    pub fn compile(options: &Options) -> Result<Self, Rule> {
        let substitutions = options.replacements.iter().map(|replacement| {
            Substitution::new(replacement)
                .map_err(|_why| Rule::Unreadable(replacement.find.clone()))
        });
        let lines = |markdown: &Option<String>| {
            let markdown = markdown.as_deref().unwrap_or_default();
            parse(markdown, &NoNames)
        };
        Ok(Self {
            is_plain: options.is_default(),
            sieve: Sieve::new(&options.filters)?,
            substitutions: substitutions.collect::<Result<_, _>>()?,
            header: lines(&options.header),
            footer: lines(&options.footer),
            mode: options.mode,
            silent: options.silent,
            events: options.events.clone(),
        })
    }

    /// `link` leads to the post, where its platform has an address for it.
    pub fn apply(&self, post: &Post, link: Option<&str>) -> Outcome {
        if self.is_plain {
            return Outcome::Passed(post.clone());
        }
        match self.changed(post) {
            Ok(mut post) => {
                self.frame(&mut post, link);
                Outcome::Passed(post)
            }
            Err(rule) => Outcome::Filtered { rule },
        }
    }

    /// What is left of a post that is forwarded natively, and so shows by itself who wrote it:
    /// nothing, unless it goes on as it is.
    pub fn pass(&self, post: &Post) -> Option<Post> {
        let is_framed = !self.header.is_empty() || !self.footer.is_empty();
        let passed = self.changed(post).ok().filter(|_| !is_framed)?;
        (passed.content == post.content).then_some(passed)
    }

    pub fn mode(&self) -> Mode {
        self.mode
    }

    fn changed(&self, post: &Post) -> Result<Post, Rule> {
        if let Some(rule) = self.sieve.refuses(post) {
            return Err(rule);
        }
        let mut post = post.clone();
        let captions = post.content.attachments.iter_mut();
        let captions = captions.map(|media| &mut media.caption);
        for text in std::iter::once(&mut post.content.text).chain(captions) {
            for substitution in &self.substitutions {
                *text = substitution.apply(text).ok_or(Rule::TooLong)?;
            }
        }
        let wanted = &self.events.media;
        let is_wanted = |kind: MediaKind| wanted.contains(&kind);
        post.content
            .attachments
            .retain(|media| is_wanted(media.kind));
        if post.content.attachments.is_empty() && post.content.text.as_str().trim().is_empty() {
            return Err(Rule::NothingLeft);
        }
        if !self.events.replies {
            post.reply_to = None;
        }
        match self.silent {
            Silent::AsSource => {}
            Silent::Always => post.notification = Notification::Silent,
        }
        Ok(post)
    }

    /// Puts the text between header and footer, each in lines of its own.
    fn frame(&self, post: &mut Post, link: Option<&str>) {
        let attribution = match self.mode {
            Mode::Copy => Text::default(),
            Mode::Forward => attribution(post, link),
        };
        let parts = [&self.header, &attribution, &post.content.text, &self.footer];
        post.content.text = Text::lines(parts);
    }
}

impl Options {
    /// What the options make of one post. For many posts, compile them once.
    pub fn apply(&self, post: &Post) -> Outcome {
        match Program::compile(self) {
            Ok(program) => program.apply(post, None),
            Err(rule) => Outcome::Filtered { rule },
        }
    }
}

/// The author's name in one line, bold, which leads to the post; and whose post it was first.
fn attribution(post: &Post, link: Option<&str>) -> Text {
    let name = one_line(&post.author.name);
    let whole = |style| Span {
        range: 0..name.len(),
        style,
    };
    let link = link.map(|url| {
        whole(Style::Link {
            url: url.to_owned(),
        })
    });
    let spans = std::iter::once(whole(Style::Bold)).chain(link).collect();
    let mut attribution = Text::new(name.clone(), spans);
    if let Some(first) = &post.forwarded_from {
        attribution.append(&Text::plain(format!(" ↪ {}", one_line(first))));
    }
    attribution
}

fn one_line(name: &str) -> String {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    name.chars().take(NAME_SHOWN).collect()
}

/// Whether patterns stay within their bound together; each of them does alone.
pub(super) fn are_small<'a>(patterns: impl IntoIterator<Item = &'a str>) -> bool {
    let built = regex::RegexSetBuilder::new(patterns)
        .nest_limit(bounds::NESTING)
        .size_limit(bounds::COMPILED_BYTES)
        .build();
    built.is_ok()
}

#[cfg(test)]
mod tests {
    use super::super::options::Draft;
    use super::super::{Case, Find, Replacement};
    use super::*;
    use crate::content::{Attachment, Author, Content, LinkPreview};
    use crate::event::Origin;

    fn post(text: &str, media: &[MediaKind]) -> Post {
        let attachment = |kind: &MediaKind| Attachment::new(*kind);
        Post {
            author: Author {
                id: "7".to_owned(),
                name: "Ann Lee".to_owned(),
            },
            content: Content {
                text: text.into(),
                attachments: media.iter().map(attachment).collect(),
                preview: LinkPreview::Shown,
            },
            reply_to: Some(crate::ids::MessageId(1)),
            album: None,
            forwarded_from: None,
            notification: Notification::Sound,
            origin: Origin::Person,
        }
    }

    fn options(change: impl FnOnce(&mut Draft)) -> Options {
        let mut draft = Draft::default();
        change(&mut draft);
        Options::parse(draft).unwrap()
    }

    fn strings(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn the_default_changes_nothing() {
        for post in [
            post("hello", &[]),
            post("", &[MediaKind::Photo]),
            post(" ", &[]),
        ] {
            assert_eq!(Options::default().apply(&post), Outcome::Passed(post));
        }
    }

    #[test]
    fn each_filter_is_told_by_its_rule() {
        use MediaKind::{Photo, Voice};
        let blocking = options(|draft| {
            draft.filters.block_words = strings(&["casino", "buy now"]);
            draft.filters.block_patterns = strings(&[r"(?i)t\.me/\w+"]);
            draft.filters.block_media = [Voice].into();
            draft.filters.block_authors = strings(&["8", "bob"]);
        });
        let allowing = options(|draft| {
            draft.filters.allow_words = strings(&["btc"]);
            draft.filters.allow_patterns = strings(&[r"\d+ USD"]);
            draft.filters.allow_media = [Photo].into();
            draft.filters.allow_authors = strings(&["7", "ann lee"]);
        });
        let by = |id: &str, name: &str| {
            let mut post = post("BTC", &[Photo]);
            post.author.id = id.to_owned();
            post.author.name = name.to_owned();
            post
        };
        let mut link = post("click", &[]);
        link.content.text = crate::text::discord::parse("[click](https://t.me/x)", &NoNames);
        for (options, post, expected) in [
            (&blocking, post("hello", &[Photo]), None),
            (
                &blocking,
                post("BUY  NOW", &[]),
                Some(r#"block_word "buy now""#),
            ),
            (&blocking, link, Some(r#"block_pattern "(?i)t\\.me/\\w+""#)),
            (
                &blocking,
                post("casino", &[Voice]),
                Some(r#"block_media "voice""#),
            ),
            (&blocking, by("8", "Cleo"), Some(r#"block_author "8""#)),
            (&blocking, by("9", "Bob"), Some(r#"block_author "bob""#)),
            (&allowing, post("btc", &[Photo, Voice]), None),
            (&allowing, post("5 USD", &[Photo]), None),
            (&allowing, by("9", "ANN LEE"), None),
            (&allowing, by("9", "Ann"), Some("allow_authors")),
            (&allowing, post("btc", &[Voice]), Some("allow_media")),
            (&allowing, post("btc", &[]), Some("allow_media")),
            (&allowing, post("eth", &[Photo]), Some("allow_text")),
        ] {
            let found = match options.apply(&post) {
                Outcome::Passed(_) => None,
                Outcome::Filtered { rule } => Some(rule.to_string()),
            };
            assert_eq!(found.as_deref(), expected, "{post:?}");
        }
    }

    #[test]
    fn what_is_not_wanted_stays_away() {
        let options = options(|draft| {
            draft.events.media = [MediaKind::Photo].into();
            draft.events.replies = false;
            draft.silent = Silent::Always;
            draft.header = Some("Top".to_owned());
            draft.replacements = vec![Replacement {
                find: "a+".to_owned(),
                with: String::new(),
                kind: Find::Pattern,
                case: Case::Insensitive,
            }];
        });
        let changed = |post: &Post| match options.apply(post) {
            Outcome::Passed(post) => Ok(post),
            Outcome::Filtered { rule } => Err(rule),
        };
        let passed = changed(&post("Ab", &[MediaKind::Photo, MediaKind::Voice])).unwrap();
        assert_eq!(passed.content.attachments.len(), 1);
        assert_eq!(passed.content.text.as_str(), "Top\nb");
        assert_eq!(passed.reply_to, None);
        assert_eq!(passed.notification, Notification::Silent);
        for post in [post("aaa", &[]), post("", &[MediaKind::Voice])] {
            assert_eq!(changed(&post), Err(Rule::NothingLeft));
        }
        let photo = changed(&post("a", &[MediaKind::Photo])).unwrap();
        assert_eq!(photo.content.text.as_str(), "Top");
    }

    #[test]
    fn a_pattern_that_can_t_be_read_any_more_holds_everything_back() {
        let stored = r#"{"filters":{"block_patterns":["("]}}"#;
        let options: Options = serde_json::from_str(stored).unwrap();
        let rule = Rule::Unreadable("(".to_owned());
        assert_eq!(
            options.apply(&post("hello", &[])),
            Outcome::Filtered { rule }
        );
    }
}
