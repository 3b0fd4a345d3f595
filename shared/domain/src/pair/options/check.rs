//! What a draft may not have.

use super::super::bounds;
use super::super::filter::Filters;
use super::super::program::are_small;
use super::super::replacement::{Case, Find, Replacement, Substitution, TOO_LARGE, compile};
use super::{Draft, Flaw, GapPolicy};
use crate::task::Persona;

const CONTROL: &str = "may not have control characters in it";

/// All that is wrong with a draft.
pub(super) fn flaws(draft: &Draft) -> Vec<Flaw> {
    let mut check = Check::default();
    check.lines(draft);
    check.filters(&draft.filters);
    check.replacements(&draft.replacements);
    check.numbers(draft);
    if check.flaws.is_empty() {
        check.whole(draft);
    }
    check.flaws
}

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
